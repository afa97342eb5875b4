//! An AWS for tests on paused time, without a socket: one event a second, fifty a page, each answer after the same time.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use aws_credential_types::Credentials;
use aws_smithy_runtime_api::client::{
    http::{
        HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
    },
    orchestrator::{HttpRequest, HttpResponse},
    runtime_components::RuntimeComponents,
};
use aws_smithy_types::body::SdkBody;
use aws_types::SdkConfig;
use futures_util::future::BoxFuture;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::{
    budget::{self, Budgets, Places, QuotaTable, RequestContext},
    domain::{AccountId, Partition},
};

use super::{
    Attempt, AttemptObserver, AwsError, CredentialSource, Door, Session, Settings, classify::Limits,
};

/// Events on a page.
pub(crate) const PAGE: i32 = 50;

/// LookupEvents, and nothing else. Cloning shares it.
#[derive(Debug, Clone)]
pub(crate) struct Clockwork {
    latency: Duration,
    calls: Arc<AtomicUsize>,
    refuses: Arc<AtomicBool>,
}

impl Clockwork {
    /// One that takes so long for each answer.
    pub(crate) fn new(latency: Duration) -> Self {
        Self {
            latency,
            calls: Arc::default(),
            refuses: Arc::default(),
        }
    }

    /// Whether it refuses the calls that come from now on.
    pub(crate) fn refuse(&self, refuses: bool) {
        self.refuses.store(refuses, Ordering::Relaxed);
    }

    /// Calls that have come.
    pub(crate) fn calls(&self) -> usize {
        self.calls.load(Ordering::Relaxed)
    }

    /// A door to it, with CloudTrail's own quotas.
    pub(crate) fn door(&self) -> Door {
        let sdk = SdkConfig::builder()
            .behavior_version(aws_config::BehaviorVersion::v2026_01_12())
            .http_client(self.clone())
            .build();
        let settings = Settings {
            partition: Partition::Commercial,
            straggler_after: Duration::from_secs(30),
            max_stragglers: 64,
            attempt_timeout: Duration::from_secs(60),
            connect_timeout: Duration::from_secs(3),
            limits: Limits {
                attempts: 1,
                throttled_attempts: 1,
            },
        };
        let quotas = QuotaTable::new(1.0, Vec::new());
        let budgets = budget::Settings::alone(quotas, Places::new(64), Instant::now());
        Door::new(&sdk, settings, Budgets::new(budgets), Arc::new(Unseen))
    }

    /// The page that was asked for. The token is the second in which it begins.
    fn page(asked: &Value) -> Value {
        let second = |name: &str| asked[name].as_i64().unwrap();
        let token = asked["NextToken"].as_str();
        let (start, end) = (second("StartTime"), second("EndTime"));
        let end = token.map_or(end, |token| token.parse().unwrap());
        let below = (end - i64::from(PAGE)).max(start - 1);
        let event = |second: i64| {
            json!({
                "EventId": format!("event-{second}"),
                "EventName": "DescribeInstances",
                "EventTime": second,
                "CloudTrailEvent": json!({ "noise": noise(second) }).to_string(),
            })
        };
        let events: Vec<Value> = (below + 1..=end).rev().map(event).collect();
        let token = (below >= start).then(|| below.to_string());
        json!({ "Events": events, "NextToken": token })
    }
}

impl HttpConnector for Clockwork {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        self.calls.fetch_add(1, Ordering::Relaxed);
        let (latency, refuses) = (self.latency, self.refuses.load(Ordering::Relaxed));
        HttpConnectorFuture::new(async move {
            tokio::time::sleep(latency).await;
            let asked = serde_json::from_slice(request.body().bytes().unwrap()).unwrap();
            let (status, body) = match refuses {
                true => (400, json!({ "__type": "InvalidTimeRangeException" })),
                false => (200, Self::page(&asked)),
            };
            let body = SdkBody::from(body.to_string());
            Ok(HttpResponse::new(status.try_into().unwrap(), body))
        })
    }
}

impl HttpClient for Clockwork {
    fn http_connector(
        &self,
        _: &HttpConnectorSettings,
        _: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

/// The same for the same second, and nothing that compresses well.
fn noise(second: i64) -> String {
    let words = (0..20_u64).map(|word| {
        let seed = second
            .unsigned_abs()
            .wrapping_mul(31)
            .wrapping_add(word + 1);
        let mixed = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        format!("{:016x}", mixed ^ mixed.rotate_left(29))
    });
    words.collect()
}

/// Credentials that are always good.
pub(crate) struct AlwaysGood(pub(crate) AccountId);

impl CredentialSource for AlwaysGood {
    fn session<'a>(&'a self, _: &'a RequestContext) -> BoxFuture<'a, Result<Session, AwsError>> {
        let credentials = Credentials::new("id", "secret", None, None, "test");
        let session = Session::new(self.0, credentials, 0);
        Box::pin(async move { Ok(session) })
    }

    fn reject(&self, _: &Session) {}
}

struct Unseen;

impl AttemptObserver for Unseen {
    fn attempt(&self, _: Attempt<'_>) {}
}
