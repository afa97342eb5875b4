//! Where the program starts, and where it refuses to.

use std::process::Command;

use crate::support::{
    certificates::Authority,
    process::{Process, free_port},
    tools::{project, run},
    trailplane::program,
};

use super::{authority, metric, status};

/// `serve --sandbox` on every address.
fn exposed(admin: &str, ca: &Authority, more: &[(&str, &str)]) -> Command {
    let mut command = program();
    command.args(["serve", "--sandbox"]);
    command
        .env(
            "TRAILPLANE_GRPC__LISTEN",
            format!("0.0.0.0:{}", free_port()),
        )
        .env("TRAILPLANE_ADMIN__LISTEN", admin);
    for (name, file) in more {
        command.env(format!("TRAILPLANE_GRPC__TLS__{name}"), ca.file(file));
    }
    command
}

#[tokio::test]
async fn beyond_loopback_nobody_is_served_unknown_unless_told() {
    let ca = authority();
    let admin = format!("127.0.0.1:{}", free_port());
    let tls = [("CERT_FILE", "server.pem"), ("KEY_FILE", "server.key")];
    let mutual = [tls[0], tls[1], ("CLIENT_CA_FILE", "ca.pem")];
    let tokens = format!(
        "[{{name: corp, issuer: a, audiences: [b], jwks_file: {}}}]",
        ca.file("none")
    );
    let with_tokens = |mut command: Command| {
        command.env("TRAILPLANE_GRPC__TOKENS__ISSUERS", &tokens);
        command
    };
    let policed = |mut command: Command| {
        let policies = project().join("docs/access");
        command.env("TRAILPLANE_POLICY__DIRECTORY", policies);
        command
    };
    for (command, wanted) in [
        (exposed(&admin, &ca, &[]), "grpc.tls.cert_file"),
        (exposed(&admin, &ca, &tls), "grpc.tokens.issuers"),
        // Whoever can listen could use the tokens.
        (with_tokens(exposed(&admin, &ca, &[])), "grpc.tls.cert_file"),
        // Whoever is known could do everything.
        (exposed(&admin, &ca, &mutual), "policy.directory"),
        (with_tokens(exposed(&admin, &ca, &tls)), "policy.directory"),
    ] {
        let said = run(command).await;
        assert_eq!(said.code, Some(2), "{said:?}");
        assert!(said.stderr.contains(wanted), "{said:?}");
    }
    for (mut command, insecure, message) in [
        (policed(exposed(&admin, &ca, &mutual)), false, "TLS"),
        (
            policed(with_tokens(exposed(&admin, &ca, &tls))),
            false,
            "TLS",
        ),
        (
            exposed(&admin, &ca, &mutual),
            true,
            "every caller may do everything",
        ),
        (
            exposed(&admin, &ca, &tls),
            true,
            "callers on the network who do not prove who they are",
        ),
        (
            exposed(&admin, &ca, &[]),
            true,
            "plaintext and open to the network",
        ),
    ] {
        if insecure {
            command.arg("--insecure");
        }
        let mut process = Process::start(command);
        process.wait_for_http(&admin, "/readyz").await;
        let (ok, said) = status(&admin, "transport").await;
        assert!(ok != insecure && said.contains(message), "{said}");
        let told = metric(&admin, "trailplane_insecure ").await;
        assert_eq!(told, Some(u64::from(insecure)));
        assert_eq!(process.output().contains("gRPC is"), insecure);
        process.kill().await;
    }
}

#[tokio::test]
async fn files_that_cannot_be_used_end_the_start() {
    let (ca, other) = (authority(), authority());
    ca.issue_expired("expired", "IP:127.0.0.1");
    for (cert, key, part) in [
        (
            ca.file("server.pem"),
            other.file("server.key"),
            "cannot be used together",
        ),
        (
            ca.file("expired.pem"),
            ca.file("expired.key"),
            "may be used from 2020",
        ),
        (ca.file("none"), ca.file("server.key"), "grpc.tls.cert_file"),
    ] {
        let mut command = program();
        command
            .args(["serve", "--sandbox"])
            .env("TRAILPLANE_GRPC__LISTEN", "127.0.0.1:0")
            .env("TRAILPLANE_ADMIN__LISTEN", "127.0.0.1:0")
            .env("TRAILPLANE_GRPC__TLS__CERT_FILE", cert)
            .env("TRAILPLANE_GRPC__TLS__KEY_FILE", key);
        let said = run(command).await;
        assert_eq!(said.code, Some(1), "{said:?}");
        assert!(said.stderr.contains(part), "{said:?}");
    }
}
