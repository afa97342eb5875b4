use super::*;
use proptest::{prelude::*, sample::subsequence};

const HERE: &str = "111111111111";

fn key() -> BucketKey {
    BucketKey {
        account: HERE.parse().unwrap(),
        region: "eu-west-1".parse().unwrap(),
        api: Api::LookupEvents,
    }
}

fn over(account: Option<&str>, region: Option<&str>) -> Override {
    Override {
        api: Api::LookupEvents,
        account: account.map(|a| a.parse().unwrap()),
        region: region.map(|r| r.parse().unwrap()),
        per_second: None,
        share: None,
    }
}

fn rated(account: Option<&str>, region: Option<&str>, per_second: f64) -> Override {
    let per_second = Some(per_second);
    Override {
        per_second,
        ..over(account, region)
    }
}

#[test]
fn the_closest_override_wins_and_the_share_applies_to_all() {
    let table = |overrides| QuotaTable::new(0.5, overrides).per_second(&key());
    assert_eq!(table(vec![]), 1.0);
    assert_eq!(
        table(vec![
            rated(None, None, 4.0),
            rated(None, Some("eu-west-1"), 6.0)
        ]),
        3.0
    );
    assert_eq!(
        table(vec![
            rated(Some(HERE), None, 8.0),
            rated(None, Some("eu-west-1"), 6.0)
        ]),
        4.0
    );
    assert_eq!(table(vec![rated(Some("222222222222"), None, 8.0)]), 1.0);
    assert_eq!(
        table(vec![rated(None, None, 4.0), rated(None, None, 6.0)]),
        3.0,
        "of two that are alike the later"
    );
}

#[test]
fn more_can_be_left_to_people_in_one_account_without_knowing_its_quota() {
    let half = Override {
        share: Some(0.5),
        ..over(Some(HERE), None)
    };
    let table = QuotaTable::new(1.0, vec![rated(None, None, 4.0), half]);
    let terms = table.quota(&key());
    let quota = Quota {
        per_second: 4.0,
        source: QuotaSource::Configured,
    };
    assert_eq!((terms.quota, terms.share, terms.pace), (quota, 0.5, 2.0));
    let elsewhere = BucketKey {
        account: "222222222222".parse().unwrap(),
        ..key()
    };
    assert_eq!(table.quota(&elsewhere).share, 1.0);
}

/// Every combination of the four places for an override, each silent, naming the number, the share or both; with and
/// without something learned; in any order.
#[test]
fn precedence_is_what_it_is_said_to_be() {
    let places = [
        over(None, None),
        over(None, Some("eu-west-1")),
        over(Some(HERE), None),
        over(Some(HERE), Some("eu-west-1")),
    ];
    for case in 0..4_usize.pow(4) {
        let says = |place: usize| case / 4_usize.pow(u32::try_from(place).unwrap()) % 4;
        let (mut overrides, mut number, mut share) = (Vec::new(), None, None);
        for (place, blank) in places.iter().enumerate() {
            // From the least to the most specific, so that the last that speaks wins.
            let rank = f64::from(u8::try_from(place).unwrap()) + 1.0;
            let per_second = (says(place) & 1 != 0).then_some(10.0 * rank);
            let part = (says(place) & 2 != 0).then_some(rank / 10.0);
            (number, share) = (per_second.or(number), part.or(share));
            overrides.push(Override {
                per_second,
                share: part,
                ..blank.clone()
            });
        }
        for learned in [None, Some(5.0)] {
            for backwards in [false, true] {
                let mut overrides = overrides.clone();
                if backwards {
                    overrides.reverse();
                }
                let table = QuotaTable::new(0.9, overrides);
                if let Some(rate) = learned {
                    let rates = vec![(Api::LookupEvents, rate), (Api::GetTrail, 7.0)];
                    table.learn(key().account, &key().region, rates);
                }
                let (per_second, source) = match (number, learned) {
                    (Some(number), _) => (number, QuotaSource::Configured),
                    (None, Some(learned)) => (learned, QuotaSource::ServiceQuotas),
                    (None, None) => (2.0, QuotaSource::Documented),
                };
                let share = share.unwrap_or(0.9);
                let expected = Terms {
                    quota: Quota { per_second, source },
                    share,
                    pace: per_second * share,
                };
                assert_eq!(table.quota(&key()), expected, "case {case}, {learned:?}");
                assert_eq!(table.per_second(&key()), expected.pace);
            }
        }
    }
}

#[test]
fn a_pace_is_never_none_at_all() {
    let table = QuotaTable::new(0.01, vec![rated(None, None, 0.01)]);
    assert_eq!(table.per_second(&key()), 0.01);
}

#[test]
fn what_is_learned_counts_at_once_everywhere_and_the_version_tells() {
    let table = QuotaTable::default();
    let other = table.clone();
    let (account, region) = (key().account, key().region);
    let learn = |rates: &[(Api, f64)]| table.learn(account, &region, rates.to_vec());
    let mut seen = other.version();
    let mut changed = |expected: bool| {
        let now = other.version();
        assert_eq!(now > seen, expected);
        seen = now;
    };
    learn(&[]);
    changed(false);
    learn(&[(Api::LookupEvents, 5.0), (Api::GetTrail, 10.0)]);
    changed(true);
    assert_eq!(other.per_second(&key()), 5.0);
    let there = BucketKey {
        region: "eu-west-2".parse().unwrap(),
        ..key()
    };
    assert_eq!(other.per_second(&there), 2.0, "another Region");
    learn(&[(Api::GetTrail, 10.0), (Api::LookupEvents, 5.0)]);
    changed(false);
    learn(&[(Api::GetTrail, 10.0)]);
    changed(true);
    assert_eq!(
        other.quota(&key()).quota,
        Api::LookupEvents.default_quota(),
        "not named any more"
    );
    learn(&[(Api::LookupEvents, 5.0)]);
    changed(true);
    table.retain(|id| id == account);
    changed(false);
    table.retain(|_| false);
    changed(true);
    assert_eq!(other.per_second(&key()), 2.0);
}

proptest! {
    /// Whatever is learned of other cells, and in whichever order, one cell has what was learned last of it.
    #[test]
    fn cells_do_not_mix(
        told in prop::collection::vec((1_u64..4, 0_usize..3, subsequence(Api::ALL, 0..4), 1_u8..5), 0..24),
    ) {
        let regions: Vec<Region> = ["eu-west-1", "eu-west-2", "us-east-1"]
            .map(|r| r.parse().unwrap())
            .to_vec();
        let table = QuotaTable::default();
        let mut last = std::collections::HashMap::new();
        for (account, region, apis, rate) in told {
            let account = AccountId::from_u64(account).unwrap();
            let rates: Vec<(Api, f64)> = apis.into_iter().map(|api| (api, f64::from(rate))).collect();
            table.learn(account, &regions[region], rates.clone());
            last.insert((account, region), rates);
        }
        for ((account, region), rates) in last {
            for api in Api::ALL {
                let key = BucketKey { account, region: regions[region].clone(), api: *api };
                let expected = rates.iter().find(|(known, _)| known == api);
                let expected = expected.map_or(api.default_quota().per_second, |(_, rate)| *rate);
                prop_assert_eq!(table.per_second(&key), expected);
            }
        }
    }
}
