//! Reading the document that holds an issuer's keys, wherever it is. Bounded in bytes here, in time by whoever asks.

use std::{
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
    time::Duration,
};

use http::Uri;
use serde::Deserialize;
use tokio::task::spawn_blocking;

use crate::access::token::KeysError;

use super::{
    http::{FetchError, fetch},
    settings::{KeySource, Remote},
};

/// The longest document, in bytes: sixty-four keys with their certificates have half of it.
pub(super) const LONGEST: usize = 512 << 10;

/// Why there are no keys.
#[derive(Debug, thiserror::Error)]
pub(super) enum SourceError {
    #[error("{} cannot be read", path.display())]
    File {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("{url} cannot be fetched")]
    Fetch {
        url: Uri,
        #[source]
        source: FetchError,
    },
    #[error("they were not read within {} s", .0.as_secs_f64())]
    TooSlow(Duration),
    #[error("{0} is not an OpenID configuration with the URL of keys")]
    Configuration(Uri),
    #[error("{configuration} is the configuration of another issuer")]
    OtherIssuer { configuration: Uri },
    #[error(
        "the OpenID configuration names keys at a URL that is neither HTTPS nor on this machine"
    )]
    Plaintext,
    #[error(transparent)]
    Keys(#[from] KeysError),
}

impl SourceError {
    /// The error and its sources, in one line.
    pub(super) fn chain(&self) -> String {
        let mut text = self.to_string();
        let mut source = std::error::Error::source(self);
        while let Some(error) = source {
            text.push_str(": ");
            text.push_str(&error.to_string());
            source = error.source();
        }
        text
    }
}

#[derive(Deserialize)]
struct Configuration {
    issuer: String,
    jwks_uri: String,
}

impl KeySource {
    /// The document.
    pub(super) async fn read(&self) -> Result<Vec<u8>, SourceError> {
        match self {
            Self::File(path) => file(path).await.map_err(|source| SourceError::File {
                path: path.clone(),
                source,
            }),
            Self::Url(remote) => remote.fetch().await,
            Self::Discovery {
                issuer,
                configuration,
            } => configuration.keys_of(issuer).await?.fetch().await,
        }
    }
}

impl Remote {
    async fn fetch(&self) -> Result<Vec<u8>, SourceError> {
        fetch(self).await.map_err(|source| SourceError::Fetch {
            url: self.url.clone(),
            source,
        })
    }

    /// Where the keys of this issuer are, by the configuration that is here.
    async fn keys_of(&self, issuer: &str) -> Result<Self, SourceError> {
        let wrong = || SourceError::Configuration(self.url.clone());
        let document = self.fetch().await?;
        let told: Configuration = serde_json::from_slice(&document).map_err(|_| wrong())?;
        if told.issuer != issuer {
            return Err(SourceError::OtherIssuer {
                configuration: self.url.clone(),
            });
        }
        let url: Uri = told.jwks_uri.parse().map_err(|_| wrong())?;
        if !is_protected(&url) {
            return Err(SourceError::Plaintext);
        }
        Ok(Self {
            url,
            ..self.clone()
        })
    }
}

/// Whether nobody on the network can change what is fetched from there: by HTTPS, or not over the network.
fn is_protected(url: &Uri) -> bool {
    let here = || {
        let host = url.host().unwrap_or_default();
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        let address: Option<std::net::IpAddr> = bare.parse().ok();
        host == "localhost" || address.is_some_and(|address| address.is_loopback())
    };
    match url.scheme_str() {
        Some("https") => url.host().is_some(),
        Some("http") => here(),
        _ => false,
    }
}

/// A file, whole, as long as a document may be.
pub(super) async fn file(path: &Path) -> io::Result<Vec<u8>> {
    let path = path.to_owned();
    let read = spawn_blocking(move || {
        let mut bytes = Vec::new();
        let mut bounded = File::open(path)?.take(LONGEST as u64 + 1);
        bounded.read_to_end(&mut bytes)?;
        match bounded.limit() {
            0 => Err(io::Error::other(format!(
                "it is larger than {LONGEST} bytes"
            ))),
            _ => Ok(bytes),
        }
    });
    read.await
        .unwrap_or_else(|_| Err(io::Error::other("reading it panicked")))
}
