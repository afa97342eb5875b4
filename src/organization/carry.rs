//! Carries out one change: writes, and looks before it writes again where the write may have taken effect.
//!
//! The task that does it belongs to the process and not to the caller: whoever leaves, a write that has left is
//! followed to its end, and what became of it is logged.

use std::{ops::ControlFlow, sync::Arc, time::Duration};

use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use super::{
    Settings,
    act::Act,
    change::Outcome,
    error::OrganizationError,
    reads::{AllFeatures, Reads},
};
use crate::{
    aws::{AwsError, CredentialSource, Door, FailureKind, TookEffect},
    budget::{RequestContext, Tally},
};

/// Attempts at one write, each after a pause.
const ATTEMPTS: u32 = 3;

/// How long looking may take once the write has left, whatever the caller's deadline.
const LOOKING: Duration = Duration::from_secs(60);

/// One change on its way.
pub(super) struct Run {
    pub(super) door: Door,
    pub(super) who: Arc<dyn CredentialSource>,
    pub(super) act: Act,
    pub(super) ctx: RequestContext,
    pub(super) tally: Arc<Tally>,
    pub(super) settings: Settings,
}

/// How a change ended.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Ended {
    pub(super) outcome: Outcome,
    /// Why, where it was not applied or is not known.
    pub(super) failure: Option<AwsError>,
    /// AWS's ids of the writes that were confirmed.
    pub(super) request_ids: Vec<String>,
}

impl Ended {
    pub(super) fn of(
        outcome: Outcome,
        failure: Option<AwsError>,
        request_id: Option<String>,
    ) -> Self {
        Self {
            outcome,
            failure,
            request_ids: request_id.into_iter().collect(),
        }
    }
}

/// What to do after a write that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum After {
    /// It is so already.
    SoAlready,
    /// Another change is in flight: wait, and write again.
    WriteAgain,
    /// It may have taken effect: look.
    Look,
    /// AWS does not do it.
    GiveUp,
}

fn after(act: &Act, error: &AwsError) -> After {
    if error.effect() == TookEffect::Unknown {
        return After::Look;
    }
    match error.kind {
        FailureKind::Conflict => After::WriteAgain,
        FailureKind::AlreadyExists => After::SoAlready,
        FailureKind::NotFound if is_not_registered(error) => match act {
            Act::Deregister(_) => After::SoAlready,
            _ => After::GiveUp,
        },
        FailureKind::Precondition if is_begun_already(error) => After::SoAlready,
        _ => After::GiveUp,
    }
}

fn is_not_registered(error: &AwsError) -> bool {
    error.code.as_deref() == Some("AccountNotRegisteredException")
}

fn is_begun_already(error: &AwsError) -> bool {
    error
        .message
        .starts_with("ORGANIZATION_IS_ALREADY_PENDING_ALL_FEATURES_MIGRATION")
}

impl Run {
    /// Writes until it is so, or it is known that it is not going to be.
    ///
    /// # Errors
    ///
    /// AWS's refusal, or the end of the caller's time, as long as nothing left that may have taken effect.
    pub(super) async fn carried_out(self) -> Result<Ended, OrganizationError> {
        // An attempt of ours that may have taken effect, and that did not show when we looked.
        let mut blind: Option<AwsError> = None;
        let mut attempts = 0;
        loop {
            let error = match self.attempt(&mut blind).await {
                ControlFlow::Break(ended) => return ended,
                ControlFlow::Continue(error) => error,
            };
            attempts += 1;
            if attempts == ATTEMPTS {
                return self.given_up(blind, error).await;
            }
            if let Err(left) = self.ctx.race(sleep(self.settings.pause)).await {
                return match blind {
                    Some(error) => Ok(last_word(self.look().await, error)),
                    None => Err(left.into()),
                };
            }
        }
    }

    /// One write, and what it comes to; goes on with its failure if it is to be repeated.
    async fn attempt(
        &self,
        blind: &mut Option<AwsError>,
    ) -> ControlFlow<Result<Ended, OrganizationError>, AwsError> {
        let error = match self.write().await {
            Ok(request_id) => {
                self.confirm().await;
                return ControlFlow::Break(Ok(Ended::of(Outcome::Applied, None, request_id)));
            }
            Err(error) => error,
        };
        ControlFlow::Break(match after(&self.act, &error) {
            After::SoAlready => {
                let ours = blind.is_some();
                let outcome = if ours {
                    Outcome::Applied
                } else {
                    Outcome::Unchanged
                };
                Ok(Ended::of(outcome, None, None))
            }
            After::WriteAgain => return ControlFlow::Continue(error),
            After::Look => match self.look().await {
                Ok(true) => Ok(Ended::of(
                    Outcome::Applied,
                    None,
                    error.request_id.map(Into::into),
                )),
                Ok(false) => {
                    *blind = Some(error.clone());
                    return ControlFlow::Continue(error);
                }
                Err(_) => Ok(Ended::of(Outcome::Unknown, Some(error), None)),
            },
            After::GiveUp => self.given_up(blind.take(), error).await,
        })
    }

    /// AWS refused. An earlier attempt that may have taken effect is looked for once more.
    async fn given_up(
        &self,
        blind: Option<AwsError>,
        error: AwsError,
    ) -> Result<Ended, OrganizationError> {
        match blind {
            Some(_) => Ok(last_word(self.look().await, error)),
            None => Err(error.into()),
        }
    }

    /// One write; AWS's id of it.
    async fn write(&self) -> Result<Option<String>, AwsError> {
        let (door, ctx, tally, who) = (&self.door, &self.ctx, &*self.tally, &*self.who);
        let global = door.global_region();
        let request_id = match &self.act {
            Act::BeginAllFeatures => door.enable_all_features(ctx, tally, who).await?.request_id,
            Act::FinishAllFeatures { handshake } => {
                let accepted = door.accept_handshake(ctx, tally, who, handshake);
                accepted.await?.request_id
            }
            Act::EnableTrustedAccess => {
                let principal = super::facts::CLOUDTRAIL;
                let enabled = door.enable_aws_service_access(ctx, tally, who, principal);
                enabled.await?.request_id
            }
            Act::Register(account) => {
                let registered =
                    door.register_organization_delegated_admin(ctx, tally, who, &global, *account);
                registered.await?.request_id
            }
            Act::Deregister(account) => {
                let deregistered = door
                    .deregister_organization_delegated_admin(ctx, tally, who, &global, *account);
                deregistered.await?.request_id
            }
        };
        Ok(request_id)
    }

    /// Waits until what AWS confirmed also shows, so that whoever goes on finds it. That it does not show yet changes
    /// nothing about its having been done.
    async fn confirm(&self) {
        if !matches!(self.look().await, Ok(true)) {
            tracing::info!(
                action = self.act.action(),
                "AWS confirmed the change, and does not show it yet"
            );
        }
    }

    /// Whether it is so by now, or comes to be within the time that AWS may take to show it.
    async fn look(&self) -> Result<bool, AwsError> {
        let Settings {
            pause,
            visible_within,
        } = self.settings;
        let last = Instant::now() + visible_within;
        let ctx = RequestContext {
            deadline: Instant::now() + LOOKING,
            cancel: CancellationToken::new(),
            ..self.ctx.clone()
        };
        loop {
            if self.is_so(&ctx).await? {
                return Ok(true);
            }
            if Instant::now() + pause > last {
                return Ok(false);
            }
            sleep(pause).await;
        }
    }

    async fn is_so(&self, ctx: &RequestContext) -> Result<bool, AwsError> {
        let reads = Reads {
            door: &self.door,
            ctx,
            tally: &self.tally,
            who: &*self.who,
        };
        match &self.act {
            Act::BeginAllFeatures => {
                let features = reads.organization().await?.features;
                Ok(reads.all_features(features).await? != AllFeatures::NotBegun)
            }
            Act::FinishAllFeatures { .. } => {
                Ok(reads.organization().await?.features == crate::aws::FeatureSet::All)
            }
            Act::EnableTrustedAccess => reads.trusted().await,
            Act::Register(account) => Ok(reads.is_administrator(*account).await?),
            Act::Deregister(account) => Ok(!reads.is_administrator(*account).await?),
        }
    }
}

/// What is told after an attempt that may have taken effect and did not show at first: what the last look sees.
fn last_word(looked: Result<bool, AwsError>, failure: AwsError) -> Ended {
    match looked {
        Ok(true) => Ended::of(Outcome::Applied, None, None),
        Ok(false) => Ended::of(Outcome::NotApplied, Some(failure), None),
        Err(_) => Ended::of(Outcome::Unknown, Some(failure), None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{AccountId, Api};

    fn error(kind: FailureKind) -> AwsError {
        AwsError {
            api: Api::EnableAWSServiceAccess,
            account: AccountId::from_u64(1).unwrap(),
            region: "us-east-1".parse().unwrap(),
            kind,
            code: None,
            message: String::new(),
            request_id: None,
            remembered_for: None,
        }
    }

    #[test]
    fn the_last_look_decides_and_blindness_is_told() {
        let (lost, denied) = (
            error(FailureKind::Transient),
            error(FailureKind::AccessDenied),
        );
        let word = |looked| last_word(looked, lost.clone()).outcome;
        assert_eq!(word(Ok(true)), Outcome::Applied);
        assert_eq!(word(Ok(false)), Outcome::NotApplied);
        assert_eq!(word(Err(denied)), Outcome::Unknown);
    }
}
