//! What the door makes of a write that fails: against an AWS whose every answer the test gives by hand.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use aws_credential_types::Credentials;
use futures_util::future::BoxFuture;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    time::{sleep_until, timeout},
};
use trailplane::{
    aws::{AwsError, CredentialSource, FailureKind, Session, TookEffect, Written},
    budget::{RequestContext, Tally},
    domain::{Region, TrailArn, trail::TrailStatus},
};

use crate::support::rig::{Rig, request};

const THROTTLED: &str = r#"{"__type":"ThrottlingException","message":"Rate exceeded"}"#;
const EXPIRED: &str = r#"{"__type":"ExpiredTokenException","message":"expired"}"#;
const FAILED: &str = r#"{"__type":"InternalFailure","message":""}"#;

/// An AWS that takes requests one by one.
struct Aws(TcpListener);

/// A request that waits for its answer. Dropped, its connection is reset.
struct Asked(TcpStream);

impl Aws {
    async fn start() -> Self {
        Self(TcpListener::bind("127.0.0.1:0").await.unwrap())
    }

    fn endpoint(&self) -> String {
        format!("http://{}", self.0.local_addr().unwrap())
    }

    /// The next request, read to its end.
    async fn asked(&self, operation: &str) -> Asked {
        let next = timeout(Duration::from_secs(20), self.0.accept()).await;
        let (mut stream, _) = next.expect("a request comes").unwrap();
        // Closing then resets, so that the client cannot take it for the end of an answer.
        stream.set_zero_linger().unwrap();
        let mut read = Vec::new();
        loop {
            stream.read_buf(&mut read).await.unwrap();
            let text = String::from_utf8_lossy(&read);
            let Some((head, body)) = text.split_once("\r\n\r\n") else {
                continue;
            };
            let head = head.to_ascii_lowercase();
            let length = head
                .lines()
                .find_map(|l| l.strip_prefix("content-length: "));
            if body.len() >= length.map_or(0, |l| l.parse().unwrap()) {
                assert!(head.contains(&operation.to_ascii_lowercase()), "{head}");
                return Asked(stream);
            }
        }
    }

    /// Nobody connects any more. What was going to is there by now: the call has ended.
    async fn is_left_alone(&self) {
        let more = timeout(Duration::from_millis(50), self.0.accept()).await;
        assert!(more.is_err(), "there is one more request");
    }
}

impl Asked {
    async fn answer(mut self, status: &str, body: &str) {
        let text = format!(
            "HTTP/1.1 {status}\r\nconnection: close\r\nx-amzn-requestid: id-of-{}\r\n\
             content-type: application/x-amz-json-1.1\r\ncontent-length: {}\r\n\r\n{body}",
            &status[..3],
            body.len()
        );
        self.0.write_all(text.as_bytes()).await.unwrap();
        // A reset could overtake the answer.
        let _ = self.0.read(&mut [0]).await;
    }
}

/// Credentials that need no call.
#[derive(Default)]
struct Own {
    rejected: AtomicUsize,
}

impl CredentialSource for Own {
    fn session<'a>(&'a self, _: &'a RequestContext) -> BoxFuture<'a, Result<Session, AwsError>> {
        let credentials = Credentials::new("AKIAEXAMPLE", "secret", None, None, "test");
        let session = Session::new("111111111111".parse().unwrap(), credentials, 1);
        Box::pin(async { Ok(session) })
    }

    fn reject(&self, _: &Session) {
        self.rejected.fetch_add(1, Ordering::Relaxed);
    }
}

struct World {
    aws: Aws,
    rig: Rig,
    own: Own,
    region: Region,
    trail: TrailArn,
}

impl World {
    async fn new() -> Self {
        let aws = Aws::start().await;
        Self {
            rig: Rig::new(&aws.endpoint(), "unused", "unused").await,
            aws,
            own: Own::default(),
            region: "us-east-1".parse().unwrap(),
            trail: "arn:aws:cloudtrail:us-east-1:111111111111:trail/main"
                .parse()
                .unwrap(),
        }
    }

    async fn write(&self, ctx: &RequestContext) -> Result<Written, AwsError> {
        let tally = Tally::default();
        let (door, region) = (&self.rig.door, &self.region);
        door.stop_logging(ctx, &tally, &self.own, region, &self.trail)
            .await
    }

    async fn read(&self, ctx: &RequestContext) -> Result<TrailStatus, AwsError> {
        let tally = Tally::default();
        let (door, region) = (&self.rig.door, &self.region);
        door.get_trail_status(ctx, &tally, &self.own, region, &self.trail)
            .await
    }
}

fn unhurried() -> RequestContext {
    request(Duration::from_secs(60))
}

#[tokio::test]
async fn a_write_in_flight_is_not_abandoned_when_its_caller_goes() {
    let world = World::new().await;
    let ctx = unhurried();
    let (written, ()) = tokio::join!(world.write(&ctx), async {
        let asked = world.aws.asked("StopLogging").await;
        ctx.cancel.cancel();
        asked.answer("200 OK", "{}").await;
    });
    assert_eq!(written.unwrap().request_id.as_deref(), Some("id-of-200"));
    // A read is: nobody wants its answer.
    let ctx = unhurried();
    let (read, asked) = tokio::join!(world.read(&ctx), async {
        let asked = world.aws.asked("GetTrailStatus").await;
        ctx.cancel.cancel();
        asked
    });
    assert_eq!(read.unwrap_err().kind, FailureKind::Cancelled);
    drop(asked);
}

#[tokio::test]
async fn a_write_in_flight_is_not_abandoned_at_its_deadline() {
    let world = World::new().await;
    let ctx = request(Duration::from_secs(3));
    let (written, ()) = tokio::join!(world.write(&ctx), async {
        let asked = world.aws.asked("StopLogging").await;
        sleep_until(ctx.deadline + Duration::from_millis(20)).await;
        asked.answer("200 OK", "{}").await;
    });
    written.unwrap();
}

#[tokio::test]
async fn a_write_that_may_have_taken_effect_is_not_repeated() {
    let world = World::new().await;
    let ctx = unhurried();
    let (written, ()) = tokio::join!(world.write(&ctx), async {
        drop(world.aws.asked("StopLogging").await);
    });
    let lost = written.unwrap_err();
    assert_eq!(lost.kind, FailureKind::Transient);
    assert_eq!(lost.effect(), TookEffect::Unknown);
    world.aws.is_left_alone().await;

    let (written, ()) = tokio::join!(world.write(&ctx), async {
        let asked = world.aws.asked("StopLogging").await;
        asked.answer("500 Internal Server Error", FAILED).await;
    });
    let failed = written.unwrap_err();
    assert_eq!(failed.effect(), TookEffect::Unknown);
    assert_eq!(failed.request_id.as_deref(), Some("id-of-500"));
    world.aws.is_left_alone().await;

    // A read is: it does no harm.
    let (read, ()) = tokio::join!(world.read(&ctx), async {
        drop(world.aws.asked("GetTrailStatus").await);
        let again = world.aws.asked("GetTrailStatus").await;
        again.answer("200 OK", r#"{"IsLogging":true}"#).await;
    });
    assert!(read.unwrap().logging);
}

#[tokio::test]
async fn a_write_that_aws_refused_for_now_is_repeated() {
    let world = World::new().await;
    let ctx = unhurried();
    let (written, ()) = tokio::join!(world.write(&ctx), async {
        let throttled = world.aws.asked("StopLogging").await;
        throttled.answer("400 Bad Request", THROTTLED).await;
        let expired = world.aws.asked("StopLogging").await;
        expired.answer("400 Bad Request", EXPIRED).await;
        let last = world.aws.asked("StopLogging").await;
        last.answer("200 OK", "{}").await;
    });
    written.unwrap();
    assert_eq!(world.own.rejected.load(Ordering::Relaxed), 1);
    world.aws.is_left_alone().await;
}

#[tokio::test]
async fn a_write_that_is_cancelled_before_it_leaves_took_no_effect() {
    let world = World::new().await;
    let gone = unhurried();
    gone.cancel.cancel();
    let unsent = world.write(&gone).await.unwrap_err();
    assert_eq!(unsent.kind, FailureKind::Cancelled);
    assert_eq!(unsent.effect(), TookEffect::No);
    // Refused for now, and cancelled before it is tried again.
    let ctx = unhurried();
    let (written, ()) = tokio::join!(world.write(&ctx), async {
        let asked = world.aws.asked("StopLogging").await;
        ctx.cancel.cancel();
        asked.answer("400 Bad Request", THROTTLED).await;
    });
    let refused = written.unwrap_err();
    assert_eq!(refused.kind, FailureKind::Cancelled);
    assert_eq!(refused.code.as_deref(), Some("ThrottlingException"));
    assert_eq!(refused.effect(), TookEffect::No);
    world.aws.is_left_alone().await;
}
