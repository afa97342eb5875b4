//! HTTP for operators: `/livez`, `/readyz`, `/statusz`, `/metrics`. Asks AWS nothing.

use std::{convert::Infallible, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode, header};
use http_body_util::Full;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    task::JoinSet,
};

use crate::telemetry::Metrics;

use super::lifecycle::{Lifecycle, Phase};

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
pub(super) type Conditions = Box<dyn Fn() -> Vec<Condition> + Send + Sync>;

/// Called before metrics are rendered, to record what is only looked at then; must not wait.
pub(super) type Gauges = Box<dyn Fn() + Send + Sync>;

/// What is served.
pub(super) struct Admin {
    pub(super) life: Lifecycle,
    pub(super) metrics: Metrics,
    pub(super) conditions: Conditions,
    pub(super) gauges: Gauges,
}

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

fn answer(admin: &Admin, request: &Request<Incoming>) -> Response<Full<Bytes>> {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return text(StatusCode::METHOD_NOT_ALLOWED, "only GET\n");
    }
    route(admin, request.uri().path())
}

fn route(admin: &Admin, path: &str) -> Response<Full<Bytes>> {
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
        _ => text(StatusCode::NOT_FOUND, "/livez /readyz /statusz /metrics\n"),
    }
}

fn metrics(admin: &Admin) -> Response<Full<Bytes>> {
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
            let mut told = serde_json::json!({"name": c.name, "ok": c.ok, "message": c.message});
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

fn text(status: StatusCode, text: &str) -> Response<Full<Bytes>> {
    body(status, "text/plain; charset=utf-8", text.to_owned())
}

fn body(status: StatusCode, kind: &str, body: impl Into<Bytes>) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body.into()));
    *response.status_mut() = status;
    if let Ok(kind) = header::HeaderValue::from_str(kind) {
        response.headers_mut().insert(header::CONTENT_TYPE, kind);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admin() -> Admin {
        Admin {
            life: Lifecycle::begin(),
            metrics: Metrics::new().unwrap(),
            conditions: Box::new(|| {
                vec![Condition {
                    name: "organization",
                    ok: false,
                    message: "not discovered yet".to_owned(),
                    details: Some(serde_json::json!({"accounts": 0})),
                }]
            }),
            gauges: Box::new(|| {}),
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
    fn the_status_is_json_with_the_conditions() {
        let status: serde_json::Value = serde_json::from_str(&status(&admin())).unwrap();
        assert_eq!(status["phase"], "starting");
        assert_eq!(status["conditions"][0]["message"], "not discovered yet");
        assert_eq!(status["conditions"][0]["details"]["accounts"], 0);
    }
}
