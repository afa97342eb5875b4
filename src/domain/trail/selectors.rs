//! What a trail records: event selectors, insight selectors, event configuration.

/// Which events a trail records. CloudTrail knows two kinds, and a trail has one of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EventSelectors {
    /// The older kind. What a trail has that nobody changed: one that takes all management events.
    Basic(Vec<BasicEventSelector>),
    /// The newer kind.
    Advanced(Vec<AdvancedEventSelector>),
}

/// A basic event selector.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BasicEventSelector {
    /// Which calls.
    pub read_write: ReadWrite,
    /// Whether it takes management events.
    pub management_events: bool,
    /// The data events that it takes.
    pub data_resources: Vec<DataResource>,
    /// Services whose management events it leaves out.
    pub excluded_sources: Vec<String>,
}

/// Which calls a selector takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ReadWrite {
    /// Those that only read.
    ReadOnly,
    /// Those that change something.
    WriteOnly,
    /// All.
    All,
}

/// Resources whose data events are recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataResource {
    /// The type, such as `AWS::S3::Object`.
    pub resource_type: String,
    /// ARNs or their beginnings.
    pub values: Vec<String>,
}

/// An advanced event selector: all conditions must hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdvancedEventSelector {
    /// A name, for people.
    pub name: Option<String>,
    /// The conditions.
    pub fields: Vec<FieldSelector>,
}

/// A condition on one field.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FieldSelector {
    /// The field, such as `eventCategory`.
    pub field: String,
    /// It equals one of these.
    pub equals: Vec<String>,
    /// It starts with one of these.
    pub starts_with: Vec<String>,
    /// It ends with one of these.
    pub ends_with: Vec<String>,
    /// It equals none of these.
    pub not_equals: Vec<String>,
    /// It starts with none of these.
    pub not_starts_with: Vec<String>,
    /// It ends with none of these.
    pub not_ends_with: Vec<String>,
}

/// One type of unusual activity that a trail records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InsightSelector {
    /// The type.
    pub kind: InsightKind,
    /// Which events it is looked for in; empty for what AWS takes if nothing is said: management events.
    pub categories: Vec<InsightCategory>,
}

/// A type of unusual activity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum InsightKind {
    /// Unusual rates of write calls.
    ApiCallRate,
    /// Unusual rates of errors.
    ApiErrorRate,
    /// One that this version does not know.
    Unknown,
}

/// Events that unusual activity is looked for in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum InsightCategory {
    /// Management events.
    Management,
    /// Data events.
    Data,
    /// One that this version does not know.
    Unknown,
}

/// How large a trail's events may be, and what they carry besides.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EventConfiguration {
    /// How large events may be; `None` where CloudTrail does not say.
    pub max_event_size: Option<MaxEventSize>,
    /// What events carry besides.
    pub context_keys: Vec<ContextKeySelector>,
    /// Which events are summed up.
    pub aggregations: Vec<Aggregation>,
}

/// How large events may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MaxEventSize {
    /// 256 KB.
    Standard,
    /// 1 MB.
    Large,
}

/// Keys that are added to events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContextKeySelector {
    /// Where they come from.
    pub kind: ContextKeyKind,
    /// The keys.
    pub equals: Vec<String>,
}

/// Where keys that are added to events come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ContextKeyKind {
    /// Tags of resources and principals.
    TagContext,
    /// IAM's global condition keys.
    RequestContext,
    /// One that this version does not know.
    Unknown,
}

/// Which events are summed up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Aggregation {
    /// AWS's templates, by their names.
    pub templates: Vec<String>,
    /// The category of events.
    pub category: String,
}
