//! HTTP for operators: `/livez`, `/readyz`, `/statusz`, `/metrics`, and the console. Asks AWS nothing.

mod since;

use std::{convert::Infallible, sync::Arc, time::Duration};

use bytes::Bytes;
use futures_util::{Stream, StreamExt as _};
use http::{
    Method, Request, Response, StatusCode,
    header::{self, HeaderValue},
};
use http_body_util::{BodyExt as _, Full, StreamBody, combinators::UnsyncBoxBody};
use hyper::{
    body::{Frame, Incoming},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    task::JoinSet,
};

use crate::{
    console::{Viewers, page, updates},
    telemetry::Metrics,
};

use super::lifecycle::{Lifecycle, Phase};

pub(super) use since::Since;

/// Connections at a time: probes, a scraper or two, and people.
const MAX_CONNECTIONS: usize = 64;

/// How long a client may take to send its request's head, and how long an idle connection is kept.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);

/// Something that an operator should know about a part: one line of `/statusz`.
pub(super) struct Condition {
    pub(super) name: &'static str,
    pub(super) ok: bool,
    pub(super) message: String,
    /// The same in numbers, for programs.
    pub(super) details: Option<serde_json::Value>,
}

/// Asked for each `/statusz`; must not wait.
pub(super) type Conditions = Arc<dyn Fn() -> Vec<Condition> + Send + Sync>;

/// Called before metrics are rendered, to record what is only looked at then; must not wait.
pub(super) type Gauges = Arc<dyn Fn() + Send + Sync>;

/// What is served.
pub(super) struct Admin {
    pub(super) life: Lifecycle,
    pub(super) metrics: Metrics,
    pub(super) conditions: Conditions,
    pub(super) since: Since,
    pub(super) gauges: Gauges,
    /// Who looks at the console; `None` if it is not served.
    pub(super) console: Option<Viewers>,
}

/// What is answered: a text, or updates that go on.
type Body = UnsyncBoxBody<Bytes, Infallible>;

/// Serves until [`Lifecycle::finish`].
pub(super) async fn serve(listener: TcpListener, admin: Admin) -> Result<(), String> {
    let finish = admin.life.finish.clone();
    let admin = Arc::new(admin);
    let permits = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            biased;
            () = finish.cancelled() => break,
            Some(_) = connections.join_next() => continue,
            accepted = accept(&listener, &permits) => accepted,
        };
        match accepted {
            Ok((stream, permit)) => {
                let admin = Arc::clone(&admin);
                connections.spawn(async move {
                    connection(stream, admin).await;
                    drop(permit);
                });
            }
            Err(error) => {
                // The process is out of files, mostly: accepting again at once would spin.
                tracing::warn!(%error, "admin: a connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
    connections.shutdown().await;
    Ok(())
}

async fn accept(
    listener: &TcpListener,
    permits: &Arc<Semaphore>,
) -> std::io::Result<(TcpStream, tokio::sync::OwnedSemaphorePermit)> {
    let permit = Arc::clone(permits).acquire_owned().await;
    let permit = permit.map_err(std::io::Error::other)?;
    let (stream, _) = listener.accept().await?;
    Ok((stream, permit))
}

async fn connection(stream: TcpStream, admin: Arc<Admin>) {
    let service = service_fn(move |request| {
        let response = answer(&admin, &request);
        async move { Ok::<_, Infallible>(response) }
    });
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .max_buf_size(16 * 1024)
        .serve_connection(TokioIo::new(stream), service)
        .await;
    if let Err(error) = served {
        tracing::debug!(%error, "admin: a connection ended");
    }
}

fn answer(admin: &Admin, request: &Request<Incoming>) -> Response<Body> {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return text(StatusCode::METHOD_NOT_ALLOWED, "only GET\n");
    }
    route(admin, request.uri().path())
}

fn route(admin: &Admin, path: &str) -> Response<Body> {
    match path {
        "/livez" | "/healthz" => text(StatusCode::OK, "ok\n"),
        "/readyz" => match admin.life.phase() {
            Phase::Serving => text(StatusCode::OK, "ok\n"),
            phase => text(
                StatusCode::SERVICE_UNAVAILABLE,
                &format!("{}\n", phase.as_str()),
            ),
        },
        "/statusz" => body(StatusCode::OK, "application/json", status(admin)),
        "/metrics" => metrics(admin),
        _ => console(admin, path).unwrap_or_else(|| {
            let known = "/livez /readyz /statusz /metrics /console\n";
            text(StatusCode::NOT_FOUND, known)
        }),
    }
}

/// The console's page and updates, if it is served and the path is one of its own.
fn console(admin: &Admin, path: &str) -> Option<Response<Body>> {
    let viewers = admin.console.as_ref()?;
    let mut response = match page::asset(path) {
        Some(asset) => body(StatusCode::OK, asset.kind, asset.text),
        None if path == page::UPDATES => match updates(viewers) {
            Ok(updates) => streamed("text/event-stream", updates),
            Err(busy) => text(StatusCode::SERVICE_UNAVAILABLE, &format!("{busy}\n")),
        },
        None => return None,
    };
    let headers = response.headers_mut();
    for (name, value) in [
        (
            header::CONTENT_SECURITY_POLICY,
            page::CONTENT_SECURITY_POLICY,
        ),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "no-referrer"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    Some(response)
}

fn streamed(
    kind: &'static str,
    bytes: impl Stream<Item = Bytes> + Send + 'static,
) -> Response<Body> {
    let frames = bytes.map(|bytes| Ok(Frame::data(bytes)));
    let mut response = Response::new(StreamBody::new(frames).boxed_unsync());
    let kind = HeaderValue::from_static(kind);
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}

fn metrics(admin: &Admin) -> Response<Body> {
    (admin.gauges)();
    match admin.metrics.render() {
        Ok((metrics, kind)) => body(StatusCode::OK, &kind, metrics),
        Err(error) => {
            tracing::error!(%error, "metrics could not be rendered");
            let message = "metrics could not be rendered\n";
            text(StatusCode::INTERNAL_SERVER_ERROR, message)
        }
    }
}

fn status(admin: &Admin) -> String {
    let conditions: Vec<_> = (admin.conditions)()
        .into_iter()
        .map(|c| {
            let since = admin.since.of(&c).to_string();
            let mut told = serde_json::json!({
                "name": c.name,
                "ok": c.ok,
                "since": since,
                "message": c.message,
            });
            if let (Some(details), Some(told)) = (c.details, told.as_object_mut()) {
                told.insert("details".to_owned(), details);
            }
            told
        })
        .collect();
    let status = serde_json::json!({
        "version": env!("CARGO_PKG_VERSION"),
        "phase": admin.life.phase().as_str(),
        "uptime_seconds": admin.life.started.elapsed().as_secs(),
        "conditions": conditions,
    });
    format!("{status:#}\n")
}

fn text(status: StatusCode, text: &str) -> Response<Body> {
    body(status, "text/plain; charset=utf-8", text.to_owned())
}

fn body(status: StatusCode, kind: &str, body: impl Into<Bytes>) -> Response<Body> {
    let mut response = Response::new(Full::new(body.into()).boxed_unsync());
    *response.status_mut() = status;
    if let Ok(kind) = HeaderValue::from_str(kind) {
        response.headers_mut().insert(header::CONTENT_TYPE, kind);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Timestamp;

    fn admin() -> Admin {
        Admin {
            life: Lifecycle::begin(),
            metrics: Metrics::new(None).unwrap(),
            console: None,
            conditions: Arc::new(|| {
                vec![Condition {
                    name: "organization",
                    ok: false,
                    message: "not discovered yet".to_owned(),
                    details: Some(serde_json::json!({"accounts": 0})),
                }]
            }),
            since: Since::new(Arc::new(|| Timestamp::from_seconds(1_795_000_000))),
            gauges: Arc::new(|| {}),
        }
    }

    #[test]
    fn readiness_follows_the_phase_and_liveness_does_not() {
        let admin = admin();
        assert_eq!(route(&admin, "/readyz").status(), 503);
        admin.life.enter(Phase::Serving);
        assert_eq!(route(&admin, "/readyz").status(), 200);
        admin.life.enter(Phase::Draining);
        assert_eq!(route(&admin, "/readyz").status(), 503);
        assert_eq!(route(&admin, "/livez").status(), 200);
        assert_eq!(route(&admin, "/healthz").status(), 200);
        assert_eq!(route(&admin, "/").status(), 404);
    }

    #[test]
    fn the_console_is_served_if_it_is_wanted_and_its_page_may_load_only_its_own() {
        let mut admin = admin();
        assert_eq!(route(&admin, "/console").status(), 404);
        admin.console = Some(Viewers::default());
        let page = route(&admin, "/console");
        assert_eq!(page.status(), 200);
        let policy = page.headers()[header::CONTENT_SECURITY_POLICY].to_str();
        assert!(policy.unwrap().starts_with("default-src 'none'"));
        let updates = route(&admin, "/console/updates");
        assert_eq!(updates.headers()[header::CONTENT_TYPE], "text/event-stream");
        assert_eq!(route(&admin, "/console/other").status(), 404);
    }

    #[test]
    fn the_status_is_json_with_the_conditions() {
        let status: serde_json::Value = serde_json::from_str(&status(&admin())).unwrap();
        assert_eq!(status["phase"], "starting");
        assert_eq!(status["conditions"][0]["message"], "not discovered yet");
        assert_eq!(status["conditions"][0]["details"]["accounts"], 0);
    }
}
