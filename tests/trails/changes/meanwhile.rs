//! What happens to a trail while we are changing it.

use std::time::Duration;

use trailplane::{
    domain::{
        CellReason,
        trail::{BasicEventSelector, Desired, EventSelectors, Presence, ReadWrite},
    },
    sandbox::{Effect, Fault, Latency},
    trails::change::{ChangeRequest, Outcome},
};

use super::{
    audit,
    faults::{RESET, error, on_its_way, writes},
    logging, plain, wish,
};
use crate::trails::world::{MEMBERS, World, members};

const HOME: &str = "us-east-1";
const OWNER: &str = MEMBERS[0];

/// Nothing is lost of a trail that never logged; but it may be started before we come to write.
#[tokio::test]
async fn a_plan_that_has_come_to_take_something_away_is_not_gone_on_with() {
    let put = "PutEventSelectors";
    let slow = Effect::Latency(Latency::constant(Duration::from_secs(2)));
    let scenario = members(1)
        .with_fault(Fault::new(slow).on(put).times(1))
        .with_fault(Fault::new(error("ConflictException", 400)).on(put).times(1));
    let world = World::unlimited(scenario).await;
    let stopped = Desired {
        logging: Some(false),
        ..plain()
    };
    let made = world.change(wish(&[OWNER], &[HOME], Presence::New, stopped));
    assert_eq!(made.await.only().outcome, Outcome::Applied);
    let writes_only = BasicEventSelector {
        read_write: ReadWrite::WriteOnly,
        management_events: true,
        data_resources: Vec::new(),
        excluded_sources: Vec::new(),
    };
    let narrow = Desired {
        event_selectors: Some(EventSelectors::Basic(vec![writes_only])),
        ..Desired::default()
    };
    let change = |desired| ChangeRequest {
        allow_reduced_logging: false,
        ..wish(&[OWNER], &[HOME], Presence::Existing, desired)
    };
    let starts = async {
        let narrowing = writes().into_iter().find(|write| write.call == put);
        on_its_way(&narrowing.unwrap(), &world).await;
        world.change(change(logging(true))).await
    };
    let (narrowed, started) = tokio::join!(world.change(change(narrow)), starts);
    assert_eq!(started.only().outcome, Outcome::Applied);
    assert_eq!(narrowed.only().outcome, Outcome::NotApplied);
    assert_eq!(narrowed.reason(), Some(CellReason::Precondition));
    let there = world.sandbox.trail(audit(OWNER, HOME).as_str()).unwrap();
    assert!(there.logging);
    let selectors = format!("{:?}", there.event_selectors);
    assert!(!selectors.contains("WriteOnly"), "{selectors}");
}

/// The first attempt was lost on its way back, and does not show yet when the second is refused.
#[tokio::test]
async fn a_refusal_after_a_lost_answer_does_not_say_that_nothing_happened() {
    for write in writes() {
        let mut scenario = write.scenario();
        scenario.consistency.trails_ms = 300;
        let lost = Fault::new(RESET).on(write.call).after_effect().times(1);
        let denied = Fault::new(Effect::Denied).on(write.call).skip(1);
        let world = World::unlimited(scenario.with_fault(lost).with_fault(denied)).await;
        let ended = world.change(write.request()).await;
        let result = ended.only();
        assert_eq!(
            result.outcome,
            Outcome::Applied,
            "{}: {result:?}",
            write.call
        );
        assert_eq!(write.attempts(&world), 2, "{}", write.call);
        assert!(write.took_effect(&world), "{}", write.call);
    }
}

#[tokio::test]
async fn what_somebody_else_deleted_first_is_as_it_was_wanted() {
    let delete = writes().into_iter().find(|w| w.call == "DeleteTrail");
    let delete = delete.unwrap();
    let gone = error("TrailNotFoundException", 404);
    let world = delete
        .world([Fault::new(gone).on(delete.call).after_effect()])
        .await;
    let ended = world.change(delete.request()).await;
    assert_eq!(ended.only().outcome, Outcome::Unchanged);
    assert!(ended.only().actions.is_empty());
}
