//! AddTags, ListTags and RemoveTags; the probes are in `tags.py`.

/// What AWS answers, by its API reference and user guide.
pub const DOCUMENTED: &[(&str, &str)] = &[
    ("ListTags: none", "[]"),
    ("ListTags: fields", "[ResourceId, TagsList]"),
    (
        "ListTags: two trails",
        "[[{Key: number, Value: 0}], [{Key: number, Value: 1}]]",
    ),
    ("AddTags", "[cost=1, team=audit]"),
    ("AddTags: another value", "[team=payments]"),
    ("AddTags: without value", "[team=]"),
    ("RemoveTags", "[cost=x]"),
    ("RemoveTags: a key that is not there", "[team=x]"),
    ("AddTags: no such trail", "ResourceNotFoundException (400)"),
    (
        "RemoveTags: no such trail",
        "ResourceNotFoundException (400)",
    ),
    ("ListTags: no such trail", "ResourceNotFoundException (400)"),
    ("AddTags: by name", "CloudTrailARNInvalidException (400)"),
    ("ListTags: by name", "CloudTrailARNInvalidException (400)"),
    ("AddTags: a key twice", "InvalidTagParameterException (400)"),
    // Keys have at most 128 characters, values at most 256.
    ("AddTags: key of 129", "InvalidTagParameterException (400)"),
    (
        "AddTags: value of 257",
        "InvalidTagParameterException (400)",
    ),
];

/// Where ministack 1.5.33 is wrong, and what it says.
pub const MINISTACK: &[(&str, &str)] = &[
    // AWS is right: a tag's value may be left out.
    ("AddTags: without value", "InternalError (500)"),
    // AWS is right: InvalidTagParameterException. ministack does not look.
    ("AddTags: a key twice", "succeeds"),
    ("AddTags: key of 129", "succeeds"),
    ("AddTags: value of 257", "succeeds"),
];

/// Where moto 5.2.5 is wrong, and what it says.
pub const MOTO: &[(&str, &str)] = &[
    // AWS is right: these are errors of the operation. moto takes everything.
    ("AddTags: no such trail", "succeeds"),
    ("RemoveTags: no such trail", "succeeds"),
    ("ListTags: no such trail", "succeeds"),
    ("AddTags: by name", "succeeds"),
    ("ListTags: by name", "succeeds"),
    ("AddTags: a key twice", "succeeds"),
    ("AddTags: key of 129", "succeeds"),
    ("AddTags: value of 257", "succeeds"),
];
