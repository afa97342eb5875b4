//! Secrets in records: for whom, and where they never stand.

use trailplane::api::proto::{Event, EventAttribute, EventFilter, LookupEventsRequest};

use super::*;

/// The sandbox's session tokens begin like AWS's.
const TOKEN: &str = "\"sessionToken\":\"";
const REDACTED: &str = "\"sessionToken\":\"REDACTED\"";

async fn assumed_roles(server: &Trailplane, include_secrets: bool) -> Vec<Event> {
    let request = LookupEventsRequest {
        filters: vec![EventFilter {
            attribute: EventAttribute::EventName.into(),
            values: vec!["AssumeRole".to_owned()],
        }],
        page_size: 200,
        include_raw_record: true,
        include_secrets,
        ..LookupEventsRequest::default()
    };
    let mut events = server.events().await;
    let page = events.lookup_events(request).await.unwrap().into_inner();
    let with = |event: &Event| event.raw_record.contains(TOKEN);
    let found: Vec<Event> = page.events.into_iter().filter(with).collect();
    assert!(!found.is_empty());
    found
}

fn hidden(event: &Event) -> bool {
    let hidden = event.raw_record.contains(REDACTED);
    assert_eq!(event.redacted, hidden);
    hidden
}

#[tokio::test]
async fn secrets_are_shown_to_who_asks_for_them_and_may_see_them_and_are_never_remembered() {
    let (server, files) =
        policed(r#"permit(principal, action in Action::"Read", resource);"#).await;
    for include in [false, true] {
        assert!(assumed_roles(&server, include).await.iter().all(hidden));
    }
    let more = format!(
        r#"permit(principal, action == Action::"SeeSecrets", resource in Unit::"/Prod");
           forbid(principal, action == Action::"SeeSecrets", resource == Account::"{ACCOUNT}");"#
    );
    std::fs::write(files.path().join("b.cedar"), more).unwrap();
    narrowed::taken(&server, 1).await;
    assert!(assumed_roles(&server, false).await.iter().all(hidden));
    let found = assumed_roles(&server, true).await;
    assert!(
        found.iter().any(|event| !hidden(event)),
        "nothing was shown"
    );
    let there = found.iter().filter(|event| event.account_id == ACCOUNT);
    assert!(there.clone().count() > 0 && there.clone().all(hidden));
    // What is asked for without them comes from what is remembered, and has none.
    assert!(assumed_roles(&server, false).await.iter().all(hidden));
}
