//! `trailplane tail`: follows events, through breaks of the connection and restarts of the service.

mod health;
mod request;

use std::time::Duration;

use clap::Args;
use jiff::Timestamp;
use tokio::{
    signal::unix::{SignalKind, signal},
    time::{Instant, sleep_until},
};

use crate::api::proto::{
    EventBatch, TailEventsRequest, TailEventsResponse, TailGap, TailGapReason, TailHeartbeat,
    tail_events_response::Message,
};

use health::Health;

use super::{
    Ending,
    common::Common,
    error::ClientError,
    filters::Filters,
    lookup,
    once::Once,
    output::{Form, Output},
    service::At,
    table::Table,
    targets::{Lane, Targets},
    when::{self, When},
    words,
};

/// After the first break; doubled after each that follows it at once.
const SHORTEST_PAUSE: Duration = Duration::from_millis(500);
/// A service that is away is asked for so often.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// Which events, and from when.
#[derive(Debug, Args)]
pub struct Tail {
    /// Begin with events of this time: 2h (ago), 2026-11-27T08:00:00Z. Without it: now.
    #[arg(long, value_name = "TIME")]
    start: Option<When>,
    /// Go on where an earlier command with the same arguments stopped.
    #[arg(long, value_name = "CURSOR")]
    cursor: Option<String>,
    /// Show the whole records.
    #[arg(long)]
    raw: bool,
    /// Leave out the Region that global services record in, unless --region names it.
    #[arg(long)]
    exclude_global_region: bool,
    /// How urgent it is: interactive, standard, batch or background.
    #[arg(long, value_enum, value_name = "LANE", hide_possible_values = true)]
    lane: Option<Lane>,
    #[command(flatten)]
    filters: Filters,
    #[command(flatten)]
    targets: Targets,
    #[command(flatten)]
    pub common: Common,
}

/// Follows until a signal, the deadline, or a refusal.
pub async fn run(asked: &Tail, at: &At, output: &mut Output) -> Result<Ending, ClientError> {
    let listen = |kind| signal(kind).map_err(ClientError::Signals);
    let (mut int, mut term) = (
        listen(SignalKind::interrupt())?,
        listen(SignalKind::terminate())?,
    );
    let request = request::of(asked, Timestamp::now(), &output.zone)?;
    let mut followed = Followed {
        table: output.table(lookup::TITLES),
        once: Once::after(&request.page_token),
        health: Health::default(),
        start: request.start_time,
        raw: asked.raw,
        holes: false,
        heard: false,
    };
    let ended = tokio::select! {
        error = followed.through_breaks(at, request, output) => Err(error),
        _ = int.recv() => Ok(()),
        _ = term.recv() => Ok(()),
    };
    output.progress.clear();
    match ended {
        // That was the time that it was given.
        Err(error) if error.is_deadline() && at.until.is_some() => {}
        Err(error) if error.reader_left() => return Err(error),
        Err(error) => {
            followed.leave(asked.common.goes_on(), output);
            return Err(error);
        }
        Ok(()) => {}
    }
    followed.leave(asked.common.goes_on(), output);
    Ok(Ending::of(!followed.holes && followed.health.is_good()))
}

/// What has been seen so far.
struct Followed {
    table: Table,
    once: Once,
    health: Health,
    /// Where it began: part of the request, which a cursor belongs to.
    start: Option<prost_types::Timestamp>,
    raw: bool,
    /// Events were left out.
    holes: bool,
    /// This stream has said something.
    heard: bool,
}

impl Followed {
    /// Follows stream after stream; ends only with what another try does not help.
    async fn through_breaks(
        &mut self,
        at: &At,
        mut request: TailEventsRequest,
        output: &mut Output,
    ) -> ClientError {
        let mut pause = SHORTEST_PAUSE;
        let mut ever = false;
        loop {
            self.heard = false;
            let error = match self.one_stream(at, &request, output).await {
                Ok(()) => ClientError::BrokeOff,
                Err(error) => error,
            };
            ever |= self.heard;
            let over = at
                .until
                .is_some_and(|until| error.is_deadline() || until <= Instant::now());
            // One that was never there is more likely to be somewhere else.
            if error.ending() != Ending::Unavailable || over || !ever {
                return error;
            }
            self.once.broke();
            self.health.broke();
            self.once.cursor().clone_into(&mut request.page_token);
            pause = if self.heard {
                SHORTEST_PAUSE
            } else {
                (pause * 2).min(LONGEST_PAUSE)
            };
            output.note(&format!(
                "{}; trying again in {} s",
                error.told(),
                pause.as_secs_f32()
            ));
            sleep_until(next_try(pause, at.until)).await;
        }
    }

    async fn one_stream(
        &mut self,
        at: &At,
        request: &TailEventsRequest,
        output: &mut Output,
    ) -> Result<(), ClientError> {
        output.progress.waiting("connecting");
        let service = at.connect().await?;
        let request = service.request(request.clone());
        let mut stream = service.events().tail_events(request).await?.into_inner();
        while let Some(message) = service.next(&mut stream).await? {
            self.heard = true;
            match message.message {
                Some(Message::Batch(batch)) => self.batch(batch, output)?,
                Some(Message::Heartbeat(heartbeat)) => self.heartbeat(&heartbeat, output),
                Some(Message::Gap(gap)) => self.gap(gap, output)?,
                // Of a newer version.
                None => {}
            }
        }
        Ok(())
    }

    fn batch(&mut self, batch: EventBatch, output: &mut Output) -> Result<(), ClientError> {
        let cursor = batch.cursor.clone();
        let events = self.once.new_of(batch.events);
        if output.form == Form::Json && !events.is_empty() {
            let batch = EventBatch { events, ..batch };
            output.message(&TailEventsResponse {
                message: Some(Message::Batch(batch)),
            })?;
        } else {
            lookup::rows(&events, self.raw, &mut self.table, output)?;
        }
        // Only what has been shown is behind the cursor.
        self.once.reached(&cursor);
        Ok(())
    }

    fn heartbeat(&mut self, heartbeat: &TailHeartbeat, output: &Output) {
        self.once.reached(&heartbeat.cursor);
        if let Some(said) = self.health.hear(heartbeat) {
            output.note(&said);
        }
        output.progress.waiting(format!(
            "following {}, {} of them not now; {}, {}",
            words::count(heartbeat.cells_total, "cell"),
            self.health.failing(),
            words::count(heartbeat.events, "event"),
            words::count(heartbeat.calls, "call"),
        ));
    }

    fn gap(&mut self, gap: TailGap, output: &mut Output) -> Result<(), ClientError> {
        self.holes = true;
        output.note(&hole(&gap, &output.zone));
        match output.form {
            Form::Json => output.message(&TailEventsResponse {
                message: Some(Message::Gap(gap)),
            }),
            Form::Table | Form::Ndjson => Ok(()),
        }
    }

    /// Tells what is needed to go on.
    fn leave(&self, goes_on: bool, output: &Output) {
        let coverage = match self.health.is_good() {
            true => "coverage: complete".to_owned(),
            false => format!("coverage: partial; not followed: {}", self.health.missing()),
        };
        output.note(&coverage);
        let cursor = self.once.cursor();
        if !goes_on || cursor.is_empty() {
            return;
        }
        let again = match self.once.unsettled() {
            0 => String::new(),
            some => format!(
                " ({} shown will come again)",
                words::count(some as u64, "event")
            ),
        };
        let start = self.start.as_ref().and_then(when::from_wire);
        let start = start
            .map(|start| format!("--start {start} "))
            .unwrap_or_default();
        output.note(&format!(
            "more: the same with {start}--cursor {cursor}{again}"
        ));
    }
}

/// When to try again: with some chance in it, so that those whom one restart cut off do not come back as one.
fn next_try(pause: Duration, until: Option<Instant>) -> Instant {
    let next = Instant::now() + pause.mul_f64(rand::random_range(0.5..1.0));
    until.map_or(next, |until| next.min(until))
}

fn hole(gap: &TailGap, zone: &jiff::tz::TimeZone) -> String {
    let cell = gap.cell.clone().unwrap_or_default();
    let window = gap.window.unwrap_or_default();
    let known = TailGapReason::try_from(gap.reason).ok();
    format!(
        "gap: events of {} {} from {} to {} were left out: {}",
        cell.account_id,
        cell.region,
        when::shown(window.start_time.as_ref(), zone),
        when::shown(window.end_time.as_ref(), zone),
        words::short(
            known.map(|reason| reason.as_str_name()),
            "TAIL_GAP_REASON_",
            gap.reason
        ),
    )
}
