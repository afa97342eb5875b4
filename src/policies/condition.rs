//! Conditions: whether they hold in a request of which we know some things, and do not know others.

use std::collections::BTreeMap;

use super::{glob, parse::Condition};

/// What is known of a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Truth {
    Yes,
    No,
    /// It cannot be told, and why.
    Unknown(String),
}

impl Truth {
    pub(super) fn of(holds: bool) -> Self {
        if holds { Self::Yes } else { Self::No }
    }

    pub(super) fn not(self) -> Self {
        match self {
            Self::Yes => Self::No,
            Self::No => Self::Yes,
            unknown @ Self::Unknown(_) => unknown,
        }
    }

    pub(super) fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::No, _) | (_, Self::No) => Self::No,
            (unknown @ Self::Unknown(_), _) | (_, unknown @ Self::Unknown(_)) => unknown,
            (Self::Yes, Self::Yes) => Self::Yes,
        }
    }

    pub(super) fn or(self, other: Self) -> Self {
        self.not().and(other.not()).not()
    }
}

/// What a request says of itself, by key in lower case. A key that is not here is one whose value we do not know.
#[derive(Debug, Clone, Default)]
pub(super) struct Context(BTreeMap<String, Option<String>>);

impl Context {
    /// The request has this key with this value.
    pub(super) fn with(mut self, key: &str, value: impl Into<String>) -> Self {
        self.0.insert(key.to_ascii_lowercase(), Some(value.into()));
        self
    }

    /// The request does not have this key.
    pub(super) fn without(mut self, key: &str) -> Self {
        self.0.insert(key.to_ascii_lowercase(), None);
        self
    }

    fn get(&self, key: &str) -> Option<Option<&str>> {
        let value = self.0.get(&key.to_ascii_lowercase())?;
        Some(value.as_deref())
    }
}

/// How two values are compared.
#[derive(Clone, Copy)]
enum Comparison {
    Equal,
    EqualIgnoringCase,
    Like,
    Arn,
    Bool,
}

/// An operator: how it compares, and whether it asks for the opposite.
fn operator(name: &str) -> Option<(Comparison, bool)> {
    Some(match name {
        "StringEquals" => (Comparison::Equal, false),
        "StringNotEquals" => (Comparison::Equal, true),
        "StringEqualsIgnoreCase" => (Comparison::EqualIgnoringCase, false),
        "StringNotEqualsIgnoreCase" => (Comparison::EqualIgnoringCase, true),
        "StringLike" => (Comparison::Like, false),
        "StringNotLike" => (Comparison::Like, true),
        // AWS makes no difference between the two.
        "ArnEquals" | "ArnLike" => (Comparison::Arn, false),
        "ArnNotEquals" | "ArnNotLike" => (Comparison::Arn, true),
        "Bool" => (Comparison::Bool, false),
        _ => return None,
    })
}

/// Whether the condition holds in the request.
pub(super) fn holds(condition: &Condition, context: &Context) -> Truth {
    let fact = context.get(&condition.key);
    let not_known = || {
        Truth::Unknown(format!(
            "what CloudTrail sends as {} is not known",
            condition.key
        ))
    };
    if condition.operator == "Null" {
        let Some(value) = fact else {
            return not_known();
        };
        let absent = value.is_none().to_string();
        return Truth::of(
            condition
                .values
                .iter()
                .any(|v| v.eq_ignore_ascii_case(&absent)),
        );
    }
    let name = condition.operator.strip_suffix("IfExists");
    let (plain, if_exists) = name.map_or((condition.operator.as_str(), false), |name| (name, true));
    let Some((comparison, opposite)) = operator(plain) else {
        return Truth::Unknown(format!(
            "the operator {} is not understood",
            condition.operator
        ));
    };
    match fact {
        None => not_known(),
        Some(None) => Truth::of(if_exists || opposite),
        Some(Some(value)) => {
            let one = condition
                .values
                .iter()
                .map(|pattern| compare(comparison, pattern, value))
                .fold(Truth::No, Truth::or);
            if opposite { one.not() } else { one }
        }
    }
}

fn compare(comparison: Comparison, pattern: &str, value: &str) -> Truth {
    if pattern.contains("${") {
        return Truth::Unknown(format!("the variable in {pattern:?} is not understood"));
    }
    match comparison {
        Comparison::Equal => Truth::of(pattern == value),
        Comparison::EqualIgnoringCase => Truth::of(pattern.to_lowercase() == value.to_lowercase()),
        Comparison::Like => Truth::of(glob::fits(pattern, value)),
        Comparison::Bool => Truth::of(pattern.eq_ignore_ascii_case(value)),
        Comparison::Arn => glob::arn_fits(pattern, value).map_or_else(
            || Truth::Unknown(format!("{pattern:?} is no whole ARN")),
            Truth::of,
        ),
    }
}
