use proptest::prelude::*;

use super::{model::Model, *};

const SECOND: u64 = 1_000_000_000;

/// The most of these times that fall into any span of one second.
fn densest(times: &[u64]) -> usize {
    let within = |t: &u64| {
        times
            .iter()
            .filter(|u| (*t..*t + SECOND).contains(u))
            .count()
    };
    times.iter().map(within).max().unwrap_or(0)
}

fn admitted(model: QuotaModel, per_second: f64, times: &[u64]) -> Vec<u64> {
    let mut bucket = Model::new(model, per_second, 0);
    times.iter().copied().filter(|t| bucket.admit(*t)).collect()
}

fn times() -> impl Strategy<Value = Vec<u64>> {
    prop::collection::vec(0..10 * SECOND, 1..200).prop_map(|mut times| {
        times.sort_unstable();
        times
    })
}

proptest! {
    #[test]
    fn a_bucket_never_gives_more_than_its_depth_and_its_rate(times in times(), depth in 1u32..5, rate in 1u32..5) {
        let model = QuotaModel::TokenBucket { depth: Some(f64::from(depth)) };
        let most = usize::try_from(depth + rate).unwrap();
        prop_assert!(densest(&admitted(model, f64::from(rate), &times)) <= most);
    }

    #[test]
    fn a_sliding_log_never_gives_more_than_its_rate_in_any_second(times in times(), rate in 1u32..5) {
        let most = usize::try_from(rate).unwrap();
        prop_assert!(densest(&admitted(QuotaModel::SlidingLog, f64::from(rate), &times)) <= most);
    }

    #[test]
    fn a_fixed_window_gives_exactly_what_there_is_room_for(times in times(), rate in 1u64..5) {
        let given = admitted(QuotaModel::FixedWindow, f64::from(u32::try_from(rate).unwrap()), &times);
        for second in 0..10 {
            let within = |list: &[u64]| u64::try_from(list.iter().filter(|t| **t / SECOND == second).count()).unwrap();
            prop_assert_eq!(within(&given), within(&times).min(rate));
        }
    }

    #[test]
    fn a_bucket_refuses_nobody_who_keeps_its_pace(rate in 1u64..50, gap in 0u64..3) {
        let pace = SECOND.div_ceil(rate) + gap;
        let times: Vec<u64> = (0..200).map(|n| n * pace).collect();
        let per_second = f64::from(u32::try_from(rate).unwrap());
        let model = QuotaModel::TokenBucket { depth: Some(1.0) };
        prop_assert_eq!(admitted(model, per_second, &times).len(), 200);
    }
}

#[test]
fn a_full_bucket_gives_its_depth_at_once_and_then_its_pace() {
    let model = QuotaModel::TokenBucket { depth: None };
    let times: Vec<u64> = (0..400).map(|n| n * SECOND / 100).collect();
    // Two at the start, then one each half second, in four seconds less a tick.
    assert_eq!(admitted(model, 2.0, &times).len(), 2 + 7);
}

#[test]
fn a_neighbour_takes_its_share_and_only_in_its_time() {
    use crate::sandbox::scenario::{Fault, Scenario};
    let neighbour = Effect::Neighbour {
        share: 0.5,
        active_seconds: 10.0,
        period_seconds: 30.0,
    };
    let scenario = Scenario::blank().with_fault(Fault::new(neighbour).on("LookupEvents"));
    let member = scenario.members().remove(0);
    let region = &scenario.regions[0];
    let asking = Asking {
        member: &member,
        region: (0, region),
        service: Service::CloudTrail,
        operation: "LookupEvents",
    };
    let book = QuotaBook::default();
    assert!(book.admit(&scenario, asking, 0));
    let mut summary = Summary::default();
    book.add_neighbours(90 * SECOND - 1, &mut summary);
    // One call a second for ten of each thirty seconds.
    assert_eq!(
        (summary.neighbour_attempts, summary.neighbour_throttles),
        (30, 0)
    );
}
