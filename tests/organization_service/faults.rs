//! What each write makes of a failure, wherever it strikes: the right state, and the right word for it.

use std::time::Duration;

use tokio_util::sync::CancellationToken;
use trailplane::{
    aws::FailureKind,
    budget::{Interrupted, RequestContext},
    organization::{Changed, OrganizationError, Outcome},
    sandbox::{CLOUDTRAIL, Effect, Fault, FeatureSet, Latency, Migration, Scenario},
};

use super::world::{MEMBERS, World, context, id, now, scenario};

/// A write of this service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Write {
    Trust,
    Begin,
    Finish,
    Register,
    Deregister,
}

const WRITES: [Write; 5] = [
    Write::Trust,
    Write::Begin,
    Write::Finish,
    Write::Register,
    Write::Deregister,
];

impl Write {
    fn api(self) -> &'static str {
        match self {
            Self::Trust => "EnableAWSServiceAccess",
            Self::Begin => "EnableAllFeatures",
            Self::Finish => "AcceptHandshake",
            Self::Register => "RegisterOrganizationDelegatedAdmin",
            Self::Deregister => "DeregisterOrganizationDelegatedAdmin",
        }
    }

    /// What reads whether it took effect.
    fn read(self) -> &'static str {
        match self {
            Self::Trust => "ListAWSServiceAccessForOrganization",
            Self::Begin => "ListHandshakesForOrganization",
            Self::Finish => "DescribeOrganization",
            Self::Register | Self::Deregister => "ListDelegatedAdministrators",
        }
    }

    fn scenario(self) -> Scenario {
        let organization = match self {
            Self::Trust => "trusted_access: false".to_owned(),
            Self::Begin => format!(
                "features: CONSOLIDATED_BILLING, invited_accounts: ['{}']",
                MEMBERS[1]
            ),
            Self::Finish => "features: CONSOLIDATED_BILLING".to_owned(),
            Self::Register => String::new(),
            Self::Deregister => format!("delegated_administrators: ['{}']", MEMBERS[0]),
        };
        // Empty pages would double the reads, and with them what a fault counts.
        scenario(&format!("empty_pages: false, {organization}"), "")
    }

    /// A world in which this write is the next step.
    async fn world(self, faults: impl IntoIterator<Item = Fault>, attempt: Duration) -> World {
        let mut scenario = self.scenario();
        scenario.faults.extend(faults);
        let world = World::with(scenario, attempt, |_| {}).await;
        // The fleet reads the organization once, too: from then on only the test itself does.
        let mut ready = world.fleet.ready();
        ready.wait_for(|ready| *ready).await.unwrap();
        if self == Self::Finish {
            let (ctx, now) = (context(), now());
            let begun = world.organization.enable_all_features(&ctx, &now);
            assert_eq!(begun.await.unwrap().changed.outcome, Outcome::Applied);
        }
        world
    }

    async fn run(self, world: &World, ctx: &RequestContext) -> Result<Changed, OrganizationError> {
        let (all, now) = (&world.organization, now());
        match self {
            Self::Trust => all.enable_trusted_access(ctx, &now).await,
            Self::Begin | Self::Finish => {
                let done = all.enable_all_features(ctx, &now).await?;
                Ok(done.changed)
            }
            Self::Register => all.register(ctx, &now, id(MEMBERS[0])).await,
            Self::Deregister => all.deregister(ctx, &now, id(MEMBERS[0])).await,
        }
    }

    /// Whether it has taken effect.
    fn is_done(self, world: &World) -> bool {
        let facts = world.sandbox.organization();
        match self {
            Self::Trust => facts.trusts(CLOUDTRAIL),
            Self::Begin => facts.migration != Migration::NotBegun,
            Self::Finish => facts.features == FeatureSet::All,
            Self::Register => facts.administers(id(MEMBERS[0]), CLOUDTRAIL),
            Self::Deregister => !facts.administers(id(MEMBERS[0]), CLOUDTRAIL),
        }
    }

    fn fault(self, effect: Effect) -> Fault {
        Fault::new(effect).on(self.api())
    }
}

const ATTEMPT: Duration = Duration::from_secs(5);

fn failing() -> Effect {
    Effect::error("ServiceException", 500)
}

#[tokio::test]
async fn a_failure_without_a_clear_answer_is_looked_at_and_what_had_no_effect_is_repeated() {
    for write in WRITES {
        for effect in [failing(), Effect::reset()] {
            let world = write
                .world([write.fault(effect.clone()).times(1)], ATTEMPT)
                .await;
            let done = write.run(&world, &context()).await.unwrap();
            assert_eq!(done.outcome, Outcome::Applied, "{write:?} {effect:?}");
            assert!(write.is_done(&world), "{write:?}");
            assert_eq!(world.calls(write.api()), 2, "{write:?} {effect:?}");
        }
    }
}

#[tokio::test]
async fn what_took_effect_without_an_answer_is_found_and_not_repeated() {
    for write in WRITES {
        for effect in [failing(), Effect::reset()] {
            let fault = write.fault(effect.clone()).after_effect().times(1);
            let world = write.world([fault], ATTEMPT).await;
            let done = write.run(&world, &context()).await.unwrap();
            assert_eq!(done.outcome, Outcome::Applied, "{write:?} {effect:?}");
            assert!(write.is_done(&world), "{write:?}");
            assert_eq!(world.calls(write.api()), 1, "{write:?} {effect:?}");
        }
    }
}

#[tokio::test]
async fn an_answer_that_does_not_come_in_time_is_no_failure_of_what_was_done() {
    let slow = Duration::from_millis(600);
    for write in WRITES {
        let late = Effect::Latency(Latency::constant(slow * 2));
        let world = write
            .world([write.fault(late).after_effect().times(1)], slow)
            .await;
        let done = write.run(&world, &context()).await.unwrap();
        assert_eq!(done.outcome, Outcome::Applied, "{write:?}");
        assert!(write.is_done(&world), "{write:?}");
    }
}

#[tokio::test]
async fn what_never_takes_effect_is_not_applied() {
    for write in WRITES {
        let world = write.world([write.fault(failing())], ATTEMPT).await;
        let done = write.run(&world, &context()).await.unwrap();
        assert_eq!(done.outcome, Outcome::NotApplied, "{write:?}");
        assert!(!write.is_done(&world), "{write:?}");
        assert_eq!(
            done.failure.unwrap().code.as_deref(),
            Some("ServiceException")
        );
        assert_eq!(world.calls(write.api()), 3, "{write:?}");
    }
}

#[tokio::test]
async fn what_can_be_neither_answered_nor_looked_at_is_unknown() {
    for write in WRITES {
        let blind = Fault::new(failing()).on(write.read());
        let skip = match write {
            // The fleet reads it, and the world itself begins, looks and tells; then this write reads before it writes.
            Write::Finish => 5,
            _ => 1,
        };
        let faults = [
            write.fault(Effect::reset()).after_effect(),
            blind.skip(skip),
        ];
        let world = write.world(faults, ATTEMPT).await;
        let done = write.run(&world, &context()).await.unwrap();
        assert_eq!(done.outcome, Outcome::Unknown, "{write:?}");
        assert!(done.failure.is_some() && write.is_done(&world), "{write:?}");
        assert_eq!(
            world.calls(write.api()),
            1,
            "{write:?}: not repeated blindly"
        );
    }
}

#[tokio::test]
async fn another_change_in_flight_is_waited_for_and_told_if_it_does_not_end() {
    for write in WRITES {
        let conflict = || Effect::error("ConcurrentModificationException", 400);
        let world = write
            .world([write.fault(conflict()).times(2)], ATTEMPT)
            .await;
        let done = write.run(&world, &context()).await.unwrap();
        assert_eq!(done.outcome, Outcome::Applied, "{write:?}");
        assert_eq!(world.calls(write.api()), 3, "{write:?}");

        let world = write.world([write.fault(conflict())], ATTEMPT).await;
        let refused = write.run(&world, &context()).await;
        let Err(OrganizationError::Aws(error)) = refused else {
            panic!("{write:?}: {refused:?}");
        };
        assert_eq!(error.kind, FailureKind::Conflict, "{write:?}");
        assert!(!write.is_done(&world), "{write:?}");
    }
}

#[tokio::test]
async fn a_throttle_and_a_denial_are_what_they_are() {
    for write in WRITES {
        let throttle = Effect::error("TooManyRequestsException", 400);
        let world = write.world([write.fault(throttle).times(1)], ATTEMPT).await;
        let done = write.run(&world, &context()).await.unwrap();
        assert_eq!(done.outcome, Outcome::Applied, "{write:?}");

        let world = write.world([write.fault(Effect::Denied)], ATTEMPT).await;
        let refused = write.run(&world, &context()).await;
        let Err(OrganizationError::Aws(error)) = refused else {
            panic!("{write:?}: {refused:?}");
        };
        assert_eq!(error.kind, FailureKind::AccessDenied, "{write:?}");
        assert!(!write.is_done(&world), "{write:?}");
    }
}

#[tokio::test]
async fn a_write_that_has_left_runs_to_its_end_without_its_caller() {
    for write in WRITES {
        let slow = Effect::Latency(Latency::constant(Duration::from_millis(400)));
        let world = write.world([write.fault(slow)], ATTEMPT).await;
        let ctx = RequestContext {
            cancel: CancellationToken::new(),
            ..context()
        };
        let before = world.calls(write.api());
        let leaving = async {
            while world.calls(write.api()) == before {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            ctx.cancel.cancel();
        };
        let (answer, ()) = tokio::join!(write.run(&world, &ctx), leaving);
        assert!(
            matches!(
                answer,
                Err(OrganizationError::Interrupted(Interrupted::Cancelled))
            ),
            "{write:?}: {answer:?}"
        );
        world.organization.finish().await;
        assert!(write.is_done(&world), "{write:?}");
    }
}

#[tokio::test]
async fn who_leaves_before_anything_left_changes_nothing() {
    for write in WRITES {
        let world = write.world([], ATTEMPT).await;
        let ctx = context();
        ctx.cancel.cancel();
        let answer = write.run(&world, &ctx).await;
        assert!(
            matches!(answer, Err(OrganizationError::Interrupted(_))),
            "{answer:?}"
        );
        world.organization.finish().await;
        assert!(!write.is_done(&world), "{write:?}");
    }
}
