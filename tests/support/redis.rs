//! Redis servers that a test starts, stops and kills.

use std::{process::Command, sync::Arc, time::Duration};

use tempfile::TempDir;
use tokio::time::Instant;

use super::{
    process::{Process, free_port},
    tools::project,
};

const READY_WITHIN: Duration = Duration::from_secs(20);

/// A Redis server on a port of its own, killed with -9 when it is dropped.
pub struct Server {
    pub port: u16,
    arguments: Vec<String>,
    environment: Vec<(String, String)>,
    dir: Arc<TempDir>,
    process: Option<Process>,
}

impl Server {
    /// One that keeps nothing on disk.
    pub async fn start() -> Self {
        Self::with(&[], &[]).await
    }

    /// One with these further arguments and environment.
    pub async fn with(arguments: &[&str], environment: &[(&str, &str)]) -> Self {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let mut server = Self {
            port: free_port(),
            arguments: arguments.iter().map(|&word| word.to_owned()).collect(),
            environment: environment.iter().map(owned).collect(),
            dir: Arc::new(TempDir::new().unwrap()),
            process: None,
        };
        server.start_again().await;
        server
    }

    /// Starts it after it was killed, on its port, with what it had on disk.
    pub async fn start_again(&mut self) {
        let mut command = Command::new("redis-server");
        command
            .args(["--port", &self.port.to_string(), "--bind", "127.0.0.1"])
            .args([
                "--save",
                "",
                "--appendonly",
                "no",
                "--enable-debug-command",
                "local",
            ])
            .args(&self.arguments)
            .envs(self.environment.clone())
            .current_dir(self.dir.path());
        let mut process = Process::start(command);
        process
            .wait_for("its port", |output| {
                output.contains("Ready to accept connections").then_some(())
            })
            .await;
        self.process = Some(process);
    }

    /// A Sentinel with this configuration, which it rewrites.
    pub async fn sentinel(conf: &std::path::Path) -> Self {
        let port = free_port();
        let mut command = Command::new("redis-server");
        command.arg(conf).arg("--sentinel");
        command.args(["--port", &port.to_string(), "--bind", "127.0.0.1"]);
        let mut process = Process::start(command);
        process
            .wait_for("the Sentinel", |output| {
                output.contains("+monitor").then_some(())
            })
            .await;
        Self {
            port,
            arguments: Vec::new(),
            environment: Vec::new(),
            dir: Arc::new(TempDir::new().unwrap()),
            process: Some(process),
        }
    }

    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// kill -9.
    pub fn kill(&mut self) {
        self.signal("KILL");
        self.process = None;
    }

    /// It neither answers nor closes anything, until `go_on`.
    pub fn pause(&self) {
        self.signal("STOP");
    }

    pub fn go_on(&self) {
        self.signal("CONT");
    }

    fn signal(&self, name: &str) {
        self.process.as_ref().expect("it runs").signal(name);
    }

    /// Sends a command.
    pub async fn ask<T: redis::FromRedisValue>(&self, words: &[&str]) -> T {
        ask(&self.url(), words).await.unwrap()
    }

    /// Waits until `ready` is true of what this command answers.
    pub async fn until(&self, words: &[&str], ready: impl Fn(&str) -> bool) {
        let until = Instant::now() + READY_WITHIN;
        loop {
            let said = ask::<redis::Value>(&self.url(), words).await;
            let said = format!("{said:?}");
            if ready(&said) {
                return;
            }
            assert!(Instant::now() < until, "{words:?} still answers {said}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

/// Sends a command to the server at this URL.
pub async fn ask<T: redis::FromRedisValue>(url: &str, words: &[&str]) -> redis::RedisResult<T> {
    let client = redis::Client::open(url)?;
    let mut connection = client.get_multiplexed_async_connection().await?;
    let mut command = redis::Cmd::new();
    for word in words {
        command.arg(*word);
    }
    command.query_async(&mut connection).await
}

/// A wall clock that can be set while its server runs.
pub struct Clock {
    offset: tempfile::NamedTempFile,
    library: TempDir,
}

impl Clock {
    /// Compiles what is preloaded into the server.
    pub fn new() -> Self {
        let library = TempDir::new().unwrap();
        let compiled = Command::new("cc")
            .args(["-shared", "-fPIC", "-O1", "-o"])
            .arg(library.path().join("clock.so"))
            .arg(project().join("tests/support/clock.c"))
            .status()
            .unwrap();
        assert!(compiled.success());
        let clock = Self {
            offset: tempfile::NamedTempFile::new().unwrap(),
            library,
        };
        clock.set(0);
        clock
    }

    /// A server that reads it.
    pub async fn server(&self) -> Server {
        let library = self.library.path().join("clock.so");
        let file = self.offset.path().to_str().unwrap();
        let preload = library.to_str().unwrap();
        Server::with(&[], &[("LD_PRELOAD", preload), ("CLOCK_OFFSET", file)]).await
    }

    /// The clock is off by so many seconds from now on.
    pub fn set(&self, seconds: i64) {
        use std::os::unix::fs::FileExt;
        let bytes = (seconds * 1_000_000).to_ne_bytes();
        self.offset.as_file().write_all_at(&bytes, 0).unwrap();
    }
}
