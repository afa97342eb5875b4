//! The files of TLS: read whole, compared by content, and made into what rustls takes. What is wrong with them is said by
//! the key that names the file; nothing of what is in them.

use std::{
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
    sync::Arc,
};

use tokio_rustls::rustls::{
    self, RootCertStore, ServerConfig,
    crypto::{CryptoProvider, aws_lc_rs},
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    server::{
        NoServerSessionStorage, VerifierBuilderError, WebPkiClientVerifier,
        danger::ClientCertVerifier,
    },
    version::{TLS12, TLS13},
};

use crate::{
    access::certificate::{self, CertificateError, Validity},
    domain::Timestamp,
};

use super::{ClientCertificates, InUse, TlsSettings};

/// The longest file: a bundle of all public CAs has a quarter of it.
const LONGEST: u64 = 1 << 20;

const CERT: &str = "grpc.tls.cert_file";
const KEY: &str = "grpc.tls.key_file";
const CA: &str = "grpc.tls.client_ca_file";

/// Why files cannot be used. Each names the configuration's key.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read.
    #[error("{key}: {} cannot be read", path.display())]
    Read {
        /// The configuration's key.
        key: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A file is larger than any of these would be.
    #[error("{key}: {} is larger than {LONGEST} bytes", path.display())]
    TooLarge {
        /// The configuration's key.
        key: &'static str,
        /// The file.
        path: PathBuf,
    },
    /// A file has no PEM block of the kind that is needed, or a damaged one.
    #[error("{0}: it has no {1} in PEM, or a damaged one")]
    Pem(&'static str, &'static str),
    /// A certificate cannot be read.
    #[error("{0}: a certificate cannot be read")]
    Certificate(&'static str, #[source] CertificateError),
    /// The server's certificate cannot be used yet, or any more.
    #[error("{CERT}: the certificate may be used from {} to {} only", .0.not_before, .0.not_after)]
    NotNow(Validity),
    /// Key and certificate do not go together, or cannot be used for TLS.
    #[error("{CERT} and {KEY} cannot be used together")]
    Pair(#[source] rustls::Error),
    /// The CAs cannot be used.
    #[error("{CA}: the certificates cannot be used as CAs")]
    Ca(#[source] VerifierBuilderError),
    /// One certificate of the CAs cannot be used.
    #[error("{CA}: a certificate cannot be used as a CA")]
    OneCa(#[source] rustls::Error),
    /// The crypto library offers what TLS 1.2 and 1.3 need, or this.
    #[error("the crypto library cannot do TLS 1.2 and 1.3")]
    Versions(#[source] rustls::Error),
}

/// What was in the files at one moment.
#[derive(PartialEq, Eq)]
pub(super) struct Files {
    cert: Vec<u8>,
    key: Vec<u8>,
    ca: Option<Vec<u8>>,
}

impl Files {
    pub(super) fn read(settings: &TlsSettings) -> Result<Self, TlsError> {
        let ca = settings.clients.ca_file();
        Ok(Self {
            cert: read(CERT, &settings.cert_file)?,
            key: read(KEY, &settings.key_file)?,
            ca: ca.map(|file| read(CA, file)).transpose()?,
        })
    }

    /// What handshakes need, if all of it can be used at `now`.
    pub(super) fn into_use(
        self,
        clients: &ClientCertificates,
        now: Timestamp,
    ) -> Result<InUse, TlsError> {
        let chain = certificates(CERT, &self.cert)?;
        let own = chain.first().ok_or(TlsError::Pem(CERT, "certificate"))?;
        let validity =
            certificate::validity(own).map_err(|error| TlsError::Certificate(CERT, error))?;
        if now < validity.not_before || validity.not_after < now {
            return Err(TlsError::NotNow(validity));
        }
        let key = PrivateKeyDer::from_pem_slice(&self.key);
        let key = key.map_err(|_| TlsError::Pem(KEY, "private key"))?;
        let provider = Arc::new(aws_lc_rs::default_provider());
        let verifier = self.verifier(clients, &provider)?;
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&TLS13, &TLS12])
            .map_err(TlsError::Versions)?
            .with_client_cert_verifier(verifier)
            .with_single_cert(chain, key)
            .map_err(TlsError::Pair)?;
        config.alpn_protocols = vec![b"h2".to_vec()];
        // A resumed session brings back a certificate that was verified earlier, by CAs that may have gone since. A
        // connection lives for long: its handshake does not matter.
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.send_tls13_tickets = 0;
        Ok(InUse {
            files: self,
            config: Arc::new(config),
            validity,
        })
    }

    fn verifier(
        &self,
        clients: &ClientCertificates,
        provider: &Arc<CryptoProvider>,
    ) -> Result<Arc<dyn ClientCertVerifier>, TlsError> {
        let Some(ca) = &self.ca else {
            return Ok(WebPkiClientVerifier::no_client_auth());
        };
        let mut roots = RootCertStore::empty();
        for certificate in certificates(CA, ca)? {
            roots.add(certificate).map_err(TlsError::OneCa)?;
        }
        let builder =
            WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider));
        let builder = match clients {
            ClientCertificates::Off | ClientCertificates::Required(_) => builder,
            ClientCertificates::Optional(_) => builder.allow_unauthenticated(),
        };
        builder.build().map_err(TlsError::Ca)
    }
}

fn read(key: &'static str, path: &Path) -> Result<Vec<u8>, TlsError> {
    let path = || path.to_owned();
    let failed = |source| TlsError::Read {
        key,
        path: path(),
        source,
    };
    let file = File::open(path()).map_err(failed)?;
    let mut bytes = Vec::new();
    let mut bounded = file.take(LONGEST + 1);
    bounded.read_to_end(&mut bytes).map_err(failed)?;
    if bounded.limit() == 0 {
        return Err(TlsError::TooLarge { key, path: path() });
    }
    Ok(bytes)
}

/// All certificates of a file; one at least.
fn certificates(key: &'static str, pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let all: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    match all {
        Ok(all) if !all.is_empty() => Ok(all),
        _ => Err(TlsError::Pem(key, "certificate")),
    }
}
