//! The arithmetic of estimates. Pure.

use std::time::Duration;

use crate::budget::Prospect;

/// The past is not the future: so much more than it shows may come.
const MORE: f64 = 1.25;

/// What is known of a cell.
#[derive(Debug, Clone, Copy)]
pub(in crate::events) struct Known {
    /// Events a second of one lookup, if it was read before.
    pub(in crate::events) density: Option<f64>,
    /// The time that AWS must be asked for.
    pub(in crate::events) span: Duration,
    /// Lookups side by side, one for each value that AWS filters by; none if all is remembered.
    pub(in crate::events) lookups: u32,
    /// What its budget stands at.
    pub(in crate::events) prospect: Prospect,
}

/// How much is asked for.
#[derive(Debug, Clone, Copy)]
pub(in crate::events) struct Extent {
    /// Events on the one page that is wanted; `None` for the whole answer.
    pub(in crate::events) page: Option<usize>,
    /// Whether not all that AWS gives is wanted: then nobody knows how much must be read to fill a page.
    pub(in crate::events) sifted: bool,
    /// Records to read in one cell at most.
    pub(in crate::events) scan_limit: Option<u64>,
    /// Records that a call brings at most.
    pub(in crate::events) per_call: f64,
}

/// What a cell would cost.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::events) struct Cost {
    /// Calls expected.
    pub(in crate::events) calls: u64,
    /// Calls at most.
    pub(in crate::events) most: u64,
    /// How long the calls expected take.
    pub(in crate::events) duration: Duration,
}

/// What each cell would cost. One that was never read counts as the average of the others.
pub(in crate::events) fn costs(cells: &[Known], extent: &Extent) -> Vec<Cost> {
    let average = average(cells);
    let density = |cell: &Known| cell.density.unwrap_or(average);
    let lookups = |cell: &Known| f64::from(cell.lookups.max(1));
    let all: f64 = cells.iter().map(|cell| density(cell) * lookups(cell)).sum();
    // So far back one page reaches, as all cells contribute to it.
    let reach = match extent.page {
        Some(events) if !extent.sifted && all > 0.0 => as_f64(events as u64) / all,
        Some(_) | None => f64::INFINITY,
    };
    let cost = |cell: &Known| {
        let lookups = u64::from(cell.lookups);
        if lookups == 0 {
            return Cost::default();
        }
        let whole = cell.span.as_secs_f64().max(1.0);
        let calls = lookups * calls(density(cell) * whole.min(reach), extent);
        let most = lookups * self::calls(density(cell) * whole * MORE, extent);
        Cost {
            calls,
            most: alone(extent)
                .map_or(most, |alone| most.min(lookups * alone))
                .max(calls),
            duration: duration(calls, extent, &cell.prospect),
        }
    };
    cells.iter().map(cost).collect()
}

/// The calls by which one cell fills a page alone, if it is before all others; its last second must be read whole.
fn alone(extent: &Extent) -> Option<u64> {
    let events = extent.page.filter(|_| !extent.sifted)?;
    Some(calls(as_f64(events as u64) + 1.0, extent))
}

/// The average density of the cells that were read before; nothing if none was.
fn average(cells: &[Known]) -> f64 {
    let known: Vec<f64> = cells.iter().filter_map(|cell| cell.density).collect();
    match known.len() {
        0 => 0.0,
        count => known.iter().sum::<f64>() / as_f64(count as u64),
    }
}

/// The calls that bring so many records: one at least, which says that there is nothing more.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "positive, and saturates"
)]
fn calls(records: f64, extent: &Extent) -> u64 {
    let limit = extent.scan_limit.map_or(f64::INFINITY, as_f64);
    ((records.min(limit) / extent.per_call).ceil() as u64).max(1)
}

/// How long so many calls of one cell take. Where all is wanted they leave as their slots come; for one page each waits for
/// the answer before it, too.
fn duration(calls: u64, extent: &Extent, prospect: &Prospect) -> Duration {
    let step = match extent.page {
        None => prospect.interval,
        Some(_) => prospect.interval.max(prospect.latency),
    };
    let step = step.as_secs_f64();
    let rest = Duration::try_from_secs_f64(step * as_f64(calls.saturating_sub(1)));
    prospect
        .wait
        .saturating_add(rest.unwrap_or(Duration::MAX))
        .saturating_add(prospect.latency)
}

#[expect(clippy::cast_precision_loss, reason = "counts of calls and records")]
fn as_f64(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROSPECT: Prospect = Prospect {
        wait: Duration::from_secs(2),
        interval: Duration::from_millis(500),
        latency: Duration::from_millis(100),
        factor: 1.0,
        foreign: 0.0,
        spent: 0,
    };
    const WHOLE: Extent = Extent {
        page: None,
        sifted: false,
        scan_limit: None,
        per_call: 50.0,
    };

    /// A cell with so many events in a window of 1,000 s.
    fn cell(events: Option<f64>) -> Known {
        Known {
            density: events.map(|events| events / 1_000.0),
            span: Duration::from_secs(1_000),
            lookups: 1,
            prospect: PROSPECT,
        }
    }

    fn calls_of(cells: &[Known], extent: &Extent) -> Vec<(u64, u64)> {
        let costs = costs(cells, extent);
        costs.iter().map(|cost| (cost.calls, cost.most)).collect()
    }

    #[test]
    fn the_whole_answer_by_density_and_one_call_at_least() {
        let cells = [cell(Some(0.0)), cell(Some(50.0)), cell(Some(1_001.0))];
        assert_eq!(calls_of(&cells, &WHOLE), [(1, 1), (1, 2), (21, 26)]);
    }

    #[test]
    fn what_was_never_read_is_as_the_others() {
        let cells = [cell(Some(100.0)), cell(Some(300.0)), cell(None)];
        assert_eq!(calls_of(&cells, &WHOLE)[2], (4, 5));
        assert_eq!(calls_of(&[cell(None)], &WHOLE), [(1, 1)]);
    }

    #[test]
    fn a_page_reaches_only_so_far_back() {
        let page = |events| Extent {
            page: Some(events),
            ..WHOLE
        };
        // 100 of the newest: 10 of the first, 90 of the second.
        let cells = [cell(Some(1_000.0)), cell(Some(9_000.0))];
        assert_eq!(calls_of(&cells, &page(100)), [(1, 3), (2, 3)]);
        assert_eq!(calls_of(&cells, &page(50)), [(1, 2), (1, 2)]);
        let sifted = Extent {
            sifted: true,
            ..page(100)
        };
        assert_eq!(calls_of(&cells, &sifted), calls_of(&cells, &WHOLE));
    }

    #[test]
    fn a_limit_on_records_is_one_on_calls() {
        let limited = Extent {
            scan_limit: Some(100),
            ..WHOLE
        };
        assert_eq!(calls_of(&[cell(Some(9_000.0))], &limited), [(2, 2)]);
    }

    #[test]
    fn several_lookups_cost_each_and_what_is_remembered_nothing() {
        let several = |lookups| Known {
            lookups,
            ..cell(Some(1_001.0))
        };
        assert_eq!(
            calls_of(&[several(3), several(0)], &WHOLE),
            [(63, 78), (0, 0)]
        );
        assert_eq!(costs(&[several(0)], &WHOLE)[0].duration, Duration::ZERO);
    }

    #[test]
    fn time_is_the_wait_then_the_pace_and_for_a_page_the_answers_too() {
        let of = |prospect: Prospect, page| {
            let cell = Known {
                prospect,
                ..cell(Some(500.0))
            };
            let extent = Extent { page, ..WHOLE };
            costs(&[cell], &extent)[0].duration
        };
        let whole = Duration::from_millis(2_000 + 9 * 500 + 100);
        assert_eq!(of(PROSPECT, None), whole);
        let slow = Prospect {
            latency: Duration::from_secs(4),
            ..PROSPECT
        };
        assert_eq!(
            of(slow, None),
            Duration::from_millis(2_000 + 9 * 500 + 4_000)
        );
        assert_eq!(of(slow, Some(500)), Duration::from_secs(2 + 9 * 4 + 4));
    }
}
