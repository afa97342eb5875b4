//! Our client: reads a whole stream, its records included, and notes the ids.

use std::time::{Duration, SystemTime};

use tonic::transport::Endpoint;
use trailplane::api::proto::{
    StreamEventsRequest, StreamEventsSummary, TargetSelector,
    event_service_client::EventServiceClient, stream_events_response::Message,
};

use super::Job;
use crate::{Failure, Measured};

/// `compare-read ADDRESS JOB`.
pub async fn read() -> Measured {
    let address = std::env::args().nth(2).ok_or("no address is named")?;
    let job = Job::read(3)?;
    let channel = Endpoint::new(format!("http://{address}"))?
        .connect()
        .await?;
    let mut client = EventServiceClient::new(channel).max_decoding_message_size(64 << 20);
    let mut stream = client.stream_events(request(&job)?).await?.into_inner();
    let mut ids = job.ids("stream")?;
    let mut summary = None;
    while let Some(message) = stream.message().await? {
        match message.message {
            Some(Message::Batch(batch)) => {
                if let Some(bare) = batch.events.iter().find(|e| e.raw_record.is_empty()) {
                    return Err(format!("{} has no record", bare.event_id).into());
                }
                batch
                    .events
                    .iter()
                    .try_for_each(|event| ids.note(&event.event_id))?;
            }
            Some(Message::Summary(end)) => summary = Some(end),
            _ => {}
        }
    }
    ids.close()?;
    whole(summary)
}

fn request(job: &Job) -> Result<StreamEventsRequest, Failure> {
    let time = |seconds: i64| -> Result<SystemTime, Failure> {
        Ok(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds.try_into()?))
    };
    Ok(StreamEventsRequest {
        targets: Some(TargetSelector {
            account_ids: job.accounts.clone(),
            regions: job.regions.clone(),
            ..TargetSelector::default()
        }),
        start_time: Some(time(job.start)?.into()),
        end_time: Some(time(job.end)?.into()),
        include_raw_record: true,
        ..StreamEventsRequest::default()
    })
}

/// What the answer says of itself.
fn whole(summary: Option<StreamEventsSummary>) -> Measured {
    let summary = summary.ok_or("the stream ended without a summary")?;
    let coverage = summary.coverage.unwrap_or_default();
    if coverage.complete {
        Ok(())
    } else {
        Err(format!("the answer is not complete: {:?}", coverage.cells).into())
    }
}
