//! How long a call usually takes, by endpoint and operation, so that a token is not spent on an answer that would come
//! too late. No locks: it is asked at every call.

use std::sync::atomic::{AtomicU64, Ordering};

use super::slots::Micros;
use crate::domain::Api;

/// Regions that are told apart; AWS has some forty.
const REGIONS: usize = 64;
/// The newest answer counts for an eighth.
const SHIFT: u32 = 3;
/// What was last seen so long ago is half as true: an endpoint that was slow may be well again, and nobody would find out
/// if everything were refused.
const HALF_LIFE_SECONDS: u64 = 30;

/// The table. One word an entry: usual latency in microseconds, and when it was last seen, in seconds.
#[derive(Debug)]
pub struct Latencies(Box<[AtomicU64]>);

impl Latencies {
    /// Nothing is known.
    pub fn new() -> Self {
        let size = REGIONS * Api::ALL.len();
        Self((0..size).map(|_| AtomicU64::new(0)).collect())
    }

    /// The usual time; zero if nothing is known.
    pub fn usual(&self, region: u16, api: Api, now: Micros) -> Micros {
        let Some(entry) = self.entry(region, api) else {
            return 0;
        };
        let (usual, at) = unpack(entry.load(Ordering::Relaxed));
        let age = (now / 1_000_000).saturating_sub(at) / HALF_LIFE_SECONDS;
        usual >> age.min(63)
    }

    /// A call took so long.
    pub fn seen(&self, region: u16, api: Api, took: Micros, now: Micros) {
        let Some(entry) = self.entry(region, api) else {
            return;
        };
        let (usual, _) = unpack(entry.load(Ordering::Relaxed));
        let usual = match usual {
            0 => took,
            usual => usual - (usual >> SHIFT) + (took >> SHIFT),
        };
        // Two at once may lose one observation, which changes nothing that matters.
        entry.store(pack(usual, now / 1_000_000), Ordering::Relaxed);
    }

    fn entry(&self, region: u16, api: Api) -> Option<&AtomicU64> {
        let region = usize::from(region);
        let row = (region < REGIONS).then_some(region * Api::ALL.len())?;
        self.0.get(row + usize::from(api.index()))
    }
}

fn pack(usual: Micros, at: u64) -> u64 {
    at << 32 | usual.min(u64::from(u32::MAX))
}

fn unpack(entry: u64) -> (Micros, u64) {
    (entry & u64::from(u32::MAX), entry >> 32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_usual_follows_what_is_seen_and_fades() {
        let table = Latencies::new();
        let usual = |now| table.usual(3, Api::LookupEvents, now);
        assert_eq!(usual(0), 0);
        table.seen(3, Api::LookupEvents, 4_000_000, 1_000_000);
        assert_eq!(usual(1_000_000), 4_000_000);
        for _ in 0..64 {
            table.seen(3, Api::LookupEvents, 100_000, 2_000_000);
        }
        assert!((100_000..110_000).contains(&usual(2_000_000)));
        assert!(usual(40_000_000) <= 55_000);
        assert_eq!(table.usual(4, Api::LookupEvents, 2_000_000), 0);
        assert_eq!(table.usual(3, Api::GetTrail, 2_000_000), 0);
        assert_eq!(table.usual(9_999, Api::GetTrail, 0), 0);
    }
}
