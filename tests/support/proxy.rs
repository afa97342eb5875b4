//! A proxy before an AWS of others, which lets calls fail: before they arrive, or after they took effect.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::{JoinHandle, JoinSet},
};

/// What becomes of a call.
#[derive(Clone, Copy)]
pub enum Fate {
    /// It arrives and takes effect, and its answer is lost: the connection ends.
    AnswerLost,
    /// It does not arrive: ThrottlingException, as CloudTrail answers it.
    Throttled,
    /// It does not arrive: InternalFailure, with status 500.
    Failed,
}

impl Fate {
    /// What is answered to a call that does not arrive.
    fn instead(self) -> Option<String> {
        let (status, code) = match self {
            Self::AnswerLost => return None,
            Self::Throttled => ("400 Bad Request", "ThrottlingException"),
            Self::Failed => ("500 Internal Server Error", "InternalFailure"),
        };
        let body = format!(r#"{{"__type":"{code}","message":"Rate exceeded"}}"#);
        Some(format!(
            "HTTP/1.1 {status}\r\ncontent-type: application/x-amz-json-1.1\r\nconnection: close\r\n\
             content-length: {}\r\n\r\n{body}",
            body.len()
        ))
    }
}

/// Calls of one operation.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Calls {
    /// That were made.
    pub made: usize,
    /// Of these, that arrived.
    pub arrived: usize,
}

#[derive(Default)]
struct State {
    /// What becomes of the next calls of an operation; after these all arrive.
    fates: BTreeMap<String, VecDeque<Fate>>,
    calls: BTreeMap<String, Calls>,
}

/// A running proxy; it ends when it is dropped.
pub struct Proxy {
    /// `127.0.0.1:port`.
    pub address: String,
    state: Arc<Mutex<State>>,
    task: JoinHandle<()>,
}

impl Proxy {
    /// Before the server at `upstream`, letting all calls through.
    pub async fn before(upstream: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let state = Arc::new(Mutex::new(State::default()));
        let task = tokio::spawn(serve(listener, upstream.to_owned(), state.clone()));
        Self {
            address,
            state,
            task,
        }
    }

    /// The next calls of this operation go so.
    pub fn next(&self, operation: &str, fates: &[Fate]) {
        let mut state = self.state.lock().unwrap();
        let coming = state.fates.entry(operation.to_owned()).or_default();
        coming.extend(fates);
    }

    /// The calls of this operation until now.
    pub fn calls(&self, operation: &str) -> Calls {
        let state = self.state.lock().unwrap();
        state.calls.get(operation).copied().unwrap_or_default()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(listener: TcpListener, upstream: String, state: Arc<Mutex<State>>) {
    let mut connections = JoinSet::new();
    loop {
        let (socket, _) = listener.accept().await.unwrap();
        connections.spawn(one(socket, upstream.clone(), state.clone()));
    }
}

/// One call, and the end of its connection. A caller that is gone is no error here.
async fn one(mut socket: TcpStream, upstream: String, state: Arc<Mutex<State>>) {
    let Some(request) = request(&mut socket).await else {
        return;
    };
    let fate = state.lock().unwrap().take(&operation(&request));
    let answer = match fate.and_then(Fate::instead) {
        Some(answer) => answer.into_bytes(),
        None => forward(&upstream, &request).await,
    };
    if !matches!(fate, Some(Fate::AnswerLost)) {
        let _gone = socket.write_all(&answer).await;
    }
}

impl State {
    fn take(&mut self, operation: &str) -> Option<Fate> {
        let fate = self.fates.get_mut(operation).and_then(VecDeque::pop_front);
        let calls = self.calls.entry(operation.to_owned()).or_default();
        calls.made += 1;
        if fate.and_then(Fate::instead).is_none() {
            calls.arrived += 1;
        }
        fate
    }
}

/// Head and body of a request, with the body's length in its head, as SDKs send it.
async fn request(socket: &mut TcpStream) -> Option<Vec<u8>> {
    let mut request = Vec::new();
    loop {
        if socket.read_buf(&mut request).await.ok()? == 0 {
            return None;
        }
        let text = String::from_utf8_lossy(&request);
        if let Some((head, body)) = text.split_once("\r\n\r\n")
            && body.len() >= length(head)
        {
            return Some(request);
        }
    }
}

fn length(head: &str) -> usize {
    header(head, "content-length").map_or(0, |text| text.parse().unwrap())
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let mut headers = head.lines().filter_map(|line| line.split_once(':'));
    let found = headers.find(|(key, _)| key.eq_ignore_ascii_case(name));
    found.map(|(_, value)| value.trim())
}

/// The operation of a JSON service; nothing for others.
fn operation(request: &[u8]) -> String {
    let text = String::from_utf8_lossy(request);
    let head = text.split("\r\n\r\n").next().unwrap_or_default();
    let target = header(head, "x-amz-target").and_then(|target| target.rsplit('.').next());
    target.unwrap_or_default().to_owned()
}

/// What the server answers, to the end of the connection that it is asked to end.
async fn forward(upstream: &str, request: &[u8]) -> Vec<u8> {
    let mut server = TcpStream::connect(upstream).await.unwrap();
    let line = request.windows(2).position(|pair| pair == b"\r\n").unwrap() + 2;
    let (first, rest) = request.split_at(line);
    for part in [first, b"connection: close\r\n", rest] {
        server.write_all(part).await.unwrap();
    }
    let mut answer = Vec::new();
    server.read_to_end(&mut answer).await.unwrap();
    answer
}
