//! The server's side of quotas: what AWS lets through, exactly, in each (account, Region, operation).

mod model;
#[cfg(test)]
mod tests;

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use super::{
    hash,
    ledger::Summary,
    scenario::{Effect, Member, QuotaModel, Scenario},
};
use crate::domain::{AccountId, Region, Service};
use model::Model;

/// Which bucket a call is counted in: the account of the credentials, the Region's place, and the operation (or the
/// whole of STS).
pub type BucketKey = (AccountId, u16, &'static str);

/// All buckets. They begin full, as AWS's do for somebody who has not called for a while.
#[derive(Debug, Default)]
pub struct QuotaBook {
    buckets: Mutex<HashMap<BucketKey, Bucket>>,
}

#[derive(Debug)]
struct Bucket {
    model: Model,
    neighbours: Vec<Neighbour>,
}

/// Somebody else who spends the same quota. Each of its calls comes at some moment of an interval of its own, as those
/// of programs and people do; at even moments it would be in step with whoever keeps an even pace, and either never or
/// always be the one that is throttled.
#[derive(Debug)]
struct Neighbour {
    interval: u64,
    active: u64,
    period: u64,
    /// The beginning of the interval that the next call is in, and the call.
    begins: u64,
    next: u64,
    attempts: u64,
    throttled: u64,
}

/// One call, as far as its quota is concerned.
#[derive(Debug, Clone, Copy)]
pub struct Asking<'a> {
    /// The account of the credentials.
    pub member: &'a Member,
    /// The Region, and its place.
    pub region: (u16, &'a Region),
    /// The service.
    pub service: Service,
    /// The operation.
    pub operation: &'static str,
}

impl Asking<'_> {
    /// The bucket it is counted in.
    pub fn key(&self) -> BucketKey {
        let api = match self.service {
            Service::Sts => "STS",
            _ => self.operation,
        };
        (self.member.id, self.region.0, api)
    }
}

impl QuotaBook {
    /// Whether a call at this time (nanoseconds of the sandbox's run) is within its quota. Spends if it is.
    pub fn admit(&self, scenario: &Scenario, asking: Asking<'_>, now: u64) -> bool {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let bucket = buckets
            .entry(asking.key())
            .or_insert_with(|| Bucket::new(scenario, asking, now));
        bucket.catch_up(now);
        bucket.model.admit(now)
    }

    /// Adds what the neighbours did up to now.
    pub fn add_neighbours(&self, now: u64, summary: &mut Summary) {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        for bucket in buckets.values_mut() {
            bucket.catch_up(now);
            for neighbour in &bucket.neighbours {
                summary.neighbour_attempts += neighbour.attempts;
                summary.neighbour_throttles += neighbour.throttled;
            }
        }
    }

    /// Forgets every bucket: all are full again and the neighbours' counts are zero.
    pub fn reset(&self) {
        self.buckets
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
    }
}

impl Bucket {
    fn new(scenario: &Scenario, asking: Asking<'_>, now: u64) -> Self {
        let (rate, model) = quota(scenario, asking);
        let id = asking.member.id.to_string();
        let (name, region) = (asking.member.name.as_str(), asking.region.1.as_str());
        let neighbours = scenario
            .faults
            .iter()
            .filter_map(|fault| match fault.effect {
                Effect::Neighbour {
                    share,
                    active_seconds,
                    period_seconds,
                } if share > 0.0
                    && fault.scope.covers(&id, name, region)
                    && fault
                        .scope
                        .covers_api(asking.service.as_str(), asking.operation) =>
                {
                    Some(Neighbour {
                        interval: nanos(1.0 / (share * rate)).max(1),
                        active: nanos(active_seconds),
                        period: nanos(period_seconds).max(1),
                        begins: now,
                        next: now,
                        attempts: 0,
                        throttled: 0,
                    })
                }
                _ => None,
            });
        Self {
            model: Model::new(model, rate, now),
            neighbours: neighbours.collect(),
        }
    }

    /// Lets the neighbours make the calls that were due by now, in their order in time.
    fn catch_up(&mut self, now: u64) {
        loop {
            let due = self.neighbours.iter_mut().min_by_key(|n| n.next);
            let Some(neighbour) = due.filter(|n| n.next <= now) else {
                return;
            };
            let into = neighbour.begins % neighbour.period;
            if into >= neighbour.active {
                neighbour.begin(neighbour.begins + neighbour.period - into);
                continue;
            }
            neighbour.attempts += 1;
            if !self.model.admit(neighbour.next) {
                neighbour.throttled += 1;
            }
            neighbour.begin(neighbour.begins + neighbour.interval);
        }
    }
}

impl Neighbour {
    /// The next call comes in the interval that begins then.
    fn begin(&mut self, at: u64) {
        self.begins = at;
        self.next = at + hash::mix(at) % self.interval;
    }
}

/// The rate and model of a bucket: overrides first, then the scenario's table, then the sandbox's own.
pub fn quota(scenario: &Scenario, asking: Asking<'_>) -> (f64, QuotaModel) {
    let quotas = &scenario.quotas;
    let (service, operation) = (asking.service.as_str(), asking.operation);
    let table = || {
        let named = quotas
            .per_second
            .get(operation)
            .filter(|_| asking.service != Service::Sts);
        named.or_else(|| quotas.per_second.get(service)).copied()
    };
    let mut rate = table().unwrap_or_else(|| default_rate(asking.service, operation));
    let mut model = quotas.model;
    let id = asking.member.id.to_string();
    for other in &quotas.overrides {
        let scope = &other.scope;
        if scope.covers(&id, &asking.member.name, asking.region.1.as_str())
            && scope.covers_api(service, operation)
        {
            rate = other.per_second.unwrap_or(rate);
            model = other.model.unwrap_or(model);
        }
    }
    (rate, model)
}

/// What AWS documents where it does: LookupEvents two a second; reads of trails ten and all else one (the class table
/// of the older user guide); STS 600, all operations together. Organizations publishes none; the sandbox is generous
/// with it and with Account Management, so that a start is not spent waiting. KMS's and Logs' are documented, and so is
/// what CloudWatch has for alarms; of S3's bucket operations, SNS's reads, IAM and Service Quotas none is.
fn default_rate(service: Service, operation: &str) -> f64 {
    let reads = ["Get", "Describe", "List"]
        .iter()
        .any(|verb| operation.starts_with(verb));
    match (service, operation) {
        (Service::CloudTrail, "LookupEvents") => 2.0,
        (Service::CloudTrail, _) if reads || operation.ends_with("OrganizationDelegatedAdmin") => {
            10.0
        }
        (Service::CloudTrail, _) => 1.0,
        (Service::Sts, _) => 600.0,
        (Service::Organizations, _) => 100.0,
        (Service::Account, _) => 50.0,
        (Service::Kms, "DescribeKey") => 2_000.0,
        (Service::Kms, _) => 1_000.0,
        (Service::Logs, _) => 10.0,
        (Service::CloudWatch, _) => 3.0,
        (Service::ServiceQuotas, _) => 10.0,
        (Service::Iam, _) => 20.0,
        (Service::S3 | Service::Sns, _) => 100.0,
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "saturates; 584 years fit"
)]
fn nanos(seconds: f64) -> u64 {
    (seconds * 1e9).round() as u64
}
