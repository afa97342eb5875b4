//! What would be cheaper, and what the estimate does not know, in words. Each is said only where it is true.

use std::time::Duration;

use crate::{
    domain::Cell,
    events::{Filters, LookupRequest, plan::Plan},
};

use super::arithmetic::{Cost, Extent, Known};

/// Cells that are named in one sentence after the other.
const NAMED: usize = 3;
/// A pace below this part of the full one is called slowed.
const SLOWED: f64 = 0.95;
/// What AWS can filter by, in the words of the interface.
const ATTRIBUTES: &str = "event name, event source, user name, access key, resource name or type";

/// What there is to say.
pub(super) fn suggestions(
    request: &LookupRequest,
    plan: &Plan,
    extent: &Extent,
    known: &[Known],
    costs: &[Cost],
) -> Vec<String> {
    let cells: Vec<&Cell> = plan.cells.iter().map(|target| &target.cell).collect();
    let more_than_one = costs.iter().any(|cost| cost.calls > 1);
    let mut all = Vec::new();
    all.extend(unknown(known));
    if more_than_one {
        all.extend(filters(request, plan));
        all.extend(window(plan, extent));
    }
    all.extend(targets(request, cells.len()));
    all.extend(slowed(&cells, known));
    all.extend(busy(&cells, costs));
    all
}

fn unknown(known: &[Known]) -> Option<String> {
    let (cells, unknown) = (
        known.len(),
        known.iter().filter(|k| k.density.is_none()).count(),
    );
    match unknown {
        0 => None,
        _ if unknown == cells => Some(format!(
            "none of the {cells} cells was read with this filter before: calls_max counts one call for each, and may be \
             too low"
        )),
        _ => Some(format!(
            "{unknown} of the {cells} cells were never read with this filter: calls_max counts them as the average of \
             the others"
        )),
    }
}

fn filters(request: &LookupRequest, plan: &Plan) -> Option<String> {
    match plan.kind() {
        Some(_) => None,
        None if request.filters == Filters::none() => Some(format!(
            "a filter that AWS applies (one value of {ATTRIBUTES}) would save calls: without one every record is read"
        )),
        None => Some(format!(
            "AWS applies none of these filters, so every record is read: one value of {ATTRIBUTES} would save calls"
        )),
    }
}

fn window(plan: &Plan, extent: &Extent) -> Option<String> {
    let window = plan.window.end().since(plan.window.start());
    let read_whole = extent.page.is_none() || extent.sifted;
    (read_whole && window >= Duration::from_secs(60)).then(|| {
        "a shorter window would save calls: half of it takes about half of them, down to one a cell".to_owned()
    })
}

fn targets(request: &LookupRequest, cells: usize) -> Option<String> {
    let targets = &request.targets;
    let open = targets.account_ids.is_empty()
        && targets.organizational_units.is_empty()
        && targets.account_tags.is_empty()
        && targets.regions.is_empty();
    (open && cells > 1).then(|| {
        format!("each of the {cells} cells takes a call at least: name accounts or Regions to leave the others out")
    })
}

fn slowed(cells: &[&Cell], known: &[Known]) -> Vec<String> {
    let slowed = cells.iter().zip(known);
    let slowed = slowed.filter(|(_, known)| known.prospect.factor < SLOWED);
    slowed
        .take(NAMED)
        .map(|(cell, known)| {
            let (percent, foreign) = (known.prospect.factor * 100.0, known.prospect.foreign);
            format!(
                "account {} in {} is throttled: its pace is {percent:.0} % of the full one, and others seem to spend \
                 {foreign:.1} calls a second of its quota",
                cell.account, cell.region
            )
        })
        .collect()
}

fn busy(cells: &[&Cell], costs: &[Cost]) -> Option<String> {
    let (slowest, at) = costs
        .iter()
        .zip(cells)
        .max_by_key(|(cost, _)| cost.duration)?;
    let others = costs.iter().zip(cells).filter(|(_, cell)| *cell != at);
    let next = others.map(|(cost, _)| cost.duration).max()?;
    let alone = slowest.duration > next * 2 && slowest.duration > next + Duration::from_secs(1);
    alone.then(|| {
        format!(
            "account {} in {} alone decides how long it takes: {:.0} s; all others end within {:.0} s",
            at.account,
            at.region,
            slowest.duration.as_secs_f64(),
            next.as_secs_f64()
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::budget::Prospect;

    fn known(density: Option<f64>, factor: f64) -> Known {
        Known {
            density,
            span: Duration::from_secs(60),
            lookups: 1,
            prospect: Prospect {
                wait: Duration::ZERO,
                interval: Duration::from_millis(500),
                latency: Duration::ZERO,
                factor,
                foreign: 0.8,
                spent: 0,
            },
        }
    }

    fn cell(account: &str) -> Cell {
        Cell {
            account: account.parse().unwrap(),
            region: "eu-west-1".parse().unwrap(),
        }
    }

    fn taking(seconds: u64) -> Cost {
        Cost {
            calls: 1,
            most: 1,
            duration: Duration::from_secs(seconds),
        }
    }

    #[test]
    fn what_is_not_known_is_said() {
        assert_eq!(unknown(&[known(Some(1.0), 1.0)]), None);
        let some = unknown(&[known(Some(1.0), 1.0), known(None, 1.0)]).unwrap();
        assert!(some.starts_with("1 of the 2 cells"), "{some}");
        let all = unknown(&[known(None, 1.0), known(None, 1.0)]).unwrap();
        assert!(all.starts_with("none of the 2 cells"), "{all}");
    }

    #[test]
    fn a_throttled_cell_and_a_busy_one_are_named_and_no_others() {
        let (a, b, c) = (
            cell("111111111111"),
            cell("222222222222"),
            cell("333333333333"),
        );
        let cells = [&a, &b, &c];
        let paces = [known(None, 1.0), known(None, 0.5), known(None, 0.99)];
        let slow = slowed(&cells, &paces);
        assert_eq!(slow.len(), 1);
        assert!(
            slow[0].contains("222222222222") && slow[0].contains("50 %"),
            "{slow:?}"
        );
        assert!(slow[0].contains("0.8 calls a second"), "{slow:?}");
        let alone = busy(&cells, &[taking(2), taking(3), taking(60)]).unwrap();
        assert!(
            alone.contains("333333333333") && alone.contains("60 s"),
            "{alone}"
        );
        assert_eq!(busy(&cells, &[taking(40), taking(3), taking(60)]), None);
        assert_eq!(busy(&cells[..1], &[taking(60)]), None);
    }
}
