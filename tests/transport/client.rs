//! A client that keeps its connection, and shows what the server's certificate is.

use std::{error::Error, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{HeaderMap, Request};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http2::{SendRequest, handshake};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::{net::TcpStream, time::timeout};
use tokio_rustls::{
    TlsConnector,
    rustls::{
        ClientConfig, RootCertStore,
        crypto::aws_lc_rs,
        pki_types::{CertificateDer, PrivateKeyDer, ServerName, pem::PemObject},
    },
};
use tonic::{Code, Status};

use crate::support::certificates::Authority;

pub const HEALTH: &str = "/grpc.health.v1.Health/Check";
pub const ACCOUNTS: &str = "/trailplane.v1.AccountService/ListAccounts";

type Failure = Box<dyn Error + Send + Sync>;

/// An open connection.
pub struct Client {
    sender: SendRequest<Full<Bytes>>,
    /// The server's certificate, DER.
    pub server: Vec<u8>,
}

impl Client {
    /// Connects, with this certificate of that CA if there is one; the server must have one of `ca`.
    pub async fn connect(
        address: &str,
        ca: &Authority,
        own: Option<(&Authority, &str)>,
    ) -> Result<Self, Failure> {
        let mut roots = RootCertStore::empty();
        for root in certificates(&ca.file("ca.pem")) {
            roots.add(root)?;
        }
        let provider = Arc::new(aws_lc_rs::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots);
        let mut config = match own {
            None => config.with_no_client_auth(),
            Some((ca, name)) => config.with_client_auth_cert(
                certificates(&ca.file(&format!("{name}.pem"))),
                PrivateKeyDer::from_pem_file(ca.file(&format!("{name}.key")))?,
            )?,
        };
        config.alpn_protocols = vec![b"h2".to_vec()];
        let socket = TcpStream::connect(address).await?;
        let name = ServerName::try_from("127.0.0.1")?;
        let connector = TlsConnector::from(Arc::new(config));
        let stream = connector.connect(name, socket).await?;
        let server = stream.get_ref().1.peer_certificates().unwrap()[0].to_vec();
        let (sender, connection) = handshake(TokioExecutor::new(), TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        Ok(Self { sender, server })
    }

    /// Calls an RPC with an empty message, and ends with its code.
    pub async fn call(&mut self, path: &str) -> Result<Code, Failure> {
        Ok(self.call_with(path, &[]).await?.code())
    }

    /// The same with these values of `authorization`; ends with the status.
    pub async fn call_with(
        &mut self,
        path: &str,
        authorization: &[String],
    ) -> Result<Status, Failure> {
        let mut request = Request::post(format!("https://127.0.0.1{path}"))
            .header("content-type", "application/grpc")
            .header("te", "trailers");
        for value in authorization {
            request = request.header("authorization", value);
        }
        let request = request.body(Full::from(vec![0; 5]))?;
        let answer = async {
            let answer = self.sender.send_request(request).await?;
            let (head, body) = answer.into_parts();
            let body = body.collect().await?;
            let status = |headers: &HeaderMap| Status::from_header_map(headers);
            let trailers = body.trailers().and_then(status);
            let status = trailers.or_else(|| status(&head.headers));
            Ok::<_, Failure>(status.ok_or("no status")?)
        };
        timeout(Duration::from_secs(30), answer).await?
    }

    /// Connects and calls.
    pub async fn once(
        address: &str,
        ca: &Authority,
        own: Option<(&Authority, &str)>,
        path: &str,
    ) -> Result<Code, Failure> {
        Self::connect(address, ca, own).await?.call(path).await
    }
}

fn certificates(file: &str) -> Vec<CertificateDer<'static>> {
    let all = CertificateDer::pem_file_iter(file).unwrap();
    all.collect::<Result<_, _>>().unwrap()
}
