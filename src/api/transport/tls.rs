//! TLS of the listener: a server's certificate, and CAs of clients if they have certificates too. What is in the files is
//! read again now and then, and taken for the next handshakes.

mod files;

use std::{
    io,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::{net::TcpStream, sync::watch, task::spawn_blocking, time::interval};
use tokio_rustls::{TlsAcceptor, rustls::ServerConfig, server::TlsStream};

use crate::{
    access::certificate::{self, CertificateError, Holder, Validity},
    domain::WallClock,
};

use files::Files;
pub use files::TlsError;

/// Whether clients show certificates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClientCertificates {
    /// They are not asked for any.
    Off,
    /// They are asked; who shows none may connect. Those shown must be of a CA in this file.
    Optional(PathBuf),
    /// Nobody connects without one of a CA in this file.
    Required(PathBuf),
}

impl ClientCertificates {
    fn ca_file(&self) -> Option<&PathBuf> {
        match self {
            Self::Off => None,
            Self::Optional(file) | Self::Required(file) => Some(file),
        }
    }
}

/// Where certificates are, and how often they are looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsSettings {
    /// The chain of the server, its own certificate first; PEM.
    pub cert_file: PathBuf,
    /// The key of the first certificate; PEM.
    pub key_file: PathBuf,
    /// Whether clients show certificates.
    pub clients: ClientCertificates,
    /// How often the files are read.
    pub reload_interval: Duration,
}

/// What handshakes use, made of the files as they were at one moment.
struct InUse {
    files: Files,
    config: Arc<ServerConfig>,
    validity: Validity,
}

/// What is in use, and what was not taken.
struct State {
    in_use: InUse,
    /// Why the files as they are now were not taken.
    refused: Option<String>,
}

/// What there is to say of the certificates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsStatus {
    /// When the server's certificate may be used.
    pub validity: Validity,
    /// Why the files as they are now were not taken; then what was read before them is still in use.
    pub refused: Option<String>,
    /// How often new files were taken since the start.
    pub reloads: u64,
}

/// The certificates in use. Cheap to clone.
#[derive(Clone)]
pub struct Tls {
    shared: Arc<Shared>,
}

struct Shared {
    settings: TlsSettings,
    clock: WallClock,
    state: watch::Sender<State>,
    reloads: AtomicU64,
}

impl Tls {
    /// Reads the files. Blocks while it does.
    ///
    /// # Errors
    /// They cannot be used: the service should not start.
    pub fn load(settings: TlsSettings, clock: WallClock) -> Result<Self, TlsError> {
        let files = Files::read(&settings)?;
        let in_use = files.into_use(&settings.clients, clock())?;
        let state = State {
            in_use,
            refused: None,
        };
        Ok(Self {
            shared: Arc::new(Shared {
                settings,
                clock,
                state: watch::Sender::new(state),
                reloads: AtomicU64::new(0),
            }),
        })
    }

    /// What there is to say now.
    pub fn status(&self) -> TlsStatus {
        let state = self.shared.state.borrow();
        TlsStatus {
            validity: state.in_use.validity,
            refused: state.refused.clone(),
            reloads: self.shared.reloads.load(Ordering::Relaxed),
        }
    }

    /// A handshake with what is in use now. Has no limit of its own.
    pub(super) async fn accept(&self, socket: TcpStream) -> io::Result<TlsStream<TcpStream>> {
        let config = Arc::clone(&self.shared.state.borrow().in_use.config);
        TlsAcceptor::from(config).accept(socket).await
    }

    /// Looks at the files for ever.
    pub(in crate::api) async fn keep(self) {
        let mut beat = interval(self.shared.settings.reload_interval);
        loop {
            beat.tick().await;
            self.look_now().await;
        }
    }

    /// Looks at the files now, whenever they would be looked at next.
    pub async fn look_now(&self) {
        let tls = self.clone();
        // If it panics the old ones stay in use.
        let _ = spawn_blocking(move || tls.look()).await;
    }

    /// Takes the files if they have changed and can be used.
    fn look(&self) {
        let Shared {
            settings, clock, ..
        } = &*self.shared;
        let read = match Files::read(settings) {
            Ok(files) if files == self.shared.state.borrow().in_use.files => Ok(None),
            Ok(files) => files.into_use(&settings.clients, clock()).map(Some),
            Err(error) => Err(error),
        };
        match read {
            Ok(None) => self.refuse(None),
            Ok(Some(in_use)) => self.take(in_use),
            Err(error) => self.refuse(Some(with_source(&error))),
        }
    }

    fn take(&self, in_use: InUse) {
        self.shared.reloads.fetch_add(1, Ordering::Relaxed);
        tracing::info!(
            not_after = %in_use.validity.not_after,
            "new TLS files are in use; connections that are open stay"
        );
        self.shared.state.send_modify(|state| {
            state.in_use = in_use;
            state.refused = None;
        });
    }

    /// Notes what is wrong with the files, if anything is. It is logged when it begins and changes, not at each look.
    fn refuse(&self, why: Option<String>) {
        let changed = self.shared.state.borrow().refused != why;
        if !changed {
            return;
        }
        match &why {
            Some(error) => {
                tracing::error!(%error, "the TLS files cannot be used: those read before stay in use");
            }
            None => tracing::info!("the TLS files are again those in use"),
        }
        self.shared.state.send_modify(|state| state.refused = why);
    }
}

impl std::fmt::Debug for Tls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tls")
            .field("settings", &self.shared.settings)
            .finish_non_exhaustive()
    }
}

/// Whose the certificate is that the client has shown and that was verified, if it has shown one.
pub(super) fn holder(stream: &TlsStream<TcpStream>) -> Result<Option<Holder>, CertificateError> {
    let (_, session) = stream.get_ref();
    let shown = session.peer_certificates().and_then(<[_]>::first);
    shown.map(|der| certificate::holder(der)).transpose()
}

fn with_source(error: &TlsError) -> String {
    let source = std::error::Error::source(error);
    source.map_or_else(|| error.to_string(), |source| format!("{error}: {source}"))
}

#[cfg(test)]
mod tests;
