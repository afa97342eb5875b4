//! The console in a real browser: what happens is seen within two seconds, and nothing that AWS says becomes markup.

use std::time::Duration;

use serde_json::json;
use tokio::time::{Instant, sleep};
use trailplane::{
    api::proto::{StreamEventsRequest, TargetSelector},
    sandbox::{Effect, Fault, Scenario, Scope},
};

use crate::support::{
    browser::Browser,
    process::http_get,
    trailplane::{ANSWER_WITHIN, Start, Trailplane},
};

const DENIED: &str = "100000000012";
const THROTTLED: &str = "100000000013";
const CLOSED: &str = "100000000048";
const REGION: &str = "us-east-1";

fn of(account: &str, effect: Effect) -> Fault {
    Fault {
        scope: Scope {
            accounts: vec![account.to_owned()],
            regions: Vec::new(),
            apis: vec!["LookupEvents".to_owned()],
        },
        effect,
        when: Default::default(),
        times: None,
        skip: 0,
    }
}

/// The built-in organization, in which one account denies, and another's quota is spent by others all the time.
async fn troubled() -> Trailplane {
    let mut scenario = Scenario::default();
    let throttled = Effect::error("ThrottlingException", 400);
    scenario.faults.push(of(DENIED, Effect::Denied));
    scenario.faults.push(of(THROTTLED, throttled));
    let scenario = serde_json::to_string(&scenario).unwrap();
    Start::with_scenario(&scenario).ready().await
}

fn targets(account: &str) -> Option<TargetSelector> {
    Some(TargetSelector {
        account_ids: vec![account.to_owned()],
        regions: vec![REGION.to_owned()],
        ..TargetSelector::default()
    })
}

/// The class of the cell of this account in the one Region that is asked.
fn cell(account: &str) -> String {
    format!(
        "const row = document.querySelector('tr[data-account=\"{account}\"]');
         if (row === null) return null;
         const cells = [...row.querySelectorAll('.cell')];
         const cell = cells.find((cell) => cell.title.startsWith('{REGION}'));
         return cell.textContent;"
    )
}

/// Waits until AWS has answered a LookupEvents of this account in this way, by the sandbox's ledger.
async fn happened(aws: &str, account: &str, outcome: &str) -> Instant {
    let path = format!("/_sandbox/ledger?api=LookupEvents&account={account}");
    let end = Instant::now() + ANSWER_WITHIN;
    loop {
        let (_, ledger) = http_get(aws, &path).await.unwrap();
        if ledger.contains(outcome) {
            return Instant::now();
        }
        assert!(Instant::now() < end, "no {outcome} of {account}: {ledger}");
        sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_denied_and_a_throttled_account_are_seen_within_two_seconds() {
    let mut service = troubled().await;
    let aws = service.simulated_aws().await;
    let browser = Browser::start().await;
    browser
        .open(&format!("http://{}/console", service.admin))
        .await;
    for account in [DENIED, THROTTLED] {
        browser.until(&cell(account), &json!(".")).await;
    }
    for (account, letter, outcome) in [
        (DENIED, "d", "AccessDeniedException"),
        (THROTTLED, "t", "ThrottlingException"),
    ] {
        let mut client = service.events().await;
        let request = StreamEventsRequest {
            targets: targets(account),
            ..StreamEventsRequest::default()
        };
        // It goes on as long as the stream is held.
        let mut stream = client.stream_events(request).await.unwrap().into_inner();
        let reading =
            tokio::spawn(async move { while let Ok(Some(_)) = stream.message().await {} });
        let happened = happened(&aws, account, outcome).await;
        let seen = browser.until(&cell(account), &json!(letter)).await;
        let after = seen.duration_since(happened);
        assert!(
            after <= Duration::from_secs(2),
            "{account}: seen after {after:?}"
        );
        reading.abort();
    }
    let throttles =
        "return document.querySelector('#throttles tr:nth-child(2) td:nth-child(2)').textContent";
    browser.until(throttles, &json!(THROTTLED)).await;
    browser.close().await;
}

#[tokio::test]
async fn lookups_are_seen_while_they_run_and_accounts_that_cannot_be_entered_are_told() {
    let service = troubled().await;
    let browser = Browser::start().await;
    browser
        .open(&format!("http://{}/console", service.admin))
        .await;
    let running = "return document.querySelectorAll('#lookups progress').length";
    browser.until(running, &json!(0)).await;

    let mut client = service.events().await;
    let stream = client.stream_events(StreamEventsRequest::default()).await;
    let mut stream = stream.unwrap().into_inner();
    stream.message().await.unwrap().expect("progress");
    browser.until(running, &json!(1)).await;
    browser.until(&cell(CLOSED), &json!("r")).await;
    if let Ok(path) = std::env::var("UPDATE_SCREENSHOT") {
        std::fs::write(path, browser.screenshot().await).unwrap();
    }
    drop(stream);
    browser.until(running, &json!(0)).await;

    let filter = "const find = document.getElementById('find'); find.value = '100000000012';
        find.dispatchEvent(new Event('input')); return document.querySelectorAll('tr[data-account]').length";
    assert_eq!(browser.run(filter).await, json!(1));
    browser.close().await;
}

#[tokio::test]
async fn a_name_that_looks_like_markup_is_text() {
    let mut scenario = Scenario::default();
    let name = "<img src=x onerror=document.title='hurt'>";
    scenario.accounts[0].name = name.to_owned();
    let account = scenario.accounts[0].id;
    let scenario = serde_json::to_string(&scenario).unwrap();
    let service = Start::with_scenario(&scenario).ready().await;
    let browser = Browser::start().await;
    browser
        .open(&format!("http://{}/console", service.admin))
        .await;
    let shown = format!(
        "const row = document.querySelector('tr[data-account=\"{account}\"]');
         return row && row.children[1].textContent"
    );
    browser.until(&shown, &json!(name)).await;
    let title = "return [document.title, document.querySelectorAll('#cells img').length]";
    assert_eq!(browser.run(title).await, json!(["Trailplane", 0]));
    browser.close().await;
}

#[tokio::test]
async fn who_does_not_want_it_has_none() {
    let status = |answer: Option<(u16, String)>| answer.unwrap().0;
    let off = Start::sandbox().env("TRAILPLANE_ADMIN__CONSOLE", "false");
    let off = off.ready().await;
    assert_eq!(status(http_get(&off.admin, "/console").await), 404);
    assert_eq!(status(http_get(&off.admin, "/console/updates").await), 404);
}
