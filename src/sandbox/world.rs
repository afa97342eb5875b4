//! Everything the simulated AWS knows, in one place, shared by all connections.

use std::{sync::Arc, time::Duration};

use tokio::time::Instant;

use super::{
    clock::Clock,
    cloudtrail::{Trail, TrailSnapshot, TrailStore},
    directory::Directory,
    faults::FaultBook,
    history::{CellHistory, EventFacts, History},
    ledger::{Ledger, Summary},
    org_state::OrgState,
    quota::QuotaBook,
    resources::Resources,
    scenario::Scenario,
    sessions::Sessions,
    sts::AssumeRoleLog,
};
use crate::domain::{AccountId, LookupAttribute, Region, TimeWindow, Timestamp};

/// The simulated AWS.
#[derive(Debug)]
pub struct World {
    /// What it was told to be.
    pub scenario: Scenario,
    /// Accounts, units and Regions.
    pub directory: Directory,
    /// The organization, as far as calls change it.
    pub org_state: OrgState,
    /// The trails.
    pub trails: TrailStore,
    /// What happened in them.
    pub history: History,
    /// What trails deliver to and with.
    pub resources: Resources,
    /// Who may sign.
    pub sessions: Sessions,
    /// What sessions were asked for.
    pub assumed: AssumeRoleLog,
    /// How often.
    pub quotas: QuotaBook,
    /// What the faults have met.
    pub faults: FaultBook,
    /// What was tried.
    pub ledger: Ledger,
    /// What time it is.
    pub clock: Clock,
    /// When it started.
    pub start: Timestamp,
    origin: Instant,
}

impl World {
    /// The world of this scenario, from now on.
    pub fn new(scenario: Scenario, clock: Clock) -> Self {
        let start = clock.now();
        let directory = Directory::new(&scenario);
        let regions = directory
            .regions()
            .iter()
            .map(|r| Arc::from(r.as_str()))
            .collect();
        Self {
            history: History::new(&scenario, start),
            sessions: Sessions::new(&scenario, start),
            resources: Resources::new(&scenario),
            assumed: AssumeRoleLog::default(),
            quotas: QuotaBook::default(),
            faults: FaultBook::default(),
            ledger: Ledger::new(scenario.ledger.max_entries, regions),
            org_state: OrgState::new(&scenario.organization),
            trails: TrailStore::new(
                scenario
                    .trails
                    .iter()
                    .map(|trail| Trail::from_scenario(trail, start)),
                Duration::from_millis(scenario.consistency.trails_ms),
            ),
            directory,
            scenario,
            clock,
            start,
            origin: Instant::now(),
        }
    }

    /// How long it has been running, in nanoseconds: the time of quotas and of the ledger.
    pub fn elapsed_nanos(&self) -> u64 {
        u64::try_from(self.origin.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }

    /// The current second.
    pub fn now(&self) -> i64 {
        self.clock.now().seconds()
    }

    /// Whether the account may read the organization: it is the management account, or administers some service.
    pub fn may_read_organization(&self, account: AccountId) -> bool {
        let facts = self.org_state.facts();
        account == self.directory.management() || facts.delegated.contains_key(&account)
    }

    /// The history of a cell, if there is such a cell.
    pub fn cell(&self, account: AccountId, region: &Region) -> Option<CellHistory<'_>> {
        let member = self.directory.member(account)?;
        let (_, region) = self.directory.region(region.as_str())?;
        Some(self.history.cell(member, region))
    }

    /// How many events a window holds.
    pub fn count(
        &self,
        account: AccountId,
        region: &Region,
        window: TimeWindow,
        filter: Option<&LookupAttribute>,
    ) -> Option<u64> {
        let (from, to) = seconds(window);
        Some(
            self.cell(account, region)?
                .count(from, to, filter, self.now()),
        )
    }

    /// The events of a window.
    pub fn events(
        &self,
        account: AccountId,
        region: &Region,
        window: TimeWindow,
        filter: Option<&LookupAttribute>,
    ) -> Option<Vec<EventFacts>> {
        let (from, to) = seconds(window);
        Some(
            self.cell(account, region)?
                .events(from, to, filter, self.now()),
        )
    }

    /// Every trail as the last write left it.
    pub fn trails(&self) -> Vec<TrailSnapshot> {
        let now = self.now();
        let trails = self.trails.newest();
        trails.iter().map(|t| TrailSnapshot::of(t, now)).collect()
    }

    /// The counts of all attempts.
    pub fn summary(&self) -> Summary {
        let mut summary = self.ledger.summary();
        self.quotas
            .add_neighbours(self.elapsed_nanos(), &mut summary);
        summary
    }
}

/// The first and last whole second in the window: events have no fractions.
pub fn seconds(window: TimeWindow) -> (i64, i64) {
    let start = window.start();
    let from = start.seconds() + i64::from(start.subsec_nanos() > 0);
    (from, window.end().seconds())
}
