//! An issuer of tokens: keys by the openssl command, tokens signed by them, and a socket where the keys are told.

use std::{
    convert::Infallible,
    process::Command,
    sync::{Arc, Mutex},
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use http::{Request, Response, header::AUTHORIZATION};
use http_body_util::Full;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use jsonwebtoken::{Algorithm, EncodingKey, crypto, jwk::Jwk};
use serde_json::{Value, json};
use tokio::{net::TcpListener, task::JoinHandle};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        crypto::aws_lc_rs,
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    },
};
use tokio_util::either::Either;

use super::certificates::Authority;

/// A key with a name.
pub struct Signer {
    pub id: String,
    key: EncodingKey,
}

impl Signer {
    /// A new one, of P-256.
    pub fn new(id: &str) -> Self {
        let mut command = Command::new("openssl");
        command.args(["genpkey", "-algorithm", "EC"]);
        command.args(["-pkeyopt", "ec_paramgen_curve:P-256"]);
        let pem = command.output().unwrap().stdout;
        Self {
            id: id.to_owned(),
            key: EncodingKey::from_ec_pem(&pem).unwrap(),
        }
    }

    /// A token with these claims.
    pub fn token(&self, claims: &Value) -> String {
        self.token_with(
            &json!({"alg": "ES256", "typ": "JWT", "kid": self.id}),
            claims,
        )
    }

    /// One with this header, whatever it says.
    pub fn token_with(&self, header: &Value, claims: &Value) -> String {
        use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let message = format!("{}.{}", part(header), part(claims));
        let signature = crypto::sign(message.as_bytes(), &self.key, Algorithm::ES256).unwrap();
        format!("{message}.{signature}")
    }

    /// The public key as JWK.
    pub fn public(&self) -> Value {
        let key = Jwk::from_encoding_key(&self.key, Algorithm::ES256).unwrap();
        let mut key = serde_json::to_value(key).unwrap();
        key["kid"] = self.id.clone().into();
        key
    }
}

/// A key set of these.
pub fn set(signers: &[&Signer]) -> Value {
    let keys: Vec<Value> = signers.iter().map(|signer| signer.public()).collect();
    json!({"keys": keys})
}

/// Now, in seconds since 1970.
pub fn now() -> u64 {
    SystemTime::UNIX_EPOCH.elapsed().unwrap().as_secs()
}

/// What the endpoint answers.
#[derive(Clone)]
pub enum Told {
    /// This, for paths that end so.
    Documents(Vec<(&'static str, Value)>),
    /// Only a status.
    Status(u16),
    /// So many bytes.
    Bytes(usize),
    /// Nothing, ever.
    Silence,
}

/// The endpoint, until it is dropped.
pub struct Endpoint {
    /// `http://127.0.0.1:port` or `https://127.0.0.1:port`.
    pub url: String,
    state: Arc<State>,
    serving: JoinHandle<()>,
}

struct State {
    told: Mutex<Told>,
    asked: Mutex<Vec<String>>,
    /// What it must be shown, if anything.
    token: Option<String>,
}

impl Endpoint {
    /// One that answers this, to anybody.
    pub async fn start(told: Told) -> Self {
        Self::listen(told, None, None).await
    }

    /// One by TLS, with the certificate `server` of this CA, that answers who shows this token.
    pub async fn guarded(told: impl FnOnce(&str) -> Told, ca: &Authority, token: &str) -> Self {
        let chain = CertificateDer::pem_file_iter(ca.file("server.pem")).unwrap();
        let chain = chain.collect::<Result<_, _>>().unwrap();
        let key = PrivateKeyDer::from_pem_file(ca.file("server.key")).unwrap();
        let provider = Arc::new(aws_lc_rs::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .unwrap();
        let tls = TlsAcceptor::from(Arc::new(config));
        let endpoint = Self::listen(Told::Silence, Some(tls), Some(token.to_owned())).await;
        endpoint.tell(told(&endpoint.url));
        endpoint
    }

    async fn listen(told: Told, tls: Option<TlsAcceptor>, token: Option<String>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let scheme = if tls.is_some() { "https" } else { "http" };
        let url = format!("{scheme}://{}", listener.local_addr().unwrap());
        let state = Arc::new(State {
            told: Mutex::new(told),
            asked: Mutex::default(),
            token,
        });
        let shared = Arc::clone(&state);
        let serving = tokio::spawn(async move {
            loop {
                let (socket, _) = listener.accept().await.unwrap();
                let (state, tls) = (Arc::clone(&shared), tls.clone());
                tokio::spawn(async move {
                    let io = match tls {
                        None => Either::Left(socket),
                        Some(tls) => Either::Right(tls.accept(socket).await?),
                    };
                    let service = service_fn(move |request| answer(Arc::clone(&state), request));
                    let connection =
                        http1::Builder::new().serve_connection(TokioIo::new(io), service);
                    // The client may leave as it likes.
                    let _ = connection.await;
                    Ok::<_, std::io::Error>(())
                });
            }
        });
        Self {
            url,
            state,
            serving,
        }
    }

    /// From now on it answers this.
    pub fn tell(&self, told: Told) {
        *self.state.told.lock().unwrap() = told;
    }

    /// The paths that it was asked for.
    pub fn asked(&self) -> Vec<String> {
        self.state.asked.lock().unwrap().clone()
    }
}

impl Drop for Endpoint {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn answer(
    state: Arc<State>,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let path = request.uri().path().to_owned();
    state.asked.lock().unwrap().push(path.clone());
    let shown = request.headers().get(AUTHORIZATION);
    let wanted = state.token.as_ref().map(|token| format!("Bearer {token}"));
    let known = wanted.is_none_or(|wanted| shown.is_some_and(|shown| *shown == *wanted));
    let told = match known {
        true => state.told.lock().unwrap().clone(),
        false => Told::Status(401),
    };
    let (status, body) = match told {
        Told::Documents(documents) => {
            let mut documents = documents.into_iter();
            match documents.find(|(end, _)| path.ends_with(end)) {
                Some((_, document)) => (200, document.to_string()),
                None => (404, String::new()),
            }
        }
        Told::Status(status) => (status, String::new()),
        Told::Bytes(count) => (200, " ".repeat(count)),
        Told::Silence => {
            tokio::time::sleep(Duration::from_secs(3600)).await;
            (200, String::new())
        }
    };
    let mut response = Response::new(Full::from(body));
    *response.status_mut() = http::StatusCode::from_u16(status).unwrap();
    Ok(response)
}
