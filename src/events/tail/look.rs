//! Reads what a look asks for.

use crate::{
    aws::lookup_events::LARGEST_PAGE,
    budget::RequestContext,
    domain::Timestamp,
    events::{Events, Record, plan::Plan, reader::CellReader},
    fleet::TargetCell,
};

use super::{
    cell::{Found, Look},
    follow::Looked,
};

/// Bytes that one look may hold.
const MOST_BYTES: usize = 4 << 20;
/// The same where it is a single second, which cannot be cut any more.
const MOST_BYTES_IN_A_SECOND: usize = 32 << 20;

/// Reads the window of `look`, newest first, to its start or until it holds as much as it may.
pub(super) async fn look(
    events: &Events,
    ctx: &RequestContext,
    plan: &Plan,
    target: &TargetCell,
    look: Look,
) -> Looked {
    let ctx = &ctx.in_cell(&target.cell);
    let who = events.fleet.credentials(target.cell.account);
    let span = (
        Timestamp::from_seconds(look.from),
        Timestamp::from_seconds(look.to),
    );
    let attribute = plan.pushed_down.clone();
    let mut reader = CellReader::new(who, target.cell.clone(), attribute, span, LARGEST_PAGE);
    let most_bytes = if look.from == look.to {
        MOST_BYTES_IN_A_SECOND
    } else {
        MOST_BYTES
    };
    let mut found = Found {
        events: Vec::new(),
        scanned: 0,
        cut_at: None,
    };
    let mut bytes = 0;
    let result = loop {
        match reader.next(&events.pages, &events.door, ctx, None).await {
            Ok(None) => break Ok(found),
            Ok(Some(page)) => {
                for event in page.into_iter().filter(|event| plan.matches(event)) {
                    let event = if plan.whole_records {
                        event
                    } else {
                        event.with_record(Record::slim(&event.record)).into()
                    };
                    bytes += event.weight();
                    found.events.push(event);
                }
            }
            Err(error) => break Err(error),
        }
        let progress = reader.progress();
        found.scanned = progress.scanned;
        let full = progress.scanned >= look.most || bytes >= most_bytes;
        if full && !progress.exhausted {
            // Without a position nothing has been passed yet.
            found.cut_at = Some(progress.position.map_or(look.to, Timestamp::seconds));
            break Ok(found);
        }
    };
    Looked {
        look,
        found: result,
        calls: reader.tally.calls(),
        throttles: reader.tally.throttles(),
    }
}
