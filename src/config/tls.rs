//! Certificates of the gRPC listener.

use std::{path::PathBuf, time::Duration};

use super::{reader::Section, values::ClientAuth};

/// Certificates of the gRPC listener and of its clients.
#[derive(Debug, Clone, PartialEq)]
pub struct Tls {
    /// The server's chain.
    pub cert_file: Option<PathBuf>,
    /// Its key.
    pub key_file: Option<PathBuf>,
    /// The CAs of clients.
    pub client_ca_file: Option<PathBuf>,
    /// Whether clients show certificates.
    pub client_auth: ClientAuth,
    /// How often the files are looked at.
    pub reload_interval: Duration,
}

impl Tls {
    pub(super) fn read(s: &mut Section<'_>) -> Self {
        let with_ca = s.has("client_ca_file");
        Self {
            cert_file: s
                .key::<String>("cert_file", "The server's certificate and those between it and its CA, in PEM: `tls.crt` of a Kubernetes secret.")
                .optional("(no TLS)")
                .map(PathBuf::from),
            key_file: s
                .key::<String>("key_file", "The key of that certificate, in PEM: `tls.key`.")
                .optional("(none)")
                .map(PathBuf::from),
            client_ca_file: s
                .key::<String>("client_ca_file", "The CAs whose certificates clients may show, in PEM: `ca.crt`. A verified certificate is who calls: its SPIFFE ID, or its subject.")
                .optional("(none)")
                .map(PathBuf::from),
            client_auth: s
                .key("client_auth", "Whether clients show certificates. `required`: no connection without one. `optional`: one may connect without, and gets no further than health and reflection. `off`: they are not asked.")
                .optional("`required` with `client_ca_file`, else `off`")
                .unwrap_or(if with_ca { ClientAuth::Required } else { ClientAuth::Off }),
            reload_interval: s
                .key("reload_interval", "How often the files are looked at. Changed ones are used for the next handshakes; those that cannot be used are refused, and the old ones stay in use.")
                .within(Duration::from_millis(100)..=Duration::from_secs(3600))
                .or(Duration::from_secs(10)),
        }
    }
}
