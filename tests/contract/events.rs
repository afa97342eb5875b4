//! LookupEvents; the probes are in `events.py`. moto has it not, and is not asked.

/// What AWS answers, by its API reference (or, where that is silent, its SDK models).
pub const DOCUMENTED: &[(&str, &str)] = &[
    ("LookupEvents: fields", "missing: []; read only: True"),
    (
        "LookupEvents: record",
        "same id and name: True; account: True; Region: us-east-1",
    ),
    (
        "LookupEvents: order",
        "newest first: True, more than one: True",
    ),
    (
        "LookupEvents: pages",
        "1 event, token: True, then another: True",
    ),
    ("LookupEvents: by name", "only these: True, some: True"),
    ("LookupEvents: nothing found", "[]"),
    // MaxResults: 1 to 50. Errors of CloudTrail are HTTP 400 in the API reference.
    (
        "LookupEvents: MaxResults 51",
        "InvalidMaxResultsException (400)",
    ),
    (
        "LookupEvents: MaxResults 0",
        "InvalidMaxResultsException (400)",
    ),
    // "Currently the list can contain only one item."
    (
        "LookupEvents: two attributes",
        "InvalidLookupAttributesException (400)",
    ),
    (
        "LookupEvents: unknown attribute",
        "InvalidLookupAttributesException (400)",
    ),
    (
        "LookupEvents: start after end",
        "InvalidTimeRangeException (400)",
    ),
    (
        "LookupEvents: forged token",
        "InvalidNextTokenException (400)",
    ),
];

/// Where ministack 1.5.33 is wrong, and what it says.
pub const MINISTACK: &[(&str, &str)] = &[
    // AWS is right: the answer has a NextToken. ministack never gives one: what does not fit the page cannot be read.
    ("LookupEvents: pages", "1 event, token: False"),
    // AWS is right: these are errors of the operation. ministack looks at none of its parameters so.
    ("LookupEvents: MaxResults 51", "succeeds"),
    ("LookupEvents: MaxResults 0", "succeeds"),
    ("LookupEvents: two attributes", "succeeds"),
    ("LookupEvents: unknown attribute", "succeeds"),
    ("LookupEvents: start after end", "succeeds"),
    ("LookupEvents: forged token", "succeeds"),
];

/// Where moto 5.2.5 is wrong, and what it says.
pub const MOTO: &[(&str, &str)] = &[];
