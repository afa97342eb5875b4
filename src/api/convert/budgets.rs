//! Budgets, and requests for lists of them.

use std::{collections::BTreeSet, time::Duration};

use tokio::time::Instant;

use super::{
    page::{self, Asked},
    selector, time,
};
use crate::{
    api::{
        proto,
        status::{Failure, Reason},
        violations::Violations,
    },
    budget::{BucketKey, BucketStats, Budgets, Lane, LaneStats, slots::Micros, store},
    domain::{AccountId, Api, Deed, Region, TargetSelector, Timestamp, quota::QuotaSource},
    fleet::Sight,
};

/// Operations in one request.
const MAX_APIS: usize = 100;
/// How often changes can be sent at most, and at least.
const INTERVALS: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(86_400)];

/// A request for a page of budgets.
pub struct ListRequest {
    /// Whose.
    pub targets: TargetSelector,
    /// Only these operations; empty for all.
    pub apis: BTreeSet<Api>,
    /// Only those that somebody waits for.
    pub only_waiting: bool,
    /// Only those that were throttled lately.
    pub only_throttled: bool,
    /// From here on.
    pub after: Option<BucketKey>,
    /// How many at most.
    pub size: usize,
    asked: Asked,
}

impl ListRequest {
    /// Reads the request.
    pub fn parse(wire: proto::ListBudgetsRequest) -> Result<Self, tonic::Status> {
        let mut found = Violations::new();
        let targets = selector::parse(&mut found, wire.targets);
        let apis = apis(&mut found, &wire.apis);
        let size = page::size(&mut found, wire.page_size);
        let token = page::token(&mut found, wire.page_token);
        let size = found.finish(size)?;
        let (waiting, throttled) = (wire.only_waiting, wire.only_throttled);
        let asked = Asked::default()
            .with("budgets")
            .with(&format!("{targets:?}"))
            .with(&format!("{apis:?} {waiting} {throttled}"));
        let after = token.map(|token| after(&asked, &token).ok_or_else(bad_token));
        Ok(Self {
            targets,
            apis,
            only_waiting: waiting,
            only_throttled: throttled,
            after: after.transpose()?,
            size,
            asked,
        })
    }

    /// The token that goes on after this budget.
    pub fn token(&self, last: &BucketKey) -> String {
        let place = format!("{} {} {}", last.account, last.region, last.api.as_str());
        self.asked.text_token(&place, false)
    }
}

fn after(asked: &Asked, token: &str) -> Option<BucketKey> {
    let (place, _) = asked.after_text(token)?;
    let mut words = place.split(' ');
    Some(BucketKey {
        account: words.next()?.parse().ok()?,
        region: words.next()?.parse().ok()?,
        api: words.next()?.parse().ok()?,
    })
}

fn bad_token() -> tonic::Status {
    let mut found = Violations::new();
    found.add("page_token", "is not a token of this listing");
    Failure::new(Reason::InvalidPageToken, found.summary())
        .violations(&found)
        .into_status()
}

/// A request for what budgets are and become.
#[derive(Debug)]
pub struct WatchRequest {
    /// Whose.
    pub targets: TargetSelector,
    /// Only these operations; empty for all.
    pub apis: BTreeSet<Api>,
    /// How often to look for changes.
    pub interval: Duration,
}

impl WatchRequest {
    /// Reads the request.
    pub fn parse(wire: proto::WatchBudgetsRequest) -> Result<Self, Violations> {
        let mut found = Violations::new();
        let targets = selector::parse(&mut found, wire.targets);
        let apis = apis(&mut found, &wire.apis);
        let [shortest, longest] = INTERVALS;
        let interval = wire.interval.map_or(Ok(shortest), Duration::try_from);
        let interval = interval.ok().filter(|i| (shortest..=longest).contains(i));
        if interval.is_none() {
            found.add("interval", "must be from 1 s to a day");
        }
        let interval = found.finish(interval)?;
        Ok(Self {
            targets,
            apis,
            interval,
        })
    }
}

fn apis(found: &mut Violations, wire: &[String]) -> BTreeSet<Api> {
    if !found.at_most("apis", wire.len(), MAX_APIS) {
        return BTreeSet::new();
    }
    let read = wire.iter().enumerate();
    read.filter_map(|(at, name)| found.keep(format!("apis[{at}]"), name.parse()))
        .collect()
}

/// Which buckets are meant.
#[derive(Default)]
pub struct Wanted {
    /// Only of these accounts; `None` for any.
    pub accounts: Option<BTreeSet<AccountId>>,
    /// Never of these accounts.
    pub not: BTreeSet<AccountId>,
    /// Only in these Regions; empty for any.
    pub regions: BTreeSet<Region>,
    /// Only of these operations; empty for any.
    pub apis: BTreeSet<Api>,
    /// Only of the accounts and in the Regions that the caller may see; `None` for all.
    pub sight: Option<Sight>,
}

impl Wanted {
    /// Whether this bucket is.
    pub fn has(&self, key: &BucketKey) -> bool {
        let account = |of: &BTreeSet<AccountId>| of.contains(&key.account);
        (self.apis.is_empty() || self.apis.contains(&key.api))
            && self.accounts.as_ref().is_none_or(account)
            && !account(&self.not)
            && (self.regions.is_empty() || self.regions.contains(&key.region))
            && self.sees(key)
    }

    fn sees(&self, key: &BucketKey) -> bool {
        let sight = self.sight.as_ref();
        sight.is_none_or(|sight| sight.may(Deed::Call, key.account, Some(&key.region)))
    }
}

/// What moments of the budgets' clock are on the wall's, at one time.
pub struct Moment<'a> {
    /// The budgets.
    pub budgets: &'a Budgets,
    /// The time of day.
    pub now: Timestamp,
}

impl Moment<'_> {
    fn ago(&self, at: Micros) -> Duration {
        Instant::now().saturating_duration_since(self.budgets.instant(at))
    }

    fn at(&self, at: Micros) -> Option<prost_types::Timestamp> {
        Some(time::to_wire(self.now.minus(self.ago(at))))
    }

    /// A budget for the wire.
    pub fn budget(&self, key: &BucketKey, stats: &BucketStats) -> proto::Budget {
        let terms = self.budgets.quotas().quota(key);
        proto::Budget {
            account_id: key.account.to_string(),
            region: key.region.to_string(),
            service: key.api.service().as_str().to_owned(),
            api: key.api.as_str().to_owned(),
            quota_per_second: terms.quota.per_second,
            quota_source: source(terms.quota.source).into(),
            share: terms.share,
            pace_per_second: stats.pace,
            factor: stats.factor,
            ceiling: stats.ceiling,
            calls: stats.spent,
            throttles: stats.throttles,
            foreign_per_second: stats.foreign,
            queues: stats.lanes.iter().map(|lane| self.queue(lane)).collect(),
            wait: Some(time::span_to_wire(Duration::from_micros(stats.wait))),
            last_throttled_at: stats.last_throttle.and_then(|at| self.at(at)),
        }
    }

    fn queue(&self, stats: &LaneStats) -> proto::LaneQueue {
        let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        proto::LaneQueue {
            lane: lane(stats.lane).into(),
            waiting: count(stats.waiting),
            callers: count(stats.callers),
            oldest: Some(time::span_to_wire(self.ago(stats.oldest))),
        }
    }

    /// The store for the wire.
    pub fn store(&self, status: &store::StoreStatus) -> proto::BudgetStore {
        use proto::{BudgetStoreKind as Kind, BudgetStoreState as State};
        let kind = match status.kind {
            store::StoreKind::Embedded => Kind::Embedded,
            store::StoreKind::Redis => Kind::Redis,
            store::StoreKind::StaticShare => Kind::StaticShare,
        };
        let state = match status.state {
            store::StoreState::Healthy => State::Healthy,
            store::StoreState::ScaledDown => State::ScaledDown,
            store::StoreState::Unreachable => State::Unreachable,
        };
        proto::BudgetStore {
            kind: kind.into(),
            state: state.into(),
            replicas_alive: status.alive,
            replicas_expected: status.expected,
            since: self.at(status.since),
        }
    }
}

fn source(source: QuotaSource) -> proto::QuotaSource {
    match source {
        QuotaSource::Documented => proto::QuotaSource::Documented,
        QuotaSource::DerivedFromClass => proto::QuotaSource::DerivedFromClass,
        QuotaSource::Assumed => proto::QuotaSource::Assumed,
        QuotaSource::Configured => proto::QuotaSource::Configured,
        QuotaSource::ServiceQuotas => proto::QuotaSource::ServiceQuotas,
    }
}

fn lane(lane: Lane) -> proto::Lane {
    match lane {
        Lane::Interactive => proto::Lane::Interactive,
        Lane::Standard => proto::Lane::Standard,
        Lane::Batch => proto::Lane::Batch,
        Lane::Background => proto::Lane::Background,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_wrong_is_named_at_once() {
        let wire = proto::WatchBudgetsRequest {
            targets: Some(proto::TargetSelector {
                account_ids: vec!["42".into()],
                ..Default::default()
            }),
            apis: vec!["LookupEvents".into(), "lookupevents".into()],
            interval: Some(prost_types::Duration {
                seconds: 0,
                nanos: 999_999_999,
            }),
        };
        let found = WatchRequest::parse(wire).unwrap_err();
        for field in ["targets.account_ids[0]", "apis[1]", "interval"] {
            assert!(found.names(field), "{field}");
        }
        let negative = proto::WatchBudgetsRequest {
            interval: Some(prost_types::Duration {
                seconds: -5,
                nanos: 0,
            }),
            ..Default::default()
        };
        assert!(WatchRequest::parse(negative).is_err());
        let unset = WatchRequest::parse(proto::WatchBudgetsRequest::default()).unwrap();
        assert_eq!(unset.interval, Duration::from_secs(1));
    }

    #[test]
    fn a_token_is_good_for_its_request_at_any_size() {
        let asked = |apis: &[&str], page_size: i32, page_token: String| {
            ListRequest::parse(proto::ListBudgetsRequest {
                apis: apis.iter().map(|api| (*api).to_owned()).collect(),
                page_size,
                page_token,
                ..Default::default()
            })
        };
        let first = asked(&["LookupEvents"], 1, String::new()).ok().unwrap();
        let last = BucketKey {
            account: "000000000042".parse().unwrap(),
            region: "eu-west-1".parse().unwrap(),
            api: Api::LookupEvents,
        };
        let token = first.token(&last);
        let next = asked(&["LookupEvents"], 7, token.clone()).ok().unwrap();
        assert_eq!(next.after, Some(last));
        let refused = asked(&[], 1, token).err().unwrap();
        assert_eq!(refused.code(), tonic::Code::InvalidArgument);
    }
}
