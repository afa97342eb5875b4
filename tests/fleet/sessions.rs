//! Sessions from ministack, which checks signatures, trust policies, external ids, permissions and expiry.

use std::{collections::BTreeMap, process::Command, time::Duration};

use futures_util::{StreamExt, future::join_all};
use trailplane::{
    aws::FailureKind,
    domain::{AccountId, Api, CellReason, Partition, TargetSelector},
    fleet::{
        Settings,
        accounts::check::{CellAccess, Verdict},
        settings::{AssumableRole, MemberRole, StaticAccount},
    },
};

use crate::support::{
    emulator::Emulator,
    rig::{Rig, request, settings},
    tools::{run, tool},
};

const TIME: Duration = Duration::from_secs(30);
const OWN: &str = "111111111111";

/// Makes a role in an account: trusts one principal, with an external id or none, and allows these actions.
const MAKE_ROLE: &str = r#"
import boto3, json, sys
endpoint, account, name, principal, external_id, actions = sys.argv[1:]
iam = boto3.client('iam', endpoint_url=endpoint, region_name='us-east-1',
                   aws_access_key_id=account, aws_secret_access_key='any')
trust = {'Effect': 'Allow', 'Principal': {'AWS': principal}, 'Action': 'sts:AssumeRole'}
if external_id:
    trust['Condition'] = {'StringEquals': {'sts:ExternalId': external_id}}
document = lambda statement: json.dumps({'Version': '2012-10-17', 'Statement': [statement]})
iam.create_role(RoleName=name, AssumeRolePolicyDocument=document(trust))
if actions:
    allowed = {'Effect': 'Allow', 'Action': actions.split(','), 'Resource': '*'}
    iam.put_role_policy(RoleName=name, PolicyName='allowed', PolicyDocument=document(allowed))
"#;

struct Seed<'a> {
    account: &'a str,
    role: &'a str,
    trusts: &'a str,
    external_id: &'a str,
    actions: &'a str,
}

const READER: Seed<'_> = Seed {
    account: "222222222222",
    role: "Reader",
    trusts: "arn:aws:iam::111111111111:root",
    external_id: "shibboleth",
    actions: "cloudtrail:LookupEvents,cloudtrail:DescribeTrails",
};

async fn make(ministack: &Emulator, seed: Seed<'_>) {
    let mut command = Command::new(tool("moto/bin/python"));
    command.args(["-c", MAKE_ROLE, &ministack.endpoint()]);
    command.args([
        seed.account,
        seed.role,
        seed.trusts,
        seed.external_id,
        seed.actions,
    ]);
    run(command).await.expect_ok();
}

fn account(text: &str) -> AccountId {
    text.parse().unwrap()
}

/// A fleet of these accounts, with the member role `Reader`.
fn fleet_of(accounts: &[&str], external_id: &str) -> Settings {
    let accounts = accounts
        .iter()
        .map(|a| (account(a), StaticAccount::default()));
    let external_id = external_id.parse().ok();
    Settings {
        organization: None,
        accounts: accounts.collect::<BTreeMap<_, _>>(),
        member_role: MemberRole::new(Partition::Commercial, "Reader", external_id).ok(),
        ..settings("Reader", &["us-east-1", "eu-west-1", "eu-central-1"])
    }
}

async fn rig(ministack: &Emulator) -> Rig {
    Rig::new(&ministack.endpoint(), OWN, "rootsecret").await
}

#[tokio::test]
async fn one_assume_role_serves_every_caller_and_region() {
    let ministack = Emulator::ministack().await;
    make(&ministack, READER).await;
    let mut rig = rig(&ministack).await;
    let fleet = rig.fleet(fleet_of(&[READER.account], "shibboleth"));
    let sources: Vec<_> = (0..40)
        .map(|_| fleet.credentials(account(READER.account)))
        .collect();
    let ctx = request(TIME);
    let sessions = join_all(sources.iter().map(|source| source.session(&ctx))).await;
    let generations: Vec<u64> = sessions
        .iter()
        .map(|s| s.as_ref().unwrap().generation())
        .collect();
    assert!(generations.windows(2).all(|pair| pair[0] == pair[1]));
    assert_eq!(
        sessions[0].as_ref().unwrap().account(),
        account(READER.account)
    );
    assert_eq!(rig.attempts.of(Api::AssumeRole), 1);

    // All forty hear that it expired: one new session.
    for (source, session) in sources.iter().zip(&sessions) {
        source.reject(session.as_ref().unwrap());
    }
    let again = join_all(sources.iter().map(|source| source.session(&ctx))).await;
    assert!(
        again
            .iter()
            .all(|s| s.as_ref().unwrap().generation() != generations[0])
    );
    assert_eq!(rig.attempts.of(Api::AssumeRole), 2);
    assert_eq!(fleet.usable_sessions(), 1);
    rig.end().await;
}

#[tokio::test]
async fn a_refused_role_is_asked_for_once_until_the_check_forgets() {
    let ministack = Emulator::ministack().await;
    make(&ministack, READER).await;
    let mut rig = rig(&ministack).await;
    let fleet = rig.fleet(fleet_of(&[READER.account, "333333333333"], "wrong"));
    let ctx = request(TIME);
    for refused in [READER.account, "333333333333"] {
        let source = fleet.credentials(account(refused));
        for _ in 0..5 {
            let error = source.session(&ctx).await.unwrap_err();
            assert_eq!(error.kind, FailureKind::RoleNotAssumable, "{error}");
            assert_eq!(error.account, account(refused));
        }
    }
    assert_eq!(rig.attempts.of(Api::AssumeRole), 2, "one an account");
    let verdicts = fleet
        .check_access(&ctx, &TargetSelector::default())
        .await
        .unwrap();
    let verdicts: Vec<CellAccess> = verdicts.0.collect().await;
    assert_eq!(verdicts.len(), 6);
    assert_eq!(
        rig.attempts.of(Api::AssumeRole),
        4,
        "asked again, once an account"
    );
    for verdict in &verdicts {
        assert_eq!(verdict.report.reason, Some(CellReason::RoleNotAssumable));
        assert_eq!(verdict.actions.len(), 1);
        assert_eq!(verdict.actions[0].verdict, Verdict::Denied);
    }
    assert_eq!(rig.attempts.of(Api::LookupEvents), 0);
    rig.end().await;
}

#[tokio::test]
async fn the_check_tells_which_permission_is_missing() {
    let ministack = Emulator::ministack().await;
    make(&ministack, READER).await;
    let narrow = Seed {
        account: "333333333333",
        actions: "cloudtrail:DescribeTrails",
        ..READER
    };
    make(&ministack, narrow).await;
    let mut rig = rig(&ministack).await;
    let fleet = rig.fleet(fleet_of(&[READER.account, "333333333333"], "shibboleth"));
    let ctx = request(TIME);
    let verdicts = fleet
        .check_access(&ctx, &TargetSelector::default())
        .await
        .unwrap();
    let verdicts: Vec<CellAccess> = verdicts.0.collect().await;
    let cells: std::collections::BTreeSet<_> =
        verdicts.iter().map(|v| v.report.cell.clone()).collect();
    assert_eq!((verdicts.len(), cells.len()), (6, 6), "each cell once");
    let mut calls = 0;
    for verdict in verdicts {
        // What comes after these three is about changes: `attribution::check`.
        let reads = verdict.actions.iter().take(3);
        let actions: Vec<Verdict> = reads.map(|a| a.verdict).collect();
        if verdict.report.cell.account == account(READER.account) {
            assert!(verdict.reachable(), "{verdict:?}");
            assert_eq!(actions, [Verdict::Allowed; 3]);
        } else {
            assert_eq!(
                verdict.report.reason,
                Some(CellReason::AccessDenied),
                "{verdict:?}"
            );
            assert_eq!(
                actions,
                [Verdict::Allowed, Verdict::Denied, Verdict::Allowed]
            );
            assert!(verdict.actions[1].aws_code.is_some());
        }
        calls += verdict.report.calls;
    }
    // Two a cell, and two trials of the trust policy an account.
    assert_eq!(calls, 2 * 6 + 2 * 2);
    assert_eq!(rig.attempts.of(Api::AssumeRole), 2 + 2 * 2);
    rig.end().await;
}

#[tokio::test]
async fn short_sessions_are_renewed_while_they_are_used() {
    let ministack = Emulator::ministack().await;
    make(&ministack, READER).await;
    let mut rig = rig(&ministack).await;
    let mut settings = fleet_of(&[READER.account], "shibboleth");
    settings.sessions.duration = Duration::from_secs(2);
    let fleet = rig.fleet(settings);
    let source = fleet.credentials(account(READER.account));
    let (ctx, region) = (request(TIME), "us-east-1".parse().unwrap());
    let (started, mut calls) = (std::time::Instant::now(), 0);
    while started.elapsed() < Duration::from_secs(5) {
        let tally = trailplane::budget::Tally::default();
        let trails = rig.door.count_trails(&ctx, &tally, &*source, &region).await;
        trails.expect("a session that ends is replaced, and nobody notices");
        calls += 1;
    }
    // Expiration has whole seconds, so that a session lives for 1 to 2 s; it is used for 75 % of that at least.
    let renewed = rig.attempts.of(Api::AssumeRole);
    assert!(
        (2..=8).contains(&renewed),
        "{renewed} sessions for {calls} calls in 5 s"
    );
    rig.end().await;
}

#[tokio::test]
async fn roles_can_be_chained_through_a_hub() {
    let ministack = Emulator::ministack().await;
    let hub = Seed {
        account: "444444444444",
        role: "Hub",
        external_id: "",
        actions: "sts:AssumeRole",
        ..READER
    };
    make(&ministack, hub).await;
    for member in ["222222222222", "333333333333"] {
        let behind = Seed {
            account: member,
            trusts: "arn:aws:iam::444444444444:role/Hub",
            ..READER
        };
        make(&ministack, behind).await;
    }
    let mut rig = rig(&ministack).await;
    let mut settings = fleet_of(&["222222222222", "333333333333"], "shibboleth");
    let direct = rig.fleet(settings.clone());
    let ctx = request(TIME);
    let refused = direct
        .credentials(account("222222222222"))
        .session(&ctx)
        .await;
    assert_eq!(refused.unwrap_err().kind, FailureKind::RoleNotAssumable);
    settings.hub_role = Some(AssumableRole {
        arn: "arn:aws:iam::444444444444:role/Hub".parse().unwrap(),
        external_id: None,
    });
    let before = rig.attempts.of(Api::AssumeRole);
    let fleet = rig.fleet(settings);
    let sources = ["222222222222", "333333333333"].map(|m| fleet.credentials(account(m)));
    let sessions = join_all(sources.iter().map(|source| source.session(&ctx))).await;
    for (session, member) in sessions.into_iter().zip(["222222222222", "333333333333"]) {
        assert_eq!(session.unwrap().account(), account(member));
    }
    assert_eq!(
        rig.attempts.of(Api::AssumeRole) - before,
        3,
        "the hub once, each member once"
    );
    rig.end().await;
}

#[tokio::test]
async fn own_credentials_are_used_only_in_their_own_account() {
    let ministack = Emulator::ministack().await;
    let mut rig = rig(&ministack).await;
    let own = trailplane::fleet::settings::Access::OwnCredentials;
    for (management, right) in [(OWN, true), ("222222222222", false)] {
        let mut settings = fleet_of(&[management], "shibboleth");
        settings.management_account = Some(account(management));
        settings.management_access = Some(own.clone());
        let fleet = rig.fleet(settings);
        let session = fleet
            .credentials(account(management))
            .session(&request(TIME))
            .await;
        match session {
            Ok(session) => assert!(right && session.account() == account(OWN)),
            Err(error) => assert!(
                !right && error.kind == FailureKind::RoleNotAssumable,
                "{error}"
            ),
        }
    }
    assert_eq!(rig.attempts.of(Api::AssumeRole), 0);
    rig.end().await;
}
