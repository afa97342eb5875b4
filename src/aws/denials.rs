//! What AWS has denied lately, so that it is not asked the same again and again: a denial stands until somebody changes
//! a policy, and asking spends a quota that others need.
//!
//! Only operations whose permission is about no single resource are remembered ([`crate::domain::Api::denied_as_a_whole`]), by account,
//! Region and operation: a policy can tell all three apart.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use tokio::time::Instant;

use crate::{
    budget::BucketKey,
    domain::{AccountId, Doubling},
};

use super::{AwsError, FailureKind};

/// Denials remembered at most: of 8,500 cells, almost two operations each; about half a kilobyte each. What does not
/// fit is asked again.
const MOST: usize = 16_384;

/// The denials.
pub(super) struct Denials {
    known: Mutex<HashMap<BucketKey, Denial>>,
    most: usize,
    /// Randomness: a number from 0 up to 1.
    chance: fn() -> f64,
}

struct Denial {
    error: AwsError,
    learnt: Instant,
    until: Instant,
    /// How often in a row.
    streak: u32,
}

impl Denial {
    /// Nobody has asked since it stopped being believed, for long enough to begin anew.
    fn is_over(&self, now: Instant) -> bool {
        now >= self.until + Doubling::REFUSED.longest
    }
}

impl Default for Denials {
    fn default() -> Self {
        Self::new(MOST, rand::random::<f64>)
    }
}

impl Denials {
    fn new(most: usize, chance: fn() -> f64) -> Self {
        Self {
            known: Mutex::default(),
            most,
            chance,
        }
    }

    /// The denial of this call that is still believed, with its age.
    pub(super) fn recall(&self, key: &BucketKey) -> Option<AwsError> {
        if !key.api.denied_as_a_whole() {
            return None;
        }
        let now = Instant::now();
        let known = self.lock();
        let denial = known.get(key).filter(|denial| now < denial.until)?;
        Some(AwsError {
            remembered_for: Some(now.duration_since(denial.learnt)),
            ..denial.error.clone()
        })
    }

    /// AWS has answered: with what was asked for, or not.
    pub(super) fn heard(&self, key: &BucketKey, failed: Option<&AwsError>) {
        if !key.api.denied_as_a_whole() {
            return;
        }
        match failed {
            None => {
                self.lock().remove(key);
            }
            Some(error) if is_denial(error.kind) => self.learn(key, error),
            Some(_) => {}
        }
    }

    /// Forgets what was denied in this account.
    pub(super) fn forget(&self, account: AccountId) {
        self.lock().retain(|key, _| key.account != account);
    }

    fn learn(&self, key: &BucketKey, error: &AwsError) {
        let now = Instant::now();
        let mut known = self.lock();
        if known.len() >= self.most {
            known.retain(|_, denial| !denial.is_over(now));
        }
        let before = known.get(key).filter(|denial| !denial.is_over(now));
        let streak = before.map_or(0, |denial| denial.streak.saturating_add(1));
        if known.len() >= self.most && !known.contains_key(key) {
            return;
        }
        let until = now + Doubling::REFUSED.after(streak, (self.chance)());
        let denial = Denial {
            error: error.clone(),
            learnt: now,
            until,
            streak,
        };
        known.insert(key.clone(), denial);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<BucketKey, Denial>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_denial(kind: FailureKind) -> bool {
    matches!(
        kind,
        FailureKind::AccessDenied | FailureKind::ServiceControlPolicy
    )
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::domain::Api;

    fn key(number: u64, api: Api) -> BucketKey {
        BucketKey {
            account: AccountId::from_u64(number).unwrap(),
            region: "eu-west-1".parse().unwrap(),
            api,
        }
    }

    fn error(key: &BucketKey, kind: FailureKind) -> AwsError {
        AwsError {
            api: key.api,
            account: key.account,
            region: key.region.clone(),
            kind,
            code: Some("AccessDeniedException".into()),
            message: String::new(),
            request_id: None,
            remembered_for: None,
        }
    }

    fn deny(denials: &Denials, key: &BucketKey) {
        denials.heard(key, Some(&error(key, FailureKind::AccessDenied)));
    }

    fn age(denials: &Denials, key: &BucketKey) -> Option<u64> {
        let recalled = denials.recall(key)?;
        assert_eq!(recalled.kind, FailureKind::AccessDenied);
        recalled.remembered_for.map(|age| age.as_secs())
    }

    fn never() -> f64 {
        0.0
    }

    #[tokio::test(start_paused = true)]
    async fn a_denial_is_believed_longer_and_longer_and_told_with_its_age() {
        let (denials, key) = (Denials::new(10, never), key(1, Api::LookupEvents));
        assert_eq!(age(&denials, &key), None);
        for seconds in [60, 120, 240, 300, 300] {
            deny(&denials, &key);
            tokio::time::advance(Duration::from_secs(seconds - 1)).await;
            assert_eq!(age(&denials, &key), Some(seconds - 1));
            tokio::time::advance(Duration::from_secs(1)).await;
            assert_eq!(age(&denials, &key), None);
        }
        denials.heard(&key, None);
        deny(&denials, &key);
        tokio::time::advance(Duration::from_secs(60)).await;
        assert_eq!(age(&denials, &key), None, "a success begins anew");
    }

    #[tokio::test(start_paused = true)]
    async fn a_denial_of_one_resource_and_other_failures_say_nothing_about_the_next_call() {
        let denials = Denials::new(10, never);
        let one_trail = key(1, Api::GetTrail);
        deny(&denials, &one_trail);
        assert_eq!(age(&denials, &one_trail), None);
        let key = key(1, Api::LookupEvents);
        denials.heard(&key, Some(&error(&key, FailureKind::Throttled)));
        assert_eq!(age(&denials, &key), None);
    }

    #[tokio::test(start_paused = true)]
    async fn one_account_can_be_forgotten() {
        let denials = Denials::new(10, never);
        let (one, two) = (key(1, Api::ListTrails), key(2, Api::ListTrails));
        deny(&denials, &one);
        deny(&denials, &two);
        denials.forget(one.account);
        assert_eq!((age(&denials, &one), age(&denials, &two)), (None, Some(0)));
    }

    #[tokio::test(start_paused = true)]
    async fn there_are_never_more_than_fit() {
        let denials = Denials::new(3, never);
        for number in 1..=5 {
            deny(&denials, &key(number, Api::LookupEvents));
        }
        let known = |number| age(&denials, &key(number, Api::LookupEvents)).is_some();
        assert_eq!([1, 3, 4, 5].map(known), [true, true, false, false]);
        deny(&denials, &key(3, Api::LookupEvents));
        assert_eq!(denials.lock().len(), 3);
        tokio::time::advance(Duration::from_secs(1000)).await;
        deny(&denials, &key(4, Api::LookupEvents));
        assert_eq!(denials.lock().len(), 1, "what is over makes room");
    }
}
