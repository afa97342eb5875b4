//! A child process that runs until the test ends it: its output is kept in a file, and dropping it kills it.

use std::{
    fs::File,
    net::TcpListener,
    process::{Command, ExitStatus, Stdio},
    time::Duration,
};

use tokio::time::{Instant, timeout};

/// How long a server may take to be ready. A cold Python on a busy machine takes 10 s.
pub const READY_WITHIN: Duration = Duration::from_secs(60);

/// How often a condition is looked at.
const POLL: Duration = Duration::from_millis(20);

/// A running child process.
pub struct Process {
    child: tokio::process::Child,
    log: tempfile::NamedTempFile,
}

impl Process {
    /// Starts it, with both outputs going to one file.
    pub fn start(mut command: Command) -> Self {
        let log = tempfile::NamedTempFile::new().unwrap();
        let open = || File::options().append(true).open(log.path()).unwrap();
        command.stdin(Stdio::null()).stdout(open()).stderr(open());
        let child = tokio::process::Command::from(command)
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        Self { child, log }
    }

    /// Everything that it printed so far.
    pub fn output(&self) -> String {
        let bytes = std::fs::read(self.log.path()).unwrap();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// The process id.
    pub fn id(&self) -> u32 {
        self.child.id().expect("it still runs")
    }

    /// Waits until `ready` finds what it looks for in the output.
    pub async fn wait_for<T>(&mut self, what: &str, ready: impl Fn(&str) -> Option<T>) -> T {
        let until = Instant::now() + READY_WITHIN;
        loop {
            if let Some(found) = ready(&self.output()) {
                return found;
            }
            self.check_alive(what, until);
            tokio::time::sleep(POLL).await;
        }
    }

    /// Waits until `GET path` at this address answers with status 200.
    pub async fn wait_for_http(&mut self, address: &str, path: &str) {
        let until = Instant::now() + READY_WITHIN;
        while !matches!(http_get(address, path).await, Some((200, _))) {
            self.check_alive("an HTTP answer", until);
            tokio::time::sleep(POLL).await;
        }
    }

    fn check_alive(&mut self, what: &str, until: Instant) {
        if let Some(status) = self.child.try_wait().unwrap() {
            panic!("ended with {status} before {what}:\n{}", self.output());
        }
        assert!(
            Instant::now() < until,
            "no {what} within {READY_WITHIN:?}:\n{}",
            self.output()
        );
    }

    /// Sends a signal by its name, such as `TERM`.
    pub fn signal(&self, name: &str) {
        let status = Command::new("kill")
            .args([format!("-{name}"), self.id().to_string()])
            .status()
            .unwrap();
        assert!(status.success(), "kill -{name}");
    }

    /// Waits for its end.
    pub async fn wait(&mut self, limit: Duration) -> ExitStatus {
        timeout(limit, self.child.wait())
            .await
            .unwrap_or_else(|_| panic!("still running after {limit:?}:\n{}", self.output()))
            .unwrap()
    }

    /// Kills it without a chance to end well, and waits until it is gone. Answers with what it printed.
    pub async fn kill(mut self) -> String {
        self.child.kill().await.unwrap();
        self.output()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let output = self.output();
            let lines: Vec<&str> = output.lines().collect();
            let tail = &lines[lines.len().saturating_sub(40)..];
            eprintln!("--- the child process said last:\n{}", tail.join("\n"));
        }
    }
}

/// A port that was free a moment ago, for servers that cannot choose one themselves.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

/// One HTTP/1.1 request without a library: `None` while nobody answers.
pub async fn http_get(address: &str, path: &str) -> Option<(u16, String)> {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let exchange = async {
        let mut socket = tokio::net::TcpStream::connect(address).await.ok()?;
        let request =
            format!("GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
        socket.write_all(request.as_bytes()).await.ok()?;
        let mut answer = Vec::new();
        socket.read_to_end(&mut answer).await.ok()?;
        let answer = String::from_utf8_lossy(&answer).into_owned();
        let status = answer.split(' ').nth(1)?.parse().ok()?;
        let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
        Some((status, body.to_owned()))
    };
    timeout(Duration::from_secs(30), exchange).await.ok()?
}
