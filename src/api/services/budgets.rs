//! BudgetService. It only reads, and spends nothing.

mod watch;

use std::{sync::Arc, time::Duration};

use futures_util::stream;
use tokio::time::Instant;
use tonic::{Request, Response, Status, codegen::BoxStream};

use super::{Services, context};
use crate::{
    api::{
        convert::budgets::{ListRequest, Moment, Wanted, WatchRequest},
        proto::{
            self, ListBudgetsRequest, ListBudgetsResponse, WatchBudgetsRequest,
            WatchBudgetsResponse, budget_service_server::BudgetService,
        },
        status::Failure,
    },
    budget::{BucketStats, Budgets, Lane, RequestContext},
    domain::{TargetSelector, WallClock},
    fleet::Fleet,
};

use watch::Watch;

/// A throttle within this time is a recent one.
const LATELY: Duration = Duration::from_secs(3600);

/// The service.
#[derive(Clone)]
pub struct BudgetApi {
    budgets: Budgets,
    fleet: Fleet,
    clock: WallClock,
}

impl BudgetApi {
    /// Over these use cases.
    pub fn new(services: &Services) -> Self {
        Self {
            budgets: services.budgets.clone(),
            fleet: services.fleet.clone(),
            clock: Arc::clone(&services.clock),
        }
    }

    /// Whose buckets a selector means. Nothing that it leaves open narrows: accounts that are no targets have budgets too.
    async fn wanted(
        &self,
        ctx: &RequestContext,
        targets: &TargetSelector,
    ) -> Result<Wanted, Failure> {
        let everything = Wanted {
            sight: Some(self.fleet.sight(ctx)),
            ..Wanted::default()
        };
        if *targets == TargetSelector::default() && ctx.authority.is_unlimited() {
            return Ok(everything);
        }
        let found = self.fleet.resolve(ctx, targets).await?;
        let narrowed = !targets.account_ids.is_empty()
            || !targets.organizational_units.is_empty()
            || !targets.account_tags.is_empty();
        let cells = found.cells.iter().map(|target| target.cell.account);
        let skipped = found
            .left_out
            .cells
            .iter()
            .map(|report| report.cell.account);
        Ok(Wanted {
            accounts: narrowed.then(|| cells.chain(skipped).collect()),
            not: targets.exclude_account_ids.iter().copied().collect(),
            regions: targets.regions.iter().cloned().collect(),
            ..everything
        })
    }

    /// Whether AWS throttled this one lately.
    fn throttled(&self, stats: &BucketStats) -> bool {
        let last = stats.last_throttle.map(|at| self.budgets.instant(at));
        last.is_some_and(|at| Instant::now().saturating_duration_since(at) < LATELY)
    }
}

#[tonic::async_trait]
impl BudgetService for BudgetApi {
    async fn list_budgets(
        &self,
        request: Request<ListBudgetsRequest>,
    ) -> Result<Response<ListBudgetsResponse>, Status> {
        let ctx = context(&request, proto::Lane::Unspecified, Lane::Interactive)?;
        let asked = ListRequest::parse(request.into_inner())?;
        let mut wanted = self.wanted(&ctx, &asked.targets).await?;
        wanted.apis.clone_from(&asked.apis);
        let shown = |stats: &BucketStats| {
            (!asked.only_waiting || stats.lanes.iter().any(|lane| lane.waiting > 0))
                && (!asked.only_throttled || self.throttled(stats))
        };
        // One more than fits tells whether there is a next page.
        let (most, after) = (asked.size + 1, asked.after.as_ref());
        let mut found = self.budgets.page(most, after, |key| wanted.has(key), shown);
        let more = found.len() > asked.size;
        found.truncate(asked.size);
        let moment = Moment {
            budgets: &self.budgets,
            now: (self.clock)(),
        };
        let last = found.last().filter(|_| more);
        Ok(Response::new(ListBudgetsResponse {
            next_page_token: last.map_or_else(String::new, |(key, _)| asked.token(key)),
            budgets: found.iter().map(|(k, s)| moment.budget(k, s)).collect(),
            store: Some(moment.store(&self.budgets.store())),
        }))
    }

    async fn watch_budgets(
        &self,
        request: Request<WatchBudgetsRequest>,
    ) -> Result<Response<BoxStream<WatchBudgetsResponse>>, Status> {
        let ctx = context(&request, proto::Lane::Unspecified, Lane::Background)?;
        let asked = WatchRequest::parse(request.into_inner())?;
        let mut wanted = self.wanted(&ctx, &asked.targets).await?;
        wanted.apis = asked.apis;
        let (budgets, clock) = (self.budgets.clone(), Arc::clone(&self.clock));
        let watch = Watch::new(budgets, clock, wanted, asked.interval, ctx);
        Ok(Response::new(Box::pin(stream::unfold(watch, Watch::next))))
    }
}
