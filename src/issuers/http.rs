//! One GET of one document, by the HTTP and the TLS that are here for other reasons. No redirects, no proxies, and no
//! connection that stays: it happens every few minutes.

use std::{io, sync::Arc};

use bytes::Bytes;
use http::{HeaderValue, Request, StatusCode, Uri, header, uri::Authority};
use http_body_util::{BodyExt, Empty, Limited};
use hyper::{body::Incoming, client::conn::http1};
use hyper_util::rt::TokioIo;
use tokio::{net::TcpStream, task::JoinHandle};
use tokio_rustls::{
    TlsConnector,
    rustls::{
        self, ClientConfig, RootCertStore,
        crypto::aws_lc_rs,
        pki_types::{CertificateDer, InvalidDnsNameError, ServerName, pem::PemObject},
    },
};
use tokio_util::either::Either;

use super::{
    settings::Remote,
    source::{LONGEST, file},
};

/// Why a document was not fetched.
#[derive(Debug, thiserror::Error)]
pub(super) enum FetchError {
    #[error("the URL has no host")]
    NoHost,
    #[error("its server cannot be reached")]
    Connect(#[source] io::Error),
    #[error("the CAs for it cannot be read")]
    CaFile(#[source] io::Error),
    #[error("there are no CAs for it: not one certificate in PEM")]
    NoCa,
    #[error("the name of its server cannot be one of a certificate")]
    Name(#[from] InvalidDnsNameError),
    #[error("TLS cannot be spoken with it")]
    Tls(#[from] rustls::Error),
    #[error("the token to show there cannot be read")]
    Token(#[source] io::Error),
    #[error("the token to show there is not one line of ASCII")]
    WrongToken,
    #[error("HTTP failed")]
    Http(#[from] hyper::Error),
    #[error("the URL cannot be asked for")]
    Request(#[from] http::Error),
    #[error("its server says {0}")]
    Status(StatusCode),
    #[error("it broke off, or is larger than {LONGEST} bytes")]
    Body,
}

/// Fetches the document.
pub(super) async fn fetch(remote: &Remote) -> Result<Vec<u8>, FetchError> {
    let url = &remote.url;
    let authority = url.authority().ok_or(FetchError::NoHost)?;
    let request = request(url, authority, authorization(remote).await?)?;
    let answer = exchange(remote, authority, request).await?;
    let (answer, _connection) = answer;
    if answer.status() != StatusCode::OK {
        return Err(FetchError::Status(answer.status()));
    }
    let body = Limited::new(answer.into_body(), LONGEST).collect().await;
    Ok(body.map_err(|_| FetchError::Body)?.to_bytes().into())
}

/// What drives a connection, for as long as this is held.
struct Driven(JoinHandle<()>);

impl Drop for Driven {
    fn drop(&mut self) {
        self.0.abort();
    }
}

async fn exchange(
    remote: &Remote,
    authority: &Authority,
    request: Request<Empty<Bytes>>,
) -> Result<(http::Response<Incoming>, Driven), FetchError> {
    let secure = remote.url.scheme_str() != Some("http");
    let port = authority
        .port_u16()
        .unwrap_or(if secure { 443 } else { 80 });
    let host = authority.host().trim_matches(['[', ']']);
    let socket = TcpStream::connect((host, port)).await;
    let socket = socket.map_err(FetchError::Connect)?;
    let io = if secure {
        let name = ServerName::try_from(host.to_owned())?;
        let connector = TlsConnector::from(Arc::new(tls(remote).await?));
        let stream = connector.connect(name, socket).await;
        Either::Right(stream.map_err(FetchError::Connect)?)
    } else {
        Either::Left(socket)
    };
    let (mut sender, connection) = http1::handshake(TokioIo::new(io)).await?;
    // Its failure is the answer's.
    let driven = Driven(tokio::spawn(async move { drop(connection.await) }));
    Ok((sender.send_request(request).await?, driven))
}

fn request(
    url: &Uri,
    authority: &Authority,
    authorization: Option<HeaderValue>,
) -> Result<Request<Empty<Bytes>>, FetchError> {
    let path = url.path_and_query().map_or("/", |path| path.as_str());
    let mut request = Request::get(path)
        .header(header::HOST, authority.as_str())
        .header(header::ACCEPT, "application/json, application/jwk-set+json")
        .header(
            header::USER_AGENT,
            concat!("trailplane/", env!("CARGO_PKG_VERSION")),
        );
    if let Some(authorization) = authorization {
        request = request.header(header::AUTHORIZATION, authorization);
    }
    Ok(request.body(Empty::new())?)
}

/// Read each time: Kubernetes writes a new one every hour.
async fn authorization(remote: &Remote) -> Result<Option<HeaderValue>, FetchError> {
    let Some(path) = &remote.bearer_token_file else {
        return Ok(None);
    };
    let token = file(path).await.map_err(FetchError::Token)?;
    let value = [b"Bearer ", token.trim_ascii()].concat();
    let mut value = HeaderValue::from_bytes(&value).map_err(|_| FetchError::WrongToken)?;
    value.set_sensitive(true);
    Ok(Some(value))
}

async fn tls(remote: &Remote) -> Result<ClientConfig, FetchError> {
    let mut roots = RootCertStore::empty();
    match &remote.ca_file {
        Some(path) => {
            let pem = file(path).await.map_err(FetchError::CaFile)?;
            for certificate in CertificateDer::pem_slice_iter(&pem) {
                roots.add(certificate.map_err(|_| FetchError::NoCa)?)?;
            }
        }
        None => {
            let found = tokio::task::spawn_blocking(rustls_native_certs::load_native_certs).await;
            let found = found.map_err(|error| FetchError::CaFile(io::Error::other(error)))?;
            roots.add_parsable_certificates(found.certs);
        }
    }
    if roots.is_empty() {
        return Err(FetchError::NoCa);
    }
    let provider = Arc::new(aws_lc_rs::default_provider());
    Ok(ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth())
}
