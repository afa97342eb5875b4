//! The life of trails, from CreateTrail to DeleteTrail, over several accounts.

use std::collections::{BTreeMap, BTreeSet};

use trailplane::{
    domain::{
        CellReason,
        trail::{
            Aggregation, BasicEventSelector, Desired, DesiredSettings, DesiredTags,
            EventConfiguration, EventSelectors, InsightCategory, InsightKind, InsightSelector,
            Presence, ReadWrite, RecordedRegions, TagRemoval, Wish,
        },
    },
    trails::{
        TrailError,
        change::{ChangeRequest, Outcome, Where},
    },
};

use super::{advanced, audit, logging, plain, wish};
use crate::support::rig::request;
use crate::trails::world::{MEMBERS, World, account, members, multi_region, region, trail};

const HOME: &str = "us-east-1";

fn everything(account: &str) -> Desired {
    let role = format!("arn:aws:iam::{account}:role/CloudTrailToLogs");
    let group = format!("arn:aws:logs:{HOME}:{account}:log-group:trails:*");
    Desired {
        settings: DesiredSettings {
            bucket: Some("logs".to_owned()),
            prefix: Wish::Set("team".to_owned()),
            sns_topic: Wish::Set("told".to_owned()),
            log_group_arn: Wish::Set(group),
            log_role_arn: Wish::Set(role),
            kms_key_id: Wish::Set(format!(
                "arn:aws:kms:{HOME}:{account}:key/12345678-1234-1234-1234-123456789012"
            )),
            regions: Some(RecordedRegions::All),
            accounts: None,
            global_service_events: Some(true),
            log_file_validation: Some(true),
            recursive_logging: Some(false),
        },
        event_selectors: Some(EventSelectors::Basic(vec![BasicEventSelector {
            read_write: ReadWrite::WriteOnly,
            management_events: true,
            data_resources: Vec::new(),
            excluded_sources: vec!["kms.amazonaws.com".to_owned()],
        }])),
        insight_selectors: Some(vec![InsightSelector {
            kind: InsightKind::ApiCallRate,
            categories: vec![InsightCategory::Management],
        }]),
        event_configuration: Some(EventConfiguration {
            aggregations: vec![Aggregation {
                templates: vec!["API_ACTIVITY".to_owned()],
                category: "Data".to_owned(),
            }],
            ..EventConfiguration::default()
        }),
        tags: DesiredTags {
            set: BTreeMap::from([("owner".to_owned(), "security".to_owned())]),
            remove: TagRemoval::Nothing,
        },
        logging: None,
    }
}

#[tokio::test]
async fn a_trail_is_made_with_all_that_is_asked_and_made_once() {
    let world = World::of(members(3)).await;
    let member = MEMBERS[0];
    let create = wish(&[member], &[HOME], Presence::New, everything(member));
    let made = world.change(create.clone()).await;
    assert_eq!(made.only().outcome, Outcome::Applied, "{:?}", made.only());
    let actions: Vec<&str> = made.only().actions.iter().map(|a| a.action).collect();
    let expected = [
        "cloudtrail:CreateTrail",
        "cloudtrail:PutEventSelectors",
        "cloudtrail:PutInsightSelectors",
        "cloudtrail:PutEventConfiguration",
        "cloudtrail:StartLogging",
    ];
    assert_eq!(actions, expected);
    assert_eq!(made.only().aws_request_ids.len(), expected.len());
    let arn = audit(member, HOME);
    let there = world.sandbox.trail(arn.as_str()).unwrap();
    assert!(there.multi_region && there.log_file_validation && there.logging);
    assert_eq!(there.prefix.as_deref(), Some("team"));
    let topic = format!("arn:aws:sns:{HOME}:{member}:told");
    assert_eq!(there.topic_arn.as_deref(), Some(&*topic));
    assert_eq!(there.tags["owner"], "security");
    assert_eq!(there.insight_selectors.len(), 1);
    assert_eq!(there.aggregations.len(), 1);
    assert_eq!(there.event_selectors[0]["ReadWriteType"], "WriteOnly");

    let again = world.change(create.clone()).await;
    assert_eq!(
        again.only().outcome,
        Outcome::Unchanged,
        "{:?}",
        again.only()
    );
    let mut other = create.clone();
    other.desired.settings.bucket = Some("elsewhere".to_owned());
    let refused = world.change(other).await;
    assert_eq!(refused.only().outcome, Outcome::NotApplied);
    assert_eq!(refused.reason(), Some(CellReason::AlreadyExists));
    let words = &refused.only().failure.as_ref().unwrap().error.message;
    assert!(
        words.contains("trail.s3_bucket_name is \"logs\", not \"elsewhere\""),
        "{words}"
    );
    assert_eq!(world.sandbox.trail(arn.as_str()).unwrap(), there);

    // Applied, it does nothing; in all parts.
    let apply = ChangeRequest {
        presence: Presence::Ensured,
        ..create
    };
    let nothing = world.change(apply).await;
    assert_eq!(
        nothing.only().outcome,
        Outcome::Unchanged,
        "{:?}",
        nothing.only()
    );
}

#[tokio::test]
async fn each_setting_is_set_and_taken_away() {
    let world = World::of(members(2)).await;
    let member = MEMBERS[1];
    let arn = audit(member, HOME);
    world
        .change(wish(&[member], &[HOME], Presence::New, plain()))
        .await;
    let update = |desired| wish(&[member], &[], Presence::Existing, desired);
    let whole = world.change(update(everything(member))).await;
    assert_eq!(whole.only().outcome, Outcome::Applied, "{:?}", whole.only());
    let bare = Desired {
        settings: DesiredSettings {
            prefix: Wish::Clear,
            sns_topic: Wish::Clear,
            log_group_arn: Wish::Clear,
            log_role_arn: Wish::Clear,
            kms_key_id: Wish::Clear,
            regions: Some(RecordedRegions::Home),
            log_file_validation: Some(false),
            ..DesiredSettings::default()
        },
        event_selectors: Some(advanced()),
        insight_selectors: Some(Vec::new()),
        event_configuration: Some(EventConfiguration::default()),
        tags: DesiredTags {
            set: BTreeMap::new(),
            remove: TagRemoval::Keys(BTreeSet::from(["owner".to_owned()])),
        },
        logging: Some(false),
    };
    let mut careful = update(bare.clone());
    careful.allow_reduced_logging = false;
    let before = world.sandbox.trail(arn.as_str()).unwrap();
    let refused = world.change(careful).await;
    assert_eq!(refused.only().outcome, Outcome::NotApplied);
    assert_eq!(refused.reason(), Some(CellReason::Precondition));
    assert!(
        refused
            .only()
            .actions
            .iter()
            .any(|action| action.reduces_logging)
    );
    assert_eq!(world.sandbox.trail(arn.as_str()).unwrap(), before);

    let mut planned = update(bare.clone());
    planned.validate_only = true;
    let planned = world.change(planned).await;
    assert_eq!(planned.only().outcome, Outcome::Planned);
    assert_eq!(world.sandbox.trail(arn.as_str()).unwrap(), before);

    let done = world.change(update(bare.clone())).await;
    assert_eq!(done.only().outcome, Outcome::Applied, "{:?}", done.only());
    assert_eq!(
        done.only().actions,
        planned.only().actions,
        "the plan is what is done"
    );
    let there = world.sandbox.trail(arn.as_str()).unwrap();
    assert!(!there.multi_region && !there.global_service_events && !there.logging);
    assert_eq!((&there.prefix, &there.topic_arn), (&None, &None));
    assert_eq!((&there.kms_key_arn, &there.log_group_arn), (&None, &None));
    assert_eq!(there.advanced_event_selectors.len(), 1);
    assert!(there.insight_selectors.is_empty() && there.aggregations.is_empty());
    assert!(there.tags.is_empty());
    let again = world.change(update(bare)).await;
    assert_eq!(
        again.only().outcome,
        Outcome::Unchanged,
        "{:?}",
        again.only()
    );
}

#[tokio::test]
async fn one_trail_in_each_of_several_regions_and_accounts() {
    let world = World::of(members(3)).await;
    let homes = ["us-east-1", "us-west-2"];
    let made = world
        .change(wish(&MEMBERS[..2], &homes, Presence::New, plain()))
        .await;
    assert_eq!(made.outcomes(), [Outcome::Applied; 4]);
    assert!(made.summary.coverage.complete());
    // By name, in the Regions asked for: a single-Region trail shows at home only.
    let mut stop = wish(&MEMBERS[..2], &[], Presence::Existing, logging(false));
    let Where::Named { targets, .. } = &mut stop.trails else {
        panic!()
    };
    targets.regions = vec![region("us-west-2")];
    let stopped = world.change(stop).await;
    assert_eq!(stopped.outcomes(), [Outcome::Applied; 2]);
    for trail in world.sandbox.trails() {
        assert_eq!(
            trail.logging,
            trail.home_region != "us-west-2",
            "{}",
            trail.arn
        );
    }
    let gone = world
        .change(wish(
            &MEMBERS[..2],
            &[],
            Presence::Absent,
            Desired::default(),
        ))
        .await;
    assert_eq!(gone.outcomes(), [Outcome::Applied; 4]);
    assert!(world.sandbox.trails().is_empty());
    let again = world
        .change(wish(
            &MEMBERS[..2],
            &[],
            Presence::Absent,
            Desired::default(),
        ))
        .await;
    assert_eq!(again.outcomes(), [Outcome::Unchanged; 2], "gone already");
}

#[tokio::test]
async fn a_trail_of_all_regions_is_changed_at_home_whatever_region_is_named() {
    let scenario = members(3).with_trail(multi_region("audit", MEMBERS[0], "us-east-1"));
    let world = World::of(scenario).await;
    let mut stop = wish(&[MEMBERS[0]], &[], Presence::Existing, logging(false));
    let Where::Named { targets, .. } = &mut stop.trails else {
        panic!()
    };
    targets.regions = vec![region("eu-west-1")];
    let stopped = world.change(stop).await;
    assert_eq!(
        stopped.only().outcome,
        Outcome::Applied,
        "{:?}",
        stopped.only()
    );
    assert_eq!(stopped.only().region, Some(region("us-east-1")));
    assert!(!world.sandbox.trails()[0].logging);
}

#[tokio::test]
async fn an_account_without_such_a_trail_is_told_if_it_was_named_and_left_out_if_not() {
    let world = World::of(members(2).with_trail(trail("audit", MEMBERS[2], HOME))).await;
    let named = world
        .change(wish(
            &MEMBERS[1..3],
            &[],
            Presence::Existing,
            logging(false),
        ))
        .await;
    assert_eq!(named.outcomes(), [Outcome::NotApplied, Outcome::Applied]);
    let missing = named
        .results
        .iter()
        .find(|r| r.account == account(MEMBERS[1]))
        .unwrap();
    assert_eq!(
        missing.failure.as_ref().unwrap().reason,
        CellReason::TrailNotFound
    );
    let all = world
        .change(wish(&[], &[], Presence::Existing, logging(true)))
        .await;
    assert_eq!(all.only().outcome, Outcome::Applied);
    let coverage = &all.summary.coverage;
    assert!(coverage.complete(), "{coverage:?}");
    let left_out = coverage
        .cells
        .iter()
        .filter(|c| c.reason == Some(CellReason::TrailNotFound));
    assert_eq!(
        left_out.count(),
        4 * 2,
        "the four other accounts, in two Regions"
    );
}

#[tokio::test]
async fn five_trails_in_a_region_are_the_most_and_the_sixth_costs_no_write() {
    let mut scenario = members(2);
    for number in 0..4 {
        scenario = scenario.with_trail(trail(&format!("trail-{number}"), MEMBERS[0], HOME));
    }
    scenario = scenario.with_trail(multi_region("everywhere", MEMBERS[0], "us-west-2"));
    let world = World::of(scenario).await;
    let sixth = world
        .change(wish(&[MEMBERS[0]], &[HOME], Presence::New, plain()))
        .await;
    assert_eq!(sixth.only().outcome, Outcome::NotApplied);
    assert_eq!(sixth.reason(), Some(CellReason::LimitExceeded));
    assert!(!world.calls(MEMBERS[0]).contains_key("CreateTrail"));
    let beside = world
        .change(wish(&[MEMBERS[0]], &["us-west-2"], Presence::New, plain()))
        .await;
    assert_eq!(
        beside.only().outcome,
        Outcome::Applied,
        "{:?}",
        beside.only()
    );
    // It cannot become a trail of all Regions: one of them is full.
    let spread = Desired {
        settings: DesiredSettings {
            regions: Some(RecordedRegions::All),
            ..DesiredSettings::default()
        },
        ..Desired::default()
    };
    let spread = world
        .change(wish(&[MEMBERS[0]], &[], Presence::Existing, spread))
        .await;
    assert_eq!(spread.reason(), Some(CellReason::LimitExceeded));
    assert!(!world.calls(MEMBERS[0]).contains_key("UpdateTrail"));
}

/// A mistyped tag or name must not look like success.
#[tokio::test]
async fn a_change_that_is_about_nobody_is_refused() {
    let world = World::of(members(1)).await;
    let ctx = request(std::time::Duration::from_secs(10));
    let mut untagged = wish(&[], &[HOME], Presence::New, plain());
    let Where::At { targets, .. } = &mut untagged.trails else {
        panic!()
    };
    targets.account_tags = BTreeMap::from([("no-such-key".to_owned(), "x".to_owned())]);
    let refused = world.trails.change(&ctx, untagged).await.err().unwrap();
    assert!(matches!(refused, TrailError::NoTargets), "{refused}");
    let stop = wish(&[], &[], Presence::Existing, logging(false));
    let refused = world.trails.change(&ctx, stop).await.err().unwrap();
    assert!(matches!(refused, TrailError::NobodyHas(_)), "{refused}");
    let gone = wish(&[], &[], Presence::Absent, Desired::default());
    assert!(
        world.change(gone).await.results.is_empty(),
        "gone everywhere"
    );
}
