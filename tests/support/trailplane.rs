//! The real program as a child process: `serve`, `serve --sandbox`, and `sandbox` alone, on ports of their own.

use std::{io::Write, process::Command, time::Duration};

use serde_json::Value;
use tonic::transport::{Channel, Endpoint};
use trailplane::api::proto::{
    account_service_client::AccountServiceClient, budget_service_client::BudgetServiceClient,
    event_service_client::EventServiceClient, log_file_service_client::LogFileServiceClient,
    organization_service_client::OrganizationServiceClient,
    trail_service_client::TrailServiceClient,
};

use super::process::{Process, READY_WITHIN, http_get};

/// Settings of one start: the configuration file, and what stands in the environment.
#[derive(Default)]
pub struct Start {
    config: Option<String>,
    scenario: Option<String>,
    environment: Vec<(String, String)>,
    outlives_file_limit: bool,
}

impl Start {
    /// `serve --config` with this file.
    pub fn with_config(yaml: &str) -> Self {
        Self {
            config: Some(yaml.to_owned()),
            ..Self::default()
        }
    }

    /// `serve --sandbox` with the built-in organization.
    pub fn sandbox() -> Self {
        Self::default()
    }

    /// `serve --sandbox` with this scenario.
    pub fn with_scenario(yaml: &str) -> Self {
        Self {
            scenario: Some(yaml.to_owned()),
            ..Self::default()
        }
    }

    /// Sets a variable.
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Writing beyond the limit on the size of files fails, and does not end the process.
    pub fn outliving_its_file_limit(mut self) -> Self {
        self.outlives_file_limit = true;
        self
    }

    /// Every AWS service at this endpoint, with this key.
    pub fn aws(self, endpoint: &str, access_key_id: &str, secret: &str) -> Self {
        self.env("AWS_ENDPOINT_URL", endpoint)
            .env("AWS_ACCESS_KEY_ID", access_key_id)
            .env("AWS_SECRET_ACCESS_KEY", secret)
    }

    /// Starts it, and waits until it is ready.
    pub async fn ready(self) -> Trailplane {
        let mut command = match self.outlives_file_limit {
            true => ignoring_sigxfsz(),
            false => program(),
        };
        command.arg("serve");
        let mut files = Vec::new();
        match &self.config {
            Some(yaml) => drop(command.arg("--config").arg(file(&mut files, yaml))),
            None => drop(command.arg("--sandbox")),
        }
        if let Some(yaml) = &self.scenario {
            command.arg("--scenario").arg(file(&mut files, yaml));
        }
        command
            .env("TRAILPLANE_GRPC__LISTEN", "127.0.0.1:0")
            .env("TRAILPLANE_ADMIN__LISTEN", "127.0.0.1:0")
            .envs(self.environment);
        let mut process = Process::start(command);
        let grpc = process
            .wait_for("gRPC address", |output| announced(output, "grpc"))
            .await;
        let admin = process
            .wait_for("admin address", |output| announced(output, "admin"))
            .await;
        process.wait_for_http(&admin, "/readyz").await;
        Trailplane {
            process,
            grpc,
            admin,
            files,
        }
    }
}

/// A running `trailplane serve`.
pub struct Trailplane {
    pub process: Process,
    /// `127.0.0.1:port` of gRPC.
    pub grpc: String,
    /// `127.0.0.1:port` of the admin HTTP.
    pub admin: String,
    files: Vec<tempfile::NamedTempFile>,
}

impl Trailplane {
    /// Writes its configuration file anew. It must have one.
    pub fn rewrite_config(&self, yaml: &str) {
        std::fs::write(self.files[0].path(), yaml).unwrap();
    }

    /// A condition of `/statusz`.
    pub async fn condition(&self, name: &str) -> Value {
        let (_, status) = http_get(&self.admin, "/statusz").await.unwrap();
        let mut status: Value = serde_json::from_str(&status).unwrap();
        let conditions = status["conditions"].as_array_mut().unwrap();
        let found = conditions.iter().position(|c| c["name"] == name);
        conditions.swap_remove(found.unwrap_or_else(|| panic!("no condition {name}")))
    }

    /// The built-in organization.
    pub async fn sandbox() -> Self {
        Start::sandbox().ready().await
    }

    /// `127.0.0.1:port` of the simulated AWS that it has started.
    pub async fn simulated_aws(&mut self) -> String {
        let address = |output: &str| announced(output, "simulated aws");
        self.process.wait_for("simulated AWS", address).await
    }

    async fn channel(&self) -> Channel {
        Endpoint::new(format!("http://{}", self.grpc))
            .unwrap()
            .timeout(Duration::from_secs(90))
            .connect()
            .await
            .unwrap()
    }

    /// A client of EventService.
    pub async fn events(&self) -> EventServiceClient<Channel> {
        EventServiceClient::new(self.channel().await).max_decoding_message_size(64 << 20)
    }

    /// A client of OrganizationService.
    pub async fn organization(&self) -> OrganizationServiceClient<Channel> {
        OrganizationServiceClient::new(self.channel().await)
    }

    /// A client of TrailService.
    pub async fn trails(&self) -> TrailServiceClient<Channel> {
        TrailServiceClient::new(self.channel().await)
    }

    /// A client of LogFileService.
    pub async fn log_files(&self) -> LogFileServiceClient<Channel> {
        LogFileServiceClient::new(self.channel().await)
    }

    /// A client of BudgetService.
    pub async fn budgets(&self) -> BudgetServiceClient<Channel> {
        BudgetServiceClient::new(self.channel().await)
    }

    /// A client of AccountService.
    pub async fn accounts(&self) -> AccountServiceClient<Channel> {
        AccountServiceClient::new(self.channel().await).max_decoding_message_size(64 << 20)
    }
}

/// A running `trailplane sandbox`.
pub struct Sandbox {
    pub process: Process,
    /// `127.0.0.1:port` of every service.
    pub address: String,
    files: Vec<tempfile::NamedTempFile>,
}

impl Sandbox {
    /// The simulated AWS alone, with this scenario or the built-in one.
    pub async fn start(scenario: Option<&str>) -> Self {
        let mut command = program();
        command.args(["sandbox", "--listen", "127.0.0.1:0"]);
        let mut files = Vec::new();
        if let Some(yaml) = scenario {
            command.arg("--scenario").arg(file(&mut files, yaml));
        }
        let mut process = Process::start(command);
        let address = process
            .wait_for("address", |output| announced(output, "127.0.0.1:"))
            .await;
        Self {
            process,
            address,
            files,
        }
    }

    /// Its endpoint for every service.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }
}

/// The program, without the caller's settings.
pub fn program() -> Command {
    without_settings(Command::new(env!("CARGO_BIN_EXE_trailplane")))
}

/// The same, started by a shell that ignores the signal for files that grow too large: that is inherited.
fn ignoring_sigxfsz() -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", "trap '' XFSZ; exec \"$0\" \"$@\""]);
    command.arg(env!("CARGO_BIN_EXE_trailplane"));
    without_settings(command)
}

fn without_settings(mut command: Command) -> Command {
    for (name, _) in std::env::vars() {
        if name.starts_with("AWS_") || name.starts_with("TRAILPLANE_") {
            command.env_remove(name);
        }
    }
    command.env("AWS_EC2_METADATA_DISABLED", "true");
    command
}

fn file(files: &mut Vec<tempfile::NamedTempFile>, text: &str) -> std::path::PathBuf {
    let mut file = tempfile::NamedTempFile::with_suffix(".yaml").unwrap();
    file.write_all(text.as_bytes()).unwrap();
    let path = file.path().to_owned();
    files.push(file);
    path
}

/// The first loopback address with a port at or after `label`, without regard to case.
fn announced(output: &str, label: &str) -> Option<String> {
    let lower = output.to_lowercase();
    lower.match_indices(label).find_map(|(at, _)| {
        let rest = lower[at..].lines().next()?;
        let (_, port) = rest.split_once("127.0.0.1:")?;
        let digits: String = port.chars().take_while(char::is_ascii_digit).collect();
        let port: u16 = digits.parse().ok()?;
        // A line that is still being written may show only the first digits.
        (rest.len() > digits.len() && port != 0).then(|| format!("127.0.0.1:{port}"))
    })
}

/// How long a request may take in a test before it is a failure.
pub const ANSWER_WITHIN: Duration = READY_WITHIN;
