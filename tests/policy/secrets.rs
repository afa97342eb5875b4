//! Secrets in records: for whom, and where they never stand.

use trailplane::{
    api::proto::{Event, EventAttribute, EventFilter, LookupEventsRequest},
    sandbox::HUB_SECRET_ACCESS_KEY,
};

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

/// Every RPC that is built, with every line of the log that there is: what is said by the log, the answers, the errors, the
/// metrics and the status holds nothing that would let anybody in.
#[tokio::test]
async fn nothing_that_the_service_says_of_its_work_holds_a_secret() {
    let cursor_key = "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlY3JldA==";
    let server = Start::sandbox()
        .env("TRAILPLANE_LOG__FILTER", "trace")
        .env("TRAILPLANE_CURSOR__KEYS", cursor_key)
        .ready()
        .await;
    let mut said = String::new();
    for (rpc, body) in requests() {
        let output = grpcurl(&server, rpc, &body).await;
        said.push_str(&output.stdout);
        said.push_str(&output.stderr);
    }
    for event in assumed_roles(&server, false).await {
        said.push_str(&event.raw_record);
    }
    for page in ["/metrics", "/statusz"] {
        let (status, text) = crate::support::process::http_get(&server.admin, page)
            .await
            .unwrap();
        assert_eq!(status, 200);
        said.push_str(&text);
    }
    said.push_str(&server.process.output());
    assert!(said.contains("aws_smithy_runtime"), "the SDK has its say");
    let secrets = [
        ("a session token of STS", "IQoJb3JpZ2lu"),
        ("a session token of the sandbox's own", "SessionToken>"),
        ("a secret access key", "SecretAccessKey"),
        ("the key of the sandbox's hub", HUB_SECRET_ACCESS_KEY),
        ("the key of cursors", cursor_key),
        ("the key of cursors, read", "secret-secret"),
        ("a private key", "PRIVATE KEY"),
        ("a bearer token", "Bearer ey"),
    ];
    for (what, secret) in secrets {
        assert!(!said.contains(secret), "{what} was said");
    }
}
