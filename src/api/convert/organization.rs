//! The organization, its changes, and its administrators.

mod check;

use std::sync::Arc;

use crate::{
    api::{
        convert::{
            accounts,
            changes::request_id,
            coverage::{self, Problem},
            page::{self, Asked as Listed},
            time,
        },
        proto,
        status::{Failure, Reason},
        violations::Violations,
    },
    domain::AccountId,
    organization::{
        Administrator, AllFeatures, Asked, Changed, Described, FeatureSet, FeaturesChanged,
        Outcome, Role, Unread,
    },
};

pub use check::{Checked, policies, readiness};

/// The organization for the wire.
pub fn described(found: Described) -> proto::Organization {
    let mut unread = Vec::new();
    let mut told = |field: &str, why: Unread| {
        unread.push(proto::UnreadFact {
            field: field.to_owned(),
            action: why.action,
            why: why.why,
        });
    };
    let trusted = found
        .trusted_access
        .map_err(|why| told("trusted_access_enabled", why));
    let role = found.role.map_err(|why| told("caller_role", why));
    let organization = found.organization;
    proto::Organization {
        id: organization.id,
        arn: organization.arn.unwrap_or_default(),
        management_account_id: organization.management.to_string(),
        feature_set: match organization.features {
            FeatureSet::All => proto::FeatureSet::All,
            FeatureSet::ConsolidatedBilling => proto::FeatureSet::ConsolidatedBilling,
            FeatureSet::Unknown => proto::FeatureSet::Unspecified,
        }
        .into(),
        trusted_access_enabled: trusted.ok(),
        caller_account_id: found.caller.to_string(),
        caller_role: match role {
            Ok(Role::Management) => proto::OrganizationRole::Management,
            Ok(Role::DelegatedAdministrator) => proto::OrganizationRole::DelegatedAdministrator,
            Ok(Role::Member) => proto::OrganizationRole::Member,
            Err(()) => proto::OrganizationRole::Unspecified,
        }
        .into(),
        unread,
    }
}

/// Reads how a change is asked for.
pub fn asked(
    validate_only: bool,
    id: String,
    make_id: impl FnOnce() -> Arc<str>,
) -> Result<Asked, Violations> {
    let mut found = Violations::new();
    let request_id = request_id(&mut found, id, make_id);
    found.finish(request_id.map(|request_id| Asked {
        validate_only,
        request_id,
    }))
}

/// Reads how a change of one account is asked for.
pub fn asked_of(
    account: &str,
    validate_only: bool,
    id: String,
    make_id: impl FnOnce() -> Arc<str>,
) -> Result<(AccountId, Asked), Violations> {
    let mut found = Violations::new();
    let account = found.keep("account_id", account.parse());
    let request_id = request_id(&mut found, id, make_id);
    found.finish(account.zip(request_id).map(|(account, request_id)| {
        let asked = Asked {
            validate_only,
            request_id,
        };
        (account, asked)
    }))
}

/// What became of a change.
pub fn changed(changed: Changed) -> proto::TargetResult {
    let failure = changed.failure.as_ref();
    let words = failure.map(|failure| (failure.reason(), failure.cell_error()));
    let error = words.as_ref().and_then(|(reason, error)| {
        Problem {
            reason: *reason,
            error,
            account: changed.account,
            region: Some(&changed.region),
            preconditions: &[],
        }
        .into_wire()
    });
    let action = changed.action.map(|step| proto::PlannedAction {
        action: step.action.to_owned(),
        resource: step.resource,
        region: step.region.to_string(),
        changes: vec![proto::FieldChange {
            path: step.field.to_owned(),
            before: step.before,
            after: step.after,
        }],
        reduces_logging: false,
    });
    proto::TargetResult {
        account_id: changed.account.to_string(),
        account_name: changed.account_name.to_string(),
        region: changed.region.to_string(),
        resource: changed.resource,
        outcome: outcome(changed.outcome).into(),
        reason: coverage::reason(words.as_ref().map(|(reason, _)| *reason)).into(),
        error,
        actions: action.into_iter().collect(),
        calls: changed.calls,
        aws_request_ids: changed.aws_request_ids,
        source_identity: changed
            .source_identity
            .map(|caller| caller.as_str().to_owned())
            .unwrap_or_default(),
        elapsed: Some(time::span_to_wire(changed.elapsed)),
        canary: false,
    }
}

fn outcome(outcome: Outcome) -> proto::Outcome {
    match outcome {
        Outcome::Planned => proto::Outcome::Planned,
        Outcome::Applied => proto::Outcome::Applied,
        Outcome::Unchanged => proto::Outcome::Unchanged,
        Outcome::NotApplied => proto::Outcome::NotApplied,
        Outcome::Unknown => proto::Outcome::Unknown,
    }
}

/// What became of the change to all features.
pub fn features(done: FeaturesChanged) -> proto::EnableAllFeaturesResponse {
    use proto::AllFeaturesProgress as Wire;
    let (progress, pending, expires) = match done.progress {
        None => (Wire::Unspecified, Vec::new(), None),
        Some(AllFeatures::NotBegun) => (Wire::NotBegun, Vec::new(), None),
        Some(AllFeatures::Waiting { pending, expires }) => (Wire::Waiting, pending, expires),
        Some(AllFeatures::Ready { expires, .. }) => (Wire::Ready, Vec::new(), expires),
        Some(AllFeatures::Enabled) => (Wire::Done, Vec::new(), None),
    };
    proto::EnableAllFeaturesResponse {
        result: Some(changed(done.changed)),
        pending_account_ids: pending.iter().map(ToString::to_string).collect(),
        progress: progress.into(),
        expire_time: expires.map(time::to_wire),
    }
}

/// A request for a page of administrators.
pub struct Listing {
    size: usize,
    after: Option<AccountId>,
}

impl Listing {
    /// Reads the request.
    pub fn parse(wire: proto::ListDelegatedAdministratorsRequest) -> Result<Self, tonic::Status> {
        let mut found = Violations::new();
        let size = page::size(&mut found, wire.page_size);
        let token = page::token(&mut found, wire.page_token);
        let size = found.finish(size)?;
        let after = token.map(|token| listing().after(&token).ok_or_else(bad_token));
        Ok(Self {
            size,
            after: after.transpose()?,
        })
    }

    /// The answer, from all administrators in order of id.
    pub fn answer(&self, all: Vec<Administrator>) -> proto::ListDelegatedAdministratorsResponse {
        let mut rest = all
            .into_iter()
            .filter(|one| self.after.is_none_or(|after| one.id > after));
        let page: Vec<Administrator> = rest.by_ref().take(self.size).collect();
        let next = rest
            .next()
            .and(page.last())
            .map(|last| listing().token(last.id));
        proto::ListDelegatedAdministratorsResponse {
            administrators: page.into_iter().map(administrator).collect(),
            next_page_token: next.unwrap_or_default(),
        }
    }
}

/// There is one listing; its tokens are for no other.
fn listing() -> Listed {
    Listed::default().with("delegated administrators")
}

fn bad_token() -> tonic::Status {
    let mut found = Violations::new();
    found.add("page_token", "is not a token of this listing");
    Failure::new(Reason::InvalidPageToken, found.summary())
        .violations(&found)
        .into_status()
}

fn administrator(one: Administrator) -> proto::DelegatedAdministrator {
    proto::DelegatedAdministrator {
        account_id: one.id.to_string(),
        account_name: one.name,
        email: one.email.unwrap_or_default(),
        state: accounts::state(one.state).into(),
        delegated_time: one.since.map(time::to_wire),
    }
}

#[cfg(test)]
mod tests;
