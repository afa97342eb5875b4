//! StartLogging, StopLogging and GetTrailStatus; the probes are in `logging_state.py`.

/// What AWS answers, by its API reference and user guide.
pub const DOCUMENTED: &[(&str, &str)] = &[
    ("GetTrailStatus: never started", "False []"),
    ("GetTrailStatus: started", "True [StartLoggingTime]"),
    ("GetTrailStatus: started twice", "True [StartLoggingTime]"),
    (
        "GetTrailStatus: stopped",
        "False [StartLoggingTime, StopLoggingTime]",
    ),
    (
        "GetTrailStatus: started again",
        "True [StartLoggingTime, StopLoggingTime], in order: True",
    ),
    // Not an error of StopLogging.
    ("StopLogging: never started", "succeeds"),
    ("StartLogging: by name", "True [StartLoggingTime]"),
    (
        "GetTrailStatus: a shadow copy by ARN",
        "True [StartLoggingTime]",
    ),
    // "To get the status of a shadow trail, you must specify its ARN."
    (
        "GetTrailStatus: a shadow copy by name",
        "TrailNotFoundException (400)",
    ),
];

/// Where ministack 1.5.33 is wrong, and what it says.
pub const MINISTACK: &[(&str, &str)] = &[
    // AWS is right: a shadow copy's status is asked by ARN.
    (
        "GetTrailStatus: a shadow copy by name",
        "True [StartLoggingTime]",
    ),
];

/// Where moto 5.2.5 is wrong, and what it says.
pub const MOTO: &[(&str, &str)] = &[
    // AWS is right: a shadow copy's status is asked by ARN.
    (
        "GetTrailStatus: a shadow copy by name",
        "True [StartLoggingTime]",
    ),
];
