//! Can each cell be reached: is the role assumable, and do the two reads that everything starts with succeed?
//!
//! Spends one LookupEvents and one DescribeTrails call a cell, and three AssumeRole an account: as configured, without
//! the external id where there is one, and in the caller's name.

mod trust;

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
    time::Duration,
};

use futures_util::{Stream, StreamExt, stream};
use tokio::time::Instant;

use crate::{
    aws::{AwsError, CredentialSource, Door, FailureKind, LookupQuery},
    budget::{RequestContext, Tally},
    domain::{AccountId, CellReason, CellReport, CellState, TargetSelector, TimeWindow, Timestamp},
    fanout::{Ended, FanOut},
    fleet::{Fleet, SelectError},
};

pub use trust::ExternalIdEnforcement;
use trust::TrustCheck;

/// How far back the probe of LookupEvents asks; what it finds is not looked at.
const WINDOW: Duration = Duration::from_secs(60);

/// A session made longer ago than this does not prove that the role can still be assumed: it is made anew.
const YOUNGEST: Duration = Duration::from_secs(30);

/// What came of trying one action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It succeeded.
    Allowed,
    /// AWS refused it.
    Denied,
    /// It failed for another reason, or was not tried.
    Unknown,
}

/// One action in one cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActionAccess {
    /// The action, as a policy names it.
    pub action: &'static str,
    /// What came of it.
    pub verdict: Verdict,
    /// AWS's error code, where there was one.
    pub aws_code: Option<String>,
}

/// Whether one cell can be reached.
#[derive(Debug, Clone, PartialEq)]
pub struct CellAccess {
    /// Complete if it can be reached; else the reason and the error.
    pub report: CellReport,
    /// The actions tried, in order.
    pub actions: Vec<ActionAccess>,
    /// Whether the account's role can't be assumed without its external id.
    pub external_id: ExternalIdEnforcement,
    /// How long it took, waiting for the budget included.
    pub elapsed: Duration,
}

impl CellAccess {
    /// A cell in which nothing was tried.
    fn untried(report: CellReport) -> Self {
        Self {
            report,
            actions: Vec::new(),
            external_id: ExternalIdEnforcement::Unknown,
            elapsed: Duration::ZERO,
        }
    }

    /// Whether every action is allowed.
    pub fn reachable(&self) -> bool {
        self.report.state == CellState::Complete
    }
}

impl Fleet {
    /// Tries each cell of the selector; one verdict a cell, as it is known, each exactly once; and whether there are
    /// cells that the caller may not see. First forgets what is
    /// remembered of these accounts' refusals: roles that could not be assumed, reads that were denied. Dropping the stream ends the calls.
    ///
    /// # Errors
    ///
    /// As [`Fleet::resolve`]. A cell that cannot be reached is a verdict, not an error.
    pub async fn check_access(
        &self,
        ctx: &RequestContext,
        selector: &TargetSelector,
    ) -> Result<(impl Stream<Item = CellAccess> + Send + use<>, bool), SelectError> {
        let targets = self.resolve(ctx, selector).await?;
        let accounts: BTreeSet<AccountId> = targets.cells.iter().map(|c| c.cell.account).collect();
        for account in accounts {
            self.inner.shared.sessions.forget_failure(account);
            self.inner.door.forget_denials(account);
        }
        let narrowed = targets.left_out.narrowed;
        let skipped = targets.left_out.cells.into_iter().map(CellAccess::untried);
        let fleet = self.clone();
        let ctx = ctx.clone();
        let mut trusts = HashMap::new();
        for target in &targets.cells {
            let account = target.cell.account;
            trusts
                .entry(account)
                .or_insert_with(|| TrustCheck::new(&fleet, account));
        }
        let running = FanOut::start(targets.cells, move |target| {
            let account = target.cell.account;
            let known = trusts.get(&account).cloned();
            let trust = known.unwrap_or_else(|| TrustCheck::new(&fleet, account));
            Probe::new(&fleet, &ctx.in_cell(&target.cell), account, trust)
                .run(target.not_attempted())
        });
        let tried = stream::unfold(running, |mut running| async move {
            let access = match running.next().await? {
                (_, Ended::Done(access)) => access,
                (target, Ended::Panicked) => CellAccess::untried(CellReport {
                    reason: Some(CellReason::Internal),
                    ..target.not_attempted()
                }),
            };
            Some((access, running))
        });
        Ok((stream::iter(skipped).chain(tried), narrowed))
    }
}

/// The check of one cell.
struct Probe {
    door: Door,
    fresh: Arc<dyn CredentialSource>,
    who: Arc<dyn CredentialSource>,
    ctx: RequestContext,
    now: Timestamp,
    tally: Tally,
    actions: Vec<ActionAccess>,
    trust: TrustCheck,
    failed: Option<AwsError>,
}

impl Probe {
    fn new(fleet: &Fleet, ctx: &RequestContext, account: AccountId, trust: TrustCheck) -> Self {
        Self {
            door: fleet.inner.door.clone(),
            fresh: fleet.sessions_in(account, Some(YOUNGEST)),
            who: fleet.credentials(account),
            ctx: ctx.clone(),
            now: (fleet.inner.shared.clock)(),
            tally: Tally::default(),
            actions: Vec::new(),
            trust,
            failed: None,
        }
    }

    async fn run(mut self, mut report: CellReport) -> CellAccess {
        let started = Instant::now();
        let session = self.fresh.session(&self.ctx).await.map(|_| ());
        let inside = session.is_ok();
        self.tried("sts:AssumeRole", session);
        let mut trust = self.trust.untried();
        if inside {
            trust = self.trust.found(&self.ctx, &self.tally).await;
            let region = report.cell.region.clone();
            let who = self.who.clone();
            if let Some(query) = self.query() {
                let lookup = self
                    .door
                    .lookup_events(&self.ctx, &self.tally, &*who, &region, &|| query.clone())
                    .await;
                self.tried("cloudtrail:LookupEvents", lookup.map(|_| ()));
            }
            let trails = self
                .door
                .count_trails(&self.ctx, &self.tally, &*who, &region)
                .await;
            self.tried("cloudtrail:DescribeTrails", trails.map(|_| ()));
        }
        report.calls = self.tally.calls();
        report.throttles = self.tally.throttles();
        report.reason = self.failed.as_ref().map(AwsError::reason);
        report.error = self.failed.as_ref().map(AwsError::cell_error);
        report.state = match self.failed {
            None => CellState::Complete,
            Some(_) => CellState::Failed,
        };
        // Only changes need them: a cell that can be read is not failed by them.
        self.actions.extend(trust.naming);
        CellAccess {
            report,
            actions: self.actions,
            external_id: trust.external_id,
            elapsed: started.elapsed(),
        }
    }

    /// The newest event of the last minute. `None` if time itself is out of range.
    fn query(&self) -> Option<LookupQuery> {
        let end = self.now.floor_second();
        Some(LookupQuery {
            window: TimeWindow::new(end.minus(WINDOW), end)?,
            attribute: None,
            max_results: 1,
            token: None,
        })
    }

    /// Notes what came of an action. The first failure is the cell's.
    fn tried(&mut self, action: &'static str, outcome: Result<(), AwsError>) {
        self.actions.push(tried(action, &outcome));
        if let (None, Err(error)) = (&self.failed, outcome) {
            self.failed = Some(error);
        }
    }
}

/// What came of an action.
fn tried(action: &'static str, outcome: &Result<(), AwsError>) -> ActionAccess {
    let (verdict, aws_code) = match outcome {
        Ok(()) => (Verdict::Allowed, None),
        Err(error) => (verdict(error.kind), error.code.clone().map(String::from)),
    };
    ActionAccess {
        action,
        verdict,
        aws_code,
    }
}

fn verdict(kind: FailureKind) -> Verdict {
    match kind {
        FailureKind::AccessDenied
        | FailureKind::ServiceControlPolicy
        | FailureKind::RoleNotAssumable
        | FailureKind::SourceIdentityRefused
        | FailureKind::SessionTagsRefused => Verdict::Denied,
        _ => Verdict::Unknown,
    }
}
