//! PutInsightSelectors and GetInsightSelectors; the probes are in `insights.py`. ministack has neither, and is not asked.

/// What AWS answers, by its API reference and user guide.
pub const DOCUMENTED: &[(&str, &str)] = &[
    // Trails without Insights: InsightNotEnabledException.
    (
        "GetInsightSelectors: none",
        "InsightNotEnabledException (400)",
    ),
    (
        "PutInsightSelectors",
        "[{InsightType: ApiCallRateInsight}], has some: True",
    ),
    // A put takes the place of what was there.
    (
        "PutInsightSelectors: then others",
        "[{InsightType: ApiErrorRateInsight}], has some: True",
    ),
    (
        "PutInsightSelectors: both",
        "[{InsightType: ApiCallRateInsight}, {InsightType: ApiErrorRateInsight}], has some: True",
    ),
    // An empty list switches Insights off.
    (
        "PutInsightSelectors: then none",
        "InsightNotEnabledException (400)",
    ),
    (
        "PutInsightSelectors: unknown type",
        "InvalidInsightSelectorsException (400)",
    ),
    (
        "PutInsightSelectors: from another Region",
        "InvalidHomeRegionException (400)",
    ),
    (
        "PutInsightSelectors: no such trail",
        "TrailNotFoundException (400)",
    ),
    (
        "GetInsightSelectors: no such trail",
        "TrailNotFoundException (400)",
    ),
];

/// Where ministack 1.5.33 is wrong, and what it says.
pub const MINISTACK: &[(&str, &str)] = &[];

/// Where moto 5.2.5 is wrong, and what it says.
pub const MOTO: &[(&str, &str)] = &[
    // AWS is right: InsightNotEnabledException, also after an empty list. moto leaves the field out, and an empty list
    // unread.
    ("GetInsightSelectors: none", "lacks 'InsightSelectors'"),
    // AWS is right: HasInsightSelectors says that there are some. moto's never does.
    (
        "PutInsightSelectors",
        "[{InsightType: ApiCallRateInsight}], has some: False",
    ),
    // AWS is right: a put takes the place of what was there. moto appends.
    (
        "PutInsightSelectors: then others",
        "[{InsightType: ApiCallRateInsight}, {InsightType: ApiErrorRateInsight}], has some: False",
    ),
    // AWS is right: HasInsightSelectors says that there are some. moto's never does.
    (
        "PutInsightSelectors: both",
        "[{InsightType: ApiCallRateInsight}, {InsightType: ApiErrorRateInsight}], has some: False",
    ),
    // AWS is right: InsightNotEnabledException, also after an empty list. moto leaves the field out, and an empty list
    // unread.
    (
        "PutInsightSelectors: then none",
        "[{InsightType: ApiCallRateInsight}], has some: False",
    ),
    // AWS is right: InvalidInsightSelectorsException. moto takes everything.
    ("PutInsightSelectors: unknown type", "succeeds"),
    // AWS is right: InvalidHomeRegionException. moto finds no trail outside of its Region.
    (
        "PutInsightSelectors: from another Region",
        "TrailNotFoundException (400)",
    ),
];
