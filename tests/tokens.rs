//! Callers who come with bearer tokens: the real program over TLS, with an issuer on a socket.

mod issuers;

use std::process::Command;

use serde_json::{Value, json};
use tonic::{Code, Status};
use tonic_types::StatusExt;

use crate::{
    support::{
        certificates::Authority,
        process::http_get,
        tokens::{Endpoint, Signer, Told, now, set},
        tools::{Output, run, tool},
        trailplane::{Start, Trailplane},
    },
    transport::client::{ACCOUNTS, Client, HEALTH},
};

const ISSUER: &str = "https://issuer.example.org";
const LOOKUP: &str = "/trailplane.v1.EventService/LookupEvents";

/// A CA with a certificate for the server and one for a caller.
fn authority() -> Authority {
    let ca = Authority::new();
    ca.issue("server", "IP:127.0.0.1,DNS:localhost");
    ca.issue("reader", "URI:spiffe://example.org/reader");
    ca
}

/// The sandbox by TLS, for callers with tokens of these issuers.
fn start(ca: &Authority, issuers: &Value) -> Start {
    Start::sandbox()
        .env("TRAILPLANE_GRPC__TLS__CERT_FILE", &ca.file("server.pem"))
        .env("TRAILPLANE_GRPC__TLS__KEY_FILE", &ca.file("server.key"))
        .env("TRAILPLANE_GRPC__TOKENS__ISSUERS", &issuers.to_string())
}

fn corp(keys: &Endpoint) -> Value {
    let url = format!("{}/keys", keys.url);
    json!([{
        "name": "corp", "issuer": ISSUER, "audiences": ["trailplane"],
        "algorithms": ["ES256"], "jwks_url": url, "groups_claim": "groups",
    }])
}

fn told(signers: &[&Signer]) -> Told {
    Told::Documents(vec![("/keys", set(signers))])
}

fn claims() -> Value {
    json!({"iss": ISSUER, "sub": "reader", "aud": "trailplane", "exp": now() + 600, "groups": ["ops"]})
}

fn with(name: &str, value: impl Into<Value>) -> Value {
    let mut claims = claims();
    claims[name] = value.into();
    claims
}

fn bearer(token: &str) -> [String; 1] {
    [format!("Bearer {token}")]
}

/// The reason of a status, and the check that failed.
fn reason(status: &Status) -> (String, String) {
    let details = status.get_error_details();
    let info = details.error_info().unwrap();
    let check = info.metadata.get("check").cloned().unwrap_or_default();
    (info.reason.clone(), check)
}

async fn grpcurl(server: &Trailplane, ca: &Authority, more: &[&str], method: &str) -> Output {
    let mut command = Command::new(tool("bin/grpcurl"));
    command.args(["-max-time", "60", "-cacert", &ca.file("ca.pem")]);
    command.args(more).arg(&server.grpc).arg(method);
    run(command).await
}

/// Waits until the keys of all issuers are read, or are not.
async fn until_keys(server: &Trailplane, ok: bool, part: &str) {
    crate::transport::until_status(&server.admin, "token keys", ok, part).await;
}

#[tokio::test]
async fn a_verified_token_is_who_calls_and_without_one_nobody_does() {
    let (ca, key) = (authority(), Signer::new("first"));
    let keys = Endpoint::start(told(&[&key])).await;
    // Whatever is logged, by whichever library, no token is.
    let server = start(&ca, &corp(&keys))
        .env("TRAILPLANE_LOG__FILTER", "trace")
        .ready()
        .await;
    until_keys(&server, true, "corp: 1 keys").await;
    let token = key.token(&claims());
    let header = format!("authorization: Bearer {token}");
    let method = "trailplane.v1.AccountService/ListAccounts";
    let said = grpcurl(&server, &ca, &["-H", &header], method)
        .await
        .expect_ok();
    assert!(said.contains("accountId"), "{said}");
    let said = grpcurl(&server, &ca, &[], method).await.expect_failure();
    assert!(said.contains("must know who calls"), "{said}");
    let said = grpcurl(&server, &ca, &["-H", &header], "list").await;
    assert!(said.expect_ok().contains("trailplane.v1.EventService"));

    let mut nobody = Client::connect(&server.grpc, &ca, None).await.unwrap();
    assert_eq!(nobody.call(HEALTH).await.unwrap(), Code::Ok);
    let refused = nobody.call_with(ACCOUNTS, &[]).await.unwrap();
    assert_eq!(refused.code(), Code::Unauthenticated);
    assert_eq!(reason(&refused).0, "CREDENTIALS_MISSING");

    let output = server.process.output();
    let line = output.lines().find(|line| line.contains("corp:reader"));
    assert!(line.unwrap().contains("ListAccounts"), "{line:?}");
    assert!(!output.contains(&token), "the token is in the log");
    assert_eq!(keys.asked(), ["/keys"]);
}

#[tokio::test]
async fn what_proves_nothing_is_refused_by_name_and_spends_nothing() {
    let (ca, key, other) = (authority(), Signer::new("first"), Signer::new("first"));
    let keys = Endpoint::start(told(&[&key])).await;
    let server = start(&ca, &corp(&keys)).ready().await;
    until_keys(&server, true, "").await;
    let mut client = Client::connect(&server.grpc, &ca, None).await.unwrap();
    let good = key.token(&claims());
    let headed = |header: Value| key.token_with(&header, &claims());
    for (token, check) in [
        (key.token(&with("exp", now() - 11)), "expired"),
        (key.token(&with("nbf", now() + 60)), "not_yet"),
        (key.token(&with("aud", "other")), "audience"),
        (
            key.token(&with("iss", "https://other.example.org")),
            "issuer",
        ),
        (key.token(&with("sub", "a b")), "subject"),
        (other.token(&claims()), "signature"),
        (headed(json!({"alg": "none"})), "algorithm"),
        (headed(json!({"alg": "HS256", "kid": "first"})), "algorithm"),
        (headed(json!({"alg": "ES384", "kid": "first"})), "algorithm"),
        (headed(json!({"alg": "ES256", "kid": "unknown"})), "key"),
        (
            headed(json!({"alg": "ES256", "kid": "first", "crit": ["x"]})),
            "malformed",
        ),
        (good[..good.len() - 6].to_owned(), "signature"),
        ("x".repeat(100), "malformed"),
    ] {
        let refused = client.call_with(LOOKUP, &bearer(&token)).await.unwrap();
        assert_eq!(
            refused.code(),
            Code::Unauthenticated,
            "{check}: {refused:?}"
        );
        let expected = ("CREDENTIALS_INVALID".to_owned(), check.to_owned());
        assert_eq!(reason(&refused), expected);
    }
    let header = |value: &str| value.to_owned();
    for (headers, check) in [
        (vec![header("Basic YTpi")], "scheme"),
        (
            vec![bearer(&good)[0].clone(), bearer(&good)[0].clone()],
            "several",
        ),
    ] {
        let refused = client.call_with(LOOKUP, &headers).await.unwrap();
        assert_eq!(reason(&refused).1, check);
    }
    let lookups = "rpc_client_call_duration_seconds_count{rpc_method=\"LookupEvents\"";
    let (_, metrics) = http_get(&server.admin, "/metrics").await.unwrap();
    assert!(!metrics.contains(lookups), "{metrics}");
    // Each was counted and logged; the server is well, and spends for who may.
    let line = metrics.lines().find(|line| {
        line.starts_with("rpc_server_call_duration_seconds_count")
            && line.contains("UNAUTHENTICATED")
    });
    assert!(line.unwrap().ends_with(" 15"), "{line:?}");
    let served = client.call_with(LOOKUP, &bearer(&good)).await.unwrap();
    assert_eq!(served.code(), Code::Ok);
    let (_, metrics) = http_get(&server.admin, "/metrics").await.unwrap();
    assert!(metrics.contains(lookups), "{metrics}");
}

#[tokio::test]
async fn beside_a_certificate_the_token_is_who_calls_and_a_bad_one_is_not_made_good() {
    let (ca, key) = (authority(), Signer::new("first"));
    let keys = Endpoint::start(told(&[&key])).await;
    let server = start(&ca, &corp(&keys))
        .env("TRAILPLANE_GRPC__TLS__CLIENT_CA_FILE", &ca.file("ca.pem"))
        .env("TRAILPLANE_GRPC__TLS__CLIENT_AUTH", "optional")
        .ready()
        .await;
    until_keys(&server, true, "").await;
    let own = Some((&ca, "reader"));
    let mut both = Client::connect(&server.grpc, &ca, own).await.unwrap();
    let mut nobody = Client::connect(&server.grpc, &ca, None).await.unwrap();
    let good = bearer(&key.token(&with("sub", "both")));
    let bad = bearer(&key.token(&with("aud", "other")));
    for (certificate, authorization, code) in [
        (true, &good[..], Code::Ok),
        (true, &[], Code::Ok),
        (true, &bad, Code::Unauthenticated),
        (false, &good, Code::Ok),
        (false, &[], Code::Unauthenticated),
    ] {
        let client = match certificate {
            true => &mut both,
            false => &mut nobody,
        };
        let status = client.call_with(ACCOUNTS, authorization).await.unwrap();
        assert_eq!(status.code(), code, "{status:?}");
    }
    let output = server.process.output();
    let callers: Vec<&str> = output
        .lines()
        .filter(|line| line.contains("ListAccounts"))
        .filter_map(|line| line.split("caller=").nth(1)?.split(' ').next())
        .map(|name| name.trim_matches('"'))
        .collect();
    let expected = [
        "corp:both",
        "spiffe://example.org/reader",
        // Who it was is not decided: what is known of the connection.
        "spiffe://example.org/reader",
        "corp:both",
        "anonymous@127.0.0.1",
    ];
    assert_eq!(callers, expected, "{output}");
}

#[tokio::test]
async fn reflection_answers_whom_it_is_configured_to() {
    let (ca, key) = (authority(), Signer::new("first"));
    let keys = Endpoint::start(told(&[&key])).await;
    for (reflection, strangers, known) in [
        ("public", true, true),
        ("authenticated", false, true),
        ("off", false, false),
    ] {
        let server = start(&ca, &corp(&keys))
            .env("TRAILPLANE_GRPC__REFLECTION", reflection)
            .ready()
            .await;
        until_keys(&server, true, "").await;
        let header = format!("authorization: Bearer {}", key.token(&claims()));
        for (shown, answers) in [(&[][..], strangers), (&["-H", &header], known)] {
            let said = grpcurl(&server, &ca, shown, "list").await;
            assert_eq!(said.ok, answers, "{reflection}: {said:?}");
        }
    }
}
