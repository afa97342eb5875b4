//! Policy documents as they are written: one shape, the keys in the order in which people read them.

use std::collections::BTreeMap;

use serde::Serialize;

use super::CLOUDTRAIL;

/// A policy document.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Document {
    version: &'static str,
    pub(super) statement: Vec<Statement>,
}

impl Document {
    pub(super) fn of(statement: Vec<Statement>) -> Self {
        Self {
            version: "2012-10-17",
            statement,
        }
    }

    /// As text, with the line breaks of a text that is read.
    pub(super) fn pretty(&self) -> String {
        #[expect(
            clippy::expect_used,
            reason = "texts, and maps whose keys are texts, always have a JSON form"
        )]
        serde_json::to_string_pretty(self).expect("a policy is made of texts")
    }
}

/// A statement that allows something.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Statement {
    sid: &'static str,
    effect: &'static str,
    /// Absent in the policies of roles, which speak of the role itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    principal: Option<Principal>,
    action: OneOrMore,
    /// Absent in trust policies, which speak of the role that they are on.
    #[serde(skip_serializing_if = "Option::is_none")]
    resource: Option<OneOrMore>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    condition: Conditions,
}

/// By operator, then by key.
pub(super) type Conditions = BTreeMap<&'static str, BTreeMap<&'static str, OneOrMore>>;

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Principal {
    service: &'static str,
}

/// One value stands by itself, several as a list.
#[derive(Debug, Clone, Serialize)]
#[serde(untagged)]
pub(super) enum OneOrMore {
    One(String),
    More(Vec<String>),
}

impl OneOrMore {
    pub(super) fn of(values: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let mut values: Vec<String> = values.into_iter().map(Into::into).collect();
        match (values.pop(), values.is_empty()) {
            (Some(only), true) => Self::One(only),
            (Some(last), false) => {
                values.push(last);
                Self::More(values)
            }
            (None, _) => Self::More(values),
        }
    }
}

impl Statement {
    /// What the role that the policy is on may do.
    pub(super) fn role_may(sid: &'static str, actions: &[&str], resources: Vec<String>) -> Self {
        Self {
            sid,
            effect: "Allow",
            principal: None,
            action: OneOrMore::of(actions.iter().copied()),
            resource: Some(OneOrMore::of(resources)),
            condition: Conditions::new(),
        }
    }

    /// What CloudTrail may do.
    pub(super) fn cloudtrail_may(
        sid: &'static str,
        actions: &[&str],
        resources: Vec<String>,
        condition: Conditions,
    ) -> Self {
        Self {
            principal: Some(Principal {
                service: CLOUDTRAIL,
            }),
            condition,
            ..Self::role_may(sid, actions, resources)
        }
    }

    /// That CloudTrail may assume the role that the policy is on.
    pub(super) fn cloudtrail_may_assume(condition: Conditions) -> Self {
        Self {
            resource: None,
            ..Self::cloudtrail_may(
                "AWSCloudTrailAssumesRole",
                &["sts:AssumeRole"],
                vec![],
                condition,
            )
        }
    }
}
