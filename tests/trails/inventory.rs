//! Listing: each trail once, whatever copies there are, for few calls, and with the coverage told.

use std::{collections::BTreeSet, time::Duration};

use trailplane::{
    domain::{
        CellReason, CellReport, CellState,
        trail::{InsightKind, TrailKind},
    },
    sandbox::{Effect, Fault, Member, Trail},
    trails::{ListAnswer, Part, View},
};

use super::world::{
    MANAGEMENT, MEMBERS, World, account, arn, arns, everything, members, multi_region,
    organization_trail, region, trail,
};
use crate::support::rig::request;

fn cell<'a>(answer: &'a ListAnswer, id: &str, name: &str) -> &'a CellReport {
    let wanted = (account(id), region(name));
    let mut cells = answer.coverage.cells.iter();
    cells
        .find(|report| (report.cell.account, report.cell.region.clone()) == wanted)
        .unwrap()
}

fn for_account(effect: Effect, id: &str, api: &str) -> Fault {
    Fault::new(effect).for_account(id).on(api)
}

#[tokio::test]
async fn one_multi_region_trail_in_17_regions_is_one_trail_and_six_calls_at_most() {
    let main = Trail {
        insights: vec!["ApiErrorRateInsight".to_owned()],
        tags: [("team".to_owned(), "audit".to_owned())].into(),
        ..multi_region("main", MEMBERS[0], "eu-west-1")
    };
    let world = World::of(members(17).with_trail(main)).await;
    let basic = world.list(&everything(&MEMBERS[..1], View::Basic)).await;
    assert_eq!(arns(&basic.trails), [arn(MEMBERS[0], "eu-west-1", "main")]);
    assert_eq!(basic.coverage.cells.len(), 17);
    assert!(basic.coverage.complete());
    assert_eq!(world.cost(MEMBERS[0]), 2, "{:?}", world.calls(MEMBERS[0]));

    world.sandbox.ledger().reset();
    let full = world.list(&everything(&MEMBERS[..1], View::Full)).await;
    assert!(full.coverage.complete(), "{:?}", full.coverage);
    let found = &full.trails[0];
    assert_eq!(
        found.settings.as_ref().unwrap().kind(),
        TrailKind::MultiRegion
    );
    assert!(found.parts.status.as_ref().unwrap().logging);
    assert!(found.parts.event_selectors.is_some());
    let insights = found.parts.insight_selectors.as_ref().unwrap();
    assert_eq!(insights[0].kind, InsightKind::ApiErrorRate);
    assert_eq!(found.parts.tags.as_ref().unwrap()["team"], "audit");
    assert!(found.unread.is_empty());
    assert!(world.cost(MEMBERS[0]) <= 6, "{:?}", world.calls(MEMBERS[0]));
    // Told in the coverage as well, and all but the listing in the home Region.
    assert_eq!(cell(&full, MEMBERS[0], "eu-west-1").calls, 5);
    assert_eq!(cell(&full, MEMBERS[0], "us-east-1").calls, 1);
    assert_eq!(world.sandbox.ledger().throttles(), 0);
}

#[tokio::test]
async fn the_organizations_trail_stands_once_with_its_owner_and_is_read_there() {
    let scenario = members(3)
        .with_trail(organization_trail("us-west-2"))
        .with_trail(trail("local", MEMBERS[1], "eu-west-1"));
    let world = World::of(scenario).await;
    let answer = world.list(&everything(&[], View::Full)).await;
    let expected = [
        arn(MEMBERS[1], "eu-west-1", "local"),
        arn(MANAGEMENT, "us-west-2", "organization-trail"),
    ];
    assert_eq!(arns(&answer.trails), expected);
    assert!(answer.coverage.complete(), "{:?}", answer.coverage);
    assert_eq!(answer.coverage.cells.len(), 15);
    let shared = &answer.trails[1];
    assert_eq!(shared.arn.owner(), account(MANAGEMENT));
    assert_eq!(
        shared.settings.as_ref().unwrap().kind(),
        TrailKind::Organization
    );
    assert_eq!(shared.parts.tags.as_ref().unwrap()["owner"], "security");
    assert_eq!(world.cost(MANAGEMENT), 6, "{:?}", world.calls(MANAGEMENT));
    // A member that only shows the copy costs the listing alone.
    assert_eq!(world.cost(MEMBERS[0]), 1, "{:?}", world.calls(MEMBERS[0]));
}

#[tokio::test]
async fn without_its_owner_the_organizations_trail_is_read_by_a_member_and_what_it_may_not_read_is_told()
 {
    let world = World::of(members(2).with_trail(organization_trail("us-west-2"))).await;
    let answer = world.list(&everything(&MEMBERS, View::Full)).await;
    let shared = arn(MANAGEMENT, "us-west-2", "organization-trail");
    assert_eq!(arns(&answer.trails), [shared]);
    let found = &answer.trails[0];
    assert!(found.settings.is_some() && found.parts.status.is_some());
    // Tags are the owner's to read.
    assert_eq!(found.unread, [Part::Tags]);
    assert!(!answer.coverage.complete());
    let reader = cell(&answer, MEMBERS[0], "us-west-2");
    assert_eq!(reader.state, CellState::Partial);
    let code = reader.error.as_ref().unwrap().aws_code.as_deref();
    assert_eq!(code, Some("ResourceNotFoundException"));
    assert_eq!(world.cost(MANAGEMENT), 0);
    let describes = MEMBERS.map(|id| world.calls(id).get("DescribeTrails").copied());
    assert_eq!(
        describes,
        [Some(1), None, None, None],
        "one member reads for all"
    );
    let basic = world.list(&everything(&MEMBERS, View::Basic)).await;
    assert!(basic.coverage.complete());
}

#[tokio::test]
async fn a_member_that_may_not_describe_it_gives_way_to_the_next() {
    let scenario = members(2)
        .with_trail(organization_trail("us-west-2"))
        .with_fault(for_account(Effect::Denied, MEMBERS[0], "DescribeTrails"));
    let world = World::of(scenario).await;
    let answer = world.list(&everything(&MEMBERS, View::Basic)).await;
    assert!(answer.trails[0].settings.is_some());
    assert!(answer.trails[0].unread.is_empty());
    let note = "another account has read it, so nothing is missing";
    assert!(answer.coverage.complete(), "{note}: {:?}", answer.coverage);
}

#[tokio::test]
async fn accounts_that_cannot_be_read_are_told_and_hide_no_other() {
    let mut scenario = members(3)
        .with_trail(multi_region("main", MEMBERS[0], "us-east-1"))
        .with_trail(multi_region("hidden", MEMBERS[1], "us-east-1"))
        .with_fault(for_account(Effect::Denied, MEMBERS[1], "CloudTrail"))
        .with_fault(for_account(
            Effect::DeniedByPolicy,
            MEMBERS[2],
            "CloudTrail",
        ));
    scenario = scenario.with_member(Member {
        has_role: false,
        ..Member::new(account("555555555555"), "no-role")
    });
    let world = World::of(scenario).await;
    let answer = world.list(&everything(&[], View::Full)).await;
    assert_eq!(arns(&answer.trails), [arn(MEMBERS[0], "us-east-1", "main")]);
    assert!(!answer.coverage.complete());
    let expected = [
        (MEMBERS[0], CellState::Complete, None),
        (
            MEMBERS[1],
            CellState::Failed,
            Some(CellReason::AccessDenied),
        ),
        (
            MEMBERS[2],
            CellState::Failed,
            Some(CellReason::ServiceControlPolicy),
        ),
        (
            "555555555555",
            CellState::Failed,
            Some(CellReason::RoleNotAssumable),
        ),
    ];
    for (id, state, reason) in expected {
        for name in ["us-east-1", "us-west-2", "eu-west-1"] {
            let report = cell(&answer, id, name);
            assert_eq!(
                (report.state, report.reason),
                (state, reason),
                "{id} {name}"
            );
        }
    }
    // The role lacks the permission everywhere, so one Region is asked and not all.
    assert_eq!(world.cost(MEMBERS[1]), 2, "{:?}", world.calls(MEMBERS[1]));
}

#[tokio::test]
async fn where_listing_is_denied_each_region_is_described_and_the_answer_says_so() {
    let scenario = members(4)
        .with_trail(multi_region("main", MEMBERS[0], "us-east-1"))
        .with_trail(trail("local", MEMBERS[0], "eu-west-1"))
        .with_trail(organization_trail("us-west-2"))
        .with_fault(for_account(Effect::Denied, MEMBERS[0], "ListTrails"));
    let world = World::of(scenario).await;
    let answer = world.list(&everything(&[], View::Basic)).await;
    let expected = [
        arn(MEMBERS[0], "eu-west-1", "local"),
        arn(MEMBERS[0], "us-east-1", "main"),
        arn(MANAGEMENT, "us-west-2", "organization-trail"),
    ];
    let mut expected = expected.map(String::from);
    expected.sort();
    assert_eq!(arns(&answer.trails), expected);
    assert_eq!(answer.described_accounts, [account(MEMBERS[0])]);
    assert!(answer.coverage.complete(), "{:?}", answer.coverage);
    let calls = world.calls(MEMBERS[0]);
    assert_eq!((calls["ListTrails"], calls["DescribeTrails"]), (1, 4));
    let again = world.list(&everything(&[], View::Basic)).await;
    assert_eq!(arns(&again.trails), expected);
    let calls = world.calls(MEMBERS[0]);
    let (listed, described) = (calls["ListTrails"], calls["DescribeTrails"]);
    assert_eq!((listed, described), (1, 8), "what was denied is remembered");
}

#[tokio::test]
async fn one_region_that_fails_is_told_where_each_is_described_and_asked_around_where_one_call_does()
 {
    let mut broken = Fault::new(Effect::DeniedByPolicy).on("DescribeTrails");
    broken.scope.regions = vec!["eu-west-1".to_owned()];
    broken.scope.accounts = vec![MEMBERS[0].to_owned()];
    let mut reset = Fault::new(Effect::Reset { probability: 1.0 }).on("ListTrails");
    reset.scope.regions = vec!["us-east-1".to_owned()];
    reset.scope.accounts = vec![MEMBERS[1].to_owned()];
    let scenario = members(3)
        .with_trail(trail("local", MEMBERS[0], "us-east-1"))
        .with_trail(trail("other", MEMBERS[1], "us-west-2"))
        .with_fault(for_account(Effect::Denied, MEMBERS[0], "ListTrails"))
        .with_fault(broken)
        .with_fault(reset);
    let world = World::of(scenario).await;
    let answer = world.list(&everything(&MEMBERS[..2], View::Basic)).await;
    assert_eq!(answer.trails.len(), 2);
    let failed = cell(&answer, MEMBERS[0], "eu-west-1");
    let policy = Some(CellReason::ServiceControlPolicy);
    assert_eq!((failed.state, failed.reason), (CellState::Failed, policy));
    assert_eq!(
        cell(&answer, MEMBERS[0], "us-west-2").state,
        CellState::Complete
    );
    for name in ["us-east-1", "us-west-2", "eu-west-1"] {
        assert_eq!(cell(&answer, MEMBERS[1], name).state, CellState::Complete);
    }
}

#[tokio::test]
async fn pages_hold_every_trail_once_in_order_and_read_only_their_own() {
    let mut scenario = members(3).with_trail(organization_trail("us-east-1"));
    let mut expected = vec![arn(MANAGEMENT, "us-east-1", "organization-trail")];
    for id in MEMBERS {
        for home in ["us-east-1", "us-west-2", "eu-west-1"] {
            for number in 0..3 {
                let name = format!("trail-{number}");
                scenario = scenario.with_trail(trail(&name, id, home));
                expected.push(arn(id, home, &name));
            }
        }
    }
    expected.sort();
    let world = World::of(scenario).await;
    let mut asked = everything(&[], View::Basic);
    asked.size = 7;
    let mut got = Vec::new();
    loop {
        let answer = world.list(&asked).await;
        assert!(answer.coverage.complete());
        got.extend(arns(&answer.trails).into_iter().map(str::to_owned));
        let Some(next) = answer.next else { break };
        assert_eq!(answer.trails.len(), 7);
        asked.after = Some(next.to_string());
    }
    assert_eq!(got, expected);
    world.sandbox.ledger().reset();
    asked.after = None;
    asked.size = 1;
    world.list(&asked).await;
    let describes = |id: &str| world.calls(id).get("DescribeTrails").copied().unwrap_or(0);
    let all: usize = MEMBERS.iter().map(|id| describes(id)).sum();
    assert_eq!(all + describes(MANAGEMENT), 1);
}

#[tokio::test]
async fn kinds_names_and_regions_narrow_the_answer() {
    let scenario = members(3)
        .with_trail(organization_trail("us-east-1"))
        .with_trail(multi_region("main", MEMBERS[0], "us-east-1"))
        .with_trail(trail("east", MEMBERS[0], "us-east-1"))
        .with_trail(trail("west", MEMBERS[1], "us-west-2"))
        .with_trail(trail("main", MEMBERS[1], "eu-west-1"));
    let world = World::of(scenario).await;
    let names = |answer: &ListAnswer| -> BTreeSet<String> {
        let names = answer.trails.iter().map(|t| t.arn.name().to_string());
        names.collect()
    };
    let set = |names: &[&str]| names.iter().map(|&n| n.to_owned()).collect::<BTreeSet<_>>();

    let mut west = everything(&[], View::Basic);
    west.targets.regions = vec![region("us-west-2")];
    // Multi-Region trails show there too; they are read at home.
    let answer = world.list(&west).await;
    assert_eq!(names(&answer), set(&["main", "organization-trail", "west"]));
    assert_eq!(
        answer.trails.len(),
        3,
        "the other main is at home elsewhere"
    );
    assert!(answer.coverage.complete());
    assert_eq!(answer.coverage.cells.len(), 5);

    let mut kinds = everything(&[], View::Basic);
    kinds.kinds = vec![TrailKind::SingleRegion];
    assert_eq!(
        names(&world.list(&kinds).await),
        set(&["east", "main", "west"])
    );
    kinds.size = 1;
    let mut found = 0;
    loop {
        let answer = world.list(&kinds).await;
        found += answer.trails.len();
        let Some(next) = answer.next else { break };
        kinds.after = Some(next.to_string());
    }
    assert_eq!(found, 3);

    let mut named = everything(&[], View::Basic);
    named.name = Some("main".parse().unwrap());
    assert_eq!(world.list(&named).await.trails.len(), 2);
}

#[tokio::test]
async fn a_trail_whose_settings_cannot_be_read_is_still_listed() {
    let scenario = members(2)
        .with_trail(trail("dark", MEMBERS[0], "us-west-2"))
        .with_trail(trail("light", MEMBERS[1], "us-west-2"))
        .with_fault(for_account(Effect::Denied, MEMBERS[0], "DescribeTrails"))
        .with_fault(for_account(Effect::Denied, MEMBERS[0], "GetTrailStatus"));
    let world = World::of(scenario).await;
    let answer = world.list(&everything(&MEMBERS[..2], View::Full)).await;
    assert_eq!(answer.trails.len(), 2);
    let dark = &answer.trails[0];
    assert_eq!(dark.arn.name().as_str(), "dark");
    assert_eq!(dark.unread, [Part::Settings, Part::Status]);
    assert!(dark.parts.event_selectors.is_some() && dark.parts.tags.is_some());
    let report = cell(&answer, MEMBERS[0], "us-west-2");
    let denied = Some(CellReason::AccessDenied);
    assert_eq!((report.state, report.reason), (CellState::Partial, denied));
    assert!(answer.trails[1].unread.is_empty());
}

#[tokio::test]
async fn an_account_that_hangs_takes_neither_the_others_time_nor_the_answer() {
    let scenario = members(2)
        .with_trail(multi_region("main", MEMBERS[0], "us-east-1"))
        .with_fault(for_account(Effect::Hang, MEMBERS[1], "CloudTrail"));
    let world = World::of(scenario).await;
    // Discovery and sessions first, so that the deadline below is for the listing alone.
    world.list(&everything(&MEMBERS[..1], View::Basic)).await;
    let context = request(Duration::from_secs(6));
    let asked = everything(&MEMBERS[..2], View::Full);
    let answer = world.trails.list(&context, &asked);
    let answer = answer.await.unwrap();
    assert!(context.deadline > tokio::time::Instant::now());
    assert_eq!(answer.trails.len(), 1);
    assert!(answer.trails[0].unread.is_empty(), "{:?}", answer.trails);
    let hung = cell(&answer, MEMBERS[1], "us-east-1");
    let late = Some(CellReason::DeadlineExceeded);
    assert_eq!((hung.state, hung.reason), (CellState::Failed, late));
}
