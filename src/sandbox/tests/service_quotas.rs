//! Service Quotas, by the SDK's client: what is listed is what calls are held to.

use std::collections::BTreeMap;

use aws_sdk_servicequotas::{Client, types::PeriodUnit};

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

async fn rates(client: &Client) -> BTreeMap<String, f64> {
    let answer = client.list_service_quotas().service_code("cloudtrail");
    let answer = answer.send().await.unwrap();
    assert_eq!(answer.next_token(), None, "one page has them all");
    let mut rates = BTreeMap::new();
    for quota in answer.quotas() {
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
    assert_eq!(sandbox.summary().by_api["ListServiceQuotas"], 3);
}

#[tokio::test]
async fn pages_and_codes_and_what_is_refused() {
    let sandbox = sandbox(scenario()).await;
    let client = Client::new(&member_sdk(&sandbox, MEMBER, "eu-west-1").await);
    let list = || client.list_service_quotas().service_code("cloudtrail");

    let (mut names, mut token, mut pages) = (Vec::new(), None, 0);
    loop {
        let page = list().max_results(10).set_next_token(token);
        let page = page.send().await.unwrap();
        names.extend(page.quotas().iter().map(|q| q.quota_code.clone().unwrap()));
        pages += 1;
        token = page.next_token;
        if token.is_none() {
            break;
        }
    }
    let all = names.len();
    names.sort();
    names.dedup();
    assert_eq!((pages, all, names.len()), (3, 23, 23));

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
