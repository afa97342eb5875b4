use std::collections::HashSet;

use aws_sdk_cloudtrail::{
    Client,
    primitives::DateTime,
    types::{LookupAttribute as SdkAttribute, LookupAttributeKey},
};

use super::*;
use crate::domain::LookupAttributeKind;

const ACCOUNT: &str = "100000000010";
const REGION: &str = "eu-west-1";
const NOW: i64 = 1_795_000_000;

fn attribute(key: &str, value: &str) -> SdkAttribute {
    SdkAttribute::builder()
        .attribute_key(LookupAttributeKey::from(key))
        .attribute_value(value)
        .build()
        .unwrap()
}

/// Quotas out of the way, time standing still.
async fn quiet(mut scenario: Scenario) -> (Sandbox, Client) {
    scenario.faults.clear();
    scenario
        .quotas
        .per_second
        .insert("LookupEvents".to_owned(), 100_000.0);
    let sandbox = sandbox_at(scenario, Clock::frozen(Timestamp::from_seconds(NOW))).await;
    let client = Client::new(&member_sdk(&sandbox, ACCOUNT, REGION).await);
    (sandbox, client)
}

fn window(from: i64, to: i64) -> TimeWindow {
    TimeWindow::new(Timestamp::from_seconds(from), Timestamp::from_seconds(to)).unwrap()
}

/// Every page: the event ids, and how many events each page held.
async fn all_pages(
    client: &Client,
    from: i64,
    to: i64,
    filter: Option<SdkAttribute>,
) -> (Vec<String>, Vec<usize>) {
    let (mut ids, mut sizes, mut token) = (Vec::new(), Vec::new(), None);
    loop {
        let page = client
            .lookup_events()
            .start_time(DateTime::from_secs(from))
            .end_time(DateTime::from_secs(to))
            .set_lookup_attributes(filter.clone().map(|f| vec![f]))
            .set_next_token(token)
            .send()
            .await
            .unwrap();
        sizes.push(page.events().len());
        ids.extend(
            page.events()
                .iter()
                .map(|e| e.event_id().unwrap().to_owned()),
        );
        token = page.next_token().map(str::to_owned);
        if token.is_none() {
            return (ids, sizes);
        }
    }
}

#[tokio::test]
async fn pages_hold_each_event_once_in_the_order_foretold() {
    let (sandbox, client) = quiet(Scenario::default()).await;
    let (account, region) = (ACCOUNT.parse().unwrap(), REGION.parse().unwrap());
    let (from, to) = (NOW - 20_000, NOW);
    let (ids, sizes) = all_pages(&client, from, to, None).await;
    let expected: Vec<String> = sandbox
        .events(account, &region, window(from, to), None)
        .unwrap()
        .into_iter()
        .map(|e| e.event_id)
        .collect();
    assert_eq!(ids, expected);
    assert!(ids.len() > 500, "{}", ids.len());
    assert!(
        sizes.iter().rev().skip(1).all(|size| *size == 50),
        "{sizes:?}"
    );
    assert_eq!(
        sandbox.count(account, &region, window(from, to), None),
        Some(u64::try_from(ids.len()).unwrap())
    );
}

#[tokio::test]
async fn short_and_empty_pages_lose_nothing() {
    let mut scenario = Scenario::default();
    scenario.events.pages = Pages {
        short_share: 0.5,
        empty_share: 0.3,
    };
    let (sandbox, client) = quiet(scenario).await;
    let (from, to) = (NOW - 20_000, NOW);
    let (ids, sizes) = all_pages(&client, from, to, None).await;
    let (_, before_last) = sizes.split_last().unwrap();
    assert!(
        before_last.contains(&0) && before_last.iter().any(|s| (1..50).contains(s)),
        "{sizes:?}"
    );
    let unique: HashSet<_> = ids.iter().collect();
    assert_eq!(unique.len(), ids.len());
    let count = sandbox.count(
        ACCOUNT.parse().unwrap(),
        &REGION.parse().unwrap(),
        window(from, to),
        None,
    );
    assert_eq!(count, Some(u64::try_from(ids.len()).unwrap()));
}

#[tokio::test]
async fn every_attribute_is_matched_exactly() {
    let (sandbox, client) = quiet(Scenario::default()).await;
    let (account, region) = (ACCOUNT.parse().unwrap(), REGION.parse().unwrap());
    let (from, to) = (NOW - 86_400, NOW);
    let some = sandbox
        .events(account, &region, window(from, to), None)
        .unwrap();
    let full = some
        .iter()
        .find(|e| e.resource_name.is_some() && e.access_key_id.is_some() && e.username.is_some())
        .unwrap();
    let values = [
        (LookupAttributeKind::EventId, full.event_id.clone()),
        (LookupAttributeKind::EventName, full.name.clone()),
        (LookupAttributeKind::EventSource, full.source.clone()),
        (
            LookupAttributeKind::Username,
            full.username.clone().unwrap(),
        ),
        (
            LookupAttributeKind::AccessKeyId,
            full.access_key_id.clone().unwrap(),
        ),
        (
            LookupAttributeKind::ResourceName,
            full.resource_name.clone().unwrap(),
        ),
        (
            LookupAttributeKind::ResourceType,
            full.resource_type.clone().unwrap(),
        ),
        (LookupAttributeKind::ReadOnly, "false".to_owned()),
    ];
    for (kind, value) in values {
        let (ids, _) = all_pages(&client, from, to, Some(attribute(kind.as_str(), &value))).await;
        let filter = LookupAttribute { kind, value };
        let count = sandbox
            .count(account, &region, window(from, to), Some(&filter))
            .unwrap();
        assert_eq!(u64::try_from(ids.len()).unwrap(), count, "{filter:?}");
        assert!(count > 0, "{filter:?}");
    }
    let (none, _) = all_pages(
        &client,
        from,
        to,
        Some(attribute("EventName", &full.name.to_lowercase())),
    )
    .await;
    assert!(none.is_empty());
}

#[tokio::test]
async fn bounds_are_inclusive_and_seconds_whole() {
    let (sandbox, client) = quiet(Scenario::default()).await;
    let (account, region) = (ACCOUNT.parse().unwrap(), REGION.parse().unwrap());
    let some = sandbox
        .events(account, &region, window(NOW - 10_000, NOW - 100), None)
        .unwrap();
    let second = some.first().unwrap().second;
    let (ids, _) = all_pages(&client, second, second, None).await;
    assert_eq!(
        u64::try_from(ids.len()).unwrap(),
        sandbox
            .count(account, &region, window(second, second), None)
            .unwrap()
    );
    assert!(ids.contains(&some.first().unwrap().event_id));
    let page = client
        .lookup_events()
        .start_time(DateTime::from_secs_and_nanos(second, 500_000_000))
        .end_time(DateTime::from_secs_and_nanos(second, 900_000_000))
        .send()
        .await
        .unwrap();
    assert!(page.events().is_empty());
}

#[tokio::test]
async fn wrong_requests_are_refused_by_their_own_codes() {
    let (_sandbox, client) = quiet(Scenario::default()).await;
    let at = DateTime::from_secs;
    let base = || client.lookup_events();
    let cases = [
        (base().max_results(51), "InvalidMaxResultsException"),
        (base().max_results(0), "InvalidMaxResultsException"),
        (
            base().start_time(at(NOW)).end_time(at(NOW - 1)),
            "InvalidTimeRangeException",
        ),
        (
            base()
                .start_time(at(NOW - 100 * 86_400))
                .end_time(at(NOW - 91 * 86_400)),
            "InvalidTimeRangeException",
        ),
        (
            base()
                .lookup_attributes(attribute("EventName", "A"))
                .lookup_attributes(attribute("Username", "B")),
            "InvalidLookupAttributesException",
        ),
        (
            base().lookup_attributes(attribute("eventName", "A")),
            "InvalidLookupAttributesException",
        ),
        (
            base().lookup_attributes(attribute("EventName", "")),
            "InvalidLookupAttributesException",
        ),
        (
            base().lookup_attributes(attribute("EventName", &"_".repeat(1_001))),
            "InvalidLookupAttributesException",
        ),
        (
            base().event_category("management".into()),
            "InvalidEventCategoryException",
        ),
        (base().next_token("AAAA"), "InvalidNextTokenException"),
    ];
    for (request, expected) in cases {
        assert_eq!(code(&request.send().await.unwrap_err()), expected);
    }
    let insights = base()
        .event_category("insight".into())
        .send()
        .await
        .unwrap();
    assert!(insights.events().is_empty());
}

#[tokio::test]
async fn a_token_is_bound_to_every_other_parameter() {
    let (sandbox, client) = quiet(Scenario::default()).await;
    let at = DateTime::from_secs;
    let base = |client: &Client| {
        client
            .lookup_events()
            .start_time(at(NOW - 50_000))
            .end_time(at(NOW))
            .max_results(10)
    };
    let token = base(&client)
        .send()
        .await
        .unwrap()
        .next_token()
        .unwrap()
        .to_owned();
    assert!(base(&client).next_token(&token).send().await.is_ok());
    let elsewhere = Client::new(&member_sdk(&sandbox, ACCOUNT, "us-west-2").await);
    let other_account = Client::new(&member_sdk(&sandbox, "100000000011", REGION).await);
    let cases = [
        base(&client).max_results(11),
        base(&client).start_time(at(NOW - 50_001)),
        base(&client).end_time(at(NOW - 1)),
        base(&client).lookup_attributes(attribute("ReadOnly", "true")),
        base(&elsewhere),
        base(&other_account),
    ];
    for request in cases {
        let error = request.next_token(&token).send().await.unwrap_err();
        assert_eq!(code(&error), "InvalidNextTokenException");
    }
    // A new session of the same role goes on where the old one was.
    let again = Client::new(&member_sdk(&sandbox, ACCOUNT, REGION).await);
    assert!(base(&again).next_token(&token).send().await.is_ok());
}

#[tokio::test]
async fn without_an_end_the_window_is_frozen_at_the_first_page() {
    let hand = ManualClock::at(Timestamp::from_seconds(NOW));
    let mut scenario = Scenario::uniform(1, 1, 3_600.0, Duration::ZERO);
    scenario
        .quotas
        .per_second
        .insert("LookupEvents".to_owned(), 100_000.0);
    let sandbox = sandbox_at(scenario, Clock::manual(&hand)).await;
    let client = Client::new(&hub_sdk(&sandbox).await);
    let (mut seen, mut token) = (HashSet::new(), None);
    for _ in 0..5 {
        let page = client
            .lookup_events()
            .set_next_token(token)
            .send()
            .await
            .unwrap();
        for event in page.events() {
            assert!(event.event_time().unwrap().secs() <= NOW);
            assert!(seen.insert(event.event_id().unwrap().to_owned()));
        }
        token = page.next_token().map(str::to_owned);
        hand.advance(Duration::from_secs(100));
    }
    assert_eq!(seen.len(), 250);
}

#[tokio::test]
async fn events_carry_what_the_record_says() {
    let (_sandbox, client) = quiet(Scenario::default()).await;
    let page = client.lookup_events().send().await.unwrap();
    assert_eq!(page.events().len(), 50);
    for event in page.events() {
        let record: serde_json::Value =
            serde_json::from_str(event.cloud_trail_event().unwrap()).unwrap();
        assert_eq!(record["eventID"], event.event_id().unwrap());
        assert_eq!(record["eventVersion"], "1.11");
        assert_eq!(record["recipientAccountId"], ACCOUNT);
    }
}
