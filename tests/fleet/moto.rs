//! Discovery from moto's Organizations: paging, units, tags, closed accounts.

use std::time::Duration;

use aws_sdk_organizations::{Client, types::Tag};
use trailplane::{
    domain::{
        AccountId, AccountState, Api, CellReason, OrganizationalUnitId, TargetSelector,
        target::UnitRef,
    },
    fleet::{Fleet, SelectError, Violation, accounts::AccountFilter},
};

use crate::support::{
    emulator::Emulator,
    rig::{Rig, request, settings},
};

const TIME: Duration = Duration::from_secs(30);

/// An organization made in moto.
struct Made {
    client: Client,
    prod: String,
    members: Vec<AccountId>,
}

async fn client(endpoint: &str) -> Client {
    let config = aws_config::defaults(aws_config::BehaviorVersion::latest())
        .endpoint_url(endpoint)
        .region(aws_types::region::Region::new("us-east-1"))
        .credentials_provider(aws_credential_types::Credentials::new(
            "AKIAX", "x", None, None, "test",
        ))
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .load()
        .await;
    Client::new(&config)
}

/// The root, `/Prod`, `/Prod/Payments`, and members: every third directly below the root, the others in
/// `/Prod/Payments`; each with a tag.
async fn make(endpoint: &str, members: usize) -> Made {
    let client = client(endpoint).await;
    client.create_organization().send().await.unwrap();
    let roots = client.list_roots().send().await.unwrap();
    let root = roots.roots()[0].id().unwrap().to_owned();
    let prod = unit(&client, &root, "Prod").await;
    let payments = unit(&client, &prod, "Payments").await;
    let mut made = Made {
        prod,
        members: Vec::new(),
        client,
    };
    for number in 0..members {
        let tag = Tag::builder()
            .key("number")
            .value(number.to_string())
            .build()
            .unwrap();
        let created = made
            .client
            .create_account()
            .account_name(format!("Member {number}"))
            .email(format!("m{number}@example.com"))
            .tags(tag)
            .send()
            .await
            .unwrap();
        let id = created
            .create_account_status()
            .unwrap()
            .account_id()
            .unwrap()
            .to_owned();
        if number % 3 != 0 {
            let moving = made
                .client
                .move_account()
                .account_id(&id)
                .source_parent_id(&root);
            moving
                .destination_parent_id(&payments)
                .send()
                .await
                .unwrap();
        }
        made.members.push(id.parse().unwrap());
    }
    made
}

async fn unit(client: &Client, parent: &str, name: &str) -> String {
    let made = client
        .create_organizational_unit()
        .parent_id(parent)
        .name(name)
        .send()
        .await
        .unwrap();
    made.organizational_unit().unwrap().id().unwrap().to_owned()
}

async fn cells(fleet: &Fleet, selector: TargetSelector) -> Vec<AccountId> {
    let targets = fleet.resolve(&request(TIME), &selector).await.unwrap();
    targets.cells.iter().map(|cell| cell.cell.account).collect()
}

#[tokio::test]
async fn an_organization_is_discovered_whole() {
    let moto = Emulator::moto().await;
    let made = make(&moto.endpoint(), 25).await;
    let mut rig = Rig::new(&moto.endpoint(), "AKIAX", "x").await;
    let fleet = rig.fleet(settings("Reader", &["eu-west-1"]));

    let everyone = cells(&fleet, TargetSelector::default()).await;
    assert_eq!(everyone.len(), 26, "two pages, and the management account");
    let mut sorted = everyone.clone();
    sorted.sort();
    assert_eq!(everyone, sorted);

    let by_path = TargetSelector {
        organizational_units: vec![UnitRef::Path(vec!["Prod".into()])],
        ..TargetSelector::default()
    };
    let below = cells(&fleet, by_path).await;
    assert_eq!(below.len(), 16, "recursive");
    let id: OrganizationalUnitId = made.prod.parse().unwrap();
    let by_id = TargetSelector {
        organizational_units: vec![UnitRef::Id(id)],
        exclude_account_ids: vec![below[0]],
        ..TargetSelector::default()
    };
    assert_eq!(cells(&fleet, by_id).await, below[1..]);

    let by_tag = TargetSelector {
        account_tags: [("number".to_owned(), "7".to_owned())].into(),
        ..TargetSelector::default()
    };
    assert_eq!(cells(&fleet, by_tag).await, [made.members[7]]);

    let (account, freshness) = fleet
        .get_account(&request(TIME), made.members[7], None)
        .await
        .unwrap();
    assert_eq!(
        (&*account.name, account.path().as_str()),
        ("Member 7", "/Prod/Payments")
    );
    assert!(!account.management && freshness.stale.is_none() && freshness.discovered_at.is_some());
    rig.end().await;
}

#[tokio::test]
async fn a_refresh_sees_what_changed_and_is_shared() {
    let moto = Emulator::moto().await;
    let made = make(&moto.endpoint(), 3).await;
    let mut rig = Rig::new(&moto.endpoint(), "AKIAX", "x").await;
    let fleet = rig.fleet(settings("Reader", &["eu-west-1", "us-east-1"]));
    assert_eq!(cells(&fleet, TargetSelector::default()).await.len(), 8);

    let closed = made.members[0];
    made.client
        .close_account()
        .account_id(closed.to_string())
        .send()
        .await
        .unwrap();
    let before = rig.attempts.of(Api::ListAccounts);
    let ctx = request(TIME);
    let (one, two) = tokio::join!(fleet.refresh_accounts(&ctx), fleet.refresh_accounts(&ctx));
    let (one, two) = (one.unwrap(), two.unwrap());
    assert_eq!(one, two);
    assert_eq!(rig.attempts.of(Api::ListAccounts), before + 1);
    assert_eq!(
        (one.changes.changed.as_slice(), one.total),
        (&[closed][..], 4)
    );

    let by_id = TargetSelector {
        account_ids: vec![closed],
        ..TargetSelector::default()
    };
    let targets = fleet.resolve(&ctx, &by_id).await.unwrap();
    assert!(targets.cells.is_empty());
    let skipped = targets
        .left_out
        .cells
        .iter()
        .map(|r| (r.reason, r.named))
        .collect::<Vec<_>>();
    assert_eq!(
        skipped,
        [(Some(CellReason::AccountNotActive), true); 2],
        "one a Region"
    );

    let suspended = AccountFilter {
        states: vec![AccountState::Suspended],
        name_contains: Some("MEMBER".to_owned()),
        ..AccountFilter::default()
    };
    let page = fleet
        .list_accounts(&ctx, &suspended, None, 10)
        .await
        .unwrap();
    assert_eq!(
        (page.accounts[0].id, page.total, page.next),
        (closed, 1, None)
    );
    rig.end().await;
}

#[tokio::test]
async fn pages_of_accounts_go_on_where_they_stopped() {
    let moto = Emulator::moto().await;
    make(&moto.endpoint(), 6).await;
    let mut rig = Rig::new(&moto.endpoint(), "AKIAX", "x").await;
    let fleet = rig.fleet(settings("Reader", &["eu-west-1"]));
    let (mut ids, mut after) = (Vec::new(), None);
    loop {
        let filter = AccountFilter::default();
        let page = fleet
            .list_accounts(&request(TIME), &filter, after, 3)
            .await
            .unwrap();
        assert_eq!(page.total, 7);
        ids.extend(page.accounts.iter().map(|account| account.id));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(ids.len(), 7);
    assert!(ids.is_sorted());
    rig.end().await;
}

#[tokio::test]
async fn what_is_away_is_said_and_the_old_copy_stays() {
    let moto = Emulator::moto().await;
    make(&moto.endpoint(), 2).await;
    let mut rig = Rig::new(&moto.endpoint(), "AKIAX", "x").await;
    let fleet = rig.fleet(settings("Reader", &["eu-west-1"]));
    assert!(
        !fleet
            .resolve(&request(TIME), &TargetSelector::default())
            .await
            .unwrap()
            .stale
    );
    drop(moto);
    let failed = fleet.refresh_accounts(&request(TIME)).await.unwrap_err();
    assert!(
        failed.to_string().contains("ListAccounts")
            || failed.to_string().contains("DescribeOrganization"),
        "{failed}"
    );
    let targets = fleet
        .resolve(&request(TIME), &TargetSelector::default())
        .await
        .unwrap();
    assert_eq!(targets.cells.len(), 3);
    assert!(targets.stale);
    assert!(fleet.directory().stale().is_some());
    rig.end().await;
}

#[tokio::test]
async fn before_the_first_listing_a_request_hears_what_is_missing_by_its_deadline() {
    let mut rig = Rig::new("http://127.0.0.1:1", "AKIAX", "x").await;
    let fleet = rig.fleet(settings("Reader", &["eu-west-1"]));
    let started = std::time::Instant::now();
    let selector = TargetSelector::default();
    let error = fleet
        .resolve(&request(Duration::from_secs(1)), &selector)
        .await
        .unwrap_err();
    assert!(
        matches!(error, SelectError::NotDiscovered { .. }),
        "{error:?}"
    );
    assert!(started.elapsed() < Duration::from_secs(1));
    assert!(!*fleet.ready().borrow());
    rig.end().await;
}

#[tokio::test]
async fn an_unknown_account_is_an_error() {
    let moto = Emulator::moto().await;
    make(&moto.endpoint(), 1).await;
    let mut rig = Rig::new(&moto.endpoint(), "AKIAX", "x").await;
    let fleet = rig.fleet(settings("Reader", &["eu-west-1"]));
    let stranger: AccountId = "999999999999".parse().unwrap();
    let error = fleet
        .get_account(&request(TIME), stranger, None)
        .await
        .unwrap_err();
    let unknown = Violation::UnknownAccount {
        index: 0,
        account: stranger,
    };
    assert_eq!(error, SelectError::Invalid(vec![unknown]));
    rig.end().await;
}
