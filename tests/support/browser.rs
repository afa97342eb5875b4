//! A headless Chromium, driven by ChromeDriver over the WebDriver protocol. Debian's packages, installed by `scripts/setup`.

use std::{os::unix::process::CommandExt as _, process::Command, time::Duration};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::TcpStream,
    time::{Instant, sleep, timeout},
};

use super::process::{Process, free_port};

const ANSWER_WITHIN: Duration = Duration::from_secs(60);

/// Nothing of Chromium's own may go to the network: there is none for it, and the page needs none.
const ARGUMENTS: [&str; 9] = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=1280,900",
];

/// A browser with one page. Dropped, it is killed, and leaves nothing.
pub struct Browser {
    address: String,
    session: String,
    driver: Process,
    /// Its profile.
    _profile: TempDir,
}

impl Browser {
    /// A new one, without any state of another's.
    pub async fn start() -> Self {
        let port = free_port();
        let mut command = Command::new("chromedriver");
        command.arg(format!("--port={port}"));
        // A group of its own, so that the browser can be killed with its driver.
        command.process_group(0);
        let mut driver = Process::start(command);
        let address = format!("127.0.0.1:{port}");
        let started = |output: &str| output.contains("started successfully").then_some(());
        driver.wait_for("a driver", started).await;
        let profile = tempfile::tempdir().unwrap();
        let mut arguments: Vec<String> = ARGUMENTS.map(str::to_owned).to_vec();
        arguments.push(format!("--user-data-dir={}", profile.path().display()));
        let options = json!({"goog:chromeOptions": {"args": arguments}});
        let options = json!({"capabilities": {"alwaysMatch": options}});
        let made = send(&address, "POST", "/session", &options).await;
        let session = made["sessionId"].as_str().expect("a session").to_owned();
        Self {
            address,
            session,
            driver,
            _profile: profile,
        }
    }

    async fn ask(&self, method: &str, command: &str, body: &Value) -> Value {
        let path = format!("/session/{}/{command}", self.session);
        send(&self.address, method, &path, body).await
    }

    /// Opens a page, and waits until it is loaded.
    pub async fn open(&self, url: &str) {
        self.ask("POST", "url", &json!({"url": url})).await;
    }

    /// What a script answers that the page runs.
    pub async fn run(&self, script: &str) -> Value {
        let call = json!({"script": script, "args": []});
        self.ask("POST", "execute/sync", &call).await
    }

    /// Waits until the script's answer is that, and answers when it was.
    pub async fn until(&self, script: &str, wanted: &Value) -> Instant {
        let end = Instant::now() + ANSWER_WITHIN;
        loop {
            let found = self.run(script).await;
            if found == *wanted {
                return Instant::now();
            }
            assert!(
                Instant::now() < end,
                "{script} answers {found}, not {wanted}"
            );
            sleep(Duration::from_millis(50)).await;
        }
    }

    /// A picture of the page, as PNG.
    pub async fn screenshot(&self) -> Vec<u8> {
        let picture = self.ask("GET", "screenshot", &Value::Null).await;
        STANDARD.decode(picture.as_str().unwrap()).unwrap()
    }

    /// Ends the browser in order.
    pub async fn close(self) {
        let path = format!("/session/{}", self.session);
        send(&self.address, "DELETE", &path, &Value::Null).await;
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let group = format!("-{}", self.driver.id());
        let _ = Command::new("kill").args(["-KILL", "--", &group]).status();
    }
}

/// One command; its `value`, or a failed test.
async fn send(address: &str, method: &str, path: &str, body: &Value) -> Value {
    let body = match body {
        Value::Null => String::new(),
        body => body.to_string(),
    };
    let head = format!(
        "{method} {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    let exchange = async {
        let mut socket = TcpStream::connect(address).await.unwrap();
        socket.write_all((head + &body).as_bytes()).await.unwrap();
        answer_of(&mut BufReader::new(socket)).await
    };
    let (status, mut answer) = timeout(ANSWER_WITHIN, exchange).await.expect("an answer");
    assert!(
        status.contains(" 200 "),
        "{method} {path}: {status} {answer}"
    );
    answer["value"].take()
}

/// The status line and the body. The driver keeps its connections, whatever it is asked to do.
async fn answer_of(socket: &mut BufReader<TcpStream>) -> (String, Value) {
    let (mut status, mut length) = (String::new(), 0);
    socket.read_line(&mut status).await.unwrap();
    loop {
        let mut line = String::new();
        socket.read_line(&mut line).await.unwrap();
        let line = line.trim_end().to_ascii_lowercase();
        if line.is_empty() {
            break;
        }
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
    }
    let mut body = vec![0; length];
    socket.read_exact(&mut body).await.unwrap();
    (status, serde_json::from_slice(&body).unwrap())
}
