//! S3, SNS, KMS, IAM and CloudWatch Logs: by hand, to see what is on the wire, and by the SDK's clients.

mod sdk_client;

use http::{Method, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper_util::rt::TokioIo;

use super::*;

const MANAGEMENT: &str = "100000000001";
const MEMBER: &str = "200000000001";

/// Two accounts with a key each, in two Regions.
fn scenario(resources: &str) -> Scenario {
    let keys = [MANAGEMENT, MEMBER]
        .map(|id| format!("{{access_key_id: AKIA{id}TEST, account: '{id}', user: test}}"));
    let text = format!(
        "regions: [us-east-1, eu-west-1]
organization: {{service_linked_role: false}}
accounts: [{{id: '{MEMBER}', name: member}}]
keys: [{}]
resources: {{{resources}}}",
        keys.join(", ")
    );
    Scenario::from_yaml(&text).unwrap()
}

/// A request, but for who signs it.
struct Ask {
    service: &'static str,
    region: &'static str,
    method: Method,
    path: String,
    target: Option<&'static str>,
    body: String,
}

fn s3(method: Method, path: &str, region: &'static str) -> Ask {
    Ask {
        service: "s3",
        region,
        method,
        path: path.to_owned(),
        target: None,
        body: String::new(),
    }
}

fn query(service: &'static str, region: &'static str, body: &str) -> Ask {
    Ask {
        service,
        region,
        method: Method::POST,
        path: "/".to_owned(),
        target: None,
        body: body.to_owned(),
    }
}

fn json(service: &'static str, target: &'static str, body: &str) -> Ask {
    Ask {
        target: Some(target),
        ..query(service, "us-east-1", body)
    }
}

/// What came back: status, the bucket's Region, body.
type Said = (StatusCode, Option<String>, String);

async fn send(sandbox: &Sandbox, key: &str, ask: Ask) -> Said {
    let stream = tokio::net::TcpStream::connect(sandbox.addr())
        .await
        .unwrap();
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
        .await
        .unwrap();
    let driver = tokio::spawn(connection);
    let authorization = format!(
        "AWS4-HMAC-SHA256 Credential={key}/20270101/{}/{}/aws4_request, SignedHeaders=host, Signature={}",
        ask.region,
        ask.service,
        "0".repeat(64)
    );
    let mut request = http::Request::builder()
        .method(ask.method)
        .uri(ask.path)
        .header("host", "sandbox")
        .header("authorization", authorization);
    if let Some(target) = ask.target {
        request = request.header("x-amz-target", target);
    }
    let body = Full::new(bytes::Bytes::from(ask.body));
    let response = sender
        .send_request(request.body(body).unwrap())
        .await
        .unwrap();
    let region = response.headers().get("x-amz-bucket-region");
    let region = region.map(|v| v.to_str().unwrap().to_owned());
    let status = response.status();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    driver.abort();
    (status, region, String::from_utf8(body.to_vec()).unwrap())
}

async fn by(sandbox: &Sandbox, account: &str, ask: Ask) -> Said {
    send(sandbox, &format!("AKIA{account}TEST"), ask).await
}

/// One call of each service.
fn one_of_each() -> [Ask; 5] {
    [
        s3(Method::GET, "/logs?policy", "us-east-1"),
        query(
            "sns",
            "us-east-1",
            &format!(
                "Action=GetTopicAttributes&TopicArn=arn%3Aaws%3Asns%3Aus-east-1%3A{MANAGEMENT}%3Anews"
            ),
        ),
        json(
            "kms",
            "TrentService.DescribeKey",
            r#"{"KeyId": "alias/trails"}"#,
        ),
        query(
            "iam",
            "us-east-1",
            "Action=GetRole&RoleName=CloudTrailToLogs",
        ),
        json(
            "logs",
            "Logs_20140328.DescribeLogGroups",
            r#"{"logGroupNamePrefix": "trails"}"#,
        ),
    ]
}

#[tokio::test]
async fn a_bucket_answers_its_owner_in_its_region_and_tells_everybody_where_it_is() {
    let rules = format!("buckets: [{{name: far, account: '{MEMBER}', region: eu-west-1}}]");
    let sandbox = sandbox(scenario(&rules)).await;
    let ask = async |account, method, path, region| {
        let (status, place, body) = by(&sandbox, account, s3(method, path, region)).await;
        assert_eq!(place.as_deref(), Some("eu-west-1"));
        (status.as_u16(), body)
    };
    let (status, body) = ask(MEMBER, Method::GET, "/far?policy", "us-east-1").await;
    assert_eq!(status, 301);
    assert!(body.contains("<Code>PermanentRedirect</Code>"), "{body}");
    let (status, body) = ask(MEMBER, Method::GET, "/far?location", "us-east-1").await;
    assert_eq!(status, 200);
    assert!(body.contains(">eu-west-1</LocationConstraint>"), "{body}");
    let (status, body) = ask(MEMBER, Method::GET, "/far/?policy&x-id=1", "eu-west-1").await;
    assert_eq!(status, 200);
    assert!(body.contains(&format!("far/AWSLogs/{MEMBER}/*")), "{body}");
    let (status, body) = ask(MANAGEMENT, Method::GET, "/far?policy", "eu-west-1").await;
    assert_eq!(status, 403);
    assert!(body.contains("<Code>AccessDenied</Code>"), "{body}");
    let (status, body) = ask(MANAGEMENT, Method::HEAD, "/far", "eu-west-1").await;
    assert_eq!((status, body.as_str()), (403, ""));
}

#[tokio::test]
async fn a_policy_of_the_scenario_is_shown_as_it_is() {
    let policy = r#"{"Statement":[],"Version":"2012-10-17"}"#;
    let rules = format!(
        "buckets: [{{name: logs, policy: '{policy}'}}], topics: [{{name: news, policy: '{policy}'}}], \
         kms_keys: [{{id: k, policy: '{policy}'}}], roles: [{{name: r, trust: '{policy}', policy: {policy}}}]"
    );
    let sandbox = sandbox(scenario(&rules)).await;
    let [bucket, topic, ..] = one_of_each();
    let key = r#"{"KeyId": "k", "PolicyName": "default"}"#;
    let role = |action: &str| {
        query(
            "iam",
            "us-east-1",
            &format!("Action={action}&RoleName=r&PolicyName=logs"),
        )
    };
    let encoded = "%7B%22Statement%22%3A%5B%5D%2C%22Version%22%3A%222012-10-17%22%7D";
    for (ask, shown) in [
        (bucket, policy.to_owned()),
        (topic, policy.replace('"', "&quot;")),
        (
            json("kms", "TrentService.GetKeyPolicy", key),
            policy.replace('"', "\\\""),
        ),
        (role("GetRole"), encoded.to_owned()),
        (role("GetRolePolicy"), encoded.to_owned()),
    ] {
        let (status, _, body) = by(&sandbox, MANAGEMENT, ask).await;
        assert_eq!(status, 200, "{body}");
        assert!(body.contains(&shown), "{body}");
    }
}

#[tokio::test]
async fn quota_faults_and_identity_hold_for_each_service_in_its_own_words() {
    let refusals = [
        ("SlowDown", "AccessDenied", "InvalidAccessKeyId"),
        ("Throttling", "AuthorizationError", "InvalidClientTokenId"),
        (
            "ThrottlingException",
            "AccessDeniedException",
            "UnrecognizedClientException",
        ),
        ("Throttling", "AccessDenied", "InvalidClientTokenId"),
        (
            "ThrottlingException",
            "AccessDeniedException",
            "UnrecognizedClientException",
        ),
    ];
    let services = ["S3", "SNS", "KMS", "IAM", "CloudWatch Logs"];
    let mut throttling = scenario("");
    throttling.quotas.per_second = services.map(|name| (name.to_owned(), 0.01)).into();
    let mut denying = scenario("");
    for service in services {
        denying = denying.with_fault(Fault::new(Effect::Denied).on(service));
    }
    let (throttling, denying) = (sandbox(throttling).await, sandbox(denying).await);
    for ask in one_of_each() {
        assert_eq!(by(&throttling, MANAGEMENT, ask).await.0, StatusCode::OK);
    }
    let asks = one_of_each()
        .into_iter()
        .zip(one_of_each())
        .zip(one_of_each());
    for (((again, denied), unknown), words) in asks.zip(refusals) {
        let (status, _, body) = by(&throttling, MANAGEMENT, again).await;
        assert!(!status.is_success() && body.contains(words.0), "{body}");
        let (_, _, body) = by(&denying, MANAGEMENT, denied).await;
        assert!(body.contains(words.1), "{body}");
        let (_, _, body) = send(&denying, "AKIANOBODYKNOWSTHIS0", unknown).await;
        assert!(body.contains(words.2), "{body}");
    }
    let attempts = throttling.ledger().attempts();
    let told: Vec<_> = attempts.iter().map(|a| (a.api, &*a.outcome)).collect();
    assert_eq!(told.len(), 10);
    assert_eq!(told[0], ("GetBucketPolicy", "OK"));
    assert_eq!(told[9], ("DescribeLogGroups", "ThrottlingException"));
}

#[tokio::test]
async fn the_service_linked_role_comes_with_the_first_delegation() {
    let sandbox = sandbox(scenario("")).await;
    let role = |region| {
        query(
            "iam",
            region,
            "Action=GetRole&RoleName=AWSServiceRoleForCloudTrail",
        )
    };
    let (status, _, body) = by(&sandbox, MANAGEMENT, role("us-east-1")).await;
    assert_eq!(status, 404);
    assert!(body.contains("<Code>NoSuchEntity</Code>"), "{body}");
    let target =
        "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.RegisterOrganizationDelegatedAdmin";
    let register = json(
        "cloudtrail",
        target,
        &format!("{{\"MemberAccountId\": \"{MEMBER}\"}}"),
    );
    assert_eq!(by(&sandbox, MANAGEMENT, register).await.0, StatusCode::OK);
    let (status, _, body) = by(&sandbox, MANAGEMENT, role("us-east-1")).await;
    assert_eq!(status, 200);
    let arn = format!(
        ":{MANAGEMENT}:role/aws-service-role/cloudtrail.amazonaws.com/AWSServiceRoleForCloudTrail<"
    );
    assert!(body.contains(&arn), "{body}");
    assert_eq!(
        by(&sandbox, MEMBER, role("us-east-1")).await.0,
        StatusCode::NOT_FOUND
    );
    // IAM is in one Region.
    let (_, _, body) = by(&sandbox, MANAGEMENT, role("eu-west-1")).await;
    assert!(body.contains("SignatureDoesNotMatch"), "{body}");
}

#[tokio::test]
async fn keys_and_topics_are_of_one_region_and_one_account() {
    let sandbox = sandbox(scenario("")).await;
    let key = |arn: &str| {
        json(
            "kms",
            "TrentService.DescribeKey",
            &format!("{{\"KeyId\": \"{arn}\"}}"),
        )
    };
    let topic = |place: &str| {
        query(
            "sns",
            "us-east-1",
            &format!("Action=GetTopicAttributes&TopicArn=arn:aws:sns:{place}:news"),
        )
    };
    for (ask, code) in [
        (
            key(&format!("arn:aws:kms:eu-west-1:{MANAGEMENT}:key/1")),
            "NotFoundException",
        ),
        (
            key(&format!("arn:aws:kms:us-east-1:{MEMBER}:key/1")),
            "AccessDeniedException",
        ),
        (
            json(
                "kms",
                "TrentService.GetKeyPolicy",
                r#"{"KeyId": "alias/x"}"#,
            ),
            "NotFoundException",
        ),
        (
            topic(&format!("eu-west-1:{MANAGEMENT}")),
            "<Code>InvalidParameter</Code>",
        ),
        (
            topic(&format!("us-east-1:{MEMBER}")),
            "<Code>AuthorizationError</Code>",
        ),
    ] {
        let (status, _, body) = by(&sandbox, MANAGEMENT, ask).await;
        assert!(status.is_client_error() && body.contains(code), "{body}");
    }
}
