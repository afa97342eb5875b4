//! A change in the making: what is to be so, and the one step to it, if it is not so already.

use std::sync::Arc;

use tokio::time::Instant;

use super::{
    Organization,
    act::Act,
    audited::as_recorded,
    carry::{Ended, Run},
    change::{Action, Asked, Changed, Outcome},
    error::OrganizationError,
    seat::Seat,
};
use crate::{
    aws::SourceIdentity,
    budget::{RequestContext, Tally},
    domain::AccountId,
    fleet::sessions::{Writer, Writing},
};

/// What is to be so.
pub(super) struct Wish {
    /// The step to it; `None` if it is so.
    pub(super) act: Option<Act>,
    /// The account that it is about.
    pub(super) account: AccountId,
    /// What it is about.
    pub(super) resource: String,
    /// The field that changes, and its values, as JSON.
    pub(super) field: &'static str,
    pub(super) before: String,
    pub(super) after: String,
}

/// What a change has cost so far.
pub(super) struct Cost {
    pub(super) tally: Arc<Tally>,
    pub(super) since: Instant,
}

impl Cost {
    pub(super) fn none() -> Self {
        Self {
            tally: Arc::default(),
            since: Instant::now(),
        }
    }
}

impl Organization {
    /// Plans the wish, or fulfils it. The write belongs to a task of the process: whoever leaves, it runs to its end.
    pub(super) async fn fulfil(
        &self,
        ctx: &RequestContext,
        asked: &Asked,
        seat: &Seat,
        wish: Wish,
        cost: &Cost,
    ) -> Result<Changed, OrganizationError> {
        let mut source_identity = None;
        let ended = match &wish.act {
            None => {
                if !asked.validate_only {
                    self.untouched(ctx, asked, wish.account, &wish.resource);
                }
                Ended::of(Outcome::Unchanged, None, None)
            }
            Some(_) if asked.validate_only => Ended::of(Outcome::Planned, None, None),
            Some(act) => {
                let writer = self.writer(ctx, asked, act)?;
                source_identity = writer.source_identity.clone();
                self.write(ctx, asked, seat, (act.clone(), writer), cost)
                    .await?
            }
        };
        let region = self.door.global_region();
        // Somebody else did it meanwhile: then there was no step of ours.
        let act = wish.act.filter(|_| ended.outcome != Outcome::Unchanged);
        let action = act.map(|act| Action {
            action: act.action(),
            resource: wish.resource.clone(),
            region: region.clone(),
            field: wish.field,
            before: wish.before,
            after: wish.after,
        });
        Ok(Changed {
            account: wish.account,
            account_name: self.name(wish.account),
            region,
            resource: wish.resource,
            outcome: ended.outcome,
            failure: ended.failure,
            action,
            calls: cost.tally.calls(),
            aws_request_ids: ended.request_ids,
            source_identity,
            elapsed: cost.since.elapsed(),
        })
    }

    /// Who makes the change, in AWS's eyes: the caller, for this request.
    fn writer(
        &self,
        ctx: &RequestContext,
        asked: &Asked,
        act: &Act,
    ) -> Result<Writer, OrganizationError> {
        let writing = Writing {
            caller: ctx.caller.clone(),
            request_id: Arc::clone(&asked.request_id),
            permissions: act.permissions(),
        };
        let writer = self.fleet.organization_writer(&writing);
        writer.ok_or(OrganizationError::NotConfigured)
    }

    async fn write(
        &self,
        ctx: &RequestContext,
        asked: &Asked,
        seat: &Seat,
        (act, writer): (Act, Writer),
        cost: &Cost,
    ) -> Result<Ended, OrganizationError> {
        let run = Run {
            door: self.door.clone(),
            who: writer.who,
            act,
            ctx: ctx.clone(),
            tally: Arc::clone(&cost.tally),
            settings: self.settings.clone(),
        };
        let intent = self.intend(ctx, asked, seat, &run.act, &*run.who);
        let intent = intent.await?;
        let since = Instant::now();
        let (request_id, caller) = (Arc::clone(&asked.request_id), ctx.caller.clone());
        let source_identity = writer.source_identity;
        let (action, resource) = (run.act.action(), run.act.about(seat.arn()));
        let task = self.writes.spawn(async move {
            let ended = run.carried_out().await;
            // What was changed is told here, where it is known whether anybody waits for the answer or not.
            let (outcome, error) = match &ended {
                Ok(ended) => (
                    ended.outcome.as_str(),
                    ended.failure.as_ref().map(ToString::to_string),
                ),
                Err(error) => ("not_applied", Some(error.to_string())),
            };
            tracing::info!(
                request_id = &*request_id,
                caller = caller.as_str(),
                action,
                resource,
                outcome,
                error,
                source_identity = source_identity.as_ref().map(SourceIdentity::as_str),
                "a change of the organization ended"
            );
            intent.ended(&as_recorded(&ended, action, since.elapsed()));
            ended
        });
        ctx.race(task)
            .await?
            .unwrap_or(Err(OrganizationError::Defect))
    }
}
