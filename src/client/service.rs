//! The connection to the service: where it is, how it is protected, who asks, and until when.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use clap::Args;
use http::Uri;
use tokio::time::{Instant, timeout_at};
use tonic::{
    Request, Status, Streaming,
    metadata::{Ascii, MetadataValue},
    transport::{Certificate, Channel, ClientTlsConfig, Endpoint, Identity},
};

use crate::api::proto::{
    account_service_client::AccountServiceClient, budget_service_client::BudgetServiceClient,
    event_service_client::EventServiceClient, trail_service_client::TrailServiceClient,
};

use super::{error::ClientError, when::Length};

/// A connection that is not there by then will not come.
const CONNECT_WITHIN: Duration = Duration::from_secs(10);
/// A service that is silent for so long is asked whether it is there.
const PING_AFTER: Duration = Duration::from_secs(30);
/// And has so long to answer.
const PONG_WITHIN: Duration = Duration::from_secs(15);
/// The service ends a stream at the deadline, with its last message. This much later it is no more waited for.
const LATER: Duration = Duration::from_secs(2);
/// A page has 3 MiB of records at most, and what stands around them.
const LARGEST_ANSWER: usize = 64 << 20;
/// The variable that a bearer token may be in. An argument would be seen in the list of processes.
const TOKEN: &str = "TRAILPLANE_TOKEN";

/// How to reach the service.
#[derive(Debug, Args)]
#[command(next_help_heading = "Connection")]
pub struct Connection {
    /// Where the service is. On loopback it is asked in plaintext, elsewhere by TLS.
    #[arg(
        long,
        env = "TRAILPLANE_ADDRESS",
        default_value = "127.0.0.1:50051",
        value_name = "HOST:PORT"
    )]
    address: String,
    /// Plaintext though the address is not loopback. A token is refused then.
    #[arg(long, conflicts_with_all = ["tls", "tls_ca", "tls_cert", "tls_server_name"])]
    plaintext: bool,
    /// TLS though the address is loopback.
    #[arg(long)]
    tls: bool,
    /// CAs that the service's certificate may be of (PEM). Without it: those of the system.
    #[arg(long, value_name = "FILE")]
    tls_ca: Option<PathBuf>,
    /// A certificate of one's own (PEM).
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// Its key (PEM).
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// The name that the service's certificate must have, if not that of the address.
    #[arg(long, value_name = "NAME")]
    tls_server_name: Option<String>,
    /// A file with a bearer token. It may be in the variable TRAILPLANE_TOKEN instead, and is in no argument.
    #[arg(long, env = "TRAILPLANE_TOKEN_FILE", value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// How long the command may take, such as 30s or 10m. The service hears of it, and answers what it has by then.
    #[arg(long, value_name = "DURATION")]
    timeout: Option<Length>,
}

impl Connection {
    /// Where to connect to: the service of this process, or the one of the arguments.
    ///
    /// # Errors
    /// The arguments do not go together.
    pub fn at(&self, in_process: Option<SocketAddr>) -> Result<At, ClientError> {
        let until = self.timeout.map(|timeout| Instant::now() + timeout.0);
        if let Some(address) = in_process {
            return Ok(At {
                address: address.to_string(),
                protection: Protection::None,
                token: TokenFrom::Nowhere,
                until,
            });
        }
        let host = host(&self.address)?;
        let protection = self.protection(&host)?;
        let token = self.token();
        let revealed = matches!(protection, Protection::None) && !is_loopback(&host);
        if revealed && !matches!(token, TokenFrom::Nowhere) {
            return Err(ClientError::Asked(format!(
                "--plaintext: a token would go to {} for all to read; use TLS, or leave the token out",
                self.address
            )));
        }
        Ok(At {
            address: self.address.clone(),
            protection,
            token,
            until,
        })
    }

    fn protection(&self, host: &str) -> Result<Protection, ClientError> {
        let wanted = self.tls
            || self.tls_ca.is_some()
            || self.tls_cert.is_some()
            || self.tls_server_name.is_some();
        if self.plaintext || (is_loopback(host) && !wanted) {
            return Ok(Protection::None);
        }
        let name = self.tls_server_name.as_deref().unwrap_or(host);
        let mut tls = ClientTlsConfig::new().domain_name(name);
        tls = match &self.tls_ca {
            Some(file) => tls.ca_certificate(Certificate::from_pem(read(file)?)),
            None => tls.with_native_roots(),
        };
        if let (Some(certificate), Some(key)) = (&self.tls_cert, &self.tls_key) {
            tls = tls.identity(Identity::from_pem(read(certificate)?, read(key)?));
        }
        Ok(Protection::Tls(Box::new(tls)))
    }

    fn token(&self) -> TokenFrom {
        match (&self.token_file, std::env::var(TOKEN)) {
            (Some(file), _) => TokenFrom::File(file.clone()),
            (None, Ok(token)) if !token.is_empty() => TokenFrom::Variable(token),
            _ => TokenFrom::Nowhere,
        }
    }
}

fn read(file: &PathBuf) -> Result<Vec<u8>, ClientError> {
    std::fs::read(file).map_err(|source| ClientError::File {
        path: file.clone(),
        source,
    })
}

/// The host of `host:port`, without the brackets of an IPv6 address.
fn host(address: &str) -> Result<String, ClientError> {
    let wrong = || ClientError::Asked(format!("--address: expected HOST:PORT; found {address:?}"));
    let uri: Uri = format!("http://{address}").parse().map_err(|_| wrong())?;
    match (uri.host(), uri.port(), uri.path()) {
        (Some(host), Some(_), "/") if !host.is_empty() && !address.ends_with('/') => {
            Ok(host.trim_matches(['[', ']']).to_owned())
        }
        _ => Err(wrong()),
    }
}

fn is_loopback(host: &str) -> bool {
    let address = host.parse::<std::net::IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

/// How the connection is protected.
enum Protection {
    None,
    Tls(Box<ClientTlsConfig>),
}

/// Where the token comes from. A file is read for each connection: what puts it there replaces it before it expires.
enum TokenFrom {
    Nowhere,
    File(PathBuf),
    Variable(String),
}

impl TokenFrom {
    fn read(&self) -> Result<Option<MetadataValue<Ascii>>, ClientError> {
        let (token, name) = match self {
            Self::Nowhere => return Ok(None),
            Self::Variable(token) => (token.clone(), TOKEN.to_owned()),
            Self::File(path) => {
                let text = String::from_utf8_lossy(&read(path)?).into_owned();
                (text, path.display().to_string())
            }
        };
        let header = format!("Bearer {}", token.trim()).parse();
        // The token itself is told to nobody.
        let mut header: MetadataValue<Ascii> =
            header.map_err(|_| ClientError::Asked(format!("{name}: not a bearer token")))?;
        header.set_sensitive(true);
        Ok(Some(header))
    }
}

/// Where the service is, and what is shown to it.
pub struct At {
    address: String,
    protection: Protection,
    token: TokenFrom,
    until: Option<Instant>,
}

impl At {
    /// Connects.
    ///
    /// # Errors
    /// There is no service, its certificate is wrong, or a file cannot be read.
    pub async fn connect(&self) -> Result<Service, ClientError> {
        let failed = |source| ClientError::Unreachable {
            address: self.address.clone(),
            source,
        };
        let endpoint = match &self.protection {
            Protection::None => Endpoint::from_shared(format!("http://{}", self.address)),
            Protection::Tls(tls) => Endpoint::from_shared(format!("https://{}", self.address))
                .and_then(|endpoint| endpoint.tls_config((**tls).clone())),
        };
        let left = self
            .until
            .map(|until| until.saturating_duration_since(Instant::now()));
        let endpoint = endpoint
            .and_then(|endpoint| {
                endpoint.user_agent(concat!("trailplane/", env!("CARGO_PKG_VERSION")))
            })
            .map_err(failed)?
            .connect_timeout(left.unwrap_or(CONNECT_WITHIN).min(CONNECT_WITHIN))
            .http2_keep_alive_interval(PING_AFTER)
            .keep_alive_timeout(PONG_WITHIN);
        Ok(Service {
            token: self.token.read()?,
            channel: endpoint.connect().await.map_err(failed)?,
            until: self.until,
        })
    }

    /// When the command has to be done.
    pub fn until(&self) -> Option<Instant> {
        self.until
    }
}

/// An open connection.
#[derive(Debug)]
pub struct Service {
    channel: Channel,
    token: Option<MetadataValue<Ascii>>,
    until: Option<Instant>,
}

impl Service {
    /// A request that says who asks, and until when.
    pub fn request<T>(&self, message: T) -> Request<T> {
        let mut request = Request::new(message);
        if let Some(token) = &self.token {
            request
                .metadata_mut()
                .insert("authorization", token.clone());
        }
        if let Some(until) = self.until {
            request.set_timeout(until.saturating_duration_since(Instant::now()));
        }
        request
    }

    /// The next message of a stream.
    ///
    /// # Errors
    /// The service says so, or it is silent past the deadline.
    pub async fn next<M>(&self, stream: &mut Streaming<M>) -> Result<Option<M>, ClientError> {
        let message = stream.message();
        let message = match self.until {
            None => message.await,
            Some(until) => timeout_at(until + LATER, message)
                .await
                .unwrap_or_else(|_| Err(Status::deadline_exceeded("the deadline came first"))),
        };
        Ok(message?)
    }

    /// EventService.
    pub fn events(&self) -> EventServiceClient<Channel> {
        EventServiceClient::new(self.channel.clone()).max_decoding_message_size(LARGEST_ANSWER)
    }

    /// TrailService.
    pub fn trails(&self) -> TrailServiceClient<Channel> {
        TrailServiceClient::new(self.channel.clone()).max_decoding_message_size(LARGEST_ANSWER)
    }

    /// AccountService.
    pub fn accounts(&self) -> AccountServiceClient<Channel> {
        AccountServiceClient::new(self.channel.clone()).max_decoding_message_size(LARGEST_ANSWER)
    }

    /// BudgetService.
    pub fn budgets(&self) -> BudgetServiceClient<Channel> {
        BudgetServiceClient::new(self.channel.clone()).max_decoding_message_size(LARGEST_ANSWER)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_a_host_and_a_port() {
        for (address, expected) in [
            ("127.0.0.1:50051", "127.0.0.1"),
            ("[::1]:50051", "::1"),
            ("trailplane.example.org:443", "trailplane.example.org"),
        ] {
            assert_eq!(host(address).unwrap(), expected);
        }
        for address in [
            "",
            "localhost",
            ":50051",
            "http://x:1",
            "x:1/y",
            "x:1/",
            "x:99999",
            "a b:1",
        ] {
            assert!(host(address).is_err(), "{address}");
        }
    }

    #[test]
    fn loopback_is_what_cannot_leave_the_machine() {
        for host in ["127.0.0.1", "127.9.9.9", "::1", "localhost"] {
            assert!(is_loopback(host), "{host}");
        }
        for host in ["0.0.0.0", "10.0.0.1", "localhost.example.org", "::"] {
            assert!(!is_loopback(host), "{host}");
        }
    }
}
