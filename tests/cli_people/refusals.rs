//! Commands that get no answer: each way has its exit code, and its words.

use serde_json::json;

use super::{ask, asking};
use crate::support::{
    certificates::Authority,
    process::free_port,
    tokens::{Endpoint, Signer, Told, now, set},
    tools::run,
    trailplane::{Start, Trailplane, program},
};

#[tokio::test]
async fn a_wrong_request_ends_with_2_and_every_violation() {
    let server = Trailplane::sandbox().await;
    let output = ask(
        &server,
        &[
            "lookup",
            "--account",
            "12",
            "--ou",
            "ou-\u{1b}[31m",
            "--start",
            "200d",
        ],
    )
    .await;
    assert_eq!(output.code, Some(2), "{output:?}");
    assert_eq!(output.stdout, "");
    for part in [
        "INVALID_ARGUMENT (INVALID_REQUEST): ",
        "\n  targets.account_ids[0]: ",
        "\n  targets.organizational_units[0]: ",
    ] {
        assert!(output.stderr.contains(part), "{part}: {}", output.stderr);
    }
    assert!(!output.stderr.contains('\u{1b}'), "{}", output.stderr);
    for arguments in [
        &["lookup", "--since", "yesterday"][..],
        &["lookup", "--address", "nowhere"],
        &["lookup", "--token-file", "/nowhere"],
        &["trails", "get", "audit"],
        &["lookup", "--plaintext", "--tls"],
    ] {
        let output = ask(&server, arguments).await;
        assert_eq!(output.code, Some(2), "{arguments:?} {output:?}");
    }
}

#[tokio::test]
async fn what_is_not_there_ends_with_1() {
    let server = Trailplane::sandbox().await;
    let output = ask(&server, &["accounts", "get", "999999999999"]).await;
    assert_eq!(output.code, Some(1), "{output:?}");
    assert!(
        output.stderr.contains("NOT_FOUND (UNKNOWN_ACCOUNT)"),
        "{output:?}"
    );
}

#[tokio::test]
async fn what_a_policy_forbids_ends_with_3() {
    let directory = tempfile::tempdir().unwrap();
    let policy = r#"permit(principal, action == Action::"ListAccounts", resource);"#;
    std::fs::write(directory.path().join("a.cedar"), policy).unwrap();
    let directory = directory.path().to_str().unwrap();
    let server = Start::sandbox()
        .env("TRAILPLANE_POLICY__DIRECTORY", directory)
        .ready()
        .await;
    let output = ask(&server, &["lookup", "--account", "100000000012"]).await;
    assert_eq!(output.code, Some(3), "{output:?}");
    assert!(
        output.stderr.contains("PERMISSION_DENIED (NOT_AUTHORIZED)"),
        "{output:?}"
    );
    ask(&server, &["accounts", "list"]).await;
}

#[tokio::test]
async fn where_nobody_listens_it_ends_with_5() {
    let address = format!("127.0.0.1:{}", free_port());
    for command in [
        &["lookup"][..],
        &["tail"],
        &["trails", "list"],
        &["accounts", "list"],
        &["budgets", "watch"],
    ] {
        let mut asked = program();
        asked.args(command).args(["--address", &address]);
        let output = run(asked).await;
        assert_eq!(output.code, Some(5), "{command:?} {output:?}");
        assert!(
            output.stderr.contains(&format!("cannot reach {address}")),
            "{output:?}"
        );
    }
}

/// A socket that takes connections and never says a word.
#[tokio::test]
async fn a_silent_service_is_waited_for_until_the_timeout() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = silent.local_addr().unwrap().to_string();
    // Connected and not answered; and not even connected, as TLS is not.
    for protection in [&[][..], &["--tls"]] {
        let mut asked = program();
        asked.args(["lookup", "--timeout", "1s", "--address", &address]);
        asked.args(protection);
        let begun = std::time::Instant::now();
        let output = run(asked).await;
        assert_eq!(output.code, Some(5), "{protection:?} {output:?}");
        assert!(begun.elapsed().as_secs() < 8, "{protection:?} {output:?}");
    }
}

#[tokio::test]
async fn a_timeout_gives_what_there_is_by_then() {
    let slow = "seed: 7\nregions: [us-east-1]\ngenerate_accounts: 3\nevents: {per_hour: 20000}\n";
    let server = Start::with_scenario(slow).ready().await;
    let output = ask(
        &server,
        &["lookup", "--all", "-o", "ndjson", "--timeout", "4s"],
    )
    .await;
    // Either the service ended it with a summary, or its deadline came after events.
    assert!(
        matches!(output.code, Some(4 | 5)),
        "{:?} {}",
        output.code,
        output.stderr
    );
    assert!(output.stdout.lines().count() > 10, "{}", output.stderr);
    // The deadline came, or the next turn would have come after it.
    let why = ["DEADLINE_EXCEEDED", "BUDGET_EXHAUSTED"];
    assert!(
        why.iter().any(|reason| output.stderr.contains(reason)),
        "{}",
        output.stderr
    );
}

#[tokio::test]
async fn tls_and_tokens_are_shown_and_proved() {
    let (ca, stranger) = (Authority::new(), Authority::new());
    ca.issue(
        "server",
        "IP:127.0.0.1,DNS:localhost,DNS:trailplane.example.org",
    );
    ca.issue("reader", "URI:spiffe://example.org/reader");
    let key = Signer::new("first");
    let keys = Endpoint::start(Told::Documents(vec![("/keys", set(&[&key]))])).await;
    let issuers = json!([{
        "name": "corp", "issuer": "https://issuer.example.org", "audiences": ["trailplane"],
        "algorithms": ["ES256"], "jwks_url": format!("{}/keys", keys.url),
    }]);
    let server = Start::sandbox()
        .env("TRAILPLANE_GRPC__TLS__CERT_FILE", &ca.file("server.pem"))
        .env("TRAILPLANE_GRPC__TLS__KEY_FILE", &ca.file("server.key"))
        .env("TRAILPLANE_GRPC__TLS__CLIENT_CA_FILE", &ca.file("ca.pem"))
        .env("TRAILPLANE_GRPC__TLS__CLIENT_AUTH", "optional")
        .env("TRAILPLANE_GRPC__TOKENS__ISSUERS", &issuers.to_string())
        .ready()
        .await;
    crate::transport::until_status(&server.admin, "token keys", true, "corp: 1 keys").await;
    let claims = json!({
        "iss": "https://issuer.example.org", "sub": "reader", "aud": "trailplane", "exp": now() + 600,
    });
    let token = key.token(&claims);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    std::fs::write(&file, format!("{token}\n")).unwrap();
    let (file, trusted) = (file.to_str().unwrap(), ca.file("ca.pem"));
    let (certificate, own_key) = (ca.file("reader.pem"), ca.file("reader.key"));
    let foreign = stranger.file("ca.pem");

    for (more, code) in [
        (&["--tls-ca", &trusted, "--token-file", file][..], 0),
        (
            &[
                "--tls-ca",
                &trusted,
                "--tls-cert",
                &certificate,
                "--tls-key",
                &own_key,
            ],
            0,
        ),
        (
            &[
                "--tls-ca",
                &trusted,
                "--token-file",
                file,
                "--tls-server-name",
                "trailplane.example.org",
            ],
            0,
        ),
        (&["--tls-ca", &trusted], 3),
        (
            &[
                "--tls-ca",
                &trusted,
                "--token-file",
                file,
                "--tls-server-name",
                "other.example.org",
            ],
            5,
        ),
        (&["--tls-ca", &foreign, "--token-file", file], 5),
        (&["--tls", "--token-file", file], 5),
        (&["--token-file", file], 5),
    ] {
        let output = ask(&server, &[&["accounts", "list"], more].concat()).await;
        assert_eq!(output.code, Some(code), "{more:?} {output:?}");
        assert!(!format!("{output:?}").contains(&token), "{more:?}");
    }
    let mut from_variable = asking(&server, &["accounts", "list", "--tls-ca", &trusted]);
    from_variable.env("TRAILPLANE_TOKEN", &token);
    run(from_variable).await.expect_ok();
}

/// The address is one of documentation: nothing is sent there, as the arguments are refused first.
#[tokio::test]
async fn a_token_is_never_sent_in_plaintext_beyond_this_machine() {
    let mut command = program();
    command.args(["lookup", "--plaintext", "--address", "192.0.2.1:50051"]);
    command.env("TRAILPLANE_TOKEN", "secret-of-mine");
    let output = run(command).await;
    assert_eq!(output.code, Some(2), "{output:?}");
    assert!(
        output.stderr.contains("--plaintext") && !output.stderr.contains("secret-of-mine"),
        "{output:?}"
    );
}
