//! The command line, through the real program: exit codes, what is printed where, and the drain.

use std::{path::PathBuf, process::Command, time::Duration};

use tonic_health::pb::{
    HealthCheckRequest, HealthCheckResponse, health_check_response::ServingStatus,
    health_client::HealthClient,
};
use trailplane::api::proto::{EventAttribute, EventFilter, LookupEventsRequest, TargetSelector};

use crate::support::{
    process::{Process, free_port, http_get},
    tools::{Output, run},
    trailplane::Start,
};

fn trailplane(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_trailplane"));
    command.args(arguments);
    for (name, _) in std::env::vars() {
        if name.starts_with("TRAILPLANE_") || name.starts_with("AWS_") {
            command.env_remove(name);
        }
    }
    command.env("AWS_EC2_METADATA_DISABLED", "true");
    command
}

async fn trailplane_ends(arguments: &[&str]) -> Output {
    run(trailplane(arguments)).await
}

struct ConfigFile {
    path: PathBuf,
    _folder: tempfile::TempDir,
}

impl ConfigFile {
    fn new(yaml: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("trailplane.yaml");
        std::fs::write(&path, yaml).unwrap();
        Self {
            path,
            _folder: folder,
        }
    }

    fn path(&self) -> &str {
        self.path.to_str().unwrap()
    }
}

const MINIMAL: &str = "aws: {regions: [eu-west-1], role_name: Trailplane}\n";

#[tokio::test]
async fn check_config_says_ok() {
    let file = ConfigFile::new(MINIMAL);
    let output = trailplane_ends(&["check-config", "--config", file.path()]).await;
    assert_eq!(output.code, Some(0), "{output:?}");
    assert_eq!(output.stdout, format!("{}: ok\n", file.path()));
}

#[tokio::test]
async fn check_config_tells_every_error_with_its_line_and_ends_with_2() {
    let file = ConfigFile::new("aws:\n  regions: [Mars]\n  rolename: Trailplane\n");
    let mut command = trailplane(&["check-config", "--config", file.path()]);
    command.env("TRAILPLANE_EVENTS__SETTLE_LAG", "15");
    let output = run(command).await;
    assert_eq!(output.code, Some(2), "{output:?}");
    assert_eq!(output.stdout, "");
    for part in [
        "4 errors",
        "aws.regions[0]: ",
        &format!("{}:2", file.path()),
        "aws.rolename: ",
        &format!("{}:3", file.path()),
        "aws.role_name: ",
        "environment variable TRAILPLANE_EVENTS__SETTLE_LAG",
    ] {
        assert!(output.stderr.contains(part), "{part}\n{}", output.stderr);
    }
}

#[tokio::test]
async fn a_wrong_command_line_ends_with_2() {
    for arguments in [
        &["serve"][..],
        &["serve", "--config", "/nowhere.yaml"],
        &["serve", "--scenario", "x.yaml"],
        &["sandbox", "--listen", "0.0.0.0:0"],
        &["fly"],
        &[],
    ] {
        let output = trailplane_ends(arguments).await;
        assert_eq!(output.code, Some(2), "{arguments:?} {output:?}");
        assert!(!output.stderr.is_empty(), "{arguments:?}");
    }
    assert_eq!(trailplane_ends(&["--help"]).await.code, Some(0));
    assert_eq!(trailplane_ends(&["--version"]).await.code, Some(0));
}

/// The port is taken: if it were opened before the configuration is checked, the exit code would be 1.
#[tokio::test]
async fn the_configuration_is_checked_before_any_socket_opens() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let wrong = ConfigFile::new(&format!("{MINIMAL}admin: {{listen: '{address}'}}\nx: 1\n"));
    let output = trailplane_ends(&["serve", "--config", wrong.path()]).await;
    assert_eq!(output.code, Some(2), "{output:?}");

    let any = "grpc: {listen: '127.0.0.1:0'}\n";
    let right = ConfigFile::new(&format!("{MINIMAL}{any}admin: {{listen: '{address}'}}\n"));
    let output = trailplane_ends(&["serve", "--config", right.path()]).await;
    assert_eq!(output.code, Some(1), "{output:?}");
    assert!(output.stderr.contains(&address.to_string()), "{output:?}");
}

#[tokio::test]
async fn without_credentials_it_says_so_and_where_it_looked_and_only_once() {
    let file = ConfigFile::new(MINIMAL);
    let admin = format!("127.0.0.1:{}", free_port());
    let mut command = trailplane(&["serve", "--config", file.path()]);
    command
        .env("TRAILPLANE_ADMIN__LISTEN", &admin)
        .env("TRAILPLANE_GRPC__LISTEN", "127.0.0.1:0")
        .env("AWS_EC2_METADATA_DISABLED", "true");
    let mut process = Process::start(command);
    let told = |out: &str| out.contains("profile files").then_some(());
    process.wait_for("where it looked", told).await;
    let (code, _) = http_get(&admin, "/readyz").await.unwrap();
    assert_eq!(code, 503);
    let (_, status) = http_get(&admin, "/statusz").await.unwrap();
    assert!(status.contains("no AWS credentials of its own"), "{status}");
    assert!(!status.contains("000000000000"), "{status}");
    process.signal("TERM");
    process.wait(Duration::from_secs(10)).await;
    let complaints = process.output().matches("could not be listed").count();
    assert_eq!(complaints, 1, "{}", process.output());
}

#[tokio::test]
async fn a_listener_beyond_loopback_needs_to_be_asked_for() {
    let file = ConfigFile::new(&format!("{MINIMAL}grpc: {{listen: '0.0.0.0:50051'}}\n"));
    let output = trailplane_ends(&["check-config", "--config", file.path()]).await;
    assert_eq!(output.code, Some(2), "{output:?}");
    assert!(output.stderr.contains("grpc.insecure"), "{output:?}");
    let output = trailplane_ends(&["check-config", "--insecure", "--config", file.path()]).await;
    assert_eq!(output.code, Some(0), "{output:?}");
}

/// A service over the sandbox, on free ports.
async fn served() -> (Process, String) {
    let admin = format!("127.0.0.1:{}", free_port());
    let mut command = trailplane(&["serve", "--sandbox"]);
    command
        .env("TRAILPLANE_ADMIN__LISTEN", &admin)
        .env("TRAILPLANE_GRPC__LISTEN", "127.0.0.1:0");
    let mut process = Process::start(command);
    process.wait_for_http(&admin, "/readyz").await;
    (process, admin)
}

#[tokio::test]
async fn the_admin_listener_answers() {
    let (mut process, admin) = served().await;
    for path in ["/livez", "/healthz", "/readyz"] {
        assert_eq!(http_get(&admin, path).await.unwrap().0, 200, "{path}");
    }
    let (_, metrics) = http_get(&admin, "/metrics").await.unwrap();
    for line in [
        "trailplane_ready 1",
        "trailplane_fleet_accounts{trailplane_account_state=\"closed\"} 0",
    ] {
        assert!(metrics.lines().any(|l| l == line), "{line}\n{metrics}");
    }
    let (_, status) = http_get(&admin, "/statusz").await.unwrap();
    let status: serde_json::Value = serde_json::from_str(&status).unwrap();
    assert_eq!(status["phase"], "serving");
    assert_eq!(http_get(&admin, "/nothing").await.unwrap().0, 404);

    process.signal("TERM");
    assert_eq!(process.wait(Duration::from_secs(10)).await.code(), Some(0));
}

#[tokio::test]
async fn both_signals_end_it_well() {
    for signal in ["TERM", "INT"] {
        let (mut process, _) = served().await;
        process.signal(signal);
        let status = process.wait(Duration::from_secs(10)).await;
        assert_eq!(status.code(), Some(0), "{signal}: {}", process.output());
    }
}

type Watched = (
    Process,
    tonic::Streaming<HealthCheckResponse>,
    HealthClient<tonic::transport::Channel>,
);

/// A service whose drain is set so, with a client that watches its health and never goes.
async fn watched(delay: &str, grace: &str, hard_stop: &str) -> Watched {
    let grpc = format!("127.0.0.1:{}", free_port());
    let mut command = trailplane(&["serve", "--sandbox"]);
    command
        .env("TRAILPLANE_ADMIN__LISTEN", "127.0.0.1:0")
        .env("TRAILPLANE_GRPC__LISTEN", &grpc)
        .env("TRAILPLANE_DRAIN__DELAY", delay)
        .env("TRAILPLANE_DRAIN__GRACE", grace)
        .env("TRAILPLANE_DRAIN__HARD_STOP", hard_stop);
    let mut process = Process::start(command);
    let greeted = |out: &str| out.contains("grpcurl").then_some(());
    process.wait_for("a greeting", greeted).await;
    let channel = tonic::transport::Endpoint::new(format!("http://{grpc}")).unwrap();
    let mut health = HealthClient::new(channel.connect().await.unwrap());
    let request = HealthCheckRequest::default();
    let mut watch = health.watch(request).await.unwrap().into_inner();
    while watch.message().await.unwrap().unwrap().status() != ServingStatus::Serving {}
    (process, watch, health)
}

#[tokio::test]
async fn a_client_that_does_not_go_is_cut_after_grace() {
    let (mut process, mut watch, _) = watched("0s", "200ms", "1h").await;
    process.signal("TERM");
    let told = watch.message().await.unwrap().unwrap();
    assert_eq!(told.status(), ServingStatus::NotServing);
    let status = process.wait(Duration::from_secs(10)).await;
    assert_eq!(status.code(), Some(0), "{}", process.output());
}

#[tokio::test]
async fn a_second_signal_ends_it_at_once() {
    let (mut process, mut watch, _) = watched("0s", "1h", "1h").await;
    process.signal("TERM");
    // The open stream is told first, and holds the drain up.
    let told = watch.message().await.unwrap().unwrap();
    assert_eq!(told.status(), ServingStatus::NotServing);
    process.signal("TERM");
    let status = process.wait(Duration::from_secs(10)).await;
    let output = process.output();
    assert_eq!(status.code(), Some(1), "{output}");
    assert!(output.contains("second signal"), "{output}");
}

#[tokio::test]
async fn during_the_delay_health_says_no_and_requests_are_still_taken() {
    let (mut process, mut watch, mut health) = watched("1h", "1h", "1h").await;
    process.signal("TERM");
    let told = watch.message().await.unwrap().unwrap();
    assert_eq!(told.status(), ServingStatus::NotServing);
    let answer = health.check(HealthCheckRequest::default()).await.unwrap();
    assert_eq!(answer.into_inner().status(), ServingStatus::NotServing);
    process.signal("TERM");
    assert_eq!(process.wait(Duration::from_secs(10)).await.code(), Some(1));
}

#[tokio::test]
async fn the_hard_stop_bounds_the_drain() {
    let (mut process, _watch, _) = watched("0s", "1s", "1s").await;
    process.signal("TERM");
    let status = process.wait(Duration::from_secs(10)).await;
    let output = process.output();
    assert_eq!(status.code(), Some(1), "{output}");
    assert!(output.contains("drain.hard_stop"), "{output}");
}

/// The two programs apart: the service finds the simulated AWS by the variables of every AWS tool.
#[tokio::test]
async fn the_standard_aws_variables_point_the_service_at_an_endpoint() {
    let mut sandbox = Process::start(trailplane(&["sandbox", "--listen", "127.0.0.1:0"]));
    let exported = |out: &str, name: &str| {
        let value = out.split_once(&format!("{name}="))?.1;
        value.split_whitespace().next().map(str::to_owned)
    };
    let variables = [
        "AWS_ENDPOINT_URL",
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
    ];
    sandbox
        .wait_for("its address", |out| exported(out, "AWS_SECRET_ACCESS_KEY"))
        .await;
    let admin = format!("127.0.0.1:{}", free_port());
    let file = ConfigFile::new(MINIMAL);
    let mut command = trailplane(&["serve", "--config", file.path()]);
    command
        .env("TRAILPLANE_ADMIN__LISTEN", &admin)
        .env("TRAILPLANE_GRPC__LISTEN", "127.0.0.1:0");
    for name in variables {
        command.env(name, exported(&sandbox.output(), name).unwrap());
    }
    let mut service = Process::start(command);
    service.wait_for_http(&admin, "/readyz").await;
    let (_, status) = http_get(&admin, "/statusz").await.unwrap();
    assert!(status.contains("50 accounts are known"), "{status}");
    service.signal("TERM");
    assert_eq!(service.wait(Duration::from_secs(10)).await.code(), Some(0));
    sandbox.signal("TERM");
    assert_eq!(sandbox.wait(Duration::from_secs(10)).await.code(), Some(0));
}

/// Without AWS the process lives, is not ready, and says why.
#[tokio::test]
async fn without_organizations_it_is_alive_and_not_ready() {
    let admin = format!("127.0.0.1:{}", free_port());
    let file = ConfigFile::new(MINIMAL);
    let mut command = trailplane(&["serve", "--config", file.path()]);
    command
        .env("TRAILPLANE_ADMIN__LISTEN", &admin)
        .env("TRAILPLANE_GRPC__LISTEN", "127.0.0.1:0")
        .env(
            "AWS_ENDPOINT_URL",
            format!("http://127.0.0.1:{}", free_port()),
        )
        .env("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
        .env("AWS_SECRET_ACCESS_KEY", "hunter2");
    let mut process = Process::start(command);
    process.wait_for_http(&admin, "/livez").await;
    assert_eq!(
        http_get(&admin, "/readyz").await.unwrap(),
        (503, "starting\n".to_owned())
    );
    let (_, status) = http_get(&admin, "/statusz").await.unwrap();
    assert!(status.contains("not known yet"), "{status}");
    process.signal("TERM");
    assert_eq!(
        process.wait(Duration::from_secs(10)).await.code(),
        Some(0),
        "{}",
        process.output()
    );
    assert!(!process.output().contains("hunter2"));
}

/// Whoever asks for every line there is gets no tokens of other people's sessions, which event records hold.
#[tokio::test]
async fn a_trace_holds_no_session_tokens() {
    let server = Start::sandbox()
        .env("TRAILPLANE_LOG__FILTER", "trace")
        .ready()
        .await;
    let request = LookupEventsRequest {
        targets: Some(TargetSelector {
            account_ids: vec!["100000000012".to_owned()],
            ..TargetSelector::default()
        }),
        filters: vec![EventFilter {
            attribute: EventAttribute::EventName.into(),
            values: vec!["AssumeRole".to_owned()],
        }],
        ..LookupEventsRequest::default()
    };
    let page = server.events().await.lookup_events(request).await.unwrap();
    assert!(!page.get_ref().events.is_empty());
    let output = server.process.output();
    assert!(output.contains("aws_smithy_runtime"), "the SDK has its say");
    for secret in ["sessionToken", "SecretAccessKey", "trailplane-sandbox"] {
        assert!(!output.contains(secret), "{secret} is in the log");
    }
}

/// The memory of the process holds credentials.
#[tokio::test]
async fn a_service_leaves_no_core_dump() {
    let (process, _) = served().await;
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", process.id())).unwrap();
    let line = limits
        .lines()
        .find(|line| line.starts_with("Max core file size"));
    let numbers: Vec<&str> = line.unwrap().split_whitespace().skip(4).take(2).collect();
    assert_eq!(numbers, ["0", "0"]);
}
