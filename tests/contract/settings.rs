//! CreateTrail, setting by setting, and what it refuses; the probes are in `trail_settings.py`.

/// What AWS answers, by its API reference and user guide.
pub const DOCUMENTED: &[(&str, &str)] = &[
    // The user guide's example: nothing but these, and IncludeGlobalServiceEvents is true unless said.
    (
        "CreateTrail: what is not said",
        "{IncludeGlobalServiceEvents: True, IsMultiRegionTrail: False, IsOrganizationTrail: False, LogFileValidationEnabled: False, Name: NAME, S3BucketName: contract-MEMBER, TrailARN: arn:aws:cloudtrail:us-east-1:MEMBER:trail/NAME}",
    ),
    ("CreateTrail: what is not there", "{}"),
    (
        "CreateTrail: multi-Region",
        "{IncludeGlobalServiceEvents: True, IsMultiRegionTrail: True}",
    ),
    (
        "CreateTrail: without global services",
        "{IncludeGlobalServiceEvents: False}",
    ),
    ("CreateTrail: prefix", "{S3KeyPrefix: logs/of}"),
    (
        "CreateTrail: validation",
        "{LogFileValidationEnabled: True}",
    ),
    (
        "CreateTrail: recursive logging",
        "{RecursiveLogging: False}",
    ),
    (
        "CreateTrail: topic",
        "{SnsTopicARN: arn:aws:sns:us-east-1:MEMBER:contract}",
    ),
    // "Specifies the name or ARN of the Amazon SNS topic." The answer has the ARN.
    (
        "CreateTrail: topic by ARN",
        "{SnsTopicARN: arn:aws:sns:us-east-1:MEMBER:contract}",
    ),
    ("CreateTrail: key", "True"),
    (
        "CreateTrail: log group and role",
        "{CloudWatchLogsLogGroupArn: arn:aws:logs:us-east-1:MEMBER:log-group:trails:*, CloudWatchLogsRoleArn: arn:aws:iam::MEMBER:role/Logs}",
    ),
    ("CreateTrail: tags", "[cost=, team=audit]"),
    (
        "CreateTrail: a name that there is",
        "TrailAlreadyExistsException (400)",
    ),
    (
        "CreateTrail: a name that there is, in another Region",
        "succeeds",
    ),
    (
        "CreateTrail: what a name that there is leaves",
        "first, logging: True",
    ),
    // 3 to 128 of a-z, A-Z, 0-9 and ._- ; begins and ends without a mark, no two marks together, no IP address.
    (
        "CreateTrail: bad names",
        "each: InvalidTrailNameException (400)",
    ),
    // S3BucketDoesNotExistException; InsufficientS3BucketPolicyException: the policy is not sufficient.
    (
        "CreateTrail: no such bucket",
        "S3BucketDoesNotExistException (400)",
    ),
    (
        "CreateTrail: bucket without policy",
        "InsufficientS3BucketPolicyException (400)",
    ),
    (
        "CreateTrail: bad bucket name",
        "InvalidS3BucketNameException (400)",
    ),
    // "The maximum length is 200 characters."
    (
        "CreateTrail: prefix of 201",
        "InvalidS3PrefixException (400)",
    ),
    // There is no code of its own for a topic that is missing.
    (
        "CreateTrail: no such topic",
        "InsufficientSnsTopicPolicyException (400)",
    ),
    (
        "CreateTrail: bad topic name",
        "InvalidSnsTopicNameException (400)",
    ),
    // "The maximum length is 256 characters."
    (
        "CreateTrail: topic name of 257",
        "InvalidSnsTopicNameException (400)",
    ),
    ("CreateTrail: bad key", "InvalidKmsKeyIdException (400)"),
    ("CreateTrail: no such key", "KmsKeyNotFoundException (400)"),
    (
        "CreateTrail: multi-Region without global services",
        "InvalidParameterCombinationException (400)",
    ),
    // The log group and role must be in the caller's account.
    (
        "CreateTrail: log group that is none",
        "InvalidCloudWatchLogsLogGroupArnException (400)",
    ),
    (
        "CreateTrail: log group of another account",
        "InvalidCloudWatchLogsLogGroupArnException (400)",
    ),
    (
        "CreateTrail: role that is none",
        "InvalidCloudWatchLogsRoleArnException (400)",
    ),
];

/// Where ministack 1.5.33 is wrong, and what it says.
pub const MINISTACK: &[(&str, &str)] = &[
    // AWS is right: a prefix that was not given is not there, and not an empty text.
    ("CreateTrail: what is not there", "{S3KeyPrefix: }"),
    // AWS is right: the topic is kept, and answered by its ARN. ministack knows SnsTopicName only.
    ("CreateTrail: topic", "{}"),
    ("CreateTrail: topic by ARN", "{}"),
    // AWS is right: both are kept. ministack does so in UpdateTrail only.
    ("CreateTrail: log group and role", "{}"),
    // AWS is right: TagsList becomes the trail's tags. ministack drops it.
    ("CreateTrail: tags", "[]"),
    // AWS is right: these are errors of the operation. ministack looks at no name, and at nothing that a trail
    // delivers to.
    ("CreateTrail: bad names", "each: succeeds"),
    ("CreateTrail: no such bucket", "succeeds"),
    ("CreateTrail: bucket without policy", "succeeds"),
    ("CreateTrail: bad bucket name", "succeeds"),
    ("CreateTrail: prefix of 201", "succeeds"),
    ("CreateTrail: no such topic", "succeeds"),
    ("CreateTrail: bad topic name", "succeeds"),
    ("CreateTrail: topic name of 257", "succeeds"),
    ("CreateTrail: bad key", "succeeds"),
    ("CreateTrail: no such key", "succeeds"),
    // AWS is right: a multi-Region trail must include global service events. ministack does not look.
    (
        "CreateTrail: multi-Region without global services",
        "succeeds",
    ),
    // AWS is right: these are errors of the operation. ministack looks at no name, and at nothing that a trail
    // delivers to.
    ("CreateTrail: log group that is none", "succeeds"),
    ("CreateTrail: log group of another account", "succeeds"),
    ("CreateTrail: role that is none", "succeeds"),
];

/// Where moto 5.2.5 is wrong, and what it says.
pub const MOTO: &[(&str, &str)] = &[
    // AWS is right: the setting is in the trail and in both answers. moto does not know it.
    ("CreateTrail: recursive logging", "{}"),
    // AWS is right: an ARN is taken, too. moto looks for a topic of that name.
    (
        "CreateTrail: topic by ARN",
        "InsufficientSnsTopicPolicyException (400)",
    ),
    // AWS is right: TrailAlreadyExistsException, and the first trail stays. moto writes over it.
    ("CreateTrail: a name that there is", "succeeds"),
    (
        "CreateTrail: what a name that there is leaves",
        "second, logging: False",
    ),
    // AWS is right: moto checks length, letters, and the marks at both ends only.
    (
        "CreateTrail: bad names",
        "two letters: InvalidTrailNameException (400); 129 letters: InvalidTrailNameException (400); a blank: InvalidTrailNameException (400); two marks: succeeds; two different marks: succeeds; begins with a mark: InvalidTrailNameException (400); ends with a mark: InvalidTrailNameException (400); an IP address: succeeds",
    ),
    // AWS is right: these are errors of the operation. moto asks whether bucket and topic exist, and nothing else.
    ("CreateTrail: bucket without policy", "succeeds"),
    // AWS is right: a code of its own says that it cannot be a name. moto only sees that there is none.
    (
        "CreateTrail: bad bucket name",
        "S3BucketDoesNotExistException (400)",
    ),
    // AWS is right: these are errors of the operation. moto asks whether bucket and topic exist, and nothing else.
    ("CreateTrail: prefix of 201", "succeeds"),
    // AWS is right: a code of its own says that it cannot be a name. moto only sees that there is none.
    (
        "CreateTrail: bad topic name",
        "InsufficientSnsTopicPolicyException (400)",
    ),
    (
        "CreateTrail: topic name of 257",
        "InsufficientSnsTopicPolicyException (400)",
    ),
    // AWS is right: these are errors of the operation. moto asks whether bucket and topic exist, and nothing else.
    ("CreateTrail: bad key", "succeeds"),
    ("CreateTrail: no such key", "succeeds"),
    ("CreateTrail: log group that is none", "succeeds"),
    ("CreateTrail: log group of another account", "succeeds"),
    ("CreateTrail: role that is none", "succeeds"),
];
