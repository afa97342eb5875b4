//! Service Quotas, by the SDK's client: what is listed is what calls are held to.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_servicequotas::{
    Client,
    types::{PeriodUnit, ServiceQuota},
};

use super::*;

const MEMBER: &str = "200000000001";

/// Two accounts in two Regions; in one of them and one Region more than AWS's default.
fn scenario() -> Scenario {
    Scenario::from_yaml(
        "
regions: [us-east-1, eu-west-1]
accounts: [{id: '200000000001', name: member}]
quotas:
  per_second: {ListTrails: 4}
  overrides:
    - {scope: {accounts: [member], regions: [eu-west-1], apis: [LookupEvents]}, per_second: 5}
",
    )
    .unwrap()
}

/// Everything that is listed, and how many pages it took.
async fn listed(client: &Client, page: i32) -> (Vec<ServiceQuota>, usize) {
    let (mut quotas, mut token, mut pages) = (Vec::new(), None, 0);
    loop {
        let call = client.list_service_quotas().service_code("cloudtrail");
        let answer = call.max_results(page).set_next_token(token).send();
        let answer = answer.await.unwrap();
        quotas.extend(answer.quotas.unwrap_or_default());
        pages += 1;
        token = answer.next_token;
        if token.is_none() {
            return (quotas, pages);
        }
    }
}

async fn rates(client: &Client) -> BTreeMap<String, f64> {
    let (quotas, pages) = listed(client, 100).await;
    assert_eq!(pages, 2, "fewer on a page than were asked for");
    let mut rates = BTreeMap::new();
    for quota in &quotas {
        assert_eq!(quota.service_code(), Some("cloudtrail"));
        assert!(!quota.adjustable());
        let name = quota.quota_name().unwrap();
        let Some(period) = quota.period() else {
            assert!(!name.contains("TPS"), "{name}");
            continue;
        };
        assert_eq!(period.period_value(), Some(1));
        assert_eq!(period.period_unit(), Some(&PeriodUnit::Second));
        let name = name
            .strip_prefix("Transactions per second (TPS) for the ")
            .and_then(|name| name.strip_suffix(" API"));
        rates.insert(name.unwrap().to_owned(), quota.value().unwrap());
    }
    rates
}

#[tokio::test]
async fn the_rates_are_those_that_calls_are_held_to() {
    let sandbox = sandbox(scenario()).await;
    let raised = Client::new(&member_sdk(&sandbox, MEMBER, "eu-west-1").await);
    let plain = Client::new(&member_sdk(&sandbox, MEMBER, "us-east-1").await);
    let management = Client::new(&sdk(&sandbox, "eu-west-1", hub()).await);
    let (raised, plain) = (rates(&raised).await, rates(&plain).await);
    assert_eq!(raised["LookupEvents"], 5.0);
    assert_eq!(raised["ListTrails"], 4.0);
    assert_eq!(plain["LookupEvents"], 2.0);
    assert_eq!(plain["GetTrail"], 10.0);
    assert_eq!(plain["CreateTrail"], 1.0);
    assert_eq!(rates(&management).await, plain);
    assert_eq!(raised.len(), 21, "one for each operation of CloudTrail");
    assert_eq!(sandbox.summary().by_api["ListServiceQuotas"], 6);
}

#[tokio::test]
async fn pages_and_codes_and_what_is_refused() {
    let sandbox = sandbox(scenario()).await;
    let client = Client::new(&member_sdk(&sandbox, MEMBER, "eu-west-1").await);
    let list = || client.list_service_quotas().service_code("cloudtrail");

    let (quotas, pages) = listed(&client, 10).await;
    let codes: BTreeSet<_> = quotas.iter().map(|q| q.quota_code.clone()).collect();
    assert_eq!((pages, quotas.len(), codes.len()), (3, 23, 23));

    let one = list().quota_code("L-6826A2E9").send().await.unwrap();
    assert_eq!(one.quotas().len(), 1);
    assert_eq!(one.quotas()[0].value(), Some(5.0));

    let refused = [
        (list().service_code("ec2"), "NoSuchResourceException"),
        (list().max_results(101), "IllegalArgumentException"),
        (list().max_results(0), "IllegalArgumentException"),
        (
            list().next_token("place/99"),
            "InvalidPaginationTokenException",
        ),
        (
            list().next_token("other"),
            "InvalidPaginationTokenException",
        ),
    ];
    for (call, expected) in refused {
        assert_eq!(code(&call.send().await.unwrap_err()), expected);
    }
}

#[tokio::test]
async fn it_is_denied_and_throttled_like_any_other() {
    let mut strict = scenario().with_fault(Fault::new(Effect::Denied).on("ListServiceQuotas"));
    let rates = &mut strict.quotas.per_second;
    rates.insert("Service Quotas".to_owned(), 0.01);
    let sandbox = sandbox(strict).await;
    let client = Client::new(&member_sdk(&sandbox, MEMBER, "eu-west-1").await);
    for expected in ["AccessDeniedException", "TooManyRequestsException"] {
        let call = client.list_service_quotas().service_code("cloudtrail");
        assert_eq!(code(&call.send().await.unwrap_err()), expected);
    }
}
