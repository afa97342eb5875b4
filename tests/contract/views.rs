//! GetTrail, DescribeTrails and ListTrails: who sees which trail where, and by which name; the probes are in `trail_views.py`.

/// What AWS answers, by its API reference and user guide.
pub const DOCUMENTED: &[(&str, &str)] = &[
    ("DescribeTrails: fields", "[trailList]"),
    (
        "GetTrail: fields",
        "[HasCustomEventSelectors, HasInsightSelectors, HomeRegion, IncludeGlobalServiceEvents, IsMultiRegionTrail, IsOrganizationTrail, LogFileValidationEnabled, Name, S3BucketName, S3KeyPrefix, TrailARN]",
    ),
    (
        "DescribeTrails: fields of a trail",
        "[HasCustomEventSelectors, HasInsightSelectors, HomeRegion, IncludeGlobalServiceEvents, IsMultiRegionTrail, IsOrganizationTrail, LogFileValidationEnabled, Name, S3BucketName, S3KeyPrefix, TrailARN]",
    ),
    (
        "ListTrails: fields of a trail",
        "[HomeRegion, Name, TrailARN]",
    ),
    ("GetTrail: no such trail", "TrailNotFoundException (400)"),
    (
        "GetTrailStatus: no such trail",
        "TrailNotFoundException (400)",
    ),
    ("UpdateTrail: no such trail", "TrailNotFoundException (400)"),
    ("DeleteTrail: no such trail", "TrailNotFoundException (400)"),
    (
        "StartLogging: no such trail",
        "TrailNotFoundException (400)",
    ),
    ("StopLogging: no such trail", "TrailNotFoundException (400)"),
    (
        "GetEventSelectors: no such trail",
        "TrailNotFoundException (400)",
    ),
    (
        "PutEventSelectors: no such trail",
        "TrailNotFoundException (400)",
    ),
    (
        "GetTrail: ARN of something else",
        "CloudTrailARNInvalidException (400)",
    ),
    (
        "GetTrailStatus: ARN of something else",
        "CloudTrailARNInvalidException (400)",
    ),
    (
        "UpdateTrail: ARN of something else",
        "CloudTrailARNInvalidException (400)",
    ),
    (
        "DeleteTrail: ARN of something else",
        "CloudTrailARNInvalidException (400)",
    ),
    (
        "StartLogging: ARN of something else",
        "CloudTrailARNInvalidException (400)",
    ),
    (
        "StopLogging: ARN of something else",
        "CloudTrailARNInvalidException (400)",
    ),
    (
        "GetEventSelectors: ARN of something else",
        "CloudTrailARNInvalidException (400)",
    ),
    (
        "PutEventSelectors: ARN of something else",
        "CloudTrailARNInvalidException (400)",
    ),
    (
        "GetTrail: by name",
        "{IsMultiRegionTrail: False, TrailARN: arn:aws:cloudtrail:us-east-1:MEMBER:trail/NAME}",
    ),
    (
        "GetTrail: by ARN",
        "{IsMultiRegionTrail: False, TrailARN: arn:aws:cloudtrail:us-east-1:MEMBER:trail/NAME}",
    ),
    (
        "GetTrail: by ARN from another Region",
        "{IsMultiRegionTrail: False, TrailARN: arn:aws:cloudtrail:us-east-1:MEMBER:trail/NAME}",
    ),
    (
        "GetTrail: by name from another Region",
        "TrailNotFoundException (400)",
    ),
    (
        "GetTrail: a shadow copy by ARN",
        "{IsMultiRegionTrail: True, TrailARN: arn:aws:cloudtrail:us-east-1:MEMBER:trail/NAME}",
    ),
    (
        "DescribeTrails: at home",
        "[us-east-1 of MEMBER, us-east-1 of MEMBER]",
    ),
    (
        "DescribeTrails: in another Region",
        "[eu-west-1 of MEMBER, us-east-1 of MEMBER]",
    ),
    (
        "DescribeTrails: at home, no shadows",
        "[us-east-1 of MEMBER, us-east-1 of MEMBER]",
    ),
    (
        "DescribeTrails: in another Region, no shadows",
        "[eu-west-1 of MEMBER]",
    ),
    ("DescribeTrails: by name", "[us-east-1 of MEMBER]"),
    // Names count for the current Region; an ARN for every Region. TrailNotFoundException is no error of it.
    ("DescribeTrails: by a name of another Region", "[]"),
    (
        "DescribeTrails: by ARN from another Region",
        "[us-east-1 of MEMBER]",
    ),
    ("DescribeTrails: by a name that there is not", "[]"),
    (
        "DescribeTrails: by a bad name",
        "InvalidTrailNameException (400)",
    ),
    // "Lists trails that are in the current account", with their home Regions.
    ("ListTrails", "[eu-west-1, us-east-1, us-east-1]"),
    (
        "ListTrails: in another Region",
        "[eu-west-1, us-east-1, us-east-1]",
    ),
    (
        "The same name in two accounts",
        "mine, theirs, [[us-east-1 of MEMBER], [us-east-1 of OTHER]]",
    ),
    ("The same name in two Regions", "here, there"),
    (
        "GetTrail: another account's",
        "TrailNotFoundException (400)",
    ),
    (
        "StartLogging: another account's",
        "TrailNotFoundException (400)",
    ),
    (
        "StartLogging: a name that another account has too",
        "[True, False]",
    ),
];

/// Where ministack 1.5.33 is wrong, and what it says.
pub const MINISTACK: &[(&str, &str)] = &[
    // AWS is right: the API reference has status 400. The SDKs go by the code, so it changes nothing.
    ("GetTrail: no such trail", "TrailNotFoundException (404)"),
    (
        "GetTrailStatus: no such trail",
        "TrailNotFoundException (404)",
    ),
    // AWS is right: these are errors of the operation. ministack looks at no name, and at nothing that a trail
    // delivers to.
    ("UpdateTrail: no such trail", "TrailNotFoundException (404)"),
    // AWS is right: the API reference has status 400. The SDKs go by the code, so it changes nothing.
    ("DeleteTrail: no such trail", "TrailNotFoundException (404)"),
    (
        "StartLogging: no such trail",
        "TrailNotFoundException (404)",
    ),
    ("StopLogging: no such trail", "TrailNotFoundException (404)"),
    (
        "GetEventSelectors: no such trail",
        "TrailNotFoundException (404)",
    ),
    (
        "PutEventSelectors: no such trail",
        "TrailNotFoundException (404)",
    ),
    (
        "GetTrail: by name from another Region",
        "TrailNotFoundException (404)",
    ),
    // AWS is right: InvalidTrailNameException is an error of DescribeTrails. ministack does not look.
    ("DescribeTrails: by a bad name", "succeeds"),
    // AWS is right: all trails of the account, whatever the Region. ministack lists the Region's and multi-Region
    // ones.
    ("ListTrails", "[us-east-1, us-east-1]"),
    ("ListTrails: in another Region", "[eu-west-1, us-east-1]"),
    // AWS is right: the API reference has status 400. The SDKs go by the code, so it changes nothing.
    (
        "GetTrail: another account's",
        "TrailNotFoundException (404)",
    ),
    (
        "StartLogging: another account's",
        "TrailNotFoundException (404)",
    ),
];

/// Where moto 5.2.5 is wrong, and what it says.
pub const MOTO: &[(&str, &str)] = &[
    // AWS is right: HomeRegion is a field of the trail, also in GetTrail.
    (
        "GetTrail: fields",
        "[HasCustomEventSelectors, HasInsightSelectors, IncludeGlobalServiceEvents, IsMultiRegionTrail, IsOrganizationTrail, LogFileValidationEnabled, Name, S3BucketName, S3KeyPrefix, TrailARN]",
    ),
    // AWS is right: a trail is deleted by name or ARN, and one that is not there is an error. moto knows names only,
    // and says that all went well.
    ("DeleteTrail: no such trail", "succeeds"),
    // AWS is right: CloudTrailARNInvalidException. moto takes it for a name.
    (
        "GetTrail: ARN of something else",
        "TrailNotFoundException (400)",
    ),
    (
        "GetTrailStatus: ARN of something else",
        "TrailNotFoundException (400)",
    ),
    (
        "UpdateTrail: ARN of something else",
        "TrailNotFoundException (400)",
    ),
    // AWS is right: a trail is deleted by name or ARN, and one that is not there is an error. moto knows names only,
    // and says that all went well.
    ("DeleteTrail: ARN of something else", "succeeds"),
    // AWS is right: CloudTrailARNInvalidException. moto takes it for a name.
    (
        "StartLogging: ARN of something else",
        "TrailNotFoundException (400)",
    ),
    (
        "StopLogging: ARN of something else",
        "TrailNotFoundException (400)",
    ),
    (
        "GetEventSelectors: ARN of something else",
        "TrailNotFoundException (400)",
    ),
    (
        "PutEventSelectors: ARN of something else",
        "TrailNotFoundException (400)",
    ),
    // AWS is right: an ARN finds the trail from every Region. moto finds it at home only.
    (
        "GetTrail: by ARN from another Region",
        "TrailNotFoundException (400)",
    ),
    (
        "GetTrail: a shadow copy by ARN",
        "TrailNotFoundException (400)",
    ),
    // AWS is right: only those that are named. moto leaves trailNameList unread.
    (
        "DescribeTrails: by name",
        "[us-east-1 of MEMBER, us-east-1 of MEMBER]",
    ),
    (
        "DescribeTrails: by a name of another Region",
        "[us-east-1 of MEMBER, us-east-1 of MEMBER]",
    ),
    (
        "DescribeTrails: by ARN from another Region",
        "[eu-west-1 of MEMBER, us-east-1 of MEMBER]",
    ),
    (
        "DescribeTrails: by a name that there is not",
        "[us-east-1 of MEMBER, us-east-1 of MEMBER]",
    ),
    // AWS is right: InvalidTrailNameException is an error of DescribeTrails. moto does not look.
    ("DescribeTrails: by a bad name", "succeeds"),
    // AWS is right: all trails of the account, whatever the Region. moto lists the Region's and multi-Region ones.
    ("ListTrails", "[us-east-1, us-east-1]"),
    ("ListTrails: in another Region", "[eu-west-1, us-east-1]"),
];
