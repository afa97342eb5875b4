//! Discovery over the Organizations of moto's server: pages, nested units, tags, a closed account, and two
//! organizations side by side.

use std::{collections::BTreeMap, process::Command, time::Duration};

use serde::Deserialize;
use tokio::time::Instant;
use trailplane::api::proto::{Account, AccountState, GetAccountRequest, ListAccountsRequest};

use crate::support::{
    emulator::Emulator,
    process::READY_WITHIN,
    tools::{project, run, tool},
    trailplane::{Start, Trailplane},
};

#[derive(Deserialize)]
struct Organizations {
    first: Organization,
    second: Organization,
}

#[derive(Deserialize)]
struct Organization {
    management: String,
    units: BTreeMap<String, String>,
    accounts: BTreeMap<String, Member>,
    manager_role: Option<String>,
}

#[derive(Deserialize)]
struct Member {
    id: String,
    path: String,
    tags: BTreeMap<String, String>,
    state: String,
}

async fn set_up(moto: &Emulator) -> Organizations {
    let mut command = Command::new(tool("ministack/bin/python"));
    command
        .arg(project().join("tests/python/moto_organization.py"))
        .arg(moto.endpoint());
    serde_json::from_str(&run(command).await.expect_ok()).unwrap()
}

/// moto has no Account service, so Regions are not narrowed; and no quotas, so tags may be read fast.
async fn trailplane(moto: &Emulator, management_role: Option<&str>) -> Trailplane {
    let management = management_role.map_or(String::new(), |role| {
        format!("  management: {{role_arn: \"{role}\"}}\n")
    });
    Start::with_config(&format!(
        "aws:\n  regions: [us-east-1]\n  role_name: Trailplane\n{management}\
         fleet: {{narrow_regions: false}}\n\
         quotas: {{overrides: [\
           {{api: ListTagsForResource, per_second: 200}}, {{api: ListAccountsForParent, per_second: 200}}, \
           {{api: ListOrganizationalUnitsForParent, per_second: 200}}, {{api: ListAccounts, per_second: 200}}]}}\n"
    ))
    .aws(&moto.endpoint(), "AKIDEXAMPLE", "any")
    .ready()
    .await
}

async fn list(trailplane: &Trailplane, request: ListAccountsRequest) -> Vec<Account> {
    let mut client = trailplane.accounts().await;
    let mut request = request;
    let mut all = Vec::new();
    loop {
        let page = client
            .list_accounts(request.clone())
            .await
            .unwrap()
            .into_inner();
        assert!(page.accounts.len() <= 10, "a page holds what was asked for");
        all.extend(page.accounts);
        if page.next_page_token.is_empty() {
            return all;
        }
        request.page_token = page.next_page_token;
    }
}

/// Which units the accounts are in is read after the accounts themselves.
async fn list_with_units(trailplane: &Trailplane) -> Vec<Account> {
    let until = Instant::now() + READY_WITHIN;
    loop {
        let listed = list(trailplane, ten()).await;
        if listed.iter().all(|a| !a.organizational_units.is_empty()) {
            return listed;
        }
        assert!(Instant::now() < until, "the units did not become known");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

fn ten() -> ListAccountsRequest {
    ListAccountsRequest {
        page_size: 10,
        ..ListAccountsRequest::default()
    }
}

fn ids(accounts: &[Account]) -> Vec<&str> {
    let mut ids: Vec<&str> = accounts.iter().map(|a| a.account_id.as_str()).collect();
    ids.sort_unstable();
    ids
}

#[tokio::test]
async fn every_account_is_listed_once_with_its_unit_tags_and_state() {
    let moto = Emulator::moto().await;
    let expected = set_up(&moto).await.first;
    let trailplane = trailplane(&moto, None).await;
    let listed = list_with_units(&trailplane).await;

    let mut wanted: Vec<&str> = expected.accounts.values().map(|a| a.id.as_str()).collect();
    wanted.push(&expected.management);
    wanted.sort_unstable();
    assert_eq!(ids(&listed), wanted);

    for (name, member) in &expected.accounts {
        let found = listed.iter().find(|a| a.account_id == member.id).unwrap();
        assert_eq!(&found.name, name);
        assert_eq!(found.path, member.path, "{name}");
        assert_eq!(found.email, format!("{name}@example.com"));
        assert!(!found.management, "{name}");
        let state = match member.state.as_str() {
            "ACTIVE" => AccountState::Active,
            _ => AccountState::Suspended,
        };
        assert_eq!(found.state(), state, "{name}");
        let parent = found.organizational_units.last().unwrap();
        assert_eq!(parent.id, expected.units[&member.path], "{name}");
    }
    let management = listed.iter().find(|a| a.management).unwrap();
    assert_eq!(management.account_id, expected.management);
}

#[tokio::test]
async fn accounts_are_found_by_unit_and_by_tag() {
    let moto = Emulator::moto().await;
    let expected = set_up(&moto).await.first;
    let trailplane = trailplane(&moto, None).await;
    let id = |name: &str| expected.accounts[name].id.as_str();

    for unit in ["/Prod", expected.units["/Prod"].as_str()] {
        let request = ListAccountsRequest {
            organizational_units: vec![unit.to_owned()],
            ..ten()
        };
        let mut wanted = vec![id("ledger"), id("cards"), id("web")];
        wanted.sort_unstable();
        assert_eq!(ids(&list(&trailplane, request).await), wanted, "{unit}");
    }
    // Tags are read after the accounts, one call each; a selector that needs them waits for them.
    let request = ListAccountsRequest {
        account_tags: [("team".to_owned(), "payments".to_owned())].into(),
        ..ten()
    };
    let mut wanted = vec![id("ledger"), id("cards")];
    wanted.sort_unstable();
    assert_eq!(ids(&list(&trailplane, request).await), wanted);
    let ledger = GetAccountRequest {
        account_id: id("ledger").to_owned(),
    };
    let mut client = trailplane.accounts().await;
    let account = client.get_account(ledger).await.unwrap().into_inner();
    let account = account.account.unwrap();
    assert!(account.tags_known);
    let tags: BTreeMap<String, String> = account.tags.into_iter().collect();
    assert_eq!(tags, expected.accounts["ledger"].tags);
}

#[tokio::test]
async fn two_organizations_stay_apart() {
    let moto = Emulator::moto().await;
    let expected = set_up(&moto).await;
    let other = trailplane(&moto, expected.second.manager_role.as_deref()).await;
    let listed = list(&other, ten()).await;
    let mut wanted: Vec<&str> = expected
        .second
        .accounts
        .values()
        .map(|a| a.id.as_str())
        .collect();
    wanted.push(&expected.second.management);
    wanted.sort_unstable();
    assert_eq!(ids(&listed), wanted);
    assert!(
        expected
            .first
            .accounts
            .values()
            .all(|a| !wanted.contains(&a.id.as_str()))
    );
}
