//! What a tail sends, for the wire.

use std::sync::Arc;

use tokio::time::Instant;

use super::{coverage, events, filters, lookup::Shape, time};
use crate::{
    api::proto::{self, tail_events_response::Message},
    domain::{AccountId, Cell, Timestamp},
    events::{
        stream::Batch,
        tail::{GapReason, Heartbeat, TailBatch, TailGap, TailItem, Watermark},
    },
};

/// Watermarks in one message: some 200 KB.
const WATERMARKS: usize = 2_000;
/// Failing cells in one message: they carry what AWS said.
const FAILING: usize = 500;

/// The messages of one item of a tail, at this time of day. `name` tells an account's name.
pub fn item(
    item: TailItem,
    name: impl Fn(AccountId) -> Option<Arc<str>>,
    shape: &Shape,
    now: Timestamp,
) -> Vec<proto::TailEventsResponse> {
    let messages: Vec<Message> = match item {
        TailItem::Batch(TailBatch {
            cell,
            events,
            cursor,
        }) => {
            let batch = Batch {
                events,
                cursor,
                cell: Some((cell, None)),
            };
            let cut = events::cut(batch, name, shape).into_iter();
            cut.map(Message::Batch).collect()
        }
        TailItem::Heartbeat(beat) => {
            let beats = heartbeats(&beat, now).into_iter();
            beats.map(Message::Heartbeat).collect()
        }
        TailItem::Gap(hole) => vec![Message::Gap(gap(&hole))],
    };
    let whole = |message| proto::TailEventsResponse {
        message: Some(message),
    };
    messages.into_iter().map(whole).collect()
}

/// A heartbeat over thousands of cells becomes several messages. The cursor is in the last one, so that whoever has it
/// has all of them.
fn heartbeats(beat: &Heartbeat, now: Timestamp) -> Vec<proto::TailHeartbeat> {
    let instant = Instant::now();
    let mark = |mark: &Watermark| proto::TailWatermark {
        cell: Some(cell(&mark.cell)),
        through: Some(time::to_wire(mark.through)),
        next_poll: mark
            .next
            .map(|at| time::to_wire(now.plus(at.saturating_duration_since(instant)))),
    };
    let base = || proto::TailHeartbeat {
        whole: beat.whole,
        cells_total: u32::try_from(beat.cells).unwrap_or(u32::MAX),
        events: beat.counts.events,
        calls: beat.counts.calls,
        throttles: beat.counts.throttles,
        pushed_down: filters::pushed_down(beat.pushed_down).into(),
        added_regions: beat.added_regions.iter().map(ToString::to_string).collect(),
        accounts_stale: beat.accounts_stale,
        narrowed_by_policy: beat.narrowed,
        ..proto::TailHeartbeat::default()
    };
    let watermarks = beat.watermarks.chunks(WATERMARKS);
    let watermarks = watermarks.map(|chunk| proto::TailHeartbeat {
        watermarks: chunk.iter().map(mark).collect(),
        ..base()
    });
    let failing = beat.failing.chunks(FAILING);
    let failing = failing.map(|chunk| proto::TailHeartbeat {
        failing: chunk.iter().map(coverage::cell).collect(),
        ..base()
    });
    let mut beats: Vec<_> = watermarks.chain(failing).collect();
    // What fits into one message is one.
    if beat.watermarks.len() <= WATERMARKS && beat.failing.len() <= FAILING {
        let failing = beat.failing.iter().map(coverage::cell).collect();
        beats = vec![proto::TailHeartbeat {
            watermarks: beat.watermarks.iter().map(mark).collect(),
            failing,
            ..base()
        }];
    }
    if let Some(last) = beats.last_mut() {
        last.cursor.clone_from(&beat.cursor);
    }
    beats
}

fn cell(cell: &Cell) -> proto::Cell {
    proto::Cell {
        account_id: cell.account.to_string(),
        region: cell.region.to_string(),
    }
}

fn gap(hole: &TailGap) -> proto::TailGap {
    let reason = match hole.reason {
        GapReason::SlowReader => proto::TailGapReason::SlowReader,
        GapReason::TooManyEvents => proto::TailGapReason::TooManyEvents,
        GapReason::BeyondHistory => proto::TailGapReason::BeyondHistory,
    };
    proto::TailGap {
        cell: Some(cell(&hole.cell)),
        window: Some(time::window_to_wire(hole.window)),
        reason: reason.into(),
    }
}
