//! The two processes, what they use, and what the sandbox saw.

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader, Read, Write},
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use serde::Deserialize;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tonic::transport::{Channel, Endpoint};
use trailplane::{
    api::proto::{
        ListAccountsRequest, account_service_client::AccountServiceClient,
        event_service_client::EventServiceClient, trail_service_client::TrailServiceClient,
    },
    sandbox::{HUB_ACCESS_KEY_ID, HUB_SECRET_ACCESS_KEY, Scenario},
};

use crate::Failure;

pub const READY_WITHIN: Duration = Duration::from_secs(120);
pub const POLL: Duration = Duration::from_millis(2);

/// A child process, killed when dropped.
pub struct Process {
    child: Child,
    output: Arc<Mutex<String>>,
}

impl Process {
    /// Starts it, gives it `stdin`, and keeps what it prints.
    pub fn start(mut command: Command, stdin: &str) -> Result<Self, Failure> {
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn()?;
        if let Some(mut pipe) = child.stdin.take() {
            pipe.write_all(stdin.as_bytes())?;
        }
        let output = Arc::new(Mutex::new(String::new()));
        let pipes: [Option<Box<dyn Read + Send>>; 2] = [
            child.stdout.take().map(|p| Box::new(p) as _),
            child.stderr.take().map(|p| Box::new(p) as _),
        ];
        for pipe in pipes.into_iter().flatten() {
            let output = Arc::clone(&output);
            std::thread::spawn(move || keep(pipe, &output));
        }
        Ok(Self { child, output })
    }

    fn output(&self) -> String {
        let output = self.output.lock().unwrap_or_else(PoisonError::into_inner);
        output.clone()
    }

    async fn address(&mut self, label: &str) -> Result<String, Failure> {
        let until = Instant::now() + READY_WITHIN;
        loop {
            let output = self.output();
            if let Some(address) = announced(&output, label) {
                return Ok(address);
            }
            if self.child.try_wait()?.is_some() || Instant::now() > until {
                return Err(format!("did not start:\n{output}").into());
            }
            tokio::time::sleep(POLL).await;
        }
    }

    /// Resident memory now, and its peak, in MiB.
    pub fn memory(&self) -> Result<(f64, f64), Failure> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let field = |name: &str| {
            let line = status.lines().find(|line| line.starts_with(name))?;
            line.split_whitespace().nth(1)?.parse::<f64>().ok()
        };
        match (field("VmRSS:"), field("VmHWM:")) {
            (Some(now), Some(peak)) => Ok((now / 1024.0, peak / 1024.0)),
            _ => Err("no memory figures in /proc".into()),
        }
    }

    /// Tells it to end, and waits until it has.
    pub fn terminate(mut self) -> Result<(), Failure> {
        self.signal("TERM")?;
        self.child.wait()?;
        Ok(())
    }

    /// Sends it a signal by its name.
    pub fn signal(&self, name: &str) -> Result<(), Failure> {
        let pid = self.child.id().to_string();
        Command::new("kill")
            .args([&format!("-{name}"), &pid])
            .status()?;
        Ok(())
    }

    /// Ends it without a chance to prepare.
    pub fn kill(mut self) -> Result<(), Failure> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Keeps the first part of what a process prints, and reads on, so that it never waits for us.
fn keep(pipe: impl Read, output: &Mutex<String>) {
    const KEPT: usize = 1 << 20;
    for line in BufReader::new(pipe).lines().map_while(Result::ok) {
        let mut output = output.lock().unwrap_or_else(PoisonError::into_inner);
        if output.len() < KEPT {
            output.push_str(&line);
            output.push('\n');
        }
    }
}

/// The first loopback address with a port at or after `label` on its line, without regard to case.
fn announced(output: &str, label: &str) -> Option<String> {
    let lower = output.to_lowercase();
    lower.match_indices(label).find_map(|(at, _)| {
        let (_, rest) = lower.get(at..)?.lines().next()?.split_once("127.0.0.1:")?;
        let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
        (digits != "0" && !digits.is_empty()).then(|| format!("127.0.0.1:{digits}"))
    })
}

/// The program, built by the script that runs this one, without the caller's settings.
pub fn program() -> Result<Command, Failure> {
    let mut path = std::env::current_exe()?;
    path.set_file_name("trailplane");
    let mut command = Command::new(path);
    for (name, _) in std::env::vars() {
        if name.starts_with("AWS_") || name.starts_with("TRAILPLANE_") {
            command.env_remove(name);
        }
    }
    Ok(command)
}

/// The simulated AWS.
pub struct Sandbox {
    _process: Process,
    address: String,
    scenario: Scenario,
}

/// What the ledger says of everything, as far as it is of use here.
#[derive(Debug, Deserialize)]
pub struct Ledger {
    pub attempts: u64,
    pub throttles: u64,
    #[serde(default)]
    pub neighbour_attempts: u64,
    #[serde(default)]
    pub neighbour_throttles: u64,
    pub by_api: BTreeMap<String, u64>,
    pub outcomes: BTreeMap<String, BTreeMap<String, u64>>,
    pub buckets: Vec<Bucket>,
}

/// One (account, Region, operation) in the ledger.
#[derive(Debug, Default, Deserialize)]
pub struct Bucket {
    pub api: String,
    pub attempts: u64,
    pub throttles: u64,
    pub max_in_any_second: usize,
    pub first_micros: u64,
    pub last_micros: u64,
}

/// A trail as the sandbox has it.
#[derive(Debug, Deserialize)]
pub struct Trail {
    pub logging: bool,
    pub generation: u64,
}

impl Sandbox {
    /// Starts it.
    pub async fn start(scenario: Scenario) -> Result<Self, Failure> {
        let mut command = program()?;
        command.args([
            "sandbox",
            "--listen",
            "127.0.0.1:0",
            "--scenario",
            "/dev/stdin",
        ]);
        let mut process = Process::start(command, &serde_json::to_string(&scenario)?)?;
        let address = process.address("127.0.0.1:").await?;
        Ok(Self {
            _process: process,
            address,
            scenario,
        })
    }

    /// What it saw.
    pub async fn ledger(&self) -> Result<Ledger, Failure> {
        let body = http_get(&self.address, "/_sandbox/summary").await?;
        Ok(serde_json::from_str(&body)?)
    }

    /// How many events a lookup of all cells must find from `start` to `end`, in seconds since 1970.
    pub async fn expected(&self, start: u64, end: u64) -> Result<u64, Failure> {
        #[derive(Deserialize)]
        struct Expected {
            count: u64,
        }
        let path = format!("/_sandbox/expect?start={start}&end={end}");
        let body = http_get(&self.address, &path).await?;
        Ok(serde_json::from_str::<Expected>(&body)?.count)
    }

    /// The trails that it has.
    pub async fn trails(&self) -> Result<Vec<Trail>, Failure> {
        let body = http_get(&self.address, "/_sandbox/trails").await?;
        Ok(serde_json::from_str(&body)?)
    }

    /// Starts a service over it.
    pub async fn serve(&self) -> Result<Service, Failure> {
        self.serve_with(serde_json::json!({})).await
    }

    /// Starts a service over it with these sections of the configuration.
    pub async fn serve_with(&self, sections: serde_json::Value) -> Result<Service, Failure> {
        let scenario = &self.scenario;
        let regions: Vec<&str> = scenario.regions.iter().map(|r| r.as_str()).collect();
        let mut config = serde_json::json!({
            "aws": {
                "regions": regions,
                "role_name": scenario.role.name,
                "external_id": scenario.role.external_id,
            },
        });
        if let (Some(config), serde_json::Value::Object(sections)) =
            (config.as_object_mut(), sections)
        {
            config.extend(sections);
        }
        let mut command = program()?;
        command
            .args(["serve", "--config", "/dev/stdin"])
            .env("TRAILPLANE_GRPC__LISTEN", "127.0.0.1:0")
            .env("TRAILPLANE_ADMIN__LISTEN", "127.0.0.1:0")
            .env("AWS_ENDPOINT_URL", format!("http://{}", self.address))
            .env("AWS_ACCESS_KEY_ID", HUB_ACCESS_KEY_ID)
            .env("AWS_SECRET_ACCESS_KEY", HUB_SECRET_ACCESS_KEY)
            .env("AWS_EC2_METADATA_DISABLED", "true");
        Service::start(command, &config.to_string()).await
    }
}

/// The service.
pub struct Service {
    pub process: Process,
    grpc: String,
    admin: String,
}

impl Service {
    /// Starts it, and returns when it is ready.
    pub async fn start(command: Command, config: &str) -> Result<Self, Failure> {
        let mut process = Process::start(command, config)?;
        let grpc = process.address("grpc").await?;
        let admin = process.address("admin").await?;
        let service = Self {
            process,
            grpc,
            admin,
        };
        let until = Instant::now() + READY_WITHIN;
        while http_get(&service.admin, "/readyz").await.is_err() {
            if Instant::now() > until {
                return Err("not ready in time".into());
            }
            tokio::time::sleep(POLL).await;
        }
        Ok(service)
    }

    /// Where it takes gRPC.
    pub fn address(&self) -> String {
        self.grpc.clone()
    }

    /// A connection of its own.
    pub async fn channel(&self) -> Result<Channel, Failure> {
        let endpoint = Endpoint::new(format!("http://{}", self.grpc))?;
        Ok(endpoint.connect().await?)
    }

    /// A client of EventService.
    pub async fn events(&self) -> Result<EventServiceClient<Channel>, Failure> {
        let client = EventServiceClient::new(self.channel().await?);
        Ok(client.max_decoding_message_size(64 << 20))
    }

    /// A client of TrailService.
    pub async fn trails(&self) -> Result<TrailServiceClient<Channel>, Failure> {
        Ok(TrailServiceClient::new(self.channel().await?))
    }

    /// Waits until it knows so many accounts.
    pub async fn knows_accounts(&self, wanted: u32) -> Result<(), Failure> {
        let mut client = AccountServiceClient::new(self.channel().await?);
        let until = Instant::now() + READY_WITHIN;
        loop {
            let listed = client.list_accounts(ListAccountsRequest::default()).await;
            let known = listed.map_or(0, |page| page.into_inner().total_size);
            if known >= wanted {
                return Ok(());
            }
            if Instant::now() > until {
                return Err(format!("knows {known} accounts, not {wanted}").into());
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}

/// The body of an answer with status 200.
async fn http_get(address: &str, path: &str) -> Result<String, Failure> {
    let mut socket = TcpStream::connect(address).await?;
    let request = format!("GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
    socket.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    socket.read_to_string(&mut answer).await?;
    match answer.split_once("\r\n\r\n") {
        Some((head, body)) if head.starts_with("HTTP/1.1 200") => Ok(body.to_owned()),
        _ => Err(format!("{path}: {}", answer.lines().next().unwrap_or("no answer")).into()),
    }
}

/// The event's place in the total order, for comparing neighbours.
pub type Key = (std::cmp::Reverse<(i64, i32)>, String, String, String);

/// The key of an event.
pub fn key(event: &trailplane::api::proto::Event) -> Key {
    let time = event
        .event_time
        .as_ref()
        .map_or((0, 0), |t| (t.seconds, t.nanos));
    (
        std::cmp::Reverse(time),
        event.account_id.clone(),
        event.region.clone(),
        event.event_id.clone(),
    )
}

/// One figure: what, how much, and what it must be.
pub fn figure(what: &str, value: impl std::fmt::Display, wanted: &str) {
    println!("{what:<58} {value:>14}   {wanted}");
}
