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
    budget::{RequestContext, Tally},
    domain::AccountId,
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
        let ended = match &wish.act {
            None => {
                if !asked.validate_only {
                    self.untouched(ctx, asked, wish.account, &wish.resource);
                }
                Ended::of(Outcome::Unchanged, None, None)
            }
            Some(_) if asked.validate_only => Ended::of(Outcome::Planned, None, None),
            Some(act) => self.write(ctx, asked, seat, act.clone(), cost).await?,
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
            elapsed: cost.since.elapsed(),
        })
    }

    async fn write(
        &self,
        ctx: &RequestContext,
        asked: &Asked,
        seat: &Seat,
        act: Act,
        cost: &Cost,
    ) -> Result<Ended, OrganizationError> {
        let run = Run {
            door: self.door.clone(),
            who: Arc::clone(&seat.who),
            act,
            ctx: ctx.clone(),
            tally: Arc::clone(&cost.tally),
            settings: self.settings.clone(),
        };
        let intent = self.intend(ctx, asked, seat, &run.act).await?;
        let since = Instant::now();
        let (request_id, caller) = (Arc::clone(&asked.request_id), ctx.caller.clone());
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
