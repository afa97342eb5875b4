//! Policy documents as they are read. Elements that we do not know make a policy unreadable, not weaker.

use serde_json::{Map, Value};

use super::CLOUDTRAIL;

/// A policy document.
#[derive(Debug)]
pub(super) struct Policy {
    pub(super) statements: Vec<Statement>,
}

/// One statement.
#[derive(Debug)]
pub(super) struct Statement {
    /// What to call it in messages.
    pub(super) label: String,
    pub(super) effect: Effect,
    pub(super) principal: Principal,
    pub(super) action: Named,
    pub(super) resource: Named,
    pub(super) conditions: Vec<Condition>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Effect {
    Allow,
    Deny,
}

/// Of whom a statement speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Principal {
    /// Of CloudTrail, by name or with everybody; or of whoever the policy is attached to.
    CloudTrail,
    /// Of others.
    Others,
}

/// What a statement names, or what it names all but.
#[derive(Debug)]
pub(super) enum Named {
    /// These patterns.
    These(Vec<String>),
    /// All but these.
    AllBut(Vec<String>),
    /// Nothing: the policy speaks of what it is on.
    Itself,
}

/// One key that is compared.
#[derive(Debug)]
pub(super) struct Condition {
    pub(super) operator: String,
    pub(super) key: String,
    pub(super) values: Vec<String>,
}

impl Policy {
    /// Reads a document; or says what is wrong with it.
    pub(super) fn read(text: &str) -> Result<Self, String> {
        let document: Value =
            serde_json::from_str(text).map_err(|e| format!("the policy is not JSON: {e}"))?;
        let statements = match document.get("Statement") {
            Some(Value::Array(statements)) => statements.iter().collect(),
            Some(one @ Value::Object(_)) => vec![one],
            _ => return Err("the policy has no Statement".to_owned()),
        };
        let statements = statements.into_iter().enumerate();
        let statements = statements.map(|(at, value)| statement(at, value));
        Ok(Self {
            statements: statements.collect::<Result<_, _>>()?,
        })
    }
}

/// The elements of a statement.
const KNOWN: &[&str] = &[
    "Sid",
    "Effect",
    "Principal",
    "NotPrincipal",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Condition",
];

fn statement(at: usize, value: &Value) -> Result<Statement, String> {
    let sid = value
        .get("Sid")
        .and_then(Value::as_str)
        .filter(|sid| !sid.is_empty());
    let label = sid.map_or_else(|| format!("statement {}", at + 1), |sid| format!("{sid:?}"));
    let wrong = |what: &str| format!("{label}: {what}");
    let members = value.as_object().ok_or_else(|| wrong("is not an object"))?;
    if let Some(other) = members.keys().find(|key| !KNOWN.contains(&key.as_str())) {
        return Err(wrong(&format!(
            "has an element {other:?}, which policies do not have"
        )));
    }
    let effect = match members.get("Effect").and_then(Value::as_str) {
        Some("Allow") => Effect::Allow,
        Some("Deny") => Effect::Deny,
        _ => return Err(wrong("has no Effect of Allow or Deny")),
    };
    let action = named(members, "Action", "NotAction").map_err(|why| wrong(&why))?;
    if matches!(action, Named::Itself) {
        return Err(wrong("has no Action"));
    }
    Ok(Statement {
        effect,
        principal: principal(members).map_err(|why| wrong(&why))?,
        action,
        resource: named(members, "Resource", "NotResource").map_err(|why| wrong(&why))?,
        conditions: conditions(members.get("Condition")).map_err(|why| wrong(&why))?,
        label,
    })
}

fn named(members: &Map<String, Value>, these: &str, but: &str) -> Result<Named, String> {
    match (members.get(these), members.get(but)) {
        (Some(_), Some(_)) => Err(format!("has both {these} and {but}")),
        (Some(value), None) => texts(value).map(Named::These),
        (None, Some(value)) => texts(value).map(Named::AllBut),
        (None, None) => Ok(Named::Itself),
    }
}

/// A text, or a list of them. Numbers and booleans are allowed as values of conditions.
fn texts(value: &Value) -> Result<Vec<String>, String> {
    let text = |value: &Value| match value {
        Value::String(text) => Ok(text.clone()),
        Value::Bool(_) | Value::Number(_) => Ok(value.to_string()),
        other => Err(format!("has {other} where a text is expected")),
    };
    match value {
        Value::Array(values) => values.iter().map(text).collect(),
        one => text(one).map(|text| vec![text]),
    }
}

fn principal(members: &Map<String, Value>) -> Result<Principal, String> {
    let of = |named| {
        if named {
            Principal::CloudTrail
        } else {
            Principal::Others
        }
    };
    match (members.get("Principal"), members.get("NotPrincipal")) {
        (Some(_), Some(_)) => Err("has both Principal and NotPrincipal".to_owned()),
        (Some(value), None) => names_cloudtrail(value).map(of),
        (None, Some(value)) => names_cloudtrail(value).map(|named| of(!named)),
        (None, None) => Ok(Principal::CloudTrail),
    }
}

fn names_cloudtrail(value: &Value) -> Result<bool, String> {
    let members = match value {
        Value::String(anyone) if anyone == "*" => return Ok(true),
        Value::Object(members) => members,
        other => return Err(format!("has the Principal {other}")),
    };
    let mut named = false;
    for (kind, who) in members {
        let who = texts(who)?;
        named |= match kind.as_str() {
            "Service" => who.iter().any(|service| service == CLOUDTRAIL),
            "AWS" => who.iter().any(|account| account == "*"),
            _ => false,
        };
    }
    Ok(named)
}

fn conditions(block: Option<&Value>) -> Result<Vec<Condition>, String> {
    let Some(block) = block else {
        return Ok(Vec::new());
    };
    let wrong = || "has a Condition that is not of operators and keys".to_owned();
    let mut found = Vec::new();
    for (operator, keys) in block.as_object().ok_or_else(wrong)? {
        for (key, values) in keys.as_object().ok_or_else(wrong)? {
            found.push(Condition {
                operator: operator.clone(),
                key: key.clone(),
                values: texts(values)?,
            });
        }
    }
    Ok(found)
}
