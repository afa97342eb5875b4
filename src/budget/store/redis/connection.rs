//! One connection, however the servers are arranged. It is never mended: who finds it broken opens another.

use std::time::Duration;

use redis::{
    AsyncConnectionConfig, Client, Cmd, ConnectionAddr, ConnectionInfo, IntoConnectionInfo,
    RedisResult, TlsCertificates, TlsMode, Value,
    aio::MultiplexedConnection,
    cluster::ClusterClientBuilder,
    cluster_async::ClusterConnection,
    sentinel::{SentinelClientBuilder, SentinelServerType},
};

use super::settings::{Login, RedisSettings, Topology};

/// A handshake has several round trips, and with TLS some arithmetic. No call waits for it.
const CONNECT_WITHIN: Duration = Duration::from_millis(500);

/// How often a cluster's client follows a redirection in one call, before the next call does.
const REDIRECTIONS: u32 = 2;

/// A connection that many calls share. Cloning shares it.
#[derive(Clone)]
pub(super) enum Connection {
    One(MultiplexedConnection),
    Cluster(ClusterConnection),
}

impl Connection {
    /// Opens one; through Sentinel, to whom the Sentinels say is the primary now.
    pub(super) async fn open(settings: &RedisSettings) -> RedisResult<Self> {
        let opening = async {
            match &settings.topology {
                Topology::Single => single(settings).await.map(Self::One),
                Topology::Sentinel { service, login } => {
                    sentinel(settings, service, login).await.map(Self::One)
                }
                Topology::Cluster => cluster(settings).await.map(Self::Cluster),
            }
        };
        let within = tokio::time::timeout(CONNECT_WITHIN, opening).await;
        within.unwrap_or_else(|_| Err(std::io::Error::from(std::io::ErrorKind::TimedOut).into()))
    }

    /// Sends one command and waits for its answer, however long it takes.
    pub(super) async fn ask(&mut self, command: &Cmd) -> RedisResult<Value> {
        match self {
            Self::One(connection) => command.query_async(connection).await,
            Self::Cluster(connection) => command.query_async(connection).await,
        }
    }
}

/// Each call has a timeout of its own, which is not the connection's.
fn config() -> AsyncConnectionConfig {
    AsyncConnectionConfig::new()
        .set_connection_timeout(Some(CONNECT_WITHIN))
        .set_response_timeout(None)
}

fn certificates(settings: &RedisSettings) -> TlsCertificates {
    TlsCertificates {
        client_tls: None,
        root_cert: settings.ca_pem.clone(),
    }
}

/// The first URL with who we are.
fn address(url: &str, login: &Login) -> RedisResult<ConnectionInfo> {
    let info = url.into_connection_info()?;
    // Servers before 7.2 do not know the command, and a user of ours need not be allowed it.
    let mut redis = info.redis_settings().clone().set_skip_set_lib_name();
    if let Some(username) = &login.username {
        redis = redis.set_username(username);
    }
    if let Some(password) = &login.password {
        redis = redis.set_password(password.expose());
    }
    Ok(info.set_redis_settings(redis))
}

async fn single(settings: &RedisSettings) -> RedisResult<MultiplexedConnection> {
    let url = settings.urls.first().map_or("", String::as_str);
    let info = address(url, &settings.login)?;
    let client = match info.addr() {
        ConnectionAddr::TcpTls { .. } => Client::build_with_tls(info, certificates(settings))?,
        _ => Client::open(info)?,
    };
    client
        .get_multiplexed_async_connection_with_config(&config())
        .await
}

async fn sentinel(
    settings: &RedisSettings,
    service: &str,
    login: &Login,
) -> RedisResult<MultiplexedConnection> {
    let mut sentinels = Vec::new();
    for url in &settings.urls {
        sentinels.push(url.as_str().into_connection_info()?.addr().clone());
    }
    let tls = sentinels
        .iter()
        .any(|a| matches!(a, ConnectionAddr::TcpTls { .. }));
    let mut builder = SentinelClientBuilder::new(sentinels, service, SentinelServerType::Master)?;
    if tls {
        builder = builder
            .set_client_to_redis_tls_mode(TlsMode::Secure)
            .set_client_to_sentinel_tls_mode(TlsMode::Secure)
            .set_client_to_redis_certificates(certificates(settings))
            .set_client_to_sentinel_certificates(certificates(settings));
    }
    if let Some(username) = &settings.login.username {
        builder = builder.set_client_to_redis_username(username);
    }
    if let Some(password) = &settings.login.password {
        builder = builder.set_client_to_redis_password(password.expose());
    }
    if let Some(username) = &login.username {
        builder = builder.set_client_to_sentinel_username(username);
    }
    if let Some(password) = &login.password {
        builder = builder.set_client_to_sentinel_password(password.expose());
    }
    let mut client = builder.build()?;
    client.get_async_connection_with_config(&config()).await
}

async fn cluster(settings: &RedisSettings) -> RedisResult<ClusterConnection> {
    let urls = settings.urls.iter().map(String::as_str);
    let tls = settings.urls.iter().any(|url| url.starts_with("rediss:"));
    let mut builder = ClusterClientBuilder::new(urls)
        .retries(REDIRECTIONS)
        .connection_timeout(CONNECT_WITHIN)
        .response_timeout(settings.timeout);
    if tls {
        builder = builder.tls(TlsMode::Secure).certs(certificates(settings));
    }
    if let Some(username) = &settings.login.username {
        builder = builder.username(username);
    }
    if let Some(password) = &settings.login.password {
        builder = builder.password(password.expose());
    }
    builder.build()?.get_async_connection().await
}
