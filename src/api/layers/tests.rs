//! The layers over a real socket, around a service that sleeps and streams as it is told.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use prost::Message;
use tokio::{
    net::TcpStream,
    time::{Instant, sleep, timeout},
};
use tokio_stream::{StreamExt, wrappers::IntervalStream};
use tokio_util::sync::CancellationToken;
use tonic::{
    Code, Request, Response, Status, codegen::BoxStream, service::Routes, transport::Channel,
};
use tonic_types::StatusExt;

use super::{
    deadline::Call,
    inbound::ClientLimit,
    observe::{RpcEnd, RpcObserver},
};
use crate::{
    api::{
        Health, Listener, Server, Settings,
        proto::{
            LookupEventsRequest, LookupEventsResponse, StreamEventsRequest, StreamEventsResponse,
            event_service_client::EventServiceClient,
            event_service_server::{EventService, EventServiceServer},
        },
        rpcs::{Allowance, Allowances, Rpc},
        testing::until,
        transport::{ConnectionObserver, Refusal},
    },
    budget::context::Lane,
    domain::{Authority, Timestamp, WallClock},
};

const SECOND: Duration = Duration::from_secs(1);

/// Sleeps for `page_size` milliseconds and panics if asked for 13, or streams an empty message every 10 ms for ever.
#[derive(Clone, Default)]
struct Told {
    calls: Arc<Mutex<Vec<Call>>>,
}

#[tonic::async_trait]
impl EventService for Told {
    async fn lookup_events(
        &self,
        request: Request<LookupEventsRequest>,
    ) -> Result<Response<LookupEventsResponse>, Status> {
        let call = request.extensions().get::<Call>().unwrap().clone();
        self.calls.lock().unwrap().push(call);
        let millis = u64::try_from(request.get_ref().page_size).unwrap();
        assert_ne!(millis, 13, "an unlucky number");
        sleep(Duration::from_millis(millis)).await;
        Ok(Response::new(LookupEventsResponse::default()))
    }

    async fn stream_events(
        &self,
        request: Request<StreamEventsRequest>,
    ) -> Result<Response<BoxStream<StreamEventsResponse>>, Status> {
        let call = request.extensions().get::<Call>().unwrap().clone();
        self.calls.lock().unwrap().push(call);
        let beat = tokio::time::interval(Duration::from_millis(10));
        let messages = IntervalStream::new(beat).map(|_| Ok(StreamEventsResponse::default()));
        Ok(Response::new(Box::pin(messages)))
    }
}

#[derive(Default)]
struct Heard(Mutex<Vec<(&'static str, Option<Code>)>>);

impl RpcObserver for Heard {
    fn started(&self, rpc: &'static Rpc) {
        self.0.lock().unwrap().push((rpc.method, None));
    }

    fn span(&self, _: &'static Rpc, _: &http::HeaderMap) -> tracing::Span {
        tracing::Span::none()
    }
    fn ended(&self, end: &RpcEnd) {
        self.0
            .lock()
            .unwrap()
            .push((end.rpc.method, Some(end.code)));
    }
}

impl ConnectionObserver for Heard {
    fn opened(&self) {}
    fn closed(&self) {}
    fn refused(&self, _: Refusal) {}
}

struct Started {
    address: SocketAddr,
    client: EventServiceClient<Channel>,
    told: Told,
    heard: Arc<Heard>,
    shutdown: CancellationToken,
    serving: tokio::task::JoinHandle<()>,
}

async fn start(change: impl FnOnce(&mut Settings)) -> Started {
    let mut settings = Settings {
        listen: SocketAddr::from(([127, 0, 0, 1], 0)),
        ..Settings::default()
    };
    change(&mut settings);
    let clock: WallClock = Arc::new(|| Timestamp::from_seconds(0));
    let listener = Listener::bind(&settings, &clock).unwrap();
    let address = listener.address();
    let (told, heard) = (Told::default(), Arc::new(Heard::default()));
    let routes = Routes::new(EventServiceServer::new(told.clone()));
    let health = Health::not_serving().await;
    let server = Server::with_routes(settings, routes, health, heard.clone(), clock).unwrap();
    let shutdown = CancellationToken::new();
    let serving = tokio::spawn(server.serve(listener, shutdown.clone()));
    let channel = Channel::from_shared(format!("http://{address}")).unwrap();
    Started {
        address,
        client: EventServiceClient::new(channel.connect().await.unwrap()),
        told,
        heard,
        shutdown,
        serving,
    }
}

fn at_most(cap: Duration) -> impl FnOnce(&mut Settings) {
    let allowance = Allowance { default: cap, cap };
    move |settings| {
        settings.allowances = Allowances {
            unary: allowance,
            stream: allowance,
        };
    }
}

fn taking(millis: i32) -> LookupEventsRequest {
    LookupEventsRequest {
        page_size: millis,
        ..LookupEventsRequest::default()
    }
}

fn reason(status: &Status) -> String {
    let details = status.get_error_details();
    details.error_info().map(|i| i.reason.clone()).unwrap()
}

/// Reads a stream to its end, for ten seconds at most: how many messages, and the status.
async fn to_its_end(mut stream: tonic::Streaming<StreamEventsResponse>) -> (usize, Status) {
    let read = async {
        let mut messages = 0;
        loop {
            match stream.message().await {
                Ok(Some(_)) => messages += 1,
                Ok(None) => panic!("ended without an error"),
                Err(status) => return (messages, status),
            }
        }
    };
    timeout(10 * SECOND, read).await.expect("it never ended")
}

#[tokio::test]
async fn the_cap_ends_a_slow_answer() {
    let mut s = start(at_most(Duration::from_millis(200))).await;
    let began = Instant::now();
    let status = s.client.lookup_events(taking(60_000)).await.unwrap_err();
    assert_eq!(status.code(), Code::DeadlineExceeded);
    assert_eq!(reason(&status), "DEADLINE_EXCEEDED");
    assert!(began.elapsed() < 5 * SECOND);
    assert!(s.client.lookup_events(taking(1)).await.is_ok());
    let (first, last) = {
        let calls = s.told.calls.lock().unwrap();
        let context = |at: usize| calls[at].context(Lane::Interactive, Authority::unlimited());
        (context(0), context(1))
    };
    until(|| first.cancel.is_cancelled()).await;
    assert!(last.deadline > first.deadline);
    until(|| s.heard.0.lock().unwrap().len() == 4).await;
    assert_eq!(
        *s.heard.0.lock().unwrap(),
        [
            ("LookupEvents", None),
            ("LookupEvents", Some(Code::DeadlineExceeded)),
            ("LookupEvents", None),
            ("LookupEvents", Some(Code::Ok)),
        ]
    );
}

#[tokio::test]
async fn the_callers_own_deadline_counts_and_is_not_called_cancelled() {
    let s = start(|_| {}).await;
    let began = Instant::now();
    let status = without_a_clock(s.address, &taking(60_000), "400m").await;
    assert_eq!(status.code(), Code::DeadlineExceeded, "{status:?}");
    assert!(began.elapsed() < 5 * SECOND);
}

/// The status of a LookupEvents of a caller that does not watch the deadline itself. tonic's client does, by the same
/// header, and which of the two is first is chance.
async fn without_a_clock(
    address: SocketAddr,
    message: &LookupEventsRequest,
    grpc_timeout: &str,
) -> Status {
    let socket = TcpStream::connect(address).await.unwrap();
    let io = hyper_util::rt::TokioIo::new(socket);
    let executor = hyper_util::rt::TokioExecutor::new();
    let (mut sender, connection) = hyper::client::conn::http2::handshake(executor, io)
        .await
        .unwrap();
    let connection = tokio::spawn(connection);
    let message = message.encode_to_vec();
    // Not compressed, and its length.
    let mut frame = vec![0];
    frame.extend(u32::try_from(message.len()).unwrap().to_be_bytes());
    frame.extend(message);
    let request = http::Request::post(format!(
        "http://{address}/trailplane.v1.EventService/LookupEvents"
    ))
    .header("content-type", "application/grpc")
    .header("te", "trailers")
    .header("grpc-timeout", grpc_timeout)
    .body(Full::new(Bytes::from(frame)))
    .unwrap();
    let answer = sender.send_request(request).await.unwrap();
    let status = match Status::from_header_map(answer.headers()) {
        Some(status) => status,
        None => {
            let body = answer.into_body().collect().await.unwrap();
            Status::from_header_map(body.trailers().unwrap()).unwrap()
        }
    };
    connection.abort();
    status
}

#[tokio::test]
async fn a_stream_is_bound_to_its_end() {
    let mut s = start(at_most(Duration::from_millis(300))).await;
    let request = StreamEventsRequest::default();
    let stream = s.client.stream_events(request).await.unwrap().into_inner();
    let (messages, status) = to_its_end(stream).await;
    assert!(messages > 3, "{messages} messages");
    assert_eq!(status.code(), Code::DeadlineExceeded);
    assert_eq!(reason(&status), "DEADLINE_EXCEEDED");
}

#[tokio::test]
async fn a_caller_who_leaves_cancels_the_work_and_gives_the_place_back() {
    let mut s = start(|settings| settings.open.all = 1).await;
    let request = StreamEventsRequest::default();
    let mut stream = s.client.stream_events(request).await.unwrap().into_inner();
    stream.message().await.unwrap();
    // An open stream holds the only place.
    let status = s.client.lookup_events(taking(1)).await.unwrap_err();
    assert_eq!(status.code(), Code::ResourceExhausted);
    assert_eq!(reason(&status), "TOO_MANY_IN_FLIGHT");
    assert!(status.get_error_details().retry_info().is_some());
    let context = s.told.calls.lock().unwrap()[0].context(Lane::Batch, Authority::unlimited());
    assert!(!context.cancel.is_cancelled());
    drop(stream);
    until(|| context.cancel.is_cancelled()).await;
    let left = ("StreamEvents", Some(Code::Cancelled));
    until(|| s.heard.0.lock().unwrap().contains(&left)).await;
    assert!(s.client.lookup_events(taking(1)).await.is_ok());
}

#[tokio::test]
async fn a_client_that_is_too_fast_is_told_when_to_come_back() {
    let mut s = start(|settings| {
        settings.client_limits.pages = ClientLimit {
            per_second: 1,
            burst: 3,
        };
    })
    .await;
    for _ in 0..3 {
        s.client.lookup_events(taking(0)).await.unwrap();
    }
    let status = s.client.lookup_events(taking(0)).await.unwrap_err();
    assert_eq!(status.code(), Code::ResourceExhausted);
    assert_eq!(reason(&status), "RATE_LIMITED");
    let details = status.get_error_details();
    assert_eq!(details.retry_info().unwrap().retry_delay, Some(SECOND));
    assert!(details.has_quota_failure_violations());
    assert_eq!(
        status.metadata().get("grpc-retry-pushback-ms").unwrap(),
        "1000"
    );
    // Streams have an allowance of their own.
    let request = StreamEventsRequest::default();
    s.client.stream_events(request).await.unwrap();
    // The advice is right.
    sleep(SECOND).await;
    s.client.lookup_events(taking(0)).await.unwrap();
}

#[tokio::test]
async fn draining_ends_streams_after_the_grace_and_then_the_server() {
    let mut s = start(|settings| settings.drain_grace = Duration::from_millis(200)).await;
    let request = StreamEventsRequest::default();
    let mut stream = s.client.stream_events(request).await.unwrap().into_inner();
    stream.message().await.unwrap();
    s.shutdown.cancel();
    let (_, status) = to_its_end(stream).await;
    assert_eq!(status.code(), Code::Unavailable);
    assert_eq!(reason(&status), "DRAINING");
    timeout(10 * SECOND, s.serving).await.unwrap().unwrap();
}

#[tokio::test]
async fn a_panic_is_one_requests_internal_error_and_says_nothing() {
    let mut s = start(|_| {}).await;
    let status = s.client.lookup_events(taking(13)).await.unwrap_err();
    assert_eq!(status.code(), Code::Internal);
    assert_eq!(reason(&status), "INTERNAL");
    assert!(!status.message().contains("unlucky"));
    s.client.lookup_events(taking(1)).await.unwrap();
}

#[tokio::test]
async fn an_oversized_request_is_refused() {
    let mut s = start(|_| {}).await;
    let request = LookupEventsRequest {
        page_token: "x".repeat(5 << 20),
        ..LookupEventsRequest::default()
    };
    let status = s.client.lookup_events(request).await.unwrap_err();
    assert_eq!(status.code(), Code::OutOfRange);
}
