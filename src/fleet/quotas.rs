//! Learns CloudTrail's quotas from Service Quotas, in each account and Region, behind everything else.
//!
//! Knows when and where to ask, and whom to tell. What is told means for calls is the quota table's business.

use std::{
    collections::HashSet,
    future::pending,
    mem::{Discriminant, discriminant},
    time::Duration,
};

use futures_util::{StreamExt, stream};
use tokio::time::{Instant, sleep, sleep_until};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::{Fleet, sessions::is_refusal};
use crate::{
    aws::{AwsError, FailureKind},
    budget::{CallerId, Lane, QuotaTable, RequestContext, Tally},
    domain::{AccountId, AccountState, Api, Authority, Region, quota::PublishedQuota},
};

/// Accounts that are asked at the same time. With the pause between calls this is at most 40 calls a second over all of
/// AWS, and 8,500 cells take some minutes.
const ACCOUNTS_AT_ONCE: usize = 4;

/// The longest that one page may take.
const PAGE_TIME: Duration = Duration::from_secs(120);

/// Pages of one cell: CloudTrail has some 80 quotas, less than one page. More than this is an endpoint that never ends.
const MOST_PAGES: usize = 10;

/// When quotas are read.
#[derive(Debug, Clone, Copy)]
pub struct Timing {
    /// Everything is read again after this time: AWS raises quotas on request, once in years.
    pub every: Duration,
    /// What failed so that it may work soon, and accounts that are new, are read after this time.
    pub again: Duration,
    /// About how long each account's reading pauses before each of its calls.
    pub between: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            every: Duration::from_secs(24 * 60 * 60),
            again: Duration::from_secs(15 * 60),
            between: Duration::from_millis(100),
        }
    }
}

/// The task that keeps the quota table told. It must be run, by [`QuotaReader::run`].
pub struct QuotaReader {
    fleet: Fleet,
    table: QuotaTable,
    timing: Timing,
    stop: CancellationToken,
}

/// How something failed: each way is worth one line, whatever the number of accounts.
type Way = (Discriminant<FailureKind>, Option<Box<str>>);

/// What has been done since everything was last begun anew.
#[derive(Default)]
struct Cycle {
    done: HashSet<AccountId>,
    met: HashSet<Way>,
}

/// What came of reading one account.
#[derive(Default)]
struct Read {
    cells: usize,
    /// Cells in which AWS's number is not the default.
    differing: usize,
    failures: Vec<AwsError>,
}

impl QuotaReader {
    /// A reader that tells `table` what is in force in the accounts of this fleet, until `stop` fires.
    pub fn new(fleet: Fleet, table: QuotaTable, timing: Timing, stop: CancellationToken) -> Self {
        Self {
            fleet,
            table,
            timing,
            stop,
        }
    }

    /// Runs until `stop` fires. Only reads: what is under way then is dropped.
    pub async fn run(self) {
        tokio::select! {
            biased;
            () = self.stop.cancelled() => {}
            () = self.work() => {}
        }
    }

    async fn work(&self) {
        if self.fleet.ready().wait_for(|known| *known).await.is_err() {
            // The fleet is gone: the process drains.
            return pending().await;
        }
        let mut told = HashSet::new();
        loop {
            let anew = Instant::now() + jittered(self.timing.every, 0.1);
            let mut cycle = Cycle::default();
            while Instant::now() < anew {
                self.round(&mut cycle, &mut told).await;
                sleep_until(anew.min(Instant::now() + self.timing.again)).await;
            }
            // What did not come up again is told when it comes back.
            told = cycle.met;
        }
    }

    /// Reads every active account that has not been read in this cycle.
    async fn round(&self, cycle: &mut Cycle, told: &mut HashSet<Way>) {
        let directory = self.fleet.directory();
        self.table.retain(|id| directory.account(id).is_some());
        let active = directory.accounts().iter();
        let active = active.filter(|account| account.state == AccountState::Active);
        let due: Vec<AccountId> = active
            .map(|account| account.id)
            .filter(|id| !cycle.done.contains(id))
            .collect();
        let reading = stream::iter(due).map(async |id| (id, self.account(id).await));
        let mut reading = Box::pin(reading.buffer_unordered(ACCOUNTS_AT_ONCE));
        let (mut cells, mut differing) = (0, 0);
        while let Some((account, read)) = reading.next().await {
            cells += read.cells;
            differing += read.differing;
            if read.failures.iter().all(|error| is_refusal(error.kind)) {
                cycle.done.insert(account);
            }
            for error in &read.failures {
                complain(error, &mut cycle.met, told);
            }
        }
        if cells > 0 {
            info!(
                cells,
                differing, "CloudTrail's quotas were read from Service Quotas"
            );
        }
    }

    /// Reads one account, Region after Region. Where the role is missing or lacks the permission there is no use in
    /// asking in its other Regions.
    async fn account(&self, account: AccountId) -> Read {
        let mut read = Read::default();
        for region in &self.fleet.settings().regions {
            if self.fleet.directory().disabled(account, region) {
                continue;
            }
            sleep(jittered(self.timing.between, 0.5)).await;
            match self.cell(account, region).await {
                Ok(rates) => {
                    read.cells += 1;
                    let other = |(api, rate): &(Api, f64)| api.default_quota().per_second != *rate;
                    read.differing += usize::from(rates.iter().any(other));
                    self.table.learn(account, region, rates);
                }
                Err(error) => {
                    let everywhere = matches!(
                        error.kind,
                        FailureKind::AccessDenied | FailureKind::RoleNotAssumable
                    );
                    read.failures.push(error);
                    if everywhere {
                        break;
                    }
                }
            }
        }
        read
    }

    /// The rates in force in one cell, by operation.
    async fn cell(&self, account: AccountId, region: &Region) -> Result<Vec<(Api, f64)>, AwsError> {
        let door = &self.fleet.inner.door;
        let who = self.fleet.credentials(account);
        let (mut rates, mut token) = (Vec::new(), None::<String>);
        for _ in 0..MOST_PAGES {
            let (ctx, tally) = (self.context(), Tally::default());
            let page = door.list_service_quotas(&ctx, &tally, &*who, region, token.as_deref());
            let page = page.await?;
            rates.extend(page.items.iter().filter_map(PublishedQuota::rate));
            token = page.token;
            if token.is_none() {
                break;
            }
        }
        Ok(rates)
    }

    fn context(&self) -> RequestContext {
        RequestContext {
            caller: CallerId::internal(),
            lane: Lane::Background,
            deadline: Instant::now() + PAGE_TIME,
            cancel: self.stop.clone(),
            authority: Authority::unlimited(),
            span: tracing::Span::none(),
        }
    }
}

/// One line for each way to fail, when it first comes up.
fn complain(error: &AwsError, met: &mut HashSet<Way>, told: &mut HashSet<Way>) {
    // That a Region is not enabled is no trouble: nothing is looked up there.
    if error.kind == FailureKind::RegionUnavailable {
        return;
    }
    let way = (discriminant(&error.kind), error.code.clone());
    met.insert(way.clone());
    if told.insert(way) {
        warn!(%error, code = error.code, aws_message = error.message, "CloudTrail's quotas could not be read from Service Quotas, here and maybe elsewhere; where nothing was read AWS's defaults hold");
    }
}

/// Up to this part shorter or longer by chance, so that replicas started together do not ask together.
fn jittered(interval: Duration, part: f64) -> Duration {
    interval.mul_f64(1.0 - part + 2.0 * part * rand::random::<f64>())
}
