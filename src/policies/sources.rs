//! For which trails a policy lets CloudTrail act: exactly those, if the policy does not grow too long by it.

use std::collections::BTreeSet;

use super::{
    Deliveries,
    document::{Conditions, Document, OneOrMore},
};
use crate::domain::{AccountId, OrganizationId};

/// How a policy names the trails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Sources {
    /// Each by its ARN.
    Exact(BTreeSet<String>),
    /// By patterns for any account, and the organization that the account must be of.
    OfOrganization(BTreeSet<String>, OrganizationId),
    /// By patterns for any account, and a list of accounts, which is shorter than one of ARNs.
    OfAccounts(BTreeSet<String>, BTreeSet<AccountId>),
}

/// Which comes first when the exact ARNs do not fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Preferred {
    /// `aws:SourceOrgID`, which AWS documents with CloudTrail for buckets (Control Tower's own bucket policy).
    Organization,
    /// `aws:SourceAccount`, which the CloudTrail user guide names for keys and topics.
    Accounts,
}

impl Sources {
    pub(super) fn exact(deliveries: &Deliveries) -> Self {
        Self::Exact(deliveries.trails.iter().map(ToString::to_string).collect())
    }

    /// Shorter ways, in the order in which to try them.
    fn shorter(deliveries: &Deliveries, preferred: Preferred) -> Vec<Self> {
        let patterns: BTreeSet<String> = deliveries
            .trails
            .iter()
            .map(|arn| {
                let home = arn.home_region();
                let partition = home.partition();
                format!("arn:{partition}:cloudtrail:{home}:*:trail/{}", arn.name())
            })
            .collect();
        let organization = deliveries.organization().cloned();
        let of_organization = organization.map(|id| Self::OfOrganization(patterns.clone(), id));
        let of_accounts = Self::OfAccounts(patterns, deliveries.owners());
        let mut ways: Vec<Self> = of_organization.into_iter().chain([of_accounts]).collect();
        if preferred == Preferred::Accounts {
            ways.reverse();
        }
        ways
    }

    /// For people, whom the policy takes.
    fn told(&self) -> String {
        match self {
            Self::Exact(arns) => format!("It takes exactly {} trails.", arns.len()),
            Self::OfOrganization(_, id) => format!(
                "It takes trails of that name in any account of organization {id} (aws:SourceOrgID)."
            ),
            Self::OfAccounts(_, accounts) => format!(
                "It takes trails of that name in the {} accounts that it lists (aws:SourceAccount).",
                accounts.len()
            ),
        }
    }

    pub(super) fn is_exact(&self) -> bool {
        matches!(self, Self::Exact(_))
    }

    /// The conditions that say so. A wildcard in an ARN needs StringLike, as the CloudTrail user guide has it.
    pub(super) fn conditions(&self) -> Conditions {
        let only = |key, values| (key, values);
        match self {
            Self::Exact(arns) => {
                let arns = only("aws:SourceArn", OneOrMore::of(arns));
                Conditions::from([("StringEquals", [arns].into())])
            }
            Self::OfOrganization(patterns, id) => {
                let patterns = only("aws:SourceArn", OneOrMore::of(patterns));
                let id = only("aws:SourceOrgID", OneOrMore::of([id.as_str()]));
                Conditions::from([
                    ("StringLike", [patterns].into()),
                    ("StringEquals", [id].into()),
                ])
            }
            Self::OfAccounts(patterns, accounts) => {
                let patterns = only("aws:SourceArn", OneOrMore::of(patterns));
                let accounts = accounts.iter().map(ToString::to_string);
                let accounts = only("aws:SourceAccount", OneOrMore::of(accounts));
                Conditions::from([
                    ("StringLike", [patterns].into()),
                    ("StringEquals", [accounts].into()),
                ])
            }
        }
    }
}

/// A policy that fits, and what is to be said of it.
pub(super) struct Fitting {
    pub(super) text: Option<String>,
    pub(super) note: Option<String>,
}

/// The text of `what`, made for the most exact sources with which it has at most `limit` bytes. Whether AWS counts the
/// spaces differs by service, so they always count here.
pub(super) fn fit(
    what: &str,
    limit: usize,
    deliveries: &Deliveries,
    preferred: Preferred,
    make: impl Fn(&Sources) -> Document,
) -> Fitting {
    let exact = make(&Sources::exact(deliveries)).pretty();
    if exact.len() <= limit {
        return Fitting {
            text: Some(exact),
            note: None,
        };
    }
    let too_long = format!(
        "{what}: naming each of the {} trails takes {} bytes, and AWS takes {limit}.",
        deliveries.trails.len(),
        exact.len()
    );
    let shorter = Sources::shorter(deliveries, preferred);
    let mut shorter = shorter.iter().map(|way| (way, make(way).pretty()));
    match shorter.find(|(_, text)| text.len() <= limit) {
        Some((way, text)) => Fitting {
            text: Some(text),
            note: Some(format!("{too_long} {}", way.told())),
        },
        None => Fitting {
            text: None,
            note: Some(format!(
                "{too_long} No shorter form fits either: deliver to several, or use an organization's trail."
            )),
        },
    }
}
