//! Each write and each way in which a call can end badly: the right word for the outcome, the right state behind it,
//! and no call repeated that may have taken effect.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use tokio::{
    sync::Semaphore,
    task::JoinSet,
    time::{sleep, timeout},
};
use trailplane::{
    domain::{
        CellReason,
        trail::{
            Aggregation, Desired, DesiredSettings, DesiredTags, EventConfiguration,
            InsightCategory, InsightKind, InsightSelector, Presence, TagRemoval, Wish,
        },
    },
    sandbox::{Effect, Fault, Latency, Moment, Scenario, Trail, TrailSnapshot},
    trails::change::{ChangeRequest, Outcome, StopReason},
};

use super::{audit, logging, plain, wish};
use crate::{
    support::rig::request,
    trails::world::{MEMBERS, World, members, trail},
};

const HOME: &str = "us-east-1";
const OWNER: &str = MEMBERS[0];

/// A write: the call that it makes, what it is asked with, and how its effect is seen.
pub struct Write {
    pub call: &'static str,
    presence: Presence,
    desired: Desired,
    shows: fn(Option<&TrailSnapshot>) -> bool,
}

impl Write {
    pub fn request(&self) -> ChangeRequest {
        wish(&[OWNER], &[HOME], self.presence, self.desired.clone())
    }

    /// The state in which the write has something to do.
    pub fn scenario(&self) -> Scenario {
        let scenario = members(1);
        if self.call == "CreateTrail" {
            return scenario;
        }
        let there = Trail {
            tags: BTreeMap::from([("old".to_owned(), "1".to_owned())]),
            stopped: (self.call == "StartLogging").then_some(Moment::SecondsAgo(60)),
            ..trail("audit", OWNER, HOME)
        };
        scenario.with_trail(there)
    }

    pub async fn world(&self, faults: impl IntoIterator<Item = Fault>) -> World {
        let mut scenario = self.scenario();
        for fault in faults {
            scenario = scenario.with_fault(fault);
        }
        let hangs = scenario
            .faults
            .iter()
            .any(|fault| fault.effect == Effect::Hang);
        match hangs {
            // Each hung call costs the test this long; an ordinary one must not take it on a busy machine.
            true => World::impatient(scenario, Duration::from_secs(4)).await,
            false => World::unlimited(scenario).await,
        }
    }

    pub fn took_effect(&self, world: &World) -> bool {
        (self.shows)(world.sandbox.trail(audit(OWNER, HOME).as_str()).as_ref())
    }

    pub fn attempts(&self, world: &World) -> usize {
        world.calls(OWNER).get(self.call).copied().unwrap_or(0)
    }
}

type Shows = fn(Option<&TrailSnapshot>) -> bool;

fn existing(call: &'static str, desired: Desired, shows: Shows) -> Write {
    Write {
        call,
        presence: Presence::Existing,
        desired,
        shows,
    }
}

/// All writes.
pub fn writes() -> Vec<Write> {
    vec![
        Write {
            call: "CreateTrail",
            presence: Presence::New,
            desired: plain(),
            shows: |trail| trail.is_some_and(|t| t.logging && t.generation == 1),
        },
        Write {
            call: "DeleteTrail",
            presence: Presence::Absent,
            desired: Desired::default(),
            shows: |trail| trail.is_none(),
        },
        existing("StartLogging", logging(true), |trail| {
            trail.is_some_and(|t| t.logging)
        }),
        existing("StopLogging", logging(false), |trail| {
            trail.is_some_and(|t| !t.logging)
        }),
        existing(
            "UpdateTrail",
            Desired {
                settings: DesiredSettings {
                    prefix: Wish::Set("team".to_owned()),
                    ..DesiredSettings::default()
                },
                ..Desired::default()
            },
            |trail| trail.is_some_and(|t| t.prefix.as_deref() == Some("team")),
        ),
        existing(
            "PutEventSelectors",
            Desired {
                event_selectors: Some(super::advanced()),
                ..Desired::default()
            },
            |trail| trail.is_some_and(|t| t.advanced_event_selectors.len() == 1),
        ),
        existing(
            "PutInsightSelectors",
            Desired {
                insight_selectors: Some(vec![InsightSelector {
                    kind: InsightKind::ApiCallRate,
                    categories: vec![InsightCategory::Management],
                }]),
                ..Desired::default()
            },
            |trail| trail.is_some_and(|t| t.insight_selectors.len() == 1),
        ),
        existing(
            "PutEventConfiguration",
            Desired {
                event_configuration: Some(EventConfiguration {
                    aggregations: vec![Aggregation {
                        templates: vec!["API_ACTIVITY".to_owned()],
                        category: "Data".to_owned(),
                    }],
                    ..EventConfiguration::default()
                }),
                ..Desired::default()
            },
            |trail| trail.is_some_and(|t| t.aggregations.len() == 1),
        ),
        existing("AddTags", tags(&[("new", "2")], &[]), |trail| {
            trail.is_some_and(|t| t.tags.contains_key("new"))
        }),
        existing("RemoveTags", tags(&[], &["old"]), |trail| {
            trail.is_some_and(|t| !t.tags.contains_key("old"))
        }),
    ]
}

fn tags(set: &[(&str, &str)], remove: &[&str]) -> Desired {
    let pair = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
    let keys: BTreeSet<String> = remove.iter().map(ToString::to_string).collect();
    Desired {
        tags: DesiredTags {
            set: set.iter().map(pair).collect(),
            remove: match keys.is_empty() {
                true => TagRemoval::Nothing,
                false => TagRemoval::Keys(keys),
            },
        },
        ..Desired::default()
    }
}

pub fn error(code: &str, status: u16) -> Effect {
    Effect::Error {
        code: code.to_owned(),
        status,
        probability: 1.0,
    }
}

pub const RESET: Effect = Effect::Reset { probability: 1.0 };

/// What a fault leads to: the outcome, how often the call was made, and the reason if it failed.
struct Case {
    name: &'static str,
    faults: fn(&Write) -> Vec<Fault>,
    outcome: Outcome,
    reason: Option<CellReason>,
    attempts: usize,
    effect: bool,
}

fn case(name: &'static str, faults: fn(&Write) -> Vec<Fault>) -> Case {
    Case {
        name,
        faults,
        outcome: Outcome::Applied,
        reason: None,
        attempts: 1,
        effect: true,
    }
}

impl Case {
    fn times(self, attempts: usize) -> Self {
        Self { attempts, ..self }
    }

    fn fails(self, outcome: Outcome, reason: CellReason, effect: bool) -> Self {
        Self {
            outcome,
            reason: Some(reason),
            effect,
            ..self
        }
    }
}

fn matrix() -> Vec<Case> {
    vec![
        case("the connection breaks before it takes effect", |w| {
            vec![Fault::new(RESET).on(w.call).times(1)]
        })
        .times(2),
        case("AWS fails once before it takes effect", |w| {
            vec![
                Fault::new(error("InternalFailure", 500))
                    .on(w.call)
                    .times(1),
            ]
        })
        .times(2),
        case("the connection breaks after it took effect", |w| {
            vec![Fault::new(RESET).on(w.call).after_effect().times(1)]
        }),
        case("AWS fails after it took effect", |w| {
            vec![
                Fault::new(error("ServiceUnavailable", 503))
                    .on(w.call)
                    .after_effect(),
            ]
        }),
        case("no answer comes after it took effect", |w| {
            vec![Fault::new(Effect::Hang).on(w.call).after_effect().times(1)]
        }),
        case("no answer comes, and it did not take effect", |w| {
            vec![Fault::new(Effect::Hang).on(w.call).times(1)]
        })
        .times(2),
        case("throttled twice", |w| {
            vec![
                Fault::new(error("ThrottlingException", 400))
                    .on(w.call)
                    .times(2),
            ]
        })
        .times(3),
        case("another change is in flight, twice", |w| {
            vec![
                Fault::new(error("ConflictException", 400))
                    .on(w.call)
                    .times(2),
            ]
        })
        .times(3),
        case("a policy that was just written is not seen yet", |w| {
            let code = "InsufficientS3BucketPolicyException";
            vec![Fault::new(error(code, 400)).on(w.call).times(2)]
        })
        .times(3),
        case("the session ends in between", |w| {
            vec![
                Fault::new(error("ExpiredTokenException", 400))
                    .on(w.call)
                    .times(1),
            ]
        })
        .times(2),
        case("AWS fails every time", |w| {
            vec![Fault::new(error("InternalFailure", 500)).on(w.call)]
        })
        .times(3)
        .fails(Outcome::NotApplied, CellReason::UpstreamError, false),
        case("throttled every time", |w| {
            vec![Fault::new(error("ThrottlingException", 400)).on(w.call)]
        })
        .times(3)
        .fails(Outcome::NotApplied, CellReason::Throttled, false),
        case("denied", |w| vec![Fault::new(Effect::Denied).on(w.call)]).fails(
            Outcome::NotApplied,
            CellReason::AccessDenied,
            false,
        ),
        case("denied by the organization", |w| {
            vec![Fault::new(Effect::DeniedByPolicy).on(w.call)]
        })
        .fails(Outcome::NotApplied, CellReason::ServiceControlPolicy, false),
        case("it took effect, and then nothing can be read", |w| {
            let blind = Fault::new(error("InternalFailure", 500))
                .on("GetTrail")
                .skip(1);
            vec![Fault::new(RESET).on(w.call).after_effect().times(1), blind]
        })
        .fails(Outcome::Unknown, CellReason::UpstreamError, true),
    ]
}

#[tokio::test]
async fn each_write_and_each_bad_end() {
    // Each has an AWS of its own; more at once only slow each other down.
    let places = Arc::new(Semaphore::new(12));
    let mut running = JoinSet::new();
    for write in writes().into_iter().map(Arc::new) {
        for case in matrix() {
            let (write, places) = (Arc::clone(&write), Arc::clone(&places));
            running.spawn(async move {
                let _place = places.acquire_owned().await.unwrap();
                one(&write, &case).await
            });
        }
    }
    let mut wrong = Vec::new();
    while let Some(ended) = running.join_next().await {
        wrong.extend(ended.unwrap());
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What is wrong with one write and one bad end, if anything is.
async fn one(write: &Write, case: &Case) -> Option<String> {
    let world = write.world((case.faults)(write)).await;
    let ended = world.change(write.request()).await;
    let (result, reason) = (ended.only(), ended.reason());
    let attempts = write.attempts(&world);
    let effect = match (write.call, case.outcome) {
        // It is there; whoever cannot see that does not go on to start it.
        ("CreateTrail", Outcome::Unknown) => world.sandbox.trails().len() == 1,
        _ => write.took_effect(&world),
    };
    let right = result.outcome == case.outcome
        && reason == case.reason
        && attempts == case.attempts
        && effect == case.effect;
    (!right).then(|| {
        format!(
            "{}, {}: {:?} {reason:?}, {attempts} attempts, effect {effect}: {:?}",
            write.call, case.name, result.outcome, result.failure
        )
    })
}

/// Waits until the call was made once, for at most some seconds.
pub async fn on_its_way(write: &Write, world: &World) {
    let arrived = async {
        while write.attempts(world) == 0 {
            sleep(Duration::from_millis(5)).await;
        }
    };
    let waited = timeout(Duration::from_secs(20), arrived).await;
    waited.unwrap_or_else(|_| panic!("{} is never made", write.call));
}

#[tokio::test]
async fn a_write_in_flight_runs_to_its_end_though_its_caller_has_gone() {
    for write in writes() {
        let slow = Effect::Latency(Latency::constant(Duration::from_millis(300)));
        let world = write.world([Fault::new(slow).on(write.call)]).await;
        let ctx = request(Duration::from_secs(30));
        let mut changes = world.begin(&ctx, write.request()).await;
        tokio::select! {
            item = changes.next() => panic!("{}: too early: {item:?}", write.call),
            () = on_its_way(&write, &world) => {}
        }
        drop(changes);
        ctx.cancel.cancel();
        world.changing.finish().await;
        assert_eq!(write.attempts(&world), 1, "{}", write.call);
        assert!(write.took_effect(&world), "{}", write.call);
    }
}

#[tokio::test]
async fn what_is_under_way_at_the_deadline_is_told_so_and_ends_by_itself() {
    let write = &writes()[0];
    let slow = Effect::Latency(Latency::constant(Duration::from_millis(900)));
    let world = write.world([Fault::new(slow).on(write.call)]).await;
    let changes = world
        .begin(&request(Duration::from_millis(800)), write.request())
        .await;
    let ended = super::to_the_end(changes).await;
    assert_eq!(ended.only().outcome, Outcome::Unknown);
    assert_eq!(ended.reason(), Some(CellReason::DeadlineExceeded));
    world.changing.finish().await;
    assert!(write.took_effect(&world), "made, and started as well");
}

#[tokio::test]
async fn before_the_end_of_the_process_nothing_is_started() {
    for write in writes() {
        let world = write.world([]).await;
        world.leaving.cancel();
        let mut canary = write.request();
        canary.rollout.canary = 1;
        let ended = world.change(canary).await;
        assert!(ended.only().canary, "{}", write.call);
        assert_eq!(ended.only().outcome, Outcome::NotStarted, "{}", write.call);
        assert_eq!(ended.summary.stopped, Some(StopReason::Draining));
        assert_eq!(write.attempts(&world), 0, "{}", write.call);
    }
}

/// AWS shows a write only after a while: it is neither made twice nor given up.
#[tokio::test]
async fn what_does_not_show_at_once_is_waited_for() {
    for write in writes() {
        let mut scenario = write.scenario();
        scenario.consistency.trails_ms = 300;
        let world = World::unlimited(scenario).await;
        let ended = world.change(write.request()).await;
        assert_eq!(
            ended.only().outcome,
            Outcome::Applied,
            "{}: {:?}",
            write.call,
            ended.only()
        );
        assert_eq!(write.attempts(&world), 1, "{}", write.call);
        assert!(write.took_effect(&world), "{}", write.call);
    }
}
