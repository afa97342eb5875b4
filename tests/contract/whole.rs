//! Trails of the whole organization; the probes are in `organization_trails.py`.

/// What AWS answers, by its API reference and user guide.
pub const DOCUMENTED: &[(&str, &str)] = &[
    (
        "Organization trail: made by the management account",
        "{IsMultiRegionTrail: True, IsOrganizationTrail: True, TrailARN: arn:aws:cloudtrail:us-east-1:MANAGEMENT:trail/NAME}",
    ),
    // NotOrganizationMasterAccountException: neither the management account nor a delegated administrator.
    (
        "Organization trail: made by a member",
        "NotOrganizationMasterAccountException (400)",
    ),
    // Members see the trail, and cannot change it. Without shadow trails they do not see it.
    (
        "Organization trail: shown to a member",
        "[{HomeRegion: us-east-1, IsOrganizationTrail: True, TrailARN: arn:aws:cloudtrail:us-east-1:MANAGEMENT:trail/NAME}]",
    ),
    (
        "Organization trail: shown to a member, another Region",
        "[{HomeRegion: us-east-1, IsOrganizationTrail: True, TrailARN: arn:aws:cloudtrail:us-east-1:MANAGEMENT:trail/NAME}]",
    ),
    ("Organization trail: shown to a member, no shadows", "[]"),
    (
        "Organization trail: listed to a member",
        "[arn:aws:cloudtrail:us-east-1:MANAGEMENT:trail/NAME]",
    ),
    ("Organization trail: its status, by a member", "True"),
    (
        "Organization trail: stopped by a member",
        "NotOrganizationMasterAccountException (400)",
    ),
    (
        "Organization trail: deleted by a member",
        "NotOrganizationMasterAccountException (400)",
    ),
    (
        "Organization trail: converted, and back",
        "[True, False], a member sees: 0",
    ),
];

/// Where ministack 1.5.33 is wrong, and what it says.
pub const MINISTACK: &[(&str, &str)] = &[
    // AWS is right: ministack does not ask whose organization it is.
    ("Organization trail: made by a member", "succeeds"),
    // AWS is right: the organization's trail shows in its members, by its ARN. ministack keeps it to its account.
    ("Organization trail: shown to a member", "[]"),
    (
        "Organization trail: shown to a member, another Region",
        "[]",
    ),
    ("Organization trail: listed to a member", "[]"),
    (
        "Organization trail: its status, by a member",
        "TrailNotFoundException (404)",
    ),
    (
        "Organization trail: stopped by a member",
        "TrailNotFoundException (404)",
    ),
    (
        "Organization trail: deleted by a member",
        "TrailNotFoundException (404)",
    ),
];

/// Where moto 5.2.5 is wrong, and what it says.
pub const MOTO: &[(&str, &str)] = &[
    // AWS is right: moto does not ask whose organization it is.
    ("Organization trail: made by a member", "succeeds"),
    // AWS is right: the organization's trail shows in its members, by its ARN. moto keeps it to its account.
    ("Organization trail: shown to a member", "[]"),
    (
        "Organization trail: shown to a member, another Region",
        "[]",
    ),
    ("Organization trail: listed to a member", "[]"),
    (
        "Organization trail: its status, by a member",
        "TrailNotFoundException (400)",
    ),
    (
        "Organization trail: stopped by a member",
        "TrailNotFoundException (400)",
    ),
    // AWS is right: moto's DeleteTrail says that all went well, and deletes nothing by ARN.
    ("Organization trail: deleted by a member", "succeeds"),
];
