//! The same filters find the same records in log files as in the event history, and show the same of them.

use std::collections::{BTreeMap, BTreeSet};

use tokio_stream::StreamExt;
use trailplane::{
    api::proto::{
        Event, EventAttribute, EventFilter, Order, ReadLogEventsRequest, StreamEventsRequest,
        TargetSelector, stream_events_response::Message,
    },
    domain::Timestamp,
};

use super::archive::{Archive, day, packed, put, read_all};
use crate::support::trailplane::Trailplane;

/// The account and Region of the simulated organization whose history is compared.
const ACCOUNT: &str = "100000000001";

fn at(seconds: i64) -> Option<prost_types::Timestamp> {
    Some(prost_types::Timestamp { seconds, nanos: 0 })
}

/// What the sandbox's history of one account and Region says in answer to these filters.
async fn looked_up(sandbox: &Trailplane, window: [i64; 2], filters: &[EventFilter]) -> Vec<Event> {
    let request = StreamEventsRequest {
        targets: Some(TargetSelector {
            account_ids: vec![ACCOUNT.to_owned()],
            regions: vec!["eu-west-1".to_owned()],
            ..TargetSelector::default()
        }),
        start_time: at(window[0]),
        end_time: at(window[1]),
        filters: filters.to_vec(),
        include_raw_record: true,
        exclude_global_region: true,
        ..StreamEventsRequest::default()
    };
    let mut client = sandbox.events().await;
    let mut stream = client.stream_events(request).await.unwrap().into_inner();
    let mut events = Vec::new();
    let mut whole = false;
    while let Some(message) = stream.next().await {
        match message.unwrap().message.unwrap() {
            Message::Batch(batch) => events.extend(batch.events),
            Message::Summary(summary) => whole = summary.coverage.unwrap().complete,
            Message::Progress(_) => {}
        }
    }
    assert!(whole, "the history was not read to its end");
    events
}

/// What can be asked for of these events: of each attribute the values that there are.
fn values(events: &[Event]) -> BTreeMap<EventAttribute, BTreeSet<String>> {
    use EventAttribute as A;
    let mut all: BTreeMap<A, BTreeSet<String>> = BTreeMap::new();
    for event in events {
        let read_only = event.read_only.map(|yes| yes.to_string());
        let values = [
            (A::EventId, event.event_id.clone()),
            (A::EventName, event.event_name.clone()),
            (A::ReadOnly, read_only.unwrap_or_default()),
            (A::Username, event.username.clone()),
            (A::EventSource, event.event_source.clone()),
            (A::AccessKeyId, event.access_key_id.clone()),
            (A::ErrorCode, event.error_code.clone()),
            (A::SourceIpAddress, event.source_ip_address.clone()),
            (A::UserAgent, event.user_agent.clone()),
            (A::RoleArn, event.role_arn.clone()),
            (A::IdentityArn, event.identity_arn.clone()),
            (A::IdentityType, event.identity_type.clone()),
            (A::EventType, event.event_type.clone()),
        ];
        for (attribute, value) in values.into_iter().filter(|(_, value)| !value.is_empty()) {
            all.entry(attribute).or_default().insert(value);
        }
    }
    all
}

/// All of it in files, thirty events a file, delivered in this minute.
async fn archived(history: &[Event], minute: i64) -> Archive {
    let minute = Timestamp::from_seconds(minute).to_string();
    let minute = minute.replace(['-', ':'], "");
    let minute = format!("{}Z", &minute[..13]);
    let records: Vec<String> = history.iter().map(|e| e.raw_record.clone()).collect();
    let files = (0..).zip(records.chunks(30));
    let files =
        files.map(|(n, some)| put("eu-west-1", &minute, &format!("Aa{n:014}"), packed(some)));
    Archive::with(&files.collect::<Vec<_>>(), ", delivery_lag: 3h").await
}

#[tokio::test]
async fn filters_find_the_same_as_in_the_event_history() {
    let sandbox = Trailplane::sandbox().await;
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let now = i64::try_from(now.unwrap().as_secs()).unwrap();
    let window = [now - 14 * 3600, now - 2 * 3600];
    let history = looked_up(&sandbox, window, &[]).await;
    assert!(history.len() > 100, "{}", history.len());

    let archive = archived(&history, now - 3600).await;
    let trailplane = archive.trailplane().await;
    let request = |filters| ReadLogEventsRequest {
        start_time: at(window[0]),
        end_time: at(window[1]),
        filters,
        include_raw_record: true,
        ..day(Order::EventTime)
    };
    let whole = read_all(&trailplane, request(Vec::new())).await;
    let ids = |events: &[Event]| -> Vec<String> {
        events.iter().map(|event| event.event_id.clone()).collect()
    };
    assert_eq!(ids(&whole.events), ids(&history));
    for (found, known) in whole.events.iter().zip(&history) {
        let same = Event {
            // The files are another account's here.
            account_id: known.account_id.clone(),
            account_name: known.account_name.clone(),
            // The history finds more resources than records tell.
            resources: known.resources.clone(),
            // Secrets were taken out before the records came into files.
            redacted: known.redacted,
            ..found.clone()
        };
        assert_eq!(same, *known);
    }

    let all = values(&history);
    assert!(all.len() >= 12, "{:?}", all.keys());
    for (attribute, values) in all {
        let filter = EventFilter {
            attribute: attribute.into(),
            values: values.into_iter().step_by(3).take(4).collect(),
        };
        let expected = looked_up(&sandbox, window, std::slice::from_ref(&filter)).await;
        let found = read_all(&trailplane, request(vec![filter])).await;
        assert!(!expected.is_empty(), "{attribute:?}");
        assert_eq!(ids(&found.events), ids(&expected), "{attribute:?}");
    }
}
