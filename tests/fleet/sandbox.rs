//! The fleet against the simulated AWS: what Organizations, Account and STS may do to it.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use futures_util::{StreamExt, future::join_all};
use tokio::net::TcpListener;
use trailplane::{
    aws::FailureKind,
    budget::Tally,
    domain::{
        AccountId, AccountState, Api, CellReason, CellReport, Partition, TargetSelector,
        target::UnitRef,
    },
    fleet::{
        Fleet, Missing, SelectError, Settings,
        accounts::check::CellAccess,
        settings::{Access, MemberRole},
    },
    sandbox::{
        Effect, Fault, HUB_ACCESS_KEY_ID, HUB_SECRET_ACCESS_KEY, Member, MemberState, Sandbox,
        Scenario,
    },
};

use crate::support::rig::{Rig, request, settings};

const TIME: Duration = Duration::from_secs(30);

/// Everything but CloudTrail as quick as the rig asks for it.
const QUICK: [&str; 8] = [
    "STS",
    "DescribeOrganization",
    "ListAccounts",
    "ListRoots",
    "ListOrganizationalUnitsForParent",
    "ListAccountsForParent",
    "ListTagsForResource",
    "ListRegions",
];

struct World {
    sandbox: Sandbox,
    rig: Rig,
    fleet: Fleet,
}

impl World {
    async fn of(scenario: Scenario) -> Self {
        Self::with(scenario, |_| {}).await
    }

    async fn with(mut scenario: Scenario, change: impl FnOnce(&mut Settings)) -> Self {
        let regions: Vec<String> = scenario.regions.iter().map(ToString::to_string).collect();
        let regions: Vec<&str> = regions.iter().map(String::as_str).collect();
        let mut settings = settings("unused", &regions);
        let role = &scenario.role;
        let external_id = role.external_id.as_deref().and_then(|id| id.parse().ok());
        let member = MemberRole::new(Partition::Commercial, &role.name, external_id);
        settings.member_role = member.ok();
        settings.management_access = Some(Access::OwnCredentials);
        change(&mut settings);
        for api in QUICK {
            scenario.quotas.per_second.insert(api.to_owned(), 10_000.0);
        }
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let sandbox = Sandbox::start(scenario, listener).unwrap();
        let endpoint = sandbox.endpoint_url();
        let mut rig = Rig::new(&endpoint, HUB_ACCESS_KEY_ID, HUB_SECRET_ACCESS_KEY).await;
        let fleet = rig.fleet(settings);
        Self {
            sandbox,
            rig,
            fleet,
        }
    }

    async fn resolve(
        &self,
        selector: TargetSelector,
    ) -> (BTreeSet<AccountId>, usize, Vec<CellReport>) {
        let targets = self.fleet.resolve(&request(TIME), &selector).await.unwrap();
        let accounts = targets.cells.iter().map(|cell| cell.cell.account).collect();
        (accounts, targets.cells.len(), targets.left_out.cells)
    }

    /// Waits until every active account's Regions and every account's tags have been read.
    async fn details(&self) {
        let known = || {
            let directory = self.fleet.directory();
            let read = |a: &std::sync::Arc<trailplane::domain::Account>| {
                let regions =
                    a.state != AccountState::Active || directory.disabled_regions(a.id).is_some();
                regions && a.tags.is_some()
            };
            !directory.accounts().is_empty() && directory.accounts().iter().all(read)
        };
        eventually(known).await;
    }

    async fn end(self) {
        let throttles = self.sandbox.summary().throttles;
        self.rig.end().await;
        self.sandbox.shutdown().await;
        assert_eq!(throttles, 0, "nothing may be throttled here");
    }
}

async fn eventually(mut condition: impl FnMut() -> bool) {
    let deadline = tokio::time::Instant::now() + TIME;
    while !condition() {
        assert!(
            tokio::time::Instant::now() < deadline,
            "not within {TIME:?}"
        );
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

fn account(number: u64) -> AccountId {
    AccountId::from_u64(number).unwrap()
}

fn named(fleet: &Fleet, name: &str) -> AccountId {
    let directory = fleet.directory();
    let found = directory.accounts().iter().find(|a| &*a.name == name);
    found.unwrap().id
}

fn refused(api: &str) -> Fault {
    Fault::new(Effect::Denied).on(api)
}

#[tokio::test]
async fn the_built_in_organization_is_told_as_it_is() {
    let world = World::of(Scenario::default()).await;
    world.resolve(TargetSelector::default()).await;
    world.details().await;
    let (accounts, cells, skipped) = world.resolve(TargetSelector::default()).await;
    assert_eq!(
        (accounts.len(), cells),
        (49, 195),
        "of 50 accounts in 4 Regions"
    );
    let mut reasons: BTreeMap<_, Vec<AccountId>> = BTreeMap::new();
    for report in &skipped {
        assert!(!report.is_gap(), "nobody asked for it by name");
        let reason = report.reason.unwrap();
        reasons.entry(reason).or_default().push(report.cell.account);
    }
    let suspended = named(&world.fleet, "old-intranet");
    assert_eq!(reasons[&CellReason::AccountNotActive], [suspended; 4]);
    let partial = named(&world.fleet, "web-partners");
    assert_eq!(reasons[&CellReason::RegionDisabled], [partial]);

    let below = |names: &[&str]| TargetSelector {
        organizational_units: vec![UnitRef::Path(
            names.iter().map(|n| (*n).to_owned()).collect(),
        )],
        ..TargetSelector::default()
    };
    assert_eq!(world.resolve(below(&["Prod", "Payments"])).await.0.len(), 6);
    assert_eq!(world.resolve(below(&["Prod"])).await.0.len(), 19);
    let tagged = TargetSelector {
        account_tags: [("env", "prod"), ("team", "web")]
            .map(|(k, v)| (k.into(), v.into()))
            .into(),
        ..TargetSelector::default()
    };
    assert_eq!(world.resolve(tagged).await.0.len(), 6);
    world.end().await;
}

#[tokio::test]
async fn states_are_read_from_both_fields() {
    for state_field in [true, false] {
        let states = [
            (MemberState::Active, AccountState::Active),
            (MemberState::Suspended, AccountState::Suspended),
            (MemberState::PendingClosure, AccountState::PendingClosure),
            (
                MemberState::Closed,
                // `Status` has no word for it: a closed account is called suspended there.
                if state_field {
                    AccountState::Closed
                } else {
                    AccountState::Suspended
                },
            ),
        ];
        let mut scenario = Scenario::blank();
        scenario.organization.state_field = state_field;
        for (number, (state, _)) in (1..).zip(states) {
            let mut member = Member::new(account(200_000_000_000 + number), "member");
            member.state = state;
            scenario = scenario.with_member(member);
        }
        let world = World::of(scenario).await;
        world.resolve(TargetSelector::default()).await;
        let directory = world.fleet.directory();
        for (number, (_, state)) in (1..).zip(states) {
            let found = directory
                .account(account(200_000_000_000 + number))
                .unwrap();
            assert_eq!(found.state, state, "State sent: {state_field}");
        }
        world.end().await;
    }
}

#[tokio::test]
async fn what_may_not_be_read_is_said_and_the_rest_works() {
    let scenario = Scenario::uniform(30, 2, 0.0, Duration::ZERO)
        .with_fault(refused("ListRoots"))
        .with_fault(refused("ListTagsForResource"))
        .with_fault(refused("ListRegions"));
    let world = World::of(scenario).await;
    assert_eq!(world.resolve(TargetSelector::default()).await.1, 60);
    let by_unit = TargetSelector {
        organizational_units: vec![UnitRef::Path(vec!["Generated".into()])],
        ..TargetSelector::default()
    };
    let by_tag = TargetSelector {
        account_tags: [("a".to_owned(), "b".to_owned())].into(),
        ..TargetSelector::default()
    };
    for (selector, call) in [(by_unit, "ListRoots"), (by_tag, "ListTagsForResource")] {
        let error = world
            .fleet
            .resolve(&request(TIME), &selector)
            .await
            .unwrap_err();
        let SelectError::NotDiscovered { missing, reason } = error else {
            panic!("{error:?}")
        };
        assert!(
            matches!(missing, Missing::Units | Missing::Tags(30)),
            "{missing:?}"
        );
        let reason = reason.unwrap();
        assert!(
            reason.contains(call) && reason.contains("permission"),
            "{reason}"
        );
    }
    // A refused permission is not asked for again and again.
    eventually(|| world.rig.attempts.of(Api::ListRegions) >= 8).await;
    assert!(
        world.rig.attempts.of(Api::ListRegions) <= 12,
        "the management account, eight refusals in a row, and three under way"
    );
    assert_eq!(world.resolve(TargetSelector::default()).await.1, 60);
    world.end().await;
}

#[tokio::test]
async fn without_organizations_the_last_copy_is_served_and_marked() {
    let world = World::of(Scenario::uniform(5, 1, 0.0, Duration::ZERO)).await;
    world.resolve(TargetSelector::default()).await;
    world.details().await;
    let World {
        sandbox,
        rig,
        fleet,
    } = world;
    sandbox.shutdown().await;
    assert!(fleet.refresh_accounts(&request(TIME)).await.is_err());
    let targets = fleet
        .resolve(&request(TIME), &TargetSelector::default())
        .await
        .unwrap();
    assert_eq!((targets.cells.len(), targets.stale), (5, true));
    let stale = fleet.directory().stale().unwrap();
    assert_eq!(Some(stale.since), fleet.directory().listed_at());
    rig.end().await;
}

#[tokio::test]
async fn sts_switched_off_in_one_region_is_asked_in_another_once() {
    let off = Effect::Error {
        code: "RegionDisabledException".to_owned(),
        status: 403,
        probability: 1.0,
    };
    let scenario = Scenario::uniform(3, 3, 0.0, Duration::ZERO)
        .with_fault(Fault::new(off).on("AssumeRole").in_region("eu-west-1"));
    let change = |settings: &mut Settings| {
        settings.sessions.sts_region = "eu-west-1".parse().unwrap();
    };
    let world = World::with(scenario, change).await;
    let (accounts, _, _) = world.resolve(TargetSelector::default()).await;
    let member = *accounts.last().unwrap();
    let session = world
        .fleet
        .credentials(member)
        .session(&request(TIME))
        .await;
    assert_eq!(session.unwrap().account(), member);
    assert_eq!(world.rig.attempts.of(Api::AssumeRole), 2);
    world.end().await;
}

#[tokio::test]
async fn sessions_that_end_early_are_replaced_once_for_all_who_notice() {
    let cap = Effect::SessionCap {
        seconds: 1,
        told: false,
    };
    let scenario =
        Scenario::uniform(2, 8, 0.0, Duration::ZERO).with_fault(Fault::new(cap).on("AssumeRole"));
    let world = World::of(scenario).await;
    let (accounts, _, _) = world.resolve(TargetSelector::default()).await;
    let member = *accounts.last().unwrap();
    let source = world.fleet.credentials(member);
    let ctx = request(TIME);
    let regions = world.fleet.settings().regions.clone();
    let everywhere = || {
        join_all(regions.iter().map(|region| {
            let (door, ctx, source) = (&world.rig.door, &ctx, &source);
            async move {
                let tally = Tally::default();
                door.count_trails(ctx, &tally, &**source, region).await
            }
        }))
    };
    let all = everywhere().await;
    assert!(all.iter().all(Result::is_ok), "{all:?}");
    assert_eq!(world.rig.attempts.of(Api::AssumeRole), 1);
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    let all = everywhere().await;
    assert!(all.iter().all(Result::is_ok), "{all:?}");
    assert_eq!(
        world.rig.attempts.of(Api::AssumeRole),
        2,
        "eight Regions noticed"
    );
    world.end().await;
}

#[tokio::test]
async fn five_hundred_accounts_are_five_hundred_sessions() {
    let world = World::of(Scenario::uniform(500, 1, 0.0, Duration::ZERO)).await;
    let (accounts, _, _) = world.resolve(TargetSelector::default()).await;
    let ctx = request(TIME);
    let sources: Vec<_> = accounts
        .iter()
        .flat_map(|id| (0..17).map(|_| world.fleet.credentials(*id)))
        .collect();
    let sessions = join_all(sources.iter().map(|source| source.session(&ctx))).await;
    assert_eq!(sessions.iter().filter(|s| s.is_ok()).count(), 500 * 17);
    assert_eq!(
        world.rig.attempts.of(Api::AssumeRole),
        499,
        "all but the management account"
    );
    let assumed = world.sandbox.summary().by_api["AssumeRole"];
    assert_eq!(assumed, 499, "the other side counts the same");
    world.end().await;
}

#[tokio::test]
async fn the_check_has_one_verdict_a_cell_with_its_reason() {
    let scenario = Scenario::default()
        .with_fault(
            Fault::new(Effect::DeniedByPolicy)
                .on("LookupEvents")
                .for_account("web-cdn"),
        )
        .with_fault(
            Fault::new(Effect::Hang)
                .for_account("dns")
                .on("DescribeTrails"),
        );
    let world = World::of(scenario).await;
    world.resolve(TargetSelector::default()).await;
    world.details().await;
    let ctx = request(Duration::from_secs(8));
    let started = std::time::Instant::now();
    let verdicts = world
        .fleet
        .check_access(&ctx, &TargetSelector::default())
        .await
        .unwrap();
    let verdicts: Vec<CellAccess> = verdicts.0.collect().await;
    assert!(
        started.elapsed() < Duration::from_secs(9),
        "one that hangs ends by the deadline"
    );
    let cells: BTreeSet<_> = verdicts.iter().map(|v| v.report.cell.clone()).collect();
    assert_eq!((verdicts.len(), cells.len()), (200, 200));
    let mut reasons: BTreeMap<(&str, Option<CellReason>), usize> = BTreeMap::new();
    for verdict in &verdicts {
        let name = &*verdict.report.account_name;
        let special = [
            "acquired-shop",
            "old-intranet",
            "web-partners",
            "web-cdn",
            "dns",
        ];
        let name = if special.contains(&name) {
            name
        } else {
            "others"
        };
        *reasons.entry((name, verdict.report.reason)).or_default() += 1;
    }
    let expected = [
        (("acquired-shop", Some(CellReason::RoleNotAssumable)), 4),
        (("dns", Some(CellReason::DeadlineExceeded)), 4),
        (("old-intranet", Some(CellReason::AccountNotActive)), 4),
        (("others", None), 180),
        (("web-cdn", Some(CellReason::ServiceControlPolicy)), 4),
        (("web-partners", None), 3),
        (("web-partners", Some(CellReason::RegionDisabled)), 1),
    ];
    assert_eq!(reasons, BTreeMap::from(expected));
    world.end().await;
}

#[tokio::test]
async fn a_role_that_is_missing_costs_one_call_a_minute() {
    let world = World::of(Scenario::default()).await;
    world.resolve(TargetSelector::default()).await;
    let source = world
        .fleet
        .credentials(named(&world.fleet, "acquired-shop"));
    let ctx = request(TIME);
    let errors = join_all((0..17).map(|_| source.session(&ctx))).await;
    for error in errors {
        assert_eq!(error.unwrap_err().kind, FailureKind::RoleNotAssumable);
    }
    for _ in 0..3 {
        source.session(&ctx).await.unwrap_err();
    }
    assert_eq!(world.rig.attempts.of(Api::AssumeRole), 1);
    world.end().await;
}

/// Callers share the sessions that read. What is written with one AWS would record as nobody's: the door refuses it, whoever
/// asks for it, and AWS hears nothing.
#[tokio::test]
async fn the_door_does_not_write_with_a_session_that_callers_share() {
    let world = World::of(Scenario::default()).await;
    let account: AccountId = "100000000012".parse().unwrap();
    let shared = world.fleet.credentials(account);
    let region = "us-east-1".parse().unwrap();
    let trail = "arn:aws:cloudtrail:us-east-1:100000000012:trail/main";
    let trail = trail.parse().unwrap();
    let (ctx, tally, door) = (request(TIME), Tally::default(), &world.rig.door);
    let refused = door
        .stop_logging(&ctx, &tally, &*shared, &region, &trail)
        .await
        .unwrap_err();
    assert_eq!(refused.kind, FailureKind::InvalidRequest, "{refused}");
    assert!(
        refused.message.contains("callers share"),
        "{}",
        refused.message
    );
    assert_eq!(world.sandbox.ledger().calls("StopLogging"), 0);
    assert_eq!(tally.calls(), 0, "no call was counted");
}
