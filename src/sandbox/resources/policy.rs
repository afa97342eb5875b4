//! What a policy says: enough of IAM's rules to ask whether CloudTrail may do one thing to one resource.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use crate::sandbox::scenario::glob;

/// Who asks.
const CLOUDTRAIL: &str = "cloudtrail.amazonaws.com";

/// A policy document.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Policy {
    statement: Many<Statement>,
}

/// CloudTrail's wish to do something.
#[derive(Debug)]
pub struct Ask<'a> {
    action: &'a str,
    resource: &'a str,
    context: Vec<(&'a str, &'a str)>,
}

impl<'a> Ask<'a> {
    /// This action on this resource.
    pub fn new(action: &'a str, resource: &'a str) -> Self {
        Self {
            action,
            resource,
            context: vec![("aws:SecureTransport", "true")],
        }
    }

    /// With this condition key in its context.
    pub fn about(mut self, key: &'a str, value: &'a str) -> Self {
        self.context.push((key, value));
        self
    }
}

impl Policy {
    /// The policy that this JSON text is, if it is one.
    pub fn read(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    /// Whether it allows: some statement does, and none denies.
    pub fn allows(&self, ask: &Ask<'_>) -> bool {
        let meant = |effect: Effect| {
            self.statement
                .all()
                .any(|s| s.effect == effect && s.means(ask))
        };
        meant(Effect::Allow) && !meant(Effect::Deny)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
enum Effect {
    Allow,
    Deny,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Statement {
    effect: Effect,
    /// Absent in the policies of identities.
    principal: Option<Principal>,
    action: Option<Many<String>>,
    not_action: Option<Many<String>>,
    resource: Option<Many<String>>,
    not_resource: Option<Many<String>>,
    #[serde(default)]
    condition: BTreeMap<String, BTreeMap<String, Many<Value>>>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Principal {
    Kinds(BTreeMap<String, Many<String>>),
    Everybody(String),
}

/// One value, or a list of them.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Many<T> {
    List(Vec<T>),
    One(T),
}

impl<T> Many<T> {
    fn all(&self) -> impl Iterator<Item = &T> {
        match self {
            Self::List(list) => list.iter(),
            Self::One(one) => std::slice::from_ref(one).iter(),
        }
    }
}

impl Statement {
    fn means(&self, ask: &Ask<'_>) -> bool {
        let names = |list: &Many<String>, text: &str| list.all().any(|p| glob(p, text));
        // Actions are not told apart by case.
        let acts = |list: &Many<String>| {
            let action = ask.action.to_ascii_lowercase();
            list.all().any(|p| glob(&p.to_ascii_lowercase(), &action))
        };
        self.principal.as_ref().is_none_or(Principal::is_cloudtrail)
            && self.action.as_ref().is_none_or(acts)
            && !self.not_action.as_ref().is_some_and(acts)
            && self
                .resource
                .as_ref()
                .is_none_or(|list| names(list, ask.resource))
            && !self
                .not_resource
                .as_ref()
                .is_some_and(|list| names(list, ask.resource))
            && self
                .condition
                .iter()
                .all(|(operator, keys)| holds(operator, keys, ask))
    }
}

impl Principal {
    fn is_cloudtrail(&self) -> bool {
        match self {
            Self::Everybody(text) => text == "*",
            Self::Kinds(kinds) => kinds.iter().any(|(kind, names)| match kind.as_str() {
                "Service" => names.all().any(|n| n == CLOUDTRAIL),
                _ => names.all().any(|n| n == "*"),
            }),
        }
    }
}

/// Whether one operator holds for all its keys. An operator that is not known holds for nothing.
fn holds(operator: &str, keys: &BTreeMap<String, Many<Value>>, ask: &Ask<'_>) -> bool {
    let (operator, if_exists) = match operator.strip_suffix("IfExists") {
        Some(operator) => (operator, true),
        None => (operator, false),
    };
    keys.iter().all(|(key, values)| {
        let found = ask
            .context
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(key))
            .map(|(_, value)| *value);
        let any = |fits: fn(&str, &str) -> bool| {
            found.is_some_and(|found| values.all().any(|v| fits(&plain(v), found)))
        };
        if found.is_none() && if_exists {
            return true;
        }
        match operator {
            "StringEquals" => any(|want, found| want == found),
            "StringEqualsIgnoreCase" | "Bool" => any(str::eq_ignore_ascii_case),
            "StringLike" | "ArnLike" | "ArnEquals" => any(glob),
            "StringNotEquals" => !any(|want, found| want == found),
            "StringNotLike" | "ArnNotLike" | "ArnNotEquals" => !any(glob),
            "Null" => values
                .all()
                .any(|v| (plain(v) == "true") == found.is_none()),
            _ => false,
        }
    })
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn allows(statements: Value, ask: &Ask<'_>) -> bool {
        let text = json!({"Version": "2012-10-17", "Statement": statements}).to_string();
        Policy::read(&text).unwrap().allows(ask)
    }

    #[test]
    fn statements_allow_by_principal_action_resource_and_condition() {
        let ask = || {
            Ask::new("s3:PutObject", "arn:aws:s3:::logs/AWSLogs/1/x")
                .about("aws:SourceArn", "arn:t")
        };
        let statement = |principal: Value, action: &str, resource: &str, condition: Value| json!({"Effect": "Allow", "Principal": principal, "Action": action, "Resource": resource, "Condition": condition});
        let service = || json!({"Service": ["config.amazonaws.com", CLOUDTRAIL]});
        let all = "arn:aws:s3:::logs/*";
        for (allowed, statement) in [
            (true, statement(service(), "s3:PutObject", all, json!({}))),
            (true, statement(json!("*"), "S3:put*", "*", json!({}))),
            (
                true,
                statement(
                    service(),
                    "*",
                    all,
                    json!({"ArnLike": {"AWS:SourceArn": ["arn:x", "arn:*"]}}),
                ),
            ),
            (
                false,
                statement(json!({"Service": "x"}), "*", all, json!({})),
            ),
            (false, statement(service(), "s3:Get*", all, json!({}))),
            (
                false,
                statement(service(), "*", "arn:aws:s3:::logs", json!({})),
            ),
            (
                false,
                statement(
                    service(),
                    "*",
                    all,
                    json!({"StringEquals": {"aws:SourceArn": "arn:*"}}),
                ),
            ),
            (
                false,
                statement(
                    service(),
                    "*",
                    all,
                    json!({"StringEquals": {"s3:x-amz-acl": "x"}}),
                ),
            ),
            (
                true,
                statement(
                    service(),
                    "*",
                    all,
                    json!({"StringEqualsIfExists": {"s3:x-amz-acl": "x"}}),
                ),
            ),
            (
                false,
                statement(
                    service(),
                    "*",
                    all,
                    json!({"NumericLessThan": {"aws:x": "1"}}),
                ),
            ),
            (
                true,
                statement(service(), "*", all, json!({"Null": {"s3:x-amz-acl": true}})),
            ),
        ] {
            assert_eq!(allows(statement.clone(), &ask()), allowed, "{statement}");
        }
    }

    #[test]
    fn a_denial_wins() {
        let plain_http = json!({"Bool": {"aws:SecureTransport": "false"}});
        let deny = |condition: Value| {
            json!([
                {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"},
                {"Effect": "Deny", "Principal": "*", "NotAction": "s3:GetObject", "Resource": "*", "Condition": condition},
            ])
        };
        let ask = Ask::new("s3:PutObject", "arn:aws:s3:::logs/x");
        assert!(!allows(deny(json!({})), &ask));
        assert!(allows(deny(plain_http), &ask));
        assert!(Policy::read("no policy").is_none());
    }
}
