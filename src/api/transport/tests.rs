//! Connections over real sockets, around a service that answers when it is told to.

use std::{
    convert::Infallible,
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use http::{Request, Response};
use http_body_util::Empty;
use hyper::{client::conn::http2::SendRequest, server::conn::http2};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::Semaphore,
    time::{Instant, sleep, timeout},
};
use tokio_util::sync::CancellationToken;
use tonic::body::Body;
use tower::service_fn;

use super::*;
use crate::{
    api::{Settings, testing::until},
    domain::{Timestamp, WallClock},
};

const SECOND: Duration = Duration::from_secs(1);
const BOUNDS: Bounds = Bounds {
    coming_in: 8,
    come_in_within: Duration::from_secs(60),
    connections: 8,
    age: Duration::from_secs(600),
    age_grace: Duration::from_secs(600),
};

/// What was heard: +1 and -1 for connections, and refusals.
#[derive(Default)]
struct Heard(Mutex<(i32, Vec<Refusal>)>);

impl ConnectionObserver for Heard {
    fn opened(&self) {
        self.0.lock().unwrap().0 += 1;
    }
    fn closed(&self) {
        self.0.lock().unwrap().0 -= 1;
    }
    fn refused(&self, why: Refusal) {
        self.0.lock().unwrap().1.push(why);
    }
}

struct Started {
    address: SocketAddr,
    heard: Arc<Heard>,
    /// Each request to `/wait` takes one to be answered.
    answers: Arc<Semaphore>,
    /// How many of those have come.
    waiting: Arc<Mutex<u32>>,
    shutdown: CancellationToken,
    serving: tokio::task::JoinHandle<()>,
}

async fn start(bounds: Bounds) -> Started {
    let settings = Settings {
        listen: SocketAddr::from(([127, 0, 0, 1], 0)),
        ..Settings::default()
    };
    let clock: WallClock = Arc::new(|| Timestamp::from_seconds(0));
    let listener = Listener::bind(&settings, &clock).unwrap();
    let address = listener.address();
    let (heard, answers) = (Arc::new(Heard::default()), Arc::new(Semaphore::new(0)));
    let shutdown = CancellationToken::new();
    let mut http2 = http2::Builder::new(TokioExecutor::new());
    http2.timer(TokioTimer::new());
    let connections = Connections::new(http2, bounds, heard.clone(), clock, shutdown.clone());
    let waiting = Arc::new(Mutex::new(0));
    let (answers_of, come) = (answers.clone(), waiting.clone());
    let service = service_fn(move |request: Request<Body>| {
        let (answers, come) = (answers_of.clone(), come.clone());
        async move {
            assert!(request.extensions().get::<Peer>().is_some());
            if request.uri().path() == "/wait" {
                *come.lock().unwrap() += 1;
                answers.acquire().await.unwrap().forget();
            }
            Ok::<_, Infallible>(Response::new(Body::empty()))
        }
    });
    Started {
        address,
        heard,
        answers,
        waiting,
        shutdown,
        serving: tokio::spawn(connections.serve(listener, service)),
    }
}

type Client = SendRequest<Empty<bytes::Bytes>>;

async fn connect(address: SocketAddr) -> hyper::Result<Client> {
    let io = TokioIo::new(TcpStream::connect(address).await.unwrap());
    let (sender, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), io).await?;
    tokio::spawn(connection);
    Ok(sender)
}

async fn ask(client: &mut Client, path: &str) -> hyper::Result<u16> {
    let request = Request::post(format!("http://x{path}"));
    let answer = client.send_request(request.body(Empty::new()).unwrap());
    answer.await.map(|answer| answer.status().as_u16())
}

/// Whether the other side has closed, or does within ten seconds.
async fn closed(socket: &mut TcpStream) -> bool {
    let mut rest = Vec::new();
    timeout(10 * SECOND, socket.read_to_end(&mut rest))
        .await
        .is_ok()
}

/// Waits until the server has told the client not to ask here any more, for ten seconds at most.
async fn refused(client: &mut Client) {
    let wait = async {
        while ask(client, "/").await.is_ok() {
            sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(10 * SECOND, wait).await.expect("no GOAWAY came");
}

#[tokio::test]
async fn at_its_age_a_connection_takes_nothing_new_and_what_runs_ends() {
    let s = start(Bounds {
        age: Duration::from_millis(300),
        ..BOUNDS
    })
    .await;
    let mut client = connect(s.address).await.unwrap();
    let mut same = client.clone();
    let waiting = tokio::spawn(async move { ask(&mut same, "/wait").await });
    refused(&mut client).await;
    assert_eq!(s.heard.0.lock().unwrap().0, 1);
    s.answers.add_permits(1);
    assert_eq!(waiting.await.unwrap().unwrap(), 200);
    until(|| s.heard.0.lock().unwrap().0 == 0).await;
}

#[tokio::test]
async fn what_runs_longer_than_the_grace_is_cut() {
    let s = start(Bounds {
        age: Duration::from_millis(100),
        age_grace: Duration::from_millis(100),
        ..BOUNDS
    })
    .await;
    let mut client = connect(s.address).await.unwrap();
    let cut = timeout(10 * SECOND, ask(&mut client, "/wait")).await;
    assert!(cut.unwrap().is_err());
    until(|| s.heard.0.lock().unwrap().0 == 0).await;
}

#[test]
fn ages_differ_by_a_tenth_at_most() {
    let ages: Vec<_> = (0..100)
        .map(|_| connections::jittered(10 * SECOND))
        .collect();
    assert!(
        ages.iter()
            .all(|age| (9 * SECOND..11 * SECOND).contains(age))
    );
    assert!(ages.iter().min() < ages.iter().max());
}

#[tokio::test]
async fn who_says_nothing_keeps_nobody_out_and_is_closed_in_time() {
    let bounds = Bounds {
        come_in_within: SECOND,
        ..BOUNDS
    };
    let s = start(bounds).await;
    let mut silent = Vec::new();
    for _ in 0..bounds.coming_in * 3 {
        silent.push(TcpStream::connect(s.address).await.unwrap());
    }
    let began = Instant::now();
    let mut client = connect(s.address).await.unwrap();
    assert_eq!(ask(&mut client, "/").await.unwrap(), 200);
    assert!(began.elapsed() < SECOND, "{:?}", began.elapsed());
    for socket in &mut silent {
        assert!(closed(socket).await);
    }
    let refused = s.heard.0.lock().unwrap().1.clone();
    assert_eq!(refused.len(), silent.len());
    let pushed_out = refused.iter().filter(|why| **why == Refusal::PushedOut);
    assert!(pushed_out.count() >= bounds.coming_in * 2, "{refused:?}");
    assert!(refused.contains(&Refusal::TooSlow), "{refused:?}");
}

#[tokio::test]
async fn one_more_than_may_be_is_closed_and_comes_in_when_another_has_gone() {
    let s = start(Bounds {
        connections: 1,
        ..BOUNDS
    })
    .await;
    let mut first = connect(s.address).await.unwrap();
    assert_eq!(ask(&mut first, "/").await.unwrap(), 200);
    let mut second = connect(s.address).await.unwrap();
    assert!(ask(&mut second, "/").await.is_err());
    assert_eq!(s.heard.0.lock().unwrap().1, [Refusal::TooMany]);
    drop(first);
    until(|| s.heard.0.lock().unwrap().0 == 0).await;
    let mut third = connect(s.address).await.unwrap();
    assert_eq!(ask(&mut third, "/").await.unwrap(), 200);
}

#[tokio::test]
async fn what_is_not_http2_is_closed() {
    let s = start(BOUNDS).await;
    let mut socket = TcpStream::connect(s.address).await.unwrap();
    let http1 = b"GET /trailplane HTTP/1.1\r\nhost: x\r\n\r\n";
    socket.write_all(http1).await.unwrap();
    assert!(closed(&mut socket).await);
    assert_eq!(s.heard.0.lock().unwrap().1, [Refusal::NotHttp2]);
}

#[tokio::test]
async fn after_the_shutdown_the_socket_is_closed_and_the_last_request_ends_it() {
    let s = start(BOUNDS).await;
    let mut client = connect(s.address).await.unwrap();
    assert_eq!(ask(&mut client, "/").await.unwrap(), 200);
    let mut same = client.clone();
    let waiting = tokio::spawn(async move { ask(&mut same, "/wait").await });
    until(|| *s.waiting.lock().unwrap() == 1).await;
    let mut silent = TcpStream::connect(s.address).await.unwrap();
    s.shutdown.cancel();
    assert!(closed(&mut silent).await);
    refused(&mut client).await;
    assert!(TcpStream::connect(s.address).await.is_err());
    assert!(!s.serving.is_finished());
    s.answers.add_permits(1);
    assert_eq!(waiting.await.unwrap().unwrap(), 200);
    timeout(10 * SECOND, s.serving).await.unwrap().unwrap();
}
