//! How the service is reached, by arguments, files and the environment: where it is, how the way there is protected, and
//! what proves who asks. Nothing here waits.

use std::{net::SocketAddr, path::PathBuf};

use clap::Args;
use http::Uri;
use tokio::time::Instant;
use tonic::{
    metadata::{Ascii, MetadataValue},
    transport::{Certificate, ClientTlsConfig, Identity},
};

use super::{error::ClientError, service::At, when::Length};

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
pub enum Protection {
    /// Not at all.
    None,
    /// By TLS.
    Tls(Box<ClientTlsConfig>),
}

/// Where the token comes from. A file is read for each connection: what puts it there replaces it before it expires.
pub enum TokenFrom {
    /// There is none.
    Nowhere,
    /// This file.
    File(PathBuf),
    /// The variable that held it.
    Variable(String),
}

impl TokenFrom {
    /// As the header that is sent.
    ///
    /// # Errors
    /// The file cannot be read, or holds no token.
    pub fn read(&self) -> Result<Option<MetadataValue<Ascii>>, ClientError> {
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
