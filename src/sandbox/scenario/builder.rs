//! Scenarios from code: small ones for tests, large and uniform ones for load.

use std::time::Duration;

use super::{
    Burst, Consistency, Effect, Events, Fault, Key, Latency, LedgerSettings, Member, MemberState,
    Moment, Organization, QuotaModel, Quotas, Rate, ResourceRules, Role, RoleTrust, Scenario,
    Scope, Trail,
};
use crate::{
    domain::{AccountId, Region},
    sandbox::{HUB_ACCESS_KEY_ID, HUB_USER},
};

/// The Regions of the scenarios that code builds, in the order in which they are taken.
const REGIONS: [&str; 17] = [
    "us-east-1",
    "us-west-2",
    "eu-west-1",
    "ap-southeast-2",
    "us-east-2",
    "us-west-1",
    "ca-central-1",
    "sa-east-1",
    "eu-west-2",
    "eu-west-3",
    "eu-central-1",
    "eu-north-1",
    "ap-south-1",
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-southeast-1",
];

impl Scenario {
    /// An organization that has only its management account, in us-east-1, where nothing happens. What a
    /// scenario file starts from.
    pub fn blank() -> Self {
        Self {
            seed: 1,
            organization: Organization::default(),
            regions: regions(1),
            accounts: Vec::new(),
            generate_accounts: 0,
            role: Role::default(),
            keys: vec![Key {
                access_key_id: HUB_ACCESS_KEY_ID.to_owned(),
                account: management_account(),
                user: HUB_USER.to_owned(),
            }],
            quotas: Quotas::default(),
            events: Events::default(),
            trails: Vec::new(),
            resources: ResourceRules::default(),
            consistency: Consistency::default(),
            faults: Vec::new(),
            ledger: LedgerSettings::default(),
        }
    }

    /// So many accounts (the management account is the first of them) in so many Regions (at most 17), all
    /// alike, in which LookupEvents takes `latency`.
    pub fn uniform(
        accounts: u32,
        regions_count: usize,
        events_per_hour: f64,
        latency: Duration,
    ) -> Self {
        let mut scenario = Self::blank();
        scenario.regions = regions(regions_count);
        scenario.generate_accounts = accounts.saturating_sub(1);
        scenario.events.per_hour = events_per_hour;
        if latency > Duration::ZERO {
            let slow = Effect::Latency(Latency::constant(latency));
            scenario = scenario.with_fault(Fault::new(slow).on("LookupEvents"));
        }
        scenario
    }

    /// One more account.
    #[must_use]
    pub fn with_account(mut self, id: &str, name: &str) -> Self {
        if let Ok(id) = id.parse() {
            self.accounts.push(Member::new(id, name));
        }
        self
    }

    /// One more account, as described.
    #[must_use]
    pub fn with_member(mut self, member: Member) -> Self {
        self.accounts.push(member);
        self
    }

    /// One more thing that goes wrong.
    #[must_use]
    pub fn with_fault(mut self, fault: Fault) -> Self {
        self.faults.push(fault);
        self
    }

    /// Many events in one second of each cell in the scope.
    #[must_use]
    pub fn with_burst(mut self, scope: Scope, at: Moment, count: u64) -> Self {
        self.events.bursts.push(Burst { scope, at, count });
        self
    }

    /// Another rate of events for the cells in the scope.
    #[must_use]
    pub fn with_rate(mut self, scope: Scope, per_hour: f64) -> Self {
        self.events.rates.push(Rate { scope, per_hour });
        self
    }

    /// Another way for the server to count.
    #[must_use]
    pub fn with_quota_model(mut self, model: QuotaModel) -> Self {
        self.quotas.model = model;
        self
    }

    /// One more trail.
    #[must_use]
    pub fn with_trail(mut self, trail: Trail) -> Self {
        self.trails.push(trail);
        self
    }

    /// Every account, the management account and the generated ones included, in order of id.
    pub fn members(&self) -> Vec<Member> {
        let mut members = self.accounts.clone();
        let management = self.organization.management_account;
        if !members.iter().any(|member| member.id == management) {
            members.push(Member::new(management, "management"));
        }
        for number in 1..=self.generate_accounts {
            let id = account(300_000_000_000 + u64::from(number));
            let mut member = Member::new(id, &format!("generated-{number:04}"));
            member.unit = format!("/Generated/Group{}", number % 10);
            member
                .tags
                .insert("group".to_owned(), (number % 10).to_string());
            members.push(member);
        }
        members.sort_by_key(|member| member.id);
        members
    }
}

impl Member {
    /// An active account in the root, with the role and every Region.
    pub fn new(id: AccountId, name: &str) -> Self {
        Self {
            id,
            name: name.to_owned(),
            unit: "/".to_owned(),
            state: MemberState::Active,
            tags: Default::default(),
            has_role: true,
            role_trust: RoleTrust::default(),
            disabled_regions: Vec::new(),
        }
    }

    /// The same in this unit, given by its path.
    #[must_use]
    pub fn in_unit(mut self, path: &str) -> Self {
        self.unit = path.to_owned();
        self
    }
}

/// The management account of the scenarios that code builds.
pub(super) fn management_account() -> AccountId {
    account(100_000_000_001)
}

/// The account with this number, of at most 12 digits.
#[expect(
    clippy::expect_used,
    reason = "only called with 12-digit numbers of this file"
)]
pub(super) fn account(number: u64) -> AccountId {
    AccountId::from_u64(number).expect("at most 12 digits")
}

/// The first so many Regions.
#[expect(
    clippy::expect_used,
    reason = "the names are those of this file; a test reads them all"
)]
pub(super) fn regions(count: usize) -> Vec<Region> {
    REGIONS
        .iter()
        .take(count)
        .map(|name| name.parse().expect("a Region"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_region_name_is_one() {
        assert_eq!(regions(99).len(), 17);
    }

    #[test]
    fn uniform_scenarios_have_the_size_asked_for() {
        let scenario = Scenario::uniform(500, 17, 100.0, Duration::from_millis(150));
        assert_eq!(scenario.members().len(), 500);
        assert_eq!(scenario.regions.len(), 17);
        scenario.check().unwrap();
    }
}
