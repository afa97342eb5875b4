//! CheckAccess: whether the roles insist on their external ids, and let themselves be assumed in a caller's name.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{CALLER, CONFIG, TAGS, World};

/// Four members; each trust policy says something else.
const SCENARIO: &str = "
regions: [us-east-1, eu-west-1]
quotas: {per_second: {CloudTrail: 1000}}
accounts:
  - {id: 111111111111, name: as documented}
  - {id: 222222222222, name: forgets the external id, role_trust: {external_id: false}}
  - {id: 333333333333, name: names nobody, role_trust: {source_identity: false}}
  - {id: 444444444444, name: takes no tags, role_trust: {session_tags: false}}
  - {id: 555555555555, name: without the role, has_role: false}
";

/// The cells, by account; and the summary.
async fn check(world: &World) -> (BTreeMap<String, Vec<Value>>, Value) {
    let mut messages = world.call("AccountService/CheckAccess", &json!({})).await;
    let summary = messages.pop().unwrap()["summary"].clone();
    let mut cells: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for message in messages {
        let cell = message["cell"].clone();
        let account = cell["cell"]["accountId"].as_str().unwrap().to_owned();
        cells.entry(account).or_default().push(cell);
    }
    (cells, summary)
}

fn verdicts(cell: &Value) -> BTreeMap<&str, &str> {
    let actions = cell["actions"].as_array().unwrap().iter();
    actions
        .map(|action| {
            let text = |key: &str| action[key].as_str().unwrap();
            (text("action"), text("verdict"))
        })
        .collect()
}

#[tokio::test]
async fn a_role_that_forgets_its_external_id_is_found_and_so_is_one_that_names_nobody() {
    let world = World::start(SCENARIO, &format!("{CONFIG}{TAGS}")).await;
    let (cells, summary) = check(&world).await;
    let enforcement = |account: &str| {
        let of = |cell: &Value| cell["externalIdEnforcement"].as_str().unwrap().to_owned();
        let mut found: Vec<String> = cells[account].iter().map(of).collect();
        assert_eq!(found.len(), 2, "one a Region");
        found.dedup();
        assert_eq!(found.len(), 1, "the same in each: {found:?}");
        found.remove(0)
    };
    let expected = [
        ("111111111111", "EXTERNAL_ID_ENFORCEMENT_ENFORCED"),
        ("222222222222", "EXTERNAL_ID_ENFORCEMENT_NOT_ENFORCED"),
        ("333333333333", "EXTERNAL_ID_ENFORCEMENT_ENFORCED"),
        ("444444444444", "EXTERNAL_ID_ENFORCEMENT_ENFORCED"),
        ("555555555555", "EXTERNAL_ID_ENFORCEMENT_UNKNOWN"),
        // Entered with our own credentials.
        ("100000000001", "EXTERNAL_ID_ENFORCEMENT_NOT_CONFIGURED"),
    ];
    for (account, finding) in expected {
        assert_eq!(enforcement(account), finding, "{account}");
    }

    let (allowed, denied, unknown) = (
        "ACCESS_VERDICT_ALLOWED",
        "ACCESS_VERDICT_DENIED",
        "ACCESS_VERDICT_UNKNOWN",
    );
    let naming = |account: &str| {
        let found = verdicts(&cells[account][0]);
        (
            found["sts:SetSourceIdentity"].to_owned(),
            found["sts:TagSession"].to_owned(),
        )
    };
    let is = |named: &str, tagged: &str| (named.to_owned(), tagged.to_owned());
    assert_eq!(naming("111111111111"), is(allowed, allowed));
    assert_eq!(naming("222222222222"), is(allowed, allowed));
    assert_eq!(naming("333333333333"), is(denied, unknown));
    assert_eq!(naming("444444444444"), is(unknown, denied));
    // Reading goes, and that is what a reachable cell is.
    for account in [
        "111111111111",
        "222222222222",
        "333333333333",
        "444444444444",
    ] {
        assert_eq!(cells[account][0]["reachable"], true, "{account}");
    }

    // What it cost: two AssumeRole an account besides the session itself, and all of it is counted.
    let assumed = world.assumed().await;
    for account in [
        "111111111111",
        "222222222222",
        "333333333333",
        "444444444444",
    ] {
        let of: Vec<_> = assumed.iter().filter(|a| a.account == account).collect();
        assert_eq!(of.len(), 3, "{of:?}");
        let without: Vec<_> = of.iter().filter(|a| !a.external_id).collect();
        assert_eq!(without.len(), 1);
        assert!(without[0].policy.contains("Deny"), "{without:?}");
        let named: Vec<_> = of
            .iter()
            .filter(|a| !a.source_identity.is_empty())
            .collect();
        assert_eq!(named.len(), 1);
        assert_eq!(named[0].source_identity, CALLER);
        assert!(named[0].policy.contains("Deny"), "{named:?}");
        let calls = cells[account]
            .iter()
            .map(|cell| cell["calls"].as_u64().unwrap());
        // LookupEvents and DescribeTrails in two Regions, and the two trials.
        assert_eq!(calls.sum::<u64>(), 6, "{account}");
    }
    assert_eq!(summary["counts"]["total"], 12);
    let log = world.server.process.output();
    assert!(
        log.contains("can be assumed without its external id"),
        "{log}"
    );
    assert!(
        !log.contains("trailplane-sandbox"),
        "the external id is in the log"
    );
}

#[tokio::test]
async fn without_an_external_id_and_tags_neither_is_tried() {
    let scenario = "
regions: [us-east-1]
role: {external_id: null}
accounts: [{id: 111111111111, name: one}]
";
    let config = "
aws: {regions: [us-east-1], role_name: TrailplaneReader, management: {account_id: \"100000000001\"}}
";
    let world = World::start(scenario, config).await;
    let (cells, _) = check(&world).await;
    let cell = &cells["111111111111"][0];
    assert_eq!(
        cell["externalIdEnforcement"],
        "EXTERNAL_ID_ENFORCEMENT_NOT_CONFIGURED"
    );
    let found = verdicts(cell);
    assert_eq!(found["sts:SetSourceIdentity"], "ACCESS_VERDICT_ALLOWED");
    assert!(!found.contains_key("sts:TagSession"), "{found:?}");
    assert_eq!(world.assumed().await.len(), 2);
}
