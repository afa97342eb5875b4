//! UpdateTrail, field by field, and DeleteTrail; the probes are in `trail_updates.py`.

/// What AWS answers, by its API reference and user guide.
pub const DOCUMENTED: &[(&str, &str)] = &[
    ("UpdateTrail: by name", "{S3KeyPrefix: by}"),
    ("UpdateTrail: bucket", "{S3BucketName: contract-OTHER}"),
    ("UpdateTrail: prefix", "{S3KeyPrefix: later}"),
    (
        "UpdateTrail: validation",
        "{LogFileValidationEnabled: True}",
    ),
    (
        "UpdateTrail: validation off",
        "{LogFileValidationEnabled: False}",
    ),
    (
        "UpdateTrail: recursive logging",
        "{RecursiveLogging: False}",
    ),
    (
        "UpdateTrail: topic",
        "{SnsTopicARN: arn:aws:sns:us-east-1:MEMBER:contract}",
    ),
    (
        "UpdateTrail: key",
        "{KmsKeyId: arn:aws:kms:us-east-1:MEMBER:key/11111111-2222-3333-4444-555555555555}",
    ),
    (
        "UpdateTrail: log group and role",
        "{CloudWatchLogsLogGroupArn: arn:aws:logs:us-east-1:MEMBER:log-group:trails:*, CloudWatchLogsRoleArn: arn:aws:iam::MEMBER:role/Logs}",
    ),
    ("UpdateTrail: nothing said", "the same: True"),
    // An empty text takes the value away, as the CLI does it.
    ("UpdateTrail: prefix cleared", "[S3KeyPrefix], then {}"),
    ("UpdateTrail: topic cleared", "[SnsTopicARN], then {}"),
    ("UpdateTrail: key cleared", "[KmsKeyId], then {}"),
    (
        "UpdateTrail: log group and role cleared",
        "[CloudWatchLogsLogGroupArn, CloudWatchLogsRoleArn], then {}",
    ),
    // Global service events are switched on with a multi-Region trail, and off with its end, unless said.
    (
        "UpdateTrail: single to multi-Region",
        "{IncludeGlobalServiceEvents: True, IsMultiRegionTrail: True}, abroad: 1",
    ),
    (
        "UpdateTrail: single to multi-Region, global services were off",
        "{IncludeGlobalServiceEvents: True, IsMultiRegionTrail: True}, abroad: 1",
    ),
    (
        "UpdateTrail: multi-Region to single",
        "{IncludeGlobalServiceEvents: False, IsMultiRegionTrail: False}, abroad: 0",
    ),
    (
        "UpdateTrail: multi-Region to single, global services kept",
        "{IncludeGlobalServiceEvents: True, IsMultiRegionTrail: False}, abroad: 0",
    ),
    (
        "UpdateTrail: global services off",
        "{IncludeGlobalServiceEvents: False}",
    ),
    (
        "UpdateTrail: multi-Region, global services off",
        "InvalidParameterCombinationException (400)",
    ),
    (
        "UpdateTrail: no such bucket",
        "S3BucketDoesNotExistException (400)",
    ),
    (
        "UpdateTrail: bucket without policy",
        "InsufficientS3BucketPolicyException (400)",
    ),
    (
        "UpdateTrail: prefix of 201",
        "InvalidS3PrefixException (400)",
    ),
    (
        "UpdateTrail: no such topic",
        "InsufficientSnsTopicPolicyException (400)",
    ),
    (
        "UpdateTrail: refused, and nothing changed",
        "{IsMultiRegionTrail: False, S3KeyPrefix: first}",
    ),
    ("DeleteTrail: by name", "left: 0"),
    ("DeleteTrail: by ARN", "left: 0"),
    ("DeleteTrail: twice", "TrailNotFoundException (400)"),
    (
        "DeleteTrail: and made again",
        "tags: 0, ['All'], logging: False",
    ),
    // InvalidHomeRegionException: an operation is called from another Region than the trail was created in.
    (
        "Changes from another Region than the home",
        "each: InvalidHomeRegionException (400)",
    ),
];

/// Where ministack 1.5.33 is wrong, and what it says.
pub const MINISTACK: &[(&str, &str)] = &[
    // AWS is right: the topic is kept, and answered by its ARN.
    ("UpdateTrail: topic", "{SnsTopicARN: }, then {}"),
    ("UpdateTrail: topic cleared", "[], then {}"),
    // AWS is right: global service events go with being multi-Region, by the user guide.
    (
        "UpdateTrail: single to multi-Region, global services were off",
        "{IncludeGlobalServiceEvents: False, IsMultiRegionTrail: True}, abroad: 1",
    ),
    (
        "UpdateTrail: multi-Region to single",
        "{IncludeGlobalServiceEvents: True, IsMultiRegionTrail: False}, abroad: 0",
    ),
    // AWS is right: a multi-Region trail must include global service events. ministack does not look.
    ("UpdateTrail: multi-Region, global services off", "succeeds"),
    // AWS is right: these are errors of the operation. ministack looks at no name, and at nothing that a trail
    // delivers to.
    ("UpdateTrail: no such bucket", "succeeds"),
    ("UpdateTrail: bucket without policy", "succeeds"),
    ("UpdateTrail: prefix of 201", "succeeds"),
    ("UpdateTrail: no such topic", "succeeds"),
    // AWS is right: a multi-Region trail must include global service events. ministack does not look.
    (
        "UpdateTrail: refused, and nothing changed",
        "{IsMultiRegionTrail: True, S3KeyPrefix: second}",
    ),
    // AWS is right: the API reference has status 400. The SDKs go by the code, so it changes nothing.
    ("DeleteTrail: twice", "TrailNotFoundException (404)"),
    // AWS is right: a trail's tags go with it. ministack's stay for the next of the same name.
    (
        "DeleteTrail: and made again",
        "tags: 1, ['All'], logging: False",
    ),
];

/// Where moto 5.2.5 is wrong, and what it says.
pub const MOTO: &[(&str, &str)] = &[
    // AWS is right: the setting is in the trail and in both answers. moto does not know it.
    ("UpdateTrail: recursive logging", "{}"),
    // AWS is right: an empty text takes the value away. moto answers it.
    (
        "UpdateTrail: prefix cleared",
        "[S3KeyPrefix], then {S3KeyPrefix: }",
    ),
    ("UpdateTrail: key cleared", "[KmsKeyId], then {KmsKeyId: }"),
    (
        "UpdateTrail: log group and role cleared",
        "[CloudWatchLogsLogGroupArn, CloudWatchLogsRoleArn], then {CloudWatchLogsLogGroupArn: , CloudWatchLogsRoleArn: }",
    ),
    // AWS is right: global service events go with being multi-Region, by the user guide.
    (
        "UpdateTrail: single to multi-Region, global services were off",
        "{IncludeGlobalServiceEvents: False, IsMultiRegionTrail: True}, abroad: 1",
    ),
    (
        "UpdateTrail: multi-Region to single",
        "{IncludeGlobalServiceEvents: True, IsMultiRegionTrail: False}, abroad: 0",
    ),
    // AWS is right: a multi-Region trail must include global service events. moto looks at creation only.
    ("UpdateTrail: multi-Region, global services off", "succeeds"),
    // AWS is right: these are errors of UpdateTrail, too. moto looks at creation only.
    ("UpdateTrail: no such bucket", "succeeds"),
    ("UpdateTrail: bucket without policy", "succeeds"),
    ("UpdateTrail: prefix of 201", "succeeds"),
    ("UpdateTrail: no such topic", "succeeds"),
    // AWS is right: a multi-Region trail must include global service events. moto looks at creation only.
    (
        "UpdateTrail: refused, and nothing changed",
        "{IsMultiRegionTrail: True, S3KeyPrefix: second}",
    ),
    // AWS is right: a trail is deleted by name or ARN, and one that is not there is an error. moto knows names only,
    // and says that all went well.
    ("DeleteTrail: by ARN", "left: 1"),
    ("DeleteTrail: twice", "succeeds"),
    // AWS is right: a trail's tags go with it, and without selectors the default is answered.
    ("DeleteTrail: and made again", "tags: 1, [], logging: False"),
    // AWS is right: InvalidHomeRegionException. moto finds no trail outside of its Region.
    (
        "Changes from another Region than the home",
        "UpdateTrail: TrailNotFoundException (400); StartLogging: TrailNotFoundException (400); StopLogging: TrailNotFoundException (400); PutEventSelectors: TrailNotFoundException (400); DeleteTrail: succeeds",
    ),
];
