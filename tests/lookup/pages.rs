//! Pages: the newest first, in order, each event once, whatever happens between two pages.

use std::time::Duration;

use trailplane::{
    domain::{EventKey, LookupAttribute, LookupAttributeKind},
    events::{Attribute, Events, Filters, LookupAnswer, LookupRequest},
    sandbox::{Moment, Scenario, Scope},
};

use super::organization::{Organization, assert_within_budget, last, window};
use crate::support::rig::request;

const ACCOUNTS: [&str; 4] = [
    "111111111111",
    "222222222222",
    "333333333333",
    "444444444444",
];

/// Four accounts besides the management account's, which is left out, in three Regions.
fn scenario(per_hour: f64) -> Scenario {
    let mut scenario = Scenario::uniform(1, 3, per_hour, Duration::ZERO);
    for id in ACCOUNTS {
        scenario = scenario.with_account(id, "member");
    }
    scenario
}

/// The request, in those four accounts only.
fn among_members(mut request: LookupRequest) -> LookupRequest {
    request.targets.account_ids = ACCOUNTS.iter().map(|id| id.parse().unwrap()).collect();
    request
}

fn keys(answer: &LookupAnswer) -> Vec<EventKey> {
    answer
        .events
        .iter()
        .map(|event| event.key.clone())
        .collect()
}

async fn page(events: &Events, request: &LookupRequest) -> LookupAnswer {
    let context = crate::support::rig::request(Duration::from_secs(60));
    let answer = events.lookup(&context, request).await.unwrap();
    assert!(answer.coverage.complete(), "{:?}", answer.coverage);
    answer
}

#[tokio::test]
async fn the_newest_page_is_the_head_of_all_that_happened() {
    let organization = Organization::start(scenario(600.0)).await;
    let expected = organization.expected(&organization.cells(&ACCOUNTS), window(3600), None);
    assert!(expected.len() > 1_000, "{}", expected.len());
    let answer = page(&organization.events, &among_members(last(3600))).await;
    assert_eq!(keys(&answer), expected[..50]);
    assert!(answer.next_page_token.is_some());
    assert_eq!(answer.coverage.cells.len(), 12);
    assert_within_budget(&organization.sandbox);
}

#[tokio::test]
async fn pages_in_another_process_go_on_exactly_where_the_last_one_ended() {
    let busy = scenario(120.0).with_burst(Scope::default(), Moment::SecondsAgo(600), 70);
    let organization = Organization::start(busy).await;
    let expected = organization.expected(&organization.cells(&ACCOUNTS), window(1200), None);
    assert!(expected.len() > 12 * 70, "the burst is in the window");
    let mut request = among_members(last(1200));
    request.page_size = 311;
    let mut got = Vec::new();
    loop {
        let answer = page(&organization.another(), &request).await;
        got.extend(keys(&answer));
        // Time goes on between pages, and new events with it: the window's end is frozen.
        organization.hand.advance(Duration::from_secs(7));
        request.page_token = answer.next_page_token;
        if request.page_token.is_none() {
            break;
        }
    }
    assert_eq!(got.len(), expected.len());
    assert_eq!(got, expected);
    assert_within_budget(&organization.sandbox);
}

#[tokio::test]
async fn short_and_empty_pages_of_cloudtrail_lose_nothing() {
    let mut odd = scenario(600.0);
    odd.events.pages.short_share = 0.3;
    odd.events.pages.empty_share = 0.3;
    let organization = Organization::start(odd).await;
    let mut request = among_members(last(600));
    request.page_size = 1_000;
    let expected = organization.expected(&organization.cells(&ACCOUNTS), window(600), None);
    let answer = page(&organization.events, &request).await;
    assert_eq!(keys(&answer), expected[..expected.len().min(1_000)]);
    assert_within_budget(&organization.sandbox);
}

#[tokio::test]
async fn several_conditions_are_all_honoured() {
    let organization = Organization::start(scenario(2_000.0)).await;
    let cells = organization.cells(&ACCOUNTS);
    let mut filters = Filters::none();
    let name = LookupAttributeKind::EventName;
    filters.add(
        Attribute::Lookup(LookupAttributeKind::ReadOnly),
        vec!["true".to_owned()],
    );
    filters.add(
        Attribute::Lookup(LookupAttributeKind::EventSource),
        vec!["ec2.amazonaws.com".to_owned()],
    );
    filters.add(
        Attribute::Lookup(name),
        vec!["DescribeInstances".to_owned()],
    );
    let mut asked = among_members(last(3600));
    asked.filters = filters;
    asked.page_size = 1_000;
    let answer = page(&organization.events, &asked).await;
    let by = LookupAttribute {
        kind: name,
        value: "DescribeInstances".to_owned(),
    };
    let mut expected = organization.expected(&cells, window(3600), Some(&by));
    expected.truncate(1_000);
    assert_eq!(answer.facts.pushed_down, Some(name));
    assert!(!expected.is_empty());
    assert_eq!(keys(&answer), expected);
    assert!(
        answer
            .events
            .iter()
            .all(|e| e.read_only == Some(true) && &*e.source == "ec2.amazonaws.com")
    );
}

#[tokio::test]
async fn a_condition_that_only_the_record_can_answer_reads_past_the_noise() {
    let organization = Organization::start(scenario(2_000.0)).await;
    let cells = organization.cells(&ACCOUNTS[..1]);
    let mut filters = Filters::none();
    let error = trailplane::events::RecordField::ErrorCode;
    filters.add(Attribute::Record(error), vec!["AccessDenied".to_owned()]);
    let mut asked = last(1800);
    asked.targets.account_ids = vec![ACCOUNTS[0].parse().unwrap()];
    asked.filters = filters;
    let answer = page(&organization.events, &asked).await;
    let mut expected: Vec<(i64, String)> = cells
        .iter()
        .flat_map(|cell| {
            organization
                .sandbox
                .events(cell.account, &cell.region, window(1800), None)
                .unwrap()
        })
        .filter(|event| event.error_code.as_deref() == Some("AccessDenied"))
        .map(|event| (-event.second, event.event_id))
        .collect();
    expected.sort();
    expected.truncate(50);
    assert!(!expected.is_empty());
    let mut got: Vec<(i64, String)> = answer
        .events
        .iter()
        .map(|e| (-e.key.time.seconds(), e.key.event_id.to_string()))
        .collect();
    got.sort();
    assert_eq!(got.len(), expected.len());
    assert_eq!(got.last().map(|e| e.0), expected.last().map(|e| e.0));
    assert!(
        answer.scanned > answer.matched,
        "{} {}",
        answer.scanned,
        answer.matched
    );
}

#[tokio::test]
async fn a_page_that_runs_out_of_time_ends_early_and_loses_nothing() {
    let organization = Organization::start(scenario(3_000.0)).await;
    let mut filters = Filters::none();
    let error = trailplane::events::RecordField::ErrorCode;
    filters.add(
        Attribute::Record(error),
        vec!["NoSuchError".to_owned(), "AccessDenied".to_owned()],
    );
    let mut asked = among_members(last(900));
    asked.filters = filters;
    asked.page_size = 1_000;
    let whole = page(&organization.events, &asked).await;
    assert!(!whole.events.is_empty());
    let (mut got, mut pages) = (Vec::new(), 0);
    loop {
        let answer = organization
            .events
            .lookup(&request(Duration::from_secs(3)), &asked)
            .await
            .unwrap();
        assert!(
            answer.coverage.complete(),
            "a page that ends early covers what it claims: {:?}",
            answer.coverage
        );
        got.extend(keys(&answer));
        pages += 1;
        asked.page_token = answer.next_page_token;
        if asked.page_token.is_none() {
            break;
        }
    }
    assert!(
        pages > 1,
        "three seconds are not enough for 15 pages a cell"
    );
    assert_eq!(got, keys(&whole));
    assert_within_budget(&organization.sandbox);
}

#[tokio::test]
async fn a_page_ends_at_its_bytes_and_the_next_goes_on() {
    let organization = Organization::start(scenario(600.0)).await;
    let mut asked = among_members(last(1200));
    asked.page_size = 1_000;
    let whole = keys(&page(&organization.events, &asked).await);
    asked.page_bytes = Some(100_000);
    let mut got = Vec::new();
    while got.len() < 200 {
        let answer = page(&organization.events, &asked).await;
        let bytes: usize = answer.events.iter().map(|event| event.record.len()).sum();
        assert!(bytes <= 100_000 && answer.events.len() > 20, "{bytes}");
        got.extend(keys(&answer));
        asked.page_token = Some(answer.next_page_token.expect("there is more"));
    }
    assert_eq!(got, whole[..got.len()]);
}
