//! What the policies of a bucket, key, topic and role must say for the trails of a request. Pure: it goes by the request
//! alone, before any trail is read, and says in a note what depends on what is there.

use crate::{
    domain::{
        AccountId, OrganizationId, TrailArn,
        trail::{DesiredSettings, Presence, RecordedAccounts, Wish},
    },
    policies::{Deliveries, RequiredPolicies, Scope, required},
};

use super::{request::ChangeRequest, target::Target};

/// The organization that the accounts are of, as far as it is known.
pub struct Organization<'a> {
    /// Its id.
    pub id: Option<&'a OrganizationId>,
    /// Its management account.
    pub management: Option<AccountId>,
}

/// The policies for what the request names; `None` if it names nothing that has one.
pub fn needed(
    targets: &[Target],
    request: &ChangeRequest,
    of: &Organization<'_>,
) -> Option<RequiredPolicies> {
    let own = &request.desired.settings;
    let trails = targets.iter().filter_map(|t| t.trail.as_ref().ok());
    let deliveries = Deliveries {
        trails: trails.cloned().collect(),
        scope: scope(own, of.id),
        bucket: own.bucket.clone(),
        prefix: own.prefix.wanted().cloned(),
        kms_key: own.kms_key_id.wanted().cloned(),
        sns_topic: own.sns_topic.wanted().cloned(),
        log_group_arn: own.log_group_arn.wanted().cloned(),
    };
    let named = deliveries.bucket.is_some()
        || deliveries.kms_key.is_some()
        || deliveries.sns_topic.is_some()
        || deliveries.log_group_arn.is_some();
    if !named || deliveries.trails.is_empty() {
        return None;
    }
    let mut policies = required(&deliveries);
    if request.presence != Presence::New {
        policies.notes.extend(kept(own, of.management, &deliveries));
    }
    Some(policies)
}

fn scope(own: &DesiredSettings, organization: Option<&OrganizationId>) -> Scope {
    match (own.accounts, organization) {
        (Some(RecordedAccounts::Organization), Some(id)) => Scope::Organization(id.clone()),
        _ => Scope::Owners(organization.cloned()),
    }
}

/// What the request leaves as it is, and the policies depend on.
fn kept(
    own: &DesiredSettings,
    management: Option<AccountId>,
    deliveries: &Deliveries,
) -> Vec<String> {
    let mut notes = Vec::new();
    if deliveries.bucket.is_some() && own.prefix == Wish::Keep {
        notes.push(
            "S3 bucket: the request does not name the prefix. A trail that is there and has one keeps it: then put it \
             before AWSLogs/."
                .to_owned(),
        );
    }
    let shared = |arn: &TrailArn| management == Some(arn.owner());
    if own.accounts.is_none() && deliveries.trails.iter().any(shared) {
        notes.push(
            "The request does not say whether a trail of the management account is the organization's. If it is, send \
             is_organization_trail: its policies let the members' events in too."
                .to_owned(),
        );
    }
    notes
}

#[cfg(test)]
mod tests;
