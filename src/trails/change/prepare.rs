//! What a target needs before its plan can be made and trusted: credentials that may change it, the key behind an
//! alias, and for the organization's trail all that AWS asks of an organization.

use std::{borrow::Cow, sync::Arc};

use crate::{
    aws::{CredentialSource, FailureKind},
    budget::RequestContext,
    domain::{
        CellReason, Region, TrailArn,
        trail::{Desired, RecordedAccounts, Wish},
    },
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

impl Trails {
    /// Sessions that may change the target's trail. Where we cannot get into the account that owns the organization's
    /// trail, we may be its delegated administrator: the account that Organizations is called from.
    pub(super) async fn who(
        &self,
        ctx: &RequestContext,
        target: &Target,
    ) -> Arc<dyn CredentialSource> {
        let own = self.fleet.credentials(target.actor);
        let directory = self.fleet.directory();
        let management = directory
            .account(target.actor)
            .is_some_and(|a| a.management);
        let Some(organizations) = self.fleet.organization_credentials().filter(|_| management)
        else {
            return own;
        };
        match own.session(ctx).await {
            Err(error) if error.kind == FailureKind::RoleNotAssumable => organizations,
            _ => own,
        }
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
