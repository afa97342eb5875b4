//! What a target needs before its plan can be made and trusted: credentials that may change it, the key behind an
//! alias, and for the organization's trail all that AWS asks of an organization.

use std::{borrow::Cow, sync::Arc};

use crate::{
    aws::{CredentialSource, FailureKind},
    budget::RequestContext,
    domain::{
        AccountId, CellReason, Region, TrailArn,
        trail::{Desired, RecordedAccounts, Wish},
    },
    fleet::sessions::{Writer, Writing},
    organization::{OrganizationTrail, Prerequisite},
    trails::Trails,
};

use super::{
    perform::At,
    plan::{Step, StepCall},
    request::ChangeFailure,
    target::Target,
    words::failure,
};

/// The way to a target's trail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// Into the account that may change it.
    Into(AccountId),
    /// By the account that Organizations is called from: where we cannot get into the account that owns the organization's
    /// trail, that one may be its delegated administrator.
    Organizations(AccountId),
}

impl Trails {
    /// The way to the target's trail.
    pub(super) async fn way(&self, ctx: &RequestContext, target: &Target) -> Way {
        let into = Way::Into(target.actor);
        if !self.is_management(target.actor) || self.fleet.organization_credentials().is_none() {
            return into;
        }
        match self.fleet.credentials(target.actor).session(ctx).await {
            Err(error) if error.kind == FailureKind::RoleNotAssumable => {
                Way::Organizations(target.actor)
            }
            _ => into,
        }
    }

    /// Sessions to read the trail with, which callers share.
    pub(super) fn reader(&self, way: Way) -> Arc<dyn CredentialSource> {
        match way {
            Way::Into(account) => self.fleet.credentials(account),
            Way::Organizations(account) => {
                let organizations = self.fleet.organization_credentials();
                organizations.unwrap_or_else(|| self.fleet.credentials(account))
            }
        }
    }

    /// Sessions to change the trail with: the caller's own, for this request, and for these steps and nothing else.
    pub(super) fn writer(&self, way: Way, writing: &Writing) -> Writer {
        match way {
            Way::Into(account) => self.fleet.writer(account, writing),
            Way::Organizations(account) => {
                let organizations = self.fleet.organization_writer(writing);
                organizations.unwrap_or_else(|| self.fleet.writer(account, writing))
            }
        }
    }

    /// Whether the trail may be the organization's: the account that changes it manages the organization, or administers
    /// another's trail.
    pub(super) fn may_be_of_organization(&self, target: &Target, arn: &TrailArn) -> bool {
        self.is_management(target.actor) || target.actor != arn.owner()
    }

    fn is_management(&self, account: AccountId) -> bool {
        let directory = self.fleet.directory();
        directory.account(account).is_some_and(|a| a.management)
    }

    /// The wish with an alias of a key replaced by the key's ARN: that is what CloudTrail keeps, and only by it can be
    /// told whether the trail has that key already.
    pub(super) async fn resolved<'a>(
        &self,
        ctx: &RequestContext,
        at: At<'_>,
        desired: &'a Desired,
    ) -> Result<Cow<'a, Desired>, ChangeFailure> {
        let Some(alias) = desired
            .settings
            .kms_key_id
            .wanted()
            .filter(|key| is_alias(key))
        else {
            return Ok(Cow::Borrowed(desired));
        };
        let region = region_of(alias).unwrap_or_else(|| at.arn.home_region().clone());
        let key = self
            .door
            .describe_key(ctx, at.tally, at.who, &region, alias);
        let key = key.await.map_err(|error| {
            let why = ChangeFailure::from(&error);
            let words = format!(
                "the alias {alias} cannot be resolved ({}); name the key's ARN",
                why.error.message
            );
            ChangeFailure {
                preconditions: vec![words.clone()],
                ..failure(CellReason::Precondition, words)
            }
        })?;
        let mut resolved = desired.clone();
        resolved.settings.kms_key_id = Wish::Set(key.arn);
        Ok(Cow::Owned(resolved))
    }

    /// Whether the organization is ready, if these steps make a trail of it. What cannot be found out does not stand in
    /// the way: AWS itself will say.
    pub(super) async fn organization_ready(
        &self,
        ctx: &RequestContext,
        target: &Target,
        arn: &TrailArn,
        steps: &[Step],
    ) -> Result<(), ChangeFailure> {
        let Some(wanted) = of_organization(arn, target, steps) else {
            return Ok(());
        };
        let readiness = self
            .organization
            .ready_for(ctx, &wanted)
            .await
            .map_err(|error| {
                failure(
                    CellReason::Precondition,
                    format!("the organization cannot be checked: {error}"),
                )
            })?;
        let missing: Vec<String> = readiness.missing().map(Prerequisite::sentence).collect();
        if missing.is_empty() {
            return Ok(());
        }
        let words = format!(
            "{} of what a trail of the organization needs is missing: {}",
            missing.len(),
            missing.join("; ")
        );
        Err(ChangeFailure {
            preconditions: missing,
            ..failure(CellReason::Precondition, words)
        })
    }
}

/// The trail of the organization that the steps make, if they make one.
fn of_organization(arn: &TrailArn, target: &Target, steps: &[Step]) -> Option<OrganizationTrail> {
    let settings = steps.iter().find_map(|step| match &step.call {
        StepCall::Create(settings, _) => Some(settings),
        _ => None,
    })?;
    (settings.accounts == Some(RecordedAccounts::Organization)).then_some(())?;
    let wanted =
        OrganizationTrail::wanted(arn.name().clone(), arn.home_region().clone(), settings)?;
    Some(OrganizationTrail {
        creator: Some(target.actor),
        ..wanted
    })
}

fn is_alias(key: &str) -> bool {
    key.starts_with("alias/") || key.contains(":alias/")
}

fn region_of(key: &str) -> Option<Region> {
    key.strip_prefix("arn:")?.split(':').nth(2)?.parse().ok()
}
