//! From a request to the work: which cells, which window, what AWS filters and what we do.

use std::{sync::Arc, time::Duration};

use crate::{
    budget::RequestContext,
    domain::{
        Cell, Deed, Event, EventKey, LeftOut, LookupAttribute, LookupAttributeKind, Region,
        TimeWindow, Timestamp,
    },
    fleet::{TargetCell, Targets},
};

use super::{
    Events, Filters, LookupError, LookupRequest,
    cursor::{Cursor, Place, RequestHash},
    estimate::densities::Densities,
    global,
    lookup::SECOND,
    planner::{Knowledge, push_down},
    stream::Order,
};

/// Cells whose densities are looked at before a lookup: enough for an average.
const SAMPLE: usize = 50;

/// A prime, larger than the number of Regions.
const SCATTER: usize = 7_919;

/// The work of one lookup.
pub(super) struct Plan {
    /// Which request cursors belong to.
    pub(super) hash: RequestHash,
    /// The frozen window.
    pub(super) window: TimeWindow,
    /// Where this answer begins.
    pub(super) place: Place,
    /// Whether earlier parts of the answer had gaps.
    pub(super) gaps: bool,
    /// The cells to read.
    pub(super) cells: Vec<TargetCell>,
    /// What is left out beforehand.
    pub(super) left_out: LeftOut,
    /// Whether the accounts come from an older copy.
    pub(super) stale: bool,
    /// The Region that was added for global services; only their events count there.
    pub(super) added_region: Option<Region>,
    /// What AWS filters by: a lookup each, all of one kind. None: everything is read.
    pub(super) pushed_down: Vec<LookupAttribute>,
    /// What is left to filter here.
    pub(super) rest: Filters,
    /// Records to read in one cell at most.
    pub(super) scan_limit: Option<u64>,
    /// Whether the whole records are wanted.
    pub(super) whole_records: bool,
    /// Whether their secrets are.
    pub(super) with_secrets: bool,
    /// What happened up to here is final.
    pub(super) settled_through: Timestamp,
    /// What happened up to here may be remembered for good.
    pub(super) remembered_through: Timestamp,
}

impl Events {
    /// Makes the plan. Spends no call for it; waits only for what the fleet does not know yet.
    pub(super) async fn plan(
        &self,
        ctx: &RequestContext,
        request: &LookupRequest,
        order: Option<Order>,
    ) -> Result<Plan, LookupError> {
        let now = (self.clock)();
        let hash = request.hash(order, &ctx.caller);
        let cursor = match &request.page_token {
            Some(token) => self.keys.decode(token, hash)?,
            None => Cursor {
                window: request.window(now)?,
                place: Place::Start,
                gaps: false,
            },
        };
        let mut targets = self.fleet.resolve(ctx, &request.targets).await?;
        let global = (!request.exclude_global_region && global::can_match(&request.filters))
            .then(|| targets.partition.global_region());
        let stale = targets.stale;
        let sight = self.fleet.sight(ctx);
        let allowed = |account, region: &Region| sight.may(Deed::Call, account, Some(region));
        let added_region = global.filter(|global| global::add(&mut targets, global, allowed));
        let Targets {
            cells, left_out, ..
        } = targets;
        let seconds = cursor.window.end().since(cursor.window.start());
        let known = Averages::of(&self.densities, &cells);
        let (pushed_down, rest) = push_down(&request.filters, seconds.as_secs_f64(), &known);
        Ok(Plan {
            hash,
            window: cursor.window,
            place: cursor.place,
            gaps: cursor.gaps,
            cells,
            left_out,
            stale,
            added_region,
            pushed_down,
            rest,
            scan_limit: request.scan_limit,
            whole_records: request.whole_records,
            with_secrets: request.with_secrets,
            remembered_through: self.remembered_through(now),
            settled_through: now.minus(self.settings.settle_lag).min(cursor.window.end()),
        })
    }

    /// What happened up to here may be remembered for good, if it is read from `now` on.
    pub(super) fn remembered_through(&self, now: Timestamp) -> Timestamp {
        now.minus(self.settings.settle_lag.max(NEVER_LATER) + READ_BEFORE)
    }
}

/// Whatever is configured: nothing younger is remembered for good, since CloudTrail delivers typically within 15 minutes.
const NEVER_LATER: Duration = Duration::from_secs(15 * 60);

/// A page may have been asked for by another caller, so long before: an attempt takes a minute at most, and lies for two
/// seconds where callers share it.
const READ_BEFORE: Duration = Duration::from_secs(90);

/// The average densities of the cells that were read before.
struct Averages<'a> {
    densities: &'a Densities,
    cells: Vec<&'a Cell>,
}

impl<'a> Averages<'a> {
    fn of(densities: &'a Densities, cells: &'a [TargetCell]) -> Self {
        let step = (cells.len() / SAMPLE).max(1);
        // Not the same place in each step: cells lie by account and Region, and a step may be all Regions of some.
        let places = (0..cells.len().div_ceil(step)).map(|at| at * step + (at * SCATTER) % step);
        let cells = places.filter_map(|place| cells.get(place));
        Self {
            densities,
            cells: cells.map(|target| &target.cell).collect(),
        }
    }
}

impl Knowledge for Averages<'_> {
    fn density(&self, kind: Option<LookupAttributeKind>) -> Option<f64> {
        let known = self.cells.iter();
        let known: Vec<f64> = known
            .filter_map(|cell| self.densities.of(cell, kind))
            .collect();
        let count = u32::try_from(known.len()).ok().filter(|count| *count > 0)?;
        Some(known.iter().sum::<f64>() / f64::from(count))
    }
}

impl Plan {
    /// The attribute that AWS filters by.
    pub(super) fn kind(&self) -> Option<LookupAttributeKind> {
        self.pushed_down.first().map(|attribute| attribute.kind)
    }

    /// The newest time that is still to be read in this cell.
    pub(super) fn upper(&self, cell: &Cell) -> Timestamp {
        let end = self.window.end();
        match &self.place {
            Place::Start => end,
            Place::After(key) => key.time.min(end),
            Place::Within(second) => *second,
            Place::Cells(cells) => cells.get(cell).map_or(end, |second| second.minus(SECOND)),
        }
    }

    /// Whether the event lies where this answer goes on.
    fn is_ahead(&self, key: &EventKey) -> bool {
        let not_done = match &self.place {
            Place::Start => true,
            Place::After(last) => key > last,
            Place::Within(second) => key.time.floor_second() <= *second,
            Place::Cells(cells) => {
                let cell = Cell {
                    account: key.account,
                    region: key.region.clone(),
                };
                cells.get(&cell).is_none_or(|second| key.time < *second)
            }
        };
        not_done && self.window.contains(key.time)
    }

    /// What of a page was asked for.
    pub(super) fn select(&self, page: Vec<Arc<Event>>) -> Vec<Arc<Event>> {
        let wanted = |event: &Arc<Event>| self.is_ahead(&event.key) && self.matches(event);
        page.into_iter().filter(wanted).collect()
    }

    /// Whether the event is one that was asked for.
    pub(super) fn matches(&self, event: &Event) -> bool {
        let in_place =
            self.added_region.as_ref() != Some(&event.key.region) || global::is_global(event);
        in_place && self.rest.matches(event)
    }

    /// A cursor of this request.
    pub(super) fn cursor(&self, place: Place, gaps: bool) -> Cursor {
        Cursor {
            window: self.window,
            place,
            gaps: gaps || self.gaps,
        }
    }
}
