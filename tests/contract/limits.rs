//! How much AWS takes; the probes are in `limits.py`.

/// What AWS answers, by its API reference and user guide.
pub const DOCUMENTED: &[(&str, &str)] = &[
    ("Limits: 5 trails in a Region", "succeeds"),
    // 5 trails in a Region; a multi-Region trail counts in each.
    (
        "Limits: 6 trails in a Region",
        "MaximumNumberOfTrailsExceededException (400)",
    ),
    ("Limits: 5 multi-Region trails", "succeeds"),
    (
        "Limits: 4 trails and a copy of another Region's",
        "succeeds",
    ),
    (
        "Limits: 5 trails and a copy of another Region's",
        "MaximumNumberOfTrailsExceededException (400)",
    ),
    ("Limits: 5 basic selectors", "succeeds"),
    // 5 basic selectors a trail.
    (
        "Limits: 6 basic selectors",
        "InvalidEventSelectorsException (400)",
    ),
    ("Limits: 250 data resources", "succeeds"),
    // 250 data resources over all selectors, but for those that stand for everything.
    (
        "Limits: 251 data resources",
        "InvalidEventSelectorsException (400)",
    ),
    ("Limits: 250 data resources, and all", "succeeds"),
    ("Limits: 500 advanced values", "succeeds"),
    // 500 values over all conditions of all advanced selectors; of selectors themselves there is no number.
    (
        "Limits: 501 advanced values",
        "InvalidEventSelectorsException (400)",
    ),
    ("Limits: 6 advanced selectors", "succeeds"),
    ("Limits: 50 tags", "succeeds"),
    // 50 tags a trail.
    ("Limits: 51 tags", "TagsLimitExceededException (400)"),
    (
        "Limits: 51 tags at once",
        "TagsLimitExceededException (400)",
    ),
    ("Limits: 50 tags at creation", "succeeds"),
    (
        "Limits: 51 tags at creation",
        "TagsLimitExceededException (400)",
    ),
];

/// Where ministack 1.5.33 is wrong, and what it says.
pub const MINISTACK: &[(&str, &str)] = &[
    // AWS is right: ministack counts basic selectors, and nothing else.
    ("Limits: 6 trails in a Region", "succeeds"),
    (
        "Limits: 5 trails and a copy of another Region's",
        "succeeds",
    ),
    ("Limits: 251 data resources", "succeeds"),
    ("Limits: 501 advanced values", "succeeds"),
    ("Limits: 51 tags", "succeeds"),
    ("Limits: 51 tags at once", "succeeds"),
    ("Limits: 51 tags at creation", "succeeds"),
];

/// Where moto 5.2.5 is wrong, and what it says.
pub const MOTO: &[(&str, &str)] = &[
    // AWS is right: moto counts nothing.
    ("Limits: 6 trails in a Region", "succeeds"),
    (
        "Limits: 5 trails and a copy of another Region's",
        "succeeds",
    ),
    ("Limits: 6 basic selectors", "succeeds"),
    ("Limits: 251 data resources", "succeeds"),
    ("Limits: 501 advanced values", "succeeds"),
    ("Limits: 51 tags", "succeeds"),
    ("Limits: 51 tags at once", "succeeds"),
    ("Limits: 51 tags at creation", "succeeds"),
];
