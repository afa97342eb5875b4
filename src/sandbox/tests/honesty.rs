use aws_sdk_cloudtrail::Client as CloudTrail;
use http_body_util::{BodyExt, Empty};
use hyper_util::rt::TokioIo;

use super::*;

/// GET, by hand: the sandbox's own endpoints are no AWS API.
pub(super) async fn get(sandbox: &Sandbox, path: &str) -> (u16, String) {
    let stream = tokio::net::TcpStream::connect(sandbox.addr())
        .await
        .unwrap();
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
        .await
        .unwrap();
    let driver = tokio::spawn(connection);
    let request = http::Request::get(path)
        .header("host", "sandbox")
        .body(Empty::<bytes::Bytes>::new())
        .unwrap();
    let response = sender.send_request(request).await.unwrap();
    let status = response.status().as_u16();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    driver.abort();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

#[tokio::test]
async fn a_quota_is_kept_by_account_region_and_operation() {
    let mut scenario = Scenario::uniform(2, 2, 100.0, Duration::ZERO);
    scenario
        .quotas
        .per_second
        .insert("LookupEvents".to_owned(), 0.01);
    scenario.quotas.model = QuotaModel::TokenBucket { depth: Some(2.0) };
    let sandbox = sandbox(scenario).await;
    let outcomes = async |config: &aws_config::SdkConfig| {
        let client = CloudTrail::new(config);
        let mut outcomes = Vec::new();
        for _ in 0..3 {
            outcomes.push(
                client
                    .lookup_events()
                    .send()
                    .await
                    .map_or_else(|e| code(&e), |_| "OK".to_owned()),
            );
        }
        outcomes
    };
    for region in ["us-east-1", "us-west-2"] {
        let config = sdk(&sandbox, region, hub()).await;
        assert_eq!(outcomes(&config).await, ["OK", "OK", "ThrottlingException"]);
        assert!(
            CloudTrail::new(&config)
                .describe_trails()
                .send()
                .await
                .is_ok()
        );
    }
    let member = member_sdk(&sandbox, "300000000001", "us-east-1").await;
    assert_eq!(outcomes(&member).await, ["OK", "OK", "ThrottlingException"]);
    let summary = sandbox.summary();
    assert_eq!((summary.throttles, summary.by_api["LookupEvents"]), (3, 9));
    let bucket = summary
        .buckets
        .iter()
        .find(|b| b.api == "LookupEvents")
        .unwrap();
    assert_eq!((bucket.attempts, bucket.throttles), (3, 1));
    assert_eq!(
        (
            sandbox.ledger().calls("LookupEvents"),
            sandbox.ledger().throttles()
        ),
        (9, 3)
    );
}

#[tokio::test]
async fn faults_strike_where_they_are_told_to() {
    let fault =
        |effect: Effect, region: &str| Fault::new(effect).on("LookupEvents").in_region(region);
    let internal = Effect::Error {
        code: "InternalFailure".to_owned(),
        status: 500,
        probability: 1.0,
    };
    let mut scenario = Scenario::uniform(2, 6, 100.0, Duration::ZERO);
    scenario.faults = vec![
        fault(Effect::Denied, "us-west-2"),
        fault(Effect::DeniedByPolicy, "eu-west-1"),
        fault(internal, "ap-southeast-2"),
        fault(Effect::Reset { probability: 1.0 }, "us-east-2"),
        fault(Effect::Hang, "us-west-1"),
        Fault::new(Effect::Denied)
            .on("STS")
            .for_account("generated-0001"),
    ];
    let sandbox = sandbox(scenario).await;
    let ask = async |region: &str| {
        let config = sdk(&sandbox, region, hub()).await;
        CloudTrail::new(&config).lookup_events().send().await
    };
    assert!(ask("us-east-1").await.is_ok());
    let message =
        |error: &aws_smithy_runtime_api::client::result::SdkError<_, _>| format!("{error:?}");
    let denied = ask("us-west-2").await.unwrap_err();
    assert_eq!(code(&denied), "AccessDeniedException");
    assert!(!message(&denied).contains("service control policy"));
    let denied = ask("eu-west-1").await.unwrap_err();
    assert!(message(&denied).contains("explicit deny in a service control policy"));
    assert_eq!(
        code(&ask("ap-southeast-2").await.unwrap_err()),
        "InternalFailure"
    );
    assert!(
        ask("us-east-2")
            .await
            .unwrap_err()
            .as_service_error()
            .is_none()
    );
    assert!(
        tokio::time::timeout(Duration::from_millis(300), ask("us-west-1"))
            .await
            .is_err()
    );
    let sts = aws_sdk_sts::Client::new(&hub_sdk(&sandbox).await);
    assert_eq!(
        code(&assume(&sts, "300000000001").send().await.unwrap_err()),
        "AccessDenied"
    );
    let outcome = |region: &str| {
        let attempts = sandbox.ledger().attempts();
        attempts
            .iter()
            .find(|a| &*a.region == region && a.api == "LookupEvents")
            .unwrap()
            .outcome
            .to_string()
    };
    assert_eq!(outcome("us-east-2"), "ConnectionReset");
    assert_eq!(outcome("eu-west-1"), "AccessDeniedException");
}

#[tokio::test]
async fn calls_take_as_long_as_the_scenario_says() {
    let sandbox = sandbox(Scenario::uniform(1, 1, 100.0, Duration::from_millis(200))).await;
    let client = CloudTrail::new(&hub_sdk(&sandbox).await);
    let before = std::time::Instant::now();
    client.lookup_events().send().await.unwrap();
    assert!(before.elapsed() >= Duration::from_millis(200));
}

#[tokio::test]
async fn a_session_can_end_sooner_than_it_says() {
    let hand = ManualClock::at(Timestamp::from_seconds(1_795_000_000));
    let cap = Effect::SessionCap {
        seconds: 2,
        told: false,
    };
    let sandbox = sandbox_at(
        Scenario::default().with_fault(Fault::new(cap)),
        Clock::manual(&hand),
    )
    .await;
    let config = member_sdk(&sandbox, "100000000012", "us-east-1").await;
    let client = CloudTrail::new(&config);
    assert!(client.describe_trails().send().await.is_ok());
    hand.advance(Duration::from_secs(2));
    assert_eq!(
        code(&client.describe_trails().send().await.unwrap_err()),
        "ExpiredTokenException"
    );
}

#[tokio::test]
async fn the_ledger_can_be_read_over_http() {
    let sandbox = sandbox(Scenario::default()).await;
    member_sdk(&sandbox, "100000000012", "us-east-1").await;
    assert_eq!(get(&sandbox, "/_sandbox/health").await.0, 200);
    let (_, lines) = get(&sandbox, "/_sandbox/ledger?api=AssumeRole").await;
    let attempts: Vec<serde_json::Value> = lines
        .lines()
        .map(|l| serde_json::from_str(l).unwrap())
        .collect();
    assert_eq!(attempts.len(), 1);
    assert_eq!(attempts[0]["principal"], HUB_USER);
    assert_eq!(attempts[0]["outcome"], "OK");
    assert_eq!(
        get(&sandbox, "/_sandbox/ledger?api=LookupEvents").await.1,
        ""
    );
    let (_, summary) = get(&sandbox, "/_sandbox/summary").await;
    let summary: serde_json::Value = serde_json::from_str(&summary).unwrap();
    assert_eq!(summary["by_api"]["AssumeRole"], 1);
    assert_eq!(get(&sandbox, "/_sandbox/ledger?acount=1").await.0, 400);
    assert_eq!(get(&sandbox, "/_sandbox/nothing").await.0, 404);
}

#[tokio::test]
async fn what_must_be_found_can_be_asked_over_http() {
    let now = Timestamp::from_seconds(1_795_000_000);
    let sandbox = sandbox_at(Scenario::default(), Clock::frozen(now)).await;
    let ask = async |query: &str| {
        let (status, body) = get(&sandbox, &format!("/_sandbox/expect?{query}")).await;
        assert_eq!(status, 200, "{body}");
        serde_json::from_str::<serde_json::Value>(&body).unwrap()
    };
    let key = Incident::ACCESS_KEY_ID;
    let found = ask(&format!("attribute=AccessKeyId&value={key}")).await;
    // 50 accounts less the suspended one, in 4 Regions, less the disabled one.
    assert_eq!(found["cells"], 49 * 4 - 1);
    let denied = u64::from(Incident::DENIED_PER_REGION) * 4;
    assert_eq!(found["count"], denied + 6);
    let cell = "account=100000000012&region=eu-west-1&start=1794990000&end=1795000000";
    let (account, region) = (
        "100000000012".parse().unwrap(),
        "eu-west-1".parse().unwrap(),
    );
    let window = TimeWindow::new(Timestamp::from_seconds(1_794_990_000), now).unwrap();
    assert_eq!(
        ask(cell).await["count"],
        sandbox.count(account, &region, window, None).unwrap()
    );
    assert_eq!(
        get(&sandbox, "/_sandbox/expect?attribute=EventName")
            .await
            .0,
        400
    );
}

#[tokio::test]
async fn shutting_down_closes_the_socket() {
    let sandbox = sandbox(Scenario::blank()).await;
    let addr = sandbox.addr();
    sandbox.shutdown().await;
    assert!(tokio::net::TcpStream::connect(addr).await.is_err());
}
