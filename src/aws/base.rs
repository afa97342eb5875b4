//! The service's own identity: credentials, Region and endpoints found as every AWS tool finds them.

use std::{
    fmt,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, SystemTime},
};

use aws_config::BehaviorVersion;
use aws_credential_types::{
    Credentials,
    provider::{ProvideCredentials, SharedCredentialsProvider, error::CredentialsError},
};
use aws_smithy_http_client::{
    pool::{Client as PoolClient, ConnectionPool},
    tls::{Provider, rustls_provider::CryptoMode},
};
use aws_types::SdkConfig;
use futures_util::future::BoxFuture;

use crate::{
    budget::{RequestContext, Tally},
    domain::{AccountId, Api, Region},
};

use super::{AwsError, CredentialSource, Door, FailureKind, Session, error::causes};

/// Credentials are fetched anew this long before they end.
const RENEW_BEFORE: Duration = Duration::from_secs(300);

/// How the base configuration is found.
#[derive(Debug, Clone)]
pub struct BaseConfig {
    /// The Region for calls that have none of their own; also keeps the SDK from asking instance metadata for one.
    pub region: Region,
    /// All services at this endpoint (the sandbox); `None` for the standard rules, `AWS_ENDPOINT_URL` included.
    pub endpoint_url: Option<String>,
    /// These credentials (the sandbox); `None` for the standard chain.
    pub credentials: Option<StaticCredentials>,
    /// Connections to one host at most.
    pub max_connections_per_host: usize,
}

/// Fixed credentials. Only the sandbox uses them.
#[derive(Clone)]
pub struct StaticCredentials {
    /// Access key id.
    pub access_key_id: String,
    /// Secret access key.
    pub secret_access_key: String,
}

impl fmt::Debug for StaticCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StaticCredentials(redacted)")
    }
}

/// The base configuration could not be made.
#[derive(Debug, thiserror::Error)]
#[error("the HTTP client for AWS could not be made: {0}")]
pub struct BaseConfigError(String);

impl BaseConfig {
    /// Loads the configuration: environment, profile files, web identity, container and instance roles.
    ///
    /// # Errors
    ///
    /// If the HTTP client cannot be made (no usable TLS set-up on this machine).
    pub async fn load(&self) -> Result<SdkConfig, BaseConfigError> {
        let pool = ConnectionPool::builder()
            .max_connections_per_host(self.max_connections_per_host)
            .tcp_nodelay(true)
            .tls_provider(Provider::Rustls(CryptoMode::AwsLc))
            .build_https()
            .map_err(|e| BaseConfigError(e.to_string()))?;
        let http = PoolClient::new(&pool).map_err(|e| BaseConfigError(e.to_string()))?;
        let mut loader = aws_config::defaults(BehaviorVersion::v2026_01_12())
            .http_client(http)
            .region(aws_types::region::Region::new(
                self.region.as_str().to_owned(),
            ));
        if let Some(url) = &self.endpoint_url {
            loader = loader.endpoint_url(url);
        }
        if let Some(fixed) = &self.credentials {
            let (id, secret) = (&fixed.access_key_id, &fixed.secret_access_key);
            loader =
                loader.credentials_provider(Credentials::new(id, secret, None, None, "sandbox"));
        }
        Ok(loader.load().await)
    }
}

/// The service's own identity as a source of sessions: what roles are assumed from.
pub struct BaseIdentity {
    provider: Option<SharedCredentialsProvider>,
    door: Door,
    region: Region,
    current: Mutex<Option<Session>>,
    /// One fetch at a time; the others wait for it and find `current`.
    fetching: tokio::sync::Semaphore,
    generations: AtomicU64,
}

impl BaseIdentity {
    /// The identity that `sdk` found. `region` is that of the STS endpoint asked for the account.
    pub fn new(sdk: &SdkConfig, door: Door, region: Region) -> Arc<Self> {
        Arc::new(Self {
            provider: sdk.credentials_provider(),
            door,
            region,
            current: Mutex::new(None),
            fetching: tokio::sync::Semaphore::new(1),
            generations: AtomicU64::new(0),
        })
    }

    fn current(&self) -> Option<Session> {
        let current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        let good = |end| end > SystemTime::now() + RENEW_BEFORE;
        current
            .as_ref()
            .filter(|s| s.expires_at().is_none_or(good))
            .cloned()
    }

    async fn fetch(&self, ctx: &RequestContext) -> Result<Session, AwsError> {
        let interrupted = |i: crate::budget::Interrupted| self.error(i.into(), "");
        let _alone = ctx
            .race(self.fetching.acquire())
            .await
            .map_err(interrupted)?;
        if let Some(session) = self.current() {
            return Ok(session);
        }
        let none = || self.error(FailureKind::NoCredentials, NOWHERE);
        let provider = self.provider.as_ref().ok_or_else(none)?;
        let found = ctx
            .race(provider.provide_credentials())
            .await
            .map_err(interrupted)?;
        // The chain's error names the places it looked at, not the credentials.
        let credentials =
            found.map_err(|error| self.error(FailureKind::NoCredentials, &unavailable(&error)))?;
        let account = self.account_of(ctx, &credentials).await?;
        let generation = self.generations.fetch_add(1, Ordering::Relaxed);
        let session = Session::new(account, credentials, generation);
        *self.current.lock().unwrap_or_else(PoisonError::into_inner) = Some(session.clone());
        Ok(session)
    }

    async fn account_of(
        &self,
        ctx: &RequestContext,
        credentials: &Credentials,
    ) -> Result<AccountId, AwsError> {
        if let Some(account) = credentials
            .account_id()
            .and_then(|id| id.as_str().parse().ok())
        {
            return Ok(account);
        }
        let unknown = Fixed(Session::new(nobody(), credentials.clone(), 0));
        let tally = Tally::default();
        self.door
            .get_caller_identity(ctx, &tally, &unknown, &self.region)
            .await
    }

    fn error(&self, kind: FailureKind, message: &str) -> AwsError {
        AwsError {
            api: Api::GetCallerIdentity,
            account: nobody(),
            region: self.region.clone(),
            kind,
            code: None,
            message: message.to_owned(),
            request_id: None,
            remembered_for: None,
        }
    }
}

/// Where credentials are looked for, in that order.
const NOWHERE: &str = "no credentials in the environment, the profile files, a web identity token, the container's \
    or the instance's metadata";

/// Why the chain has none, in words that tell a person what to do.
fn unavailable(error: &CredentialsError) -> String {
    match error {
        CredentialsError::CredentialsNotLoaded(_) => format!("{NOWHERE} ({})", causes(error)),
        error => causes(error),
    }
}

/// The account of credentials whose account is not known yet: the bucket of the one call that asks.
#[expect(clippy::expect_used, reason = "zero has fewer than 12 digits")]
fn nobody() -> AccountId {
    AccountId::from_u64(0).expect("zero is in range")
}

impl CredentialSource for BaseIdentity {
    fn session<'a>(&'a self, ctx: &'a RequestContext) -> BoxFuture<'a, Result<Session, AwsError>> {
        Box::pin(async move {
            match self.current() {
                Some(session) => Ok(session),
                None => self.fetch(ctx).await,
            }
        })
    }

    fn reject(&self, session: &Session) {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        if current
            .as_ref()
            .is_some_and(|c| c.generation() == session.generation())
        {
            *current = None;
        }
    }
}

/// A session that is what it is.
struct Fixed(Session);

impl CredentialSource for Fixed {
    fn session<'a>(&'a self, _: &'a RequestContext) -> BoxFuture<'a, Result<Session, AwsError>> {
        let session = self.0.clone();
        Box::pin(async move { Ok(session) })
    }

    fn reject(&self, _: &Session) {}
}
