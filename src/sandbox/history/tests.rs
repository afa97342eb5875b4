use std::collections::HashSet;

use proptest::prelude::*;

use super::*;
use crate::{
    domain::LookupAttributeKind,
    sandbox::{Burst, Moment, Scope},
};

const NOW: i64 = 1_795_000_000;

/// A history with everything in it: steady events, bursts, late events, an incident.
fn scenario(per_hour: f64, burst: u64, late: f64) -> Scenario {
    let mut scenario = Scenario::default();
    scenario.events.per_hour = per_hour;
    scenario.events.rates.clear();
    scenario.events.bursts = vec![Burst {
        scope: Scope::default(),
        at: Moment::SecondsAgo(500),
        count: burst,
    }];
    scenario.events.late = vec![crate::sandbox::Late {
        scope: Scope::default(),
        share: late,
        lag_seconds: 300,
    }];
    scenario
}

fn history(scenario: &Scenario) -> History {
    History::new(scenario, Timestamp::from_seconds(NOW))
}

fn member(scenario: &Scenario) -> Member {
    let victim = |m: &Member| m.name == "payments-ledger";
    scenario.members().into_iter().find(victim).unwrap()
}

fn attribute_of(event: &EventFacts, kind: LookupAttributeKind) -> Option<String> {
    match kind {
        LookupAttributeKind::EventId => Some(event.event_id.clone()),
        LookupAttributeKind::AccessKeyId => event.access_key_id.clone(),
        LookupAttributeKind::ResourceName => event.resource_name.clone(),
        LookupAttributeKind::Username => event.username.clone(),
        LookupAttributeKind::EventName => Some(event.name.clone()),
        LookupAttributeKind::ResourceType => event.resource_type.clone(),
        LookupAttributeKind::EventSource => Some(event.source.clone()),
        LookupAttributeKind::ReadOnly => Some(event.read_only.to_string()),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_count_is_the_number_of_events(
        per_hour in prop_oneof![Just(0.0), 0.5..5_000.0],
        burst in 0u64..500,
        late in prop_oneof![Just(0.0), 0.0..1.0],
        from in 0i64..2_000,
        length in 0i64..2_000,
    ) {
        let scenario = scenario(per_hour, burst, late);
        let history = history(&scenario);
        let (member, region) = (member(&scenario), &scenario.regions[0]);
        let cell = history.cell(&member, region);
        let (from, to) = (NOW - from - length, NOW - from);
        let events = cell.events(from, to, None, NOW);
        prop_assert_eq!(cell.count(from, to, None, NOW), u64::try_from(events.len()).unwrap());
        prop_assert!(events.iter().all(|e| (from..=to).contains(&e.second)));
        prop_assert!(events.windows(2).all(|pair| pair[0].second >= pair[1].second));
        let ids: HashSet<_> = events.iter().map(|e| &e.event_id).collect();
        prop_assert_eq!(ids.len(), events.len());
    }

    #[test]
    fn windows_add_up(per_hour in 1.0..5_000.0, cut in 1i64..3_599) {
        let scenario = scenario(per_hour, 100, 0.0);
        let history = history(&scenario);
        let member = member(&scenario);
        let cell = history.cell(&member, &scenario.regions[1]);
        let start = NOW - 3_600;
        let whole = cell.count(start, NOW, None, NOW);
        prop_assert_eq!(whole, cell.count(start, start + cut, None, NOW) + cell.count(start + cut + 1, NOW, None, NOW));
    }

    #[test]
    fn a_walk_resumes_exactly(per_hour in 100.0..5_000.0, burst in 0u64..300, page in 1usize..60) {
        let scenario = scenario(per_hour, burst, 0.0);
        let history = history(&scenario);
        let member = member(&scenario);
        let cell = history.cell(&member, &scenario.regions[0]);
        let selection = Selection::new(cell, None, NOW - 600, NOW);
        let whole: Vec<u128> = selection.walk(None).map(|event| event.id).collect();
        let (mut parts, mut after) = (Vec::new(), None);
        loop {
            let mut walk = selection.walk(after);
            let before = parts.len();
            parts.extend(walk.by_ref().take(page).map(|event| event.id));
            if parts.len() == before {
                break;
            }
            after = walk.position();
        }
        prop_assert_eq!(parts, whole);
    }
}

#[test]
fn lookups_by_attribute_find_what_a_scan_finds() {
    let scenario = scenario(2_000.0, 200, 0.2);
    let history = history(&scenario);
    let member = member(&scenario);
    for region in &scenario.regions[..3] {
        let cell = history.cell(&member, region);
        let (from, to) = (NOW - 30_000, NOW);
        let all = cell.events(from, to, None, NOW);
        for kind in LookupAttributeKind::BY_SELECTIVITY {
            let values: HashSet<String> = all
                .iter()
                .step_by(37)
                .filter_map(|e| attribute_of(e, kind))
                .take(40)
                .collect();
            assert!(!values.is_empty(), "{kind:?}");
            for value in values {
                let filter = LookupAttribute { kind, value };
                let found = cell.events(from, to, Some(&filter), NOW);
                let scanned: Vec<_> = all
                    .iter()
                    .filter(|e| attribute_of(e, kind).as_ref() == Some(&filter.value))
                    .cloned()
                    .collect();
                assert_eq!(found, scanned, "{filter:?}");
                let count = cell.count(from, to, Some(&filter), NOW);
                assert_eq!(count, u64::try_from(scanned.len()).unwrap(), "{filter:?}");
            }
        }
    }
}

#[test]
fn values_that_nothing_has_find_nothing() {
    let scenario = scenario(1_000.0, 10, 0.0);
    let history = history(&scenario);
    let member = member(&scenario);
    let cell = history.cell(&member, &scenario.regions[0]);
    for kind in LookupAttributeKind::BY_SELECTIVITY {
        for value in [
            "",
            "nobody",
            "decrypt",
            "550e8400-e29b-41d4-a716-446655440000",
            "ASIAAAAAAAAAAAAAAAAA",
            "True",
        ] {
            let filter = LookupAttribute {
                kind,
                value: value.to_owned(),
            };
            assert_eq!(
                cell.count(NOW - 86_400, NOW, Some(&filter), NOW),
                0,
                "{filter:?}"
            );
            assert!(
                cell.events(NOW - 86_400, NOW, Some(&filter), NOW)
                    .is_empty(),
                "{filter:?}"
            );
        }
    }
}

#[test]
fn the_rate_is_the_rate_that_was_asked_for() {
    let scenario = scenario(1_000.0, 0, 0.0);
    let history = history(&scenario);
    let member = member(&scenario);
    for region in &scenario.regions[..2] {
        let counted = history
            .cell(&member, region)
            .count(NOW - 360_000, NOW - 86_401, None, NOW);
        // 76 hours, give or take one event a stream.
        assert!((75_900..76_100).contains(&counted), "{counted}");
    }
}

#[test]
fn late_events_come_when_their_time_has_come() {
    let scenario = scenario(3_600.0, 0, 0.5);
    let history = history(&scenario);
    let member = member(&scenario);
    let cell = history.cell(&member, &scenario.regions[0]);
    let (from, to) = (NOW - 100, NOW);
    let early = cell.count(from, to, None, NOW);
    let settled = cell.count(from, to, None, NOW + 300);
    assert!(early < settled, "{early} {settled}");
    assert_eq!(
        settled,
        u64::try_from(Selection::new(cell, None, from, to).walk(None).count()).unwrap()
    );
}

#[test]
fn ninety_days_of_millions_of_events_cost_nothing() {
    let scenario = scenario(3_600_000.0, 0, 0.0);
    let history = history(&scenario);
    let member = member(&scenario);
    let cell = history.cell(&member, &scenario.regions[0]);
    let count = cell.count(NOW - 90 * 86_400, NOW - 86_401, None, NOW);
    assert_eq!(count / 1_000_000, 7_689, "{count}");
    // And the oldest are as near as the newest.
    let oldest = cell.events(NOW - 90 * 86_400, NOW - 90 * 86_400, None, NOW);
    assert!((800..1_200).contains(&oldest.len()), "{}", oldest.len());
}

#[test]
fn records_are_json_and_say_what_the_event_says() {
    let scenario = scenario(5_000.0, 100, 0.0);
    let history = history(&scenario);
    let member = member(&scenario);
    let (mut failed, mut written) = (0, 0);
    for region in &scenario.regions {
        let cell = history.cell(&member, region);
        let (mut text, mut scratch) = (String::new(), String::new());
        for event in Selection::new(cell, None, NOW - 30_000, NOW).walk(None) {
            text.clear();
            event.write(&mut text, &mut scratch);
            let outer: serde_json::Value =
                serde_json::from_str(&text).unwrap_or_else(|e| panic!("{e}: {text}"));
            let record: serde_json::Value =
                serde_json::from_str(outer["CloudTrailEvent"].as_str().unwrap())
                    .unwrap_or_else(|e| panic!("{e}: {text}"));
            assert_eq!(record["eventID"], outer["EventId"]);
            assert_eq!(record["eventName"], outer["EventName"]);
            assert_eq!(record["awsRegion"], region.as_str());
            assert_eq!(record["recipientAccountId"], member.id.to_string());
            assert_eq!(
                record["readOnly"].to_string(),
                outer["ReadOnly"].as_str().unwrap()
            );
            assert_eq!(record["userIdentity"]["accessKeyId"], outer["AccessKeyId"]);
            let facts = event.facts();
            assert_eq!(record["errorCode"].as_str(), facts.error_code.as_deref());
            assert_eq!(record["sourceIPAddress"], facts.source_ip);
            failed += usize::from(facts.error_code.is_some());
            written += 1;
        }
    }
    assert!(written > 10_000 && failed > 100, "{written} {failed}");
}

#[test]
fn global_services_are_recorded_in_one_region_only() {
    let scenario = scenario(5_000.0, 0, 0.0);
    let history = history(&scenario);
    let member = member(&scenario);
    let filter = LookupAttribute {
        kind: LookupAttributeKind::EventSource,
        value: "iam.amazonaws.com".to_owned(),
    };
    let count = |region: &Region| {
        history
            .cell(&member, region)
            .count(NOW - 3_600, NOW, Some(&filter), NOW)
    };
    assert!(count(&scenario.regions[0]) > 0);
    assert_eq!(count(&scenario.regions[1]), 0);
}

#[test]
fn the_incident_can_be_found() {
    use crate::sandbox::Incident;
    let scenario = Scenario::default();
    let history = history(&scenario);
    let member = member(&scenario);
    let by_key = LookupAttribute {
        kind: LookupAttributeKind::AccessKeyId,
        value: Incident::ACCESS_KEY_ID.to_owned(),
    };
    let found: Vec<EventFacts> = scenario
        .regions
        .iter()
        .flat_map(|region| {
            history
                .cell(&member, region)
                .events(NOW - 86_400, NOW, Some(&by_key), NOW)
        })
        .collect();
    let names: HashSet<&str> = found.iter().map(|e| e.name.as_str()).collect();
    for name in [
        "StopLogging",
        "DeleteBucket",
        "CreateAccessKey",
        "GetCallerIdentity",
    ] {
        assert!(names.contains(name), "{name}");
    }
    let denied = found
        .iter()
        .filter(|e| e.error_code.is_some() && e.read_only)
        .count();
    assert_eq!(
        denied,
        4 * usize::try_from(Incident::DENIED_PER_REGION).unwrap()
    );
    assert!(found.iter().all(|e| e.source_ip == Incident::SOURCE_IP));
}
