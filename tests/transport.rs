//! TLS, and who calls by it: the real program, with certificates that openssl made.

pub mod client;
mod start;

use std::{process::Command, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{Instant, sleep, timeout},
};
use tonic::Code;

use crate::support::{
    certificates::{Authority, Mount},
    page::blocks,
    process::http_get,
    tools::{Output, project, run, tool},
    trailplane::{Start, Trailplane},
};

use client::{ACCOUNTS, Client, HEALTH};

const READER: &str = "spiffe://example.org/ns/audit/sa/reader";

/// A CA with a certificate for the server, `server`, and for the client above, `reader`.
fn authority() -> Authority {
    let ca = Authority::new();
    ca.issue("server", "IP:127.0.0.1,DNS:localhost");
    ca.issue("reader", &format!("URI:{READER}"));
    ca
}

/// The sandbox with the server's certificate of this CA, and with this CA for clients if they are asked.
fn start(ca: &Authority, client_auth: &str) -> Start {
    let start = Start::sandbox()
        .env("TRAILPLANE_GRPC__TLS__CERT_FILE", &ca.file("server.pem"))
        .env("TRAILPLANE_GRPC__TLS__KEY_FILE", &ca.file("server.key"))
        .env("TRAILPLANE_GRPC__TLS__CLIENT_AUTH", client_auth);
    match client_auth {
        "off" => start,
        _ => start.env("TRAILPLANE_GRPC__TLS__CLIENT_CA_FILE", &ca.file("ca.pem")),
    }
}

async fn grpcurl(server: &Trailplane, ca: &Authority, more: &[&str], method: &str) -> Output {
    let mut command = Command::new(tool("bin/grpcurl"));
    command.args(["-max-time", "60", "-cacert", &ca.file("ca.pem")]);
    command.args(more).arg(&server.grpc).arg(method);
    run(command).await
}

/// The commands of docs/security.md, run as they stand.
#[tokio::test]
async fn the_certificates_of_the_documents_work() {
    let page = std::fs::read_to_string(project().join("docs/security.md")).unwrap();
    let [make, call] = blocks(&page)[..] else {
        panic!("the commands and this test go together");
    };
    let folder = tempfile::tempdir().unwrap();
    let bash = |block: &str, grpc: &str| {
        let mut command = Command::new("bash");
        let tools = tool("bin/grpcurl").parent().unwrap().display().to_string();
        let path = std::env::var("PATH").unwrap();
        command.env("PATH", format!("{tools}:{path}"));
        command.args(["-eu", "-c", &block.replace("127.0.0.1:50051", grpc)]);
        command.current_dir(&folder);
        run(command)
    };
    bash(make, "").await.expect_ok();
    let file = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let server = Start::sandbox()
        .env("TRAILPLANE_GRPC__TLS__CERT_FILE", &file("server.crt"))
        .env("TRAILPLANE_GRPC__TLS__KEY_FILE", &file("server.key"))
        .env("TRAILPLANE_GRPC__TLS__CLIENT_CA_FILE", &file("ca.crt"))
        .ready()
        .await;
    let said = bash(call, &server.grpc).await.expect_ok();
    assert!(said.contains("accountId"), "{said}");
    assert!(server.process.output().contains(READER));
}

async fn status(admin: &str, condition: &str) -> (bool, String) {
    let (_, status) = http_get(admin, "/statusz").await.unwrap();
    let status: serde_json::Value = serde_json::from_str(&status).unwrap();
    let conditions = status["conditions"].as_array().unwrap();
    let found = conditions.iter().find(|c| c["name"] == condition);
    let found = found.unwrap_or_else(|| panic!("{status}"));
    let message = found["message"].as_str().unwrap().to_owned();
    (found["ok"].as_bool().unwrap(), message)
}

async fn metric(admin: &str, name: &str) -> Option<u64> {
    let (_, metrics) = http_get(admin, "/metrics").await.unwrap();
    let line = metrics.lines().find(|line| line.starts_with(name))?;
    line.rsplit(' ').next()?.parse().ok()
}

/// Waits until a condition of the process is so, for twenty seconds at most.
pub async fn until_status(admin: &str, condition: &str, wanted: bool, part: &str) {
    let end = Instant::now() + Duration::from_secs(20);
    loop {
        let (ok, message) = status(admin, condition).await;
        if ok == wanted && message.contains(part) {
            return;
        }
        assert!(Instant::now() < end, "{condition} stays {ok}: {message}");
        sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_verified_certificate_is_who_calls_and_no_header_is() {
    let ca = authority();
    ca.issue("plain", "");
    let server = start(&ca, "required").ready().await;
    for name in ["reader", "plain"] {
        let files = ["pem", "key"].map(|kind| ca.file(&format!("{name}.{kind}")));
        let forged = "x-forwarded-client-cert: URI=spiffe://example.org/admin";
        let with = ["-cert", &files[0], "-key", &files[1], "-H", forged];
        let method = "trailplane.v1.AccountService/ListAccounts";
        grpcurl(&server, &ca, &with, method).await.expect_ok();
    }
    let output = server.process.output();
    for name in [READER, "CN=plain,O=Example"] {
        let line = output.lines().find(|line| line.contains(name));
        assert!(line.unwrap().contains("ListAccounts"), "{output}");
    }
    assert!(!output.contains("example.org/admin"), "{output}");
    assert!(!output.contains("anonymous"), "{output}");
    assert_eq!(
        status(&server.admin, "transport").await,
        (true, "TLS".to_owned())
    );
    let not_after = metric(
        &server.admin,
        "trailplane_tls_certificate_not_after_seconds ",
    )
    .await;
    assert!(not_after.unwrap() > 1_700_000_000);
}

#[tokio::test]
async fn a_client_without_a_certificate_that_holds_does_not_come_in() {
    let (ca, foreign) = (authority(), authority());
    ca.issue_expired("expired", &format!("URI:{READER}"));
    ca.issue(
        "two",
        &format!("URI:{READER},URI:spiffe://example.org/other"),
    );
    let server = start(&ca, "required").ready().await;
    for (owner, name) in [(&foreign, "reader"), (&ca, "expired"), (&ca, "two")] {
        let refused = Client::once(&server.grpc, &ca, Some((owner, name)), HEALTH).await;
        assert!(refused.is_err(), "{name}: {refused:?}");
    }
    let refused = Client::once(&server.grpc, &ca, None, HEALTH).await;
    assert!(refused.is_err(), "{refused:?}");
    let refusals = "trailplane_rpc_server_connections_refused_total{trailplane_connection_refusal=\"certificate\"}";
    assert_eq!(metric(&server.admin, refusals).await, Some(4));
    let output = server.process.output();
    for part in [
        "certificate expired",
        "invalid peer certificate",
        "sent no certificates",
        "other URIs beside it",
    ] {
        assert!(output.contains(part), "{part}: {output}");
    }
    // The server is well.
    let served = Client::once(&server.grpc, &ca, Some((&ca, "reader")), ACCOUNTS).await;
    assert_eq!(served.unwrap(), Code::Ok);
}

#[tokio::test]
async fn where_certificates_are_optional_nothing_is_done_without_one() {
    let (ca, foreign) = (authority(), authority());
    let server = start(&ca, "optional").ready().await;
    let mut nobody = Client::connect(&server.grpc, &ca, None).await.unwrap();
    assert_eq!(nobody.call(HEALTH).await.unwrap(), Code::Ok);
    assert_eq!(nobody.call(ACCOUNTS).await.unwrap(), Code::Unauthenticated);
    let method = "trailplane.v1.AccountService/ListAccounts";
    // Not even the contract is told.
    let said = grpcurl(&server, &ca, &[], method).await.expect_failure();
    assert!(said.contains("must know who calls"), "{said}");
    let known = Client::once(&server.grpc, &ca, Some((&ca, "reader")), ACCOUNTS).await;
    assert_eq!(known.unwrap(), Code::Ok);
    let refused = Client::once(&server.grpc, &ca, Some((&foreign, "reader")), HEALTH).await;
    assert!(refused.is_err(), "{refused:?}");
    let output = server.process.output();
    assert!(output.contains("Unauthenticated"), "{output}");
}

#[tokio::test]
async fn tls_is_1_2_or_1_3_and_speaks_http2() {
    let ca = authority();
    let server = start(&ca, "off").ready().await;
    let (ca_file, grpc) = (ca.file("ca.pem"), server.grpc.clone());
    let s_client = |version: &'static str| {
        let mut command = Command::new("openssl");
        command.args(["s_client", "-connect", &grpc, "-CAfile", &ca_file]);
        command.args(["-verify_return_error", "-alpn", "h2", version]);
        // Old versions are off in OpenSSL too, unless asked for.
        command.args(["-cipher", "DEFAULT:@SECLEVEL=0"]);
        run(command)
    };
    for version in ["-tls1_2", "-tls1_3"] {
        let said = s_client(version).await.expect_ok();
        assert!(said.contains("ALPN protocol: h2"), "{said}");
    }
    s_client("-tls1_1").await.expect_failure();
    let served = Client::once(&server.grpc, &ca, None, ACCOUNTS).await;
    assert_eq!(served.unwrap(), Code::Ok);
    // Not by plaintext.
    let mut command = Command::new(tool("bin/grpcurl"));
    command.args(["-plaintext", "-max-time", "3", &server.grpc, "list"]);
    run(command).await.expect_failure();
}

#[tokio::test]
async fn new_files_are_used_without_a_restart_and_bad_ones_are_not() {
    let (first, second) = (authority(), authority());
    let of = |ca: &Authority| {
        [
            ("tls.crt", "server.pem"),
            ("tls.key", "server.key"),
            ("ca.crt", "ca.pem"),
        ]
        .map(|(name, from)| (name.to_owned(), ca.file(from)))
    };
    let files = of(&first);
    let mut mount = Mount::new(&files);
    let server = Start::sandbox()
        .env("TRAILPLANE_GRPC__TLS__CERT_FILE", &mount.file("tls.crt"))
        .env("TRAILPLANE_GRPC__TLS__KEY_FILE", &mount.file("tls.key"))
        .env(
            "TRAILPLANE_GRPC__TLS__CLIENT_CA_FILE",
            &mount.file("ca.crt"),
        )
        .env("TRAILPLANE_GRPC__TLS__RELOAD_INTERVAL", "100ms")
        .ready()
        .await;
    let old = Some((&first, "reader"));
    let mut open = Client::connect(&server.grpc, &first, old).await.unwrap();
    assert_eq!(open.call(ACCOUNTS).await.unwrap(), Code::Ok);

    // The key of another certificate: refused, and said.
    let mut wrong = files.clone();
    wrong[1].1 = second.file("server.key");
    mount.swap(&wrong);
    until_status(
        &server.admin,
        "TLS certificate",
        false,
        "cannot be used together",
    )
    .await;
    assert_eq!(
        metric(&server.admin, "trailplane_tls_files_refused ").await,
        Some(1)
    );
    let same = Client::connect(&server.grpc, &first, old).await.unwrap();
    assert_eq!(same.server, open.server);

    // Another CA for both sides.
    mount.swap(&of(&second));
    until_status(&server.admin, "TLS certificate", true, "").await;
    assert_eq!(
        metric(&server.admin, "trailplane_tls_reloads ").await,
        Some(1)
    );
    assert_eq!(
        metric(&server.admin, "trailplane_tls_files_refused ").await,
        Some(0)
    );
    let new = Some((&second, "reader"));
    let mut next = Client::connect(&server.grpc, &second, new).await.unwrap();
    assert_ne!(next.server, open.server);
    assert_eq!(next.call(ACCOUNTS).await.unwrap(), Code::Ok);
    let refused = Client::once(&server.grpc, &second, old, HEALTH).await;
    assert!(refused.is_err(), "{refused:?}");
    // Who was in stays in.
    assert_eq!(open.call(ACCOUNTS).await.unwrap(), Code::Ok);
    let output = server.process.output();
    let complaints = output.matches("the TLS files cannot be used").count();
    assert_eq!(complaints, 1, "{output}");
}

/// A connection is asked to go when the certificate ends that let it in.
#[tokio::test]
async fn a_connection_lives_no_longer_than_its_certificate() {
    let ca = authority();
    let server = start(&ca, "required").ready().await;
    ca.issue_for_seconds("brief", &format!("URI:{READER}"), 5);
    let own = Some((&ca, "brief"));
    let mut client = Client::connect(&server.grpc, &ca, own).await.unwrap();
    assert_eq!(client.call(ACCOUNTS).await.unwrap(), Code::Ok);
    let end = Instant::now() + Duration::from_secs(20);
    while client.call(HEALTH).await.is_ok() {
        assert!(Instant::now() < end, "still open");
        sleep(Duration::from_millis(50)).await;
    }
}

/// As load balancers do that only look whether the port is open, and as others may who mean harm.
#[tokio::test]
async fn connections_that_are_reset_at_once_keep_nobody_waiting() {
    let ca = authority();
    let server = start(&ca, "required").ready().await;
    for _ in 0..200 {
        let socket = TcpStream::connect(&server.grpc).await.unwrap();
        socket.set_zero_linger().unwrap();
    }
    let began = Instant::now();
    let served = Client::once(&server.grpc, &ca, Some((&ca, "reader")), ACCOUNTS).await;
    assert_eq!(served.unwrap(), Code::Ok);
    let took = began.elapsed();
    assert!(took < Duration::from_secs(5), "{took:?}");
}

#[tokio::test]
async fn handshakes_that_go_on_for_ever_keep_nobody_out() {
    let ca = authority();
    let server = start(&ca, "required").ready().await;
    let mut slow = Vec::new();
    for _ in 0..200 {
        let mut socket = TcpStream::connect(&server.grpc).await.unwrap();
        // A record of a handshake, and then nothing.
        socket.write_all(&[22, 3, 1, 1, 0, 1]).await.unwrap();
        slow.push(socket);
    }
    let began = Instant::now();
    let served = Client::once(&server.grpc, &ca, Some((&ca, "reader")), ACCOUNTS).await;
    assert_eq!(served.unwrap(), Code::Ok);
    let took = began.elapsed();
    assert!(took < Duration::from_secs(4), "{took:?}");
    let closed = async {
        for socket in &mut slow {
            // A reset ends it as well as a clean end.
            let _ = socket.read_to_end(&mut Vec::new()).await;
        }
    };
    timeout(Duration::from_secs(15), closed)
        .await
        .expect("still open");
}
