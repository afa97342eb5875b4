//! Clients that others wrote: grpcurl, `buf curl`, and Python's grpcio, each with nothing but reflection.

mod changes;

use std::process::Command;

use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
use serde_json::Value;

use crate::support::{
    tools::{Output, project, python, run, tool},
    trailplane::Trailplane,
};

const LOOKUP: &str = "trailplane.v1.EventService/LookupEvents";

/// Three things wrong at once.
const BAD_REQUEST: &str =
    r#"{"page_size": -1, "targets": {"account_ids": ["12"], "regions": ["nowhere"]}}"#;

async fn grpcurl(server: &Trailplane, before: &[&str], after: &[&str]) -> Output {
    let mut command = Command::new(tool("bin/grpcurl"));
    command.args(["-plaintext", "-max-time", "60"]).args(before);
    command.arg(&server.grpc).args(after);
    run(command).await
}

async fn buf_curl(server: &Trailplane, arguments: &[&str], path: &str) -> Output {
    let mut command = Command::new(tool("client/bin/buf"));
    command
        .args(["curl", "--http2-prior-knowledge", "--protocol", "grpc"])
        .args(arguments)
        .arg(format!("http://{}{path}", server.grpc))
        .current_dir(std::env::temp_dir());
    run(command).await
}

/// Times of the events, newest first, in seconds as text: RFC 3339 in UTC sorts as text.
fn assert_ten_events(answer: &str) {
    let answer: Value = serde_json::from_str(answer).unwrap();
    let times: Vec<&str> = answer["events"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| event["eventTime"].as_str().unwrap())
        .collect();
    assert_eq!(times.len(), 10);
    assert!(times.is_sorted_by(|a, b| a >= b), "{times:?}");
    assert!(answer["coverage"]["counts"]["total"].as_u64().unwrap() > 1);
    assert!(!answer["nextPageToken"].as_str().unwrap().is_empty());
}

/// Every violation is there and readable, and no detail is left as bytes.
fn assert_readable_violations(said: &str) {
    for wanted in [
        "page_size",
        "account_ids",
        "regions",
        "trailplane",
        "INVALID_REQUEST",
    ] {
        assert!(said.contains(wanted), "{wanted} is missing in: {said}");
    }
    assert!(!said.contains("not recognized"), "{said}");
}

#[tokio::test]
async fn grpcurl_lists_looks_up_and_reads_errors() {
    let server = Trailplane::sandbox().await;
    let services = grpcurl(&server, &[], &["list"]).await.expect_ok();
    for service in [
        "EventService",
        "TrailService",
        "AccountService",
        "OrganizationService",
        "BudgetService",
    ] {
        assert!(
            services.contains(&format!("trailplane.v1.{service}\n")),
            "{services}"
        );
    }
    assert!(services.contains("grpc.health.v1.Health\n"), "{services}");

    let described = grpcurl(&server, &[], &["describe", "trailplane.v1.EventService"]).await;
    assert!(described.expect_ok().contains("LookupEvents"));

    let page = grpcurl(&server, &["-d", r#"{"page_size": 10}"#], &[LOOKUP]).await;
    assert_ten_events(&page.expect_ok());

    let refused = grpcurl(&server, &["-d", BAD_REQUEST], &[LOOKUP])
        .await
        .expect_failure();
    assert!(refused.contains("InvalidArgument"), "{refused}");
    assert_readable_violations(&refused);
}

#[tokio::test]
async fn buf_curl_lists_looks_up_and_reads_errors() {
    let server = Trailplane::sandbox().await;
    let methods = buf_curl(&server, &["--list-methods"], "").await.expect_ok();
    assert!(methods.contains(LOOKUP), "{methods}");

    let path = format!("/{LOOKUP}");
    let page = buf_curl(&server, &["-d", r#"{"page_size": 10}"#], &path).await;
    assert_ten_events(&page.expect_ok());

    let refused = buf_curl(&server, &["-d", BAD_REQUEST], &path)
        .await
        .expect_failure();
    let refused: Value = serde_json::from_str(&refused).unwrap();
    assert_eq!(refused["code"], "invalid_argument");
    assert!(refused["message"].as_str().unwrap().contains("page_size"));
    // It shows the details as they are on the wire, in base64.
    let details = refused["details"].as_array().unwrap().iter();
    let text: Vec<String> = details
        .map(|detail| {
            let bytes = STANDARD_NO_PAD
                .decode(detail["value"].as_str().unwrap())
                .unwrap();
            String::from_utf8_lossy(&bytes).into_owned()
        })
        .collect();
    assert_readable_violations(&text.join("\n"));
}

#[tokio::test]
async fn a_python_client_needs_nothing_but_the_address() {
    let server = Trailplane::sandbox().await;
    let mut command = Command::new(python());
    command
        .arg(project().join("tests/python/grpc_client.py"))
        .arg(&server.grpc);
    let said = run(command).await.expect_ok();
    assert_eq!(said.matches("ok ").count(), 5, "{said}");
}
