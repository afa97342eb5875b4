//! Issuers that change their keys, fail, or are asked for more than they have.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::*;

/// Calls until the code is this, for thirty seconds at most. How many calls that took.
async fn until_code(client: &mut Client, token: &str, code: Code) -> usize {
    let end = Instant::now() + Duration::from_secs(30);
    for calls in 1.. {
        let status = client.call_with(ACCOUNTS, &bearer(token)).await.unwrap();
        if status.code() == code {
            return calls;
        }
        assert!(Instant::now() < end, "{status:?}");
        sleep(Duration::from_millis(20)).await;
    }
    unreachable!()
}

#[tokio::test]
async fn a_new_key_is_found_by_the_first_token_that_names_it_and_strangers_do_not_hammer() {
    let (ca, first, second) = (authority(), Signer::new("first"), Signer::new("second"));
    let keys = Endpoint::start(told(&[&first])).await;
    let server = start(&ca, &corp(&keys)).ready().await;
    until_keys(&server, true, "corp: 1 keys").await;
    let began = Instant::now();
    let mut client = Client::connect(&server.grpc, &ca, None).await.unwrap();
    // Many tokens with keys that nobody has, before the issuer may be asked again.
    for id in 0..200 {
        let token = Signer::token_with(
            &first,
            &json!({"alg": "ES256", "kid": id.to_string()}),
            &claims(),
        );
        let status = client.call_with(ACCOUNTS, &bearer(&token)).await.unwrap();
        assert_eq!(reason(&status).1, "key");
    }
    // One more reading at most, if this machine took longer than ten seconds for them.
    assert!(keys.asked().len() <= 1 + usize::from(began.elapsed().as_secs() >= 9));
    // The issuer rotates.
    keys.tell(told(&[&first, &second]));
    let calls = until_code(&mut client, &second.token(&claims()), Code::Ok).await;
    let asked = keys.asked().len();
    assert!(
        calls > asked && asked <= 4,
        "{asked} readings, {calls} calls"
    );
    let old = client
        .call_with(ACCOUNTS, &bearer(&first.token(&claims())))
        .await;
    assert_eq!(old.unwrap().code(), Code::Ok);
    until_keys(&server, true, "corp: 2 keys").await;
}

#[tokio::test]
async fn without_keys_nothing_is_said_of_a_token_and_keys_outlive_their_issuers_failure() {
    let (ca, key) = (authority(), Signer::new("first"));
    let keys = Endpoint::start(Told::Status(500)).await;
    let server = start(&ca, &corp(&keys))
        .env("TRAILPLANE_GRPC__TOKENS__REFRESH_INTERVAL", "10s")
        .ready()
        .await;
    until_keys(&server, false, "its tokens cannot be verified").await;
    let mut client = Client::connect(&server.grpc, &ca, None).await.unwrap();
    let token = key.token(&claims());
    let status = client.call_with(ACCOUNTS, &bearer(&token)).await.unwrap();
    assert_eq!(status.code(), Code::Unavailable);
    assert_eq!(reason(&status).0, "KEYS_UNAVAILABLE");
    assert!(status.get_error_details().retry_info().is_some());
    // Another issuer's token is refused all the same.
    let foreign = key.token(&with("iss", "https://other.example.org"));
    let status = client.call_with(ACCOUNTS, &bearer(&foreign)).await.unwrap();
    assert_eq!(status.code(), Code::Unauthenticated);
    keys.tell(told(&[&key]));
    until_code(&mut client, &token, Code::Ok).await;
    // It fails again.
    keys.tell(Told::Bytes(600 << 10));
    until_keys(&server, false, "stay in use").await;
    let status = client.call_with(ACCOUNTS, &bearer(&token)).await.unwrap();
    assert_eq!(status.code(), Code::Ok);
    let (_, metrics) = http_get(&server.admin, "/metrics").await.unwrap();
    let refused = "trailplane_token_keys_refused{trailplane_issuer=\"corp\"} 1";
    assert!(metrics.contains(refused), "{metrics}");
}

/// As a cluster does it: keys by discovery, from an API server that wants to know who asks.
#[tokio::test]
async fn a_service_account_of_kubernetes_calls_by_its_token() {
    let (ca, key) = (authority(), Signer::new("cluster"));
    let keys = set(&[&key]);
    let told = |url: &str| {
        let configuration = json!({
            "issuer": url, "jwks_uri": format!("{url}/openid/v1/jwks"),
            "response_types_supported": ["id_token"], "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["ES256"],
        });
        Told::Documents(vec![
            ("/.well-known/openid-configuration", configuration),
            ("/openid/v1/jwks", keys),
        ])
    };
    let api_server = Endpoint::guarded(told, &ca, "the-pods-own").await;
    let own = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(&own, "the-pods-own\n").unwrap();
    let issuers = json!([{
        "name": "kubernetes", "issuer": api_server.url, "audiences": ["trailplane"],
        "ca_file": ca.file("ca.pem"), "bearer_token_file": own.path(),
    }]);
    let server = start(&ca, &issuers).ready().await;
    until_keys(&server, true, "kubernetes: 1 keys").await;
    let claims = json!({
        "aud": ["trailplane"], "exp": now() + 3607, "iat": now(), "nbf": now(), "iss": api_server.url,
        "jti": "4b8f0f9e-7bd1-4b65-a0d5-9d9d8f1f3b75",
        "kubernetes.io": {
            "namespace": "audit", "pod": {"name": "reader-0", "uid": "2"},
            "serviceaccount": {"name": "reader", "uid": "3"}, "warnafter": now() + 3607,
        },
        "sub": "system:serviceaccount:audit:reader",
    });
    let token = key.token_with(&json!({"alg": "ES256", "kid": "cluster"}), &claims);
    let header = format!("authorization: Bearer {token}");
    let method = "trailplane.v1.AccountService/ListAccounts";
    grpcurl(&server, &ca, &["-H", &header], method)
        .await
        .expect_ok();
    let output = server.process.output();
    assert!(
        output.contains("kubernetes:system:serviceaccount:audit:reader"),
        "{output}"
    );
    assert!(!output.contains("the-pods-own"), "{output}");
    assert_eq!(
        api_server.asked(),
        ["/.well-known/openid-configuration", "/openid/v1/jwks"]
    );
}

#[tokio::test]
async fn keys_of_a_server_with_a_foreign_certificate_are_not_taken() {
    let (ca, foreign, key) = (authority(), authority(), Signer::new("cluster"));
    let told = |_: &str| told(&[&key]);
    let endpoint = Endpoint::guarded(told, &foreign, "any").await;
    let mut issuers = corp(&endpoint);
    let start = |issuers: &Value| start(&ca, issuers).ready();
    // By the CAs of the system, and by another than its own.
    let server = start(&issuers).await;
    until_keys(&server, false, "certificate").await;
    issuers[0]["ca_file"] = ca.file("ca.pem").into();
    let server = start(&issuers).await;
    until_keys(&server, false, "certificate").await;
    assert!(endpoint.asked().is_empty());
}
