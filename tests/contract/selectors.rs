//! PutEventSelectors and GetEventSelectors; the probes are in `event_selectors.py`.

/// What AWS answers, by its API reference and user guide.
pub const DOCUMENTED: &[(&str, &str)] = &[
    // The default: all management events, and no data events.
    (
        "GetEventSelectors: nothing said",
        "{EventSelectors: [{DataResources: [], ExcludeManagementEventSources: [], IncludeManagementEvents: True, ReadWriteType: All}]}, custom: False",
    ),
    (
        "PutEventSelectors: its answer",
        "[EventSelectors, TrailARN]",
    ),
    (
        "PutEventSelectors: basic",
        "{EventSelectors: [{DataResources: [{Type: AWS::S3::Object, Values: [arn:aws:s3:::bucket/prefix]}], ExcludeManagementEventSources: [kms.amazonaws.com], IncludeManagementEvents: True, ReadWriteType: WriteOnly}]}, custom: True",
    ),
    (
        "PutEventSelectors: advanced",
        "{AdvancedEventSelectors: [{FieldSelectors: [{Equals: [Management], Field: eventCategory}], Name: management}, {FieldSelectors: [{Equals: [Data], Field: eventCategory}, {Equals: [AWS::S3::Object], Field: resources.type}]}]}, custom: True",
    ),
    (
        "PutEventSelectors: basic, then other basic",
        "{EventSelectors: [{DataResources: [], ExcludeManagementEventSources: [], IncludeManagementEvents: True, ReadWriteType: ReadOnly}]}, custom: True",
    ),
    // One kind takes the place of the other.
    (
        "PutEventSelectors: basic, then advanced",
        "{AdvancedEventSelectors: [{FieldSelectors: [{Equals: [Management], Field: eventCategory}], Name: management}]}, custom: True",
    ),
    (
        "PutEventSelectors: advanced, then basic",
        "{EventSelectors: [{DataResources: [], ExcludeManagementEventSources: [], IncludeManagementEvents: True, ReadWriteType: ReadOnly}]}, custom: True",
    ),
    // "You can use either, but not both."
    (
        "PutEventSelectors: both at once",
        "InvalidEventSelectorsException (400)",
    ),
    (
        "PutEventSelectors: none",
        "InvalidEventSelectorsException (400)",
    ),
    (
        "PutEventSelectors: bad read-write type",
        "InvalidEventSelectorsException (400)",
    ),
    (
        "PutEventSelectors: bad type of data",
        "InvalidEventSelectorsException (400)",
    ),
    // Only kms.amazonaws.com and rdsdata.amazonaws.com can be left out.
    (
        "PutEventSelectors: bad source to leave out",
        "InvalidEventSelectorsException (400)",
    ),
    (
        "PutEventSelectors: advanced without category",
        "InvalidEventSelectorsException (400)",
    ),
    (
        "PutEventSelectors: unknown category",
        "InvalidEventSelectorsException (400)",
    ),
    (
        "PutEventSelectors: unknown field",
        "InvalidEventSelectorsException (400)",
    ),
    (
        "PutEventSelectors: data without type",
        "InvalidEventSelectorsException (400)",
    ),
    // A selector has exactly one resources.type.
    (
        "PutEventSelectors: data of two types",
        "InvalidEventSelectorsException (400)",
    ),
    (
        "PutEventSelectors: condition without operator",
        "InvalidEventSelectorsException (400)",
    ),
];

/// Where ministack 1.5.33 is wrong, and what it says.
pub const MINISTACK: &[(&str, &str)] = &[
    // AWS is right: InvalidEventSelectorsException. ministack counts basic selectors, and looks at nothing else.
    ("PutEventSelectors: bad read-write type", "succeeds"),
    ("PutEventSelectors: bad type of data", "succeeds"),
    ("PutEventSelectors: bad source to leave out", "succeeds"),
    ("PutEventSelectors: advanced without category", "succeeds"),
    ("PutEventSelectors: unknown category", "succeeds"),
    ("PutEventSelectors: unknown field", "succeeds"),
    ("PutEventSelectors: data without type", "succeeds"),
    ("PutEventSelectors: data of two types", "succeeds"),
    ("PutEventSelectors: condition without operator", "succeeds"),
];

/// Where moto 5.2.5 is wrong, and what it says.
pub const MOTO: &[(&str, &str)] = &[
    // AWS is right: the default selector is answered.
    ("GetEventSelectors: nothing said", "{}, custom: False"),
    // AWS is right: HasCustomEventSelectors says that these are not the default. moto's never does.
    (
        "PutEventSelectors: basic",
        "{EventSelectors: [{DataResources: [{Type: AWS::S3::Object, Values: [arn:aws:s3:::bucket/prefix]}], ExcludeManagementEventSources: [kms.amazonaws.com], IncludeManagementEvents: True, ReadWriteType: WriteOnly}]}, custom: False",
    ),
    (
        "PutEventSelectors: advanced",
        "{AdvancedEventSelectors: [{FieldSelectors: [{Equals: [Management], Field: eventCategory}], Name: management}, {FieldSelectors: [{Equals: [Data], Field: eventCategory}, {Equals: [AWS::S3::Object], Field: resources.type}]}]}, custom: False",
    ),
    // AWS is right: the lists are there, empty, and HasCustomEventSelectors is true.
    (
        "PutEventSelectors: basic, then other basic",
        "{EventSelectors: [{IncludeManagementEvents: True, ReadWriteType: ReadOnly}]}, custom: False",
    ),
    // AWS is right: HasCustomEventSelectors says that these are not the default. moto's never does.
    (
        "PutEventSelectors: basic, then advanced",
        "{AdvancedEventSelectors: [{FieldSelectors: [{Equals: [Management], Field: eventCategory}], Name: management}]}, custom: False",
    ),
    // AWS is right: one kind takes the place of the other. moto keeps both.
    (
        "PutEventSelectors: advanced, then basic",
        "{AdvancedEventSelectors: [{FieldSelectors: [{Equals: [Management], Field: eventCategory}], Name: management}], EventSelectors: [{IncludeManagementEvents: True, ReadWriteType: ReadOnly}]}, custom: False",
    ),
    // AWS is right: InvalidEventSelectorsException. moto takes everything.
    ("PutEventSelectors: both at once", "succeeds"),
    ("PutEventSelectors: none", "succeeds"),
    ("PutEventSelectors: bad read-write type", "succeeds"),
    ("PutEventSelectors: bad type of data", "succeeds"),
    ("PutEventSelectors: bad source to leave out", "succeeds"),
    ("PutEventSelectors: advanced without category", "succeeds"),
    ("PutEventSelectors: unknown category", "succeeds"),
    ("PutEventSelectors: unknown field", "succeeds"),
    ("PutEventSelectors: data without type", "succeeds"),
    ("PutEventSelectors: data of two types", "succeeds"),
    ("PutEventSelectors: condition without operator", "succeeds"),
];
