//! What a lookup would cost, for the wire.

use super::{coverage, filters, time};
use crate::{
    api::proto,
    events::{Estimate, PlannedCell},
};

/// An estimate.
pub fn to_wire(estimate: Estimate, all_cells: bool) -> proto::PlanLookupResponse {
    let covered = coverage::to_wire(&estimate.coverage, estimate.accounts_stale, all_cells);
    proto::PlanLookupResponse {
        cells: u32::try_from(estimate.cells).unwrap_or(u32::MAX),
        calls_min: estimate.calls_min,
        calls_max: estimate.calls_max,
        estimated_duration: Some(time::span_to_wire(estimate.duration)),
        binding_cells: estimate.binding.iter().map(cell).collect(),
        pushed_down: filters::pushed_down(estimate.pushed_down).into(),
        suggestions: estimate.suggestions,
        coverage: Some(covered),
        sql: String::new(),
    }
}

fn cell(planned: &PlannedCell) -> proto::PlannedCell {
    proto::PlannedCell {
        cell: Some(proto::Cell {
            account_id: planned.cell.account.to_string(),
            region: planned.cell.region.to_string(),
        }),
        calls: planned.calls,
        estimated_duration: Some(time::span_to_wire(planned.duration)),
    }
}
