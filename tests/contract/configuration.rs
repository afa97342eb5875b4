//! PutEventConfiguration and GetEventConfiguration; the probes are in `configuration.py`. No emulator has them.

/// What AWS answers, by its API reference and user guide.
pub const DOCUMENTED: &[(&str, &str)] = &[
    ("GetEventConfiguration: none", "[]"),
    (
        "PutEventConfiguration",
        "[{EventCategory: Data, Templates: [API_ACTIVITY]}]",
    ),
    (
        "PutEventConfiguration: then another",
        "[{EventCategory: Data, Templates: [RESOURCE_ACCESS, USER_ACTIONS]}]",
    ),
    ("PutEventConfiguration: then none", "[]"),
    // At most one, of data events, by AWS's templates.
    (
        "PutEventConfiguration: two",
        "InvalidParameterException (400)",
    ),
    (
        "PutEventConfiguration: of management events",
        "InvalidParameterException (400)",
    ),
    (
        "PutEventConfiguration: unknown template",
        "InvalidParameterException (400)",
    ),
    (
        "PutEventConfiguration: from another Region",
        "InvalidHomeRegionException (400)",
    ),
    (
        "PutEventConfiguration: no such trail",
        "TrailNotFoundException (400)",
    ),
    (
        "GetEventConfiguration: no such trail",
        "TrailNotFoundException (400)",
    ),
];

/// Where ministack 1.5.33 is wrong, and what it says.
pub const MINISTACK: &[(&str, &str)] = &[];

/// Where moto 5.2.5 is wrong, and what it says.
pub const MOTO: &[(&str, &str)] = &[];
