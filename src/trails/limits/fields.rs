//! What a trail's advanced selectors may ask of which field, as a table by the category of events.

use super::basic::EXCLUDABLE;

/// The field that says the category.
pub(super) const CATEGORY: &str = "eventCategory";
/// The field that says the type of resource.
pub(super) const RESOURCE_TYPE: &str = "resources.type";
/// The field with a resource's ARN.
pub(super) const RESOURCE_ARN: &str = "resources.ARN";
/// The field with the service.
const SOURCE: &str = "eventSource";
const BOOLS: &[&str] = &["true", "false"];

/// The events that a trail's selector can take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Category {
    Management,
    Data,
    Network,
}

impl Category {
    /// The one of this name.
    pub(super) fn of(name: &str) -> Option<Self> {
        match name {
            "Management" => Some(Self::Management),
            "Data" => Some(Self::Data),
            "NetworkActivity" => Some(Self::Network),
            _ => None,
        }
    }

    /// Its name.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Management => "Management",
            Self::Data => "Data",
            Self::Network => "NetworkActivity",
        }
    }

    /// The fields, each with what may be asked of it.
    pub(super) fn fields(self) -> &'static [(&'static str, Rule)] {
        match self {
            Self::Management => MANAGEMENT,
            Self::Data => DATA,
            Self::Network => NETWORK,
        }
    }

    /// What must be among the fields, besides the category.
    pub(super) fn required(self) -> Option<&'static str> {
        match self {
            Self::Management => None,
            Self::Data => Some(RESOURCE_TYPE),
            Self::Network => Some(SOURCE),
        }
    }
}

const MANAGEMENT: &[(&str, Rule)] = &[
    (CATEGORY, Rule::ONE),
    ("readOnly", Rule::BOOL),
    (SOURCE, Rule::new(&["not_equals"], Some(EXCLUDABLE))),
];

const DATA: &[(&str, Rule)] = &[
    (CATEGORY, Rule::ONE),
    (RESOURCE_TYPE, Rule::ONE),
    ("readOnly", Rule::BOOL),
    ("eventName", Rule::ANY),
    (SOURCE, Rule::ANY),
    ("eventType", Rule::ANY),
    (RESOURCE_ARN, Rule::ANY),
    (
        "sessionCredentialFromConsole",
        Rule::new(&["equals", "not_equals"], Some(BOOLS)),
    ),
    ("userIdentity.arn", Rule::ANY),
];

const NETWORK: &[(&str, Rule)] = &[
    (CATEGORY, Rule::ONE),
    (SOURCE, Rule::ONE),
    ("eventName", Rule::ANY),
    (
        "errorCode",
        Rule::new(&["equals"], Some(&["VpceAccessDenied"])),
    ),
    ("vpcEndpointId", Rule::ANY),
    ("userIdentity.arn", Rule::ANY),
];

/// What may be asked of a field.
#[derive(Clone, Copy)]
pub(super) struct Rule {
    /// The operators; empty for all.
    pub(super) operators: &'static [&'static str],
    /// The values, if they are few.
    pub(super) values: Option<&'static [&'static str]>,
    /// Whether there is exactly one value.
    pub(super) single: bool,
}

impl Rule {
    const ANY: Self = Self::new(&[], None);
    const ONE: Self = Self {
        single: true,
        ..Self::new(&["equals"], None)
    };
    /// Both values together are the same as no condition, which is how AWS has it written.
    const BOOL: Self = Self {
        single: true,
        ..Self::new(&["equals"], Some(BOOLS))
    };

    const fn new(
        operators: &'static [&'static str],
        values: Option<&'static [&'static str]>,
    ) -> Self {
        Self {
            operators,
            values,
            single: false,
        }
    }
}
