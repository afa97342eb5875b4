//! `trailplane lookup --all`: every event, as it is found. A batch is written before the next is asked for, so that a slow
//! reader slows the service down, and nothing is held here.

use tokio::signal;
use tonic::Streaming;

use crate::{
    api::proto::{
        StreamEventsProgress, StreamEventsResponse, StreamEventsSummary,
        stream_events_response::Message,
    },
    client::{
        Ending,
        coverage::Gaps,
        error::ClientError,
        output::{Form, Output},
        service::Service,
        table::Table,
        when, words,
    },
};

use super::{Question, events, goes_on};

/// Asks, and shows all of it.
pub async fn run(
    question: &Question,
    service: &Service,
    output: &mut Output,
) -> Result<Ending, ClientError> {
    output.progress.waiting("beginning");
    let request = service.request(question.stream());
    let stream = service.events().stream_events(request).await?.into_inner();
    let mut shown = Shown {
        table: output.table(events::TITLES),
        cursor: question.cursor.clone(),
        summary: None,
    };
    let ended = tokio::select! {
        ended = shown.all(question, service, stream, output) => ended,
        _ = signal::ctrl_c() => {
            output.progress.clear();
            goes_on(question, &shown.cursor, output);
            return Ok(Ending::Partial);
        }
    };
    output.progress.clear();
    let summary = ended.and_then(|()| shown.summary.take().ok_or(ClientError::BrokeOff));
    let summary = summary.inspect_err(|error| {
        if !error.reader_left() {
            goes_on(question, &shown.cursor, output);
        }
    })?;
    let mut gaps = Gaps::default();
    gaps.add(summary.coverage.as_ref());
    output.note(&format!(
        "{}; {}",
        gaps.summary(),
        spent(summary.events, summary.calls)
    ));
    Ok(gaps.ending())
}

/// What has been shown so far.
struct Shown {
    table: Table,
    cursor: String,
    summary: Option<StreamEventsSummary>,
}

impl Shown {
    async fn all(
        &mut self,
        question: &Question,
        service: &Service,
        mut stream: Streaming<StreamEventsResponse>,
        output: &mut Output,
    ) -> Result<(), ClientError> {
        while let Some(message) = service.next(&mut stream).await? {
            if output.form == Form::Json {
                output.message(&message)?;
            }
            match message.message {
                Some(Message::Batch(batch)) => {
                    if output.form != Form::Json {
                        events::rows(&batch.events, question.raw, &mut self.table, output)?;
                    }
                    self.reached(batch.cursor);
                }
                Some(Message::Progress(progress)) => {
                    self.reached(progress.cursor.clone());
                    tell(&progress, output);
                }
                Some(Message::Summary(summary)) => self.summary = Some(summary),
                // Of a newer version.
                None => {}
            }
        }
        Ok(())
    }

    fn reached(&mut self, cursor: String) {
        if !cursor.is_empty() {
            self.cursor = cursor;
        }
    }
}

fn tell(progress: &StreamEventsProgress, output: &Output) {
    let remaining = progress.estimated_remaining.as_ref();
    let remaining = remaining.map(|left| format!(", about {} left", when::length(left)));
    let text = spent(progress.events, progress.calls) + &remaining.unwrap_or_default();
    output
        .progress
        .done(progress.cells_done, progress.cells_total, text);
}

fn spent(events: u64, calls: u64) -> String {
    format!(
        "{}, {}",
        words::count(events, "event"),
        words::count(calls, "call")
    )
}
