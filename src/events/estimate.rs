//! What a lookup would cost, and when it would be done: by the densities that were met before and by what the budgets
//! stand at. Spends no AWS call.

pub(super) mod arithmetic;
pub(super) mod densities;
mod suggest;

use std::{cmp::Reverse, time::Duration};

use crate::{
    aws::lookup_events::LARGEST_PAGE,
    budget::{BucketKey, Prospect, RequestContext},
    domain::{Api, Cell, Coverage, LookupAttribute, LookupAttributeKind, TimeWindow, Timestamp},
};

use super::{Events, LookupError, LookupRequest, cache::Strand, plan::Plan, span::Span};
use arithmetic::{Cost, Extent, Known, costs};
use suggest::suggestions;

/// Cells that are told one by one.
const BINDING: usize = 10;

/// What a lookup would cost. Calls are LookupEvents; what a session costs is not among them.
#[derive(Debug)]
pub struct Estimate {
    /// How many cells would be read.
    pub cells: usize,
    /// Calls at least.
    pub calls_min: u64,
    /// Calls at most, as far as densities are known.
    pub calls_max: u64,
    /// How long it would take if it began now.
    pub duration: Duration,
    /// The slowest cells, the slowest first.
    pub binding: Vec<PlannedCell>,
    /// What AWS would filter by.
    pub pushed_down: Option<LookupAttributeKind>,
    /// What would be cheaper, and what the estimate does not know, in words.
    pub suggestions: Vec<String>,
    /// The cells that would be left out.
    pub coverage: Coverage,
    /// Whether the accounts come from an older copy.
    pub accounts_stale: bool,
}

/// What one cell would cost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedCell {
    /// The cell.
    pub cell: Cell,
    /// Calls expected.
    pub calls: u64,
    /// How long they would take, with what waits in front of them.
    pub duration: Duration,
}

impl Events {
    /// What this lookup would cost: one page, or the `whole` answer. Spends no call; waits only for what the fleet does
    /// not know yet.
    ///
    /// # Errors
    ///
    /// If the request has no answer at all; see [`LookupError`].
    pub async fn plan_lookup(
        &self,
        ctx: &RequestContext,
        request: &LookupRequest,
        whole: bool,
    ) -> Result<Estimate, LookupError> {
        let plan = self.plan(ctx, request, None).await?;
        let known = plan.cells.iter().map(|target| {
            let cell = &target.cell;
            let density = self.densities.of(cell, plan.kind());
            self.known(ctx, &plan, cell, plan.upper(cell), density)
        });
        let known: Vec<Known> = known.collect();
        let extent = Extent {
            page: (!whole).then_some(request.page_size.max(1)),
            sifted: plan.rest != super::Filters::none() || plan.added_region.is_some(),
            scan_limit: plan.scan_limit,
            per_call: per_call(LARGEST_PAGE),
        };
        let costs = costs(&known, &extent);
        let suggestions = suggestions(request, &plan, &extent, &known, &costs);
        Ok(Estimate {
            cells: costs.len(),
            calls_min: known.iter().map(|cell| u64::from(cell.lookups)).sum(),
            calls_max: costs.iter().map(|cost| cost.most).sum(),
            duration: costs
                .iter()
                .map(|cost| cost.duration)
                .max()
                .unwrap_or_default(),
            binding: binding(&plan, &costs),
            pushed_down: plan.kind(),
            suggestions,
            coverage: Coverage::with(plan.left_out, []),
            accounts_stale: plan.stale,
        })
    }

    /// What is known of what is left of a cell, from `upper` back.
    pub(super) fn known(
        &self,
        ctx: &RequestContext,
        plan: &Plan,
        cell: &Cell,
        upper: Timestamp,
        density: Option<f64>,
    ) -> Known {
        let start = plan.window.start();
        let whole = TimeWindow::new(start, upper).map(Span::of);
        let unknown = |attribute: Option<&LookupAttribute>| {
            let strand = Strand {
                cell: cell.clone(),
                attribute: attribute.cloned(),
            };
            let known = |span| self.cache.known_seconds(&strand, span);
            whole.map_or(0, |span| span.seconds() - known(span).min(span.seconds()))
        };
        let unknown: Vec<u64> = match plan.pushed_down.as_slice() {
            [] => vec![unknown(None)],
            several => several.iter().map(|one| unknown(Some(one))).collect(),
        };
        let left = unknown.iter().filter(|seconds| **seconds > 0);
        Known {
            density,
            span: Duration::from_secs(unknown.iter().max().copied().unwrap_or(0)),
            lookups: u32::try_from(left.count()).unwrap_or(u32::MAX),
            prospect: self.prospect(ctx, cell),
        }
    }

    /// What a call in this cell can expect now.
    pub(super) fn prospect(&self, ctx: &RequestContext, cell: &Cell) -> Prospect {
        let key = BucketKey {
            account: cell.account,
            region: cell.region.clone(),
            api: Api::LookupEvents,
        };
        self.door.budgets().prospect(ctx, &key)
    }
}

/// Records that a call brings at most.
pub(super) fn per_call(max_results: i32) -> f64 {
    f64::from(max_results.max(1))
}

fn binding(plan: &Plan, costs: &[Cost]) -> Vec<PlannedCell> {
    let mut cells: Vec<_> = plan.cells.iter().zip(costs).collect();
    // Cells as slow as each other stay in their order.
    cells.sort_by_key(|(_, cost)| Reverse(cost.duration));
    let first = cells.into_iter().take(BINDING);
    first
        .map(|(target, cost)| PlannedCell {
            cell: target.cell.clone(),
            calls: cost.calls,
            duration: cost.duration,
        })
        .collect()
}
