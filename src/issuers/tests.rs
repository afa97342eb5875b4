//! Keys from real files and sockets.

use std::{
    path::Path,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use futures_util::future::join_all;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    time::{Instant, sleep},
};

use super::*;
use crate::{
    access::token::{
        Algorithm, IssuerName,
        testing::{OTHER, RS256, Signer},
    },
    domain::{Timestamp, doubling::Doubling},
};

const MILLI: Duration = Duration::from_millis(1);

fn issuer(url: &str) -> Issuer {
    Issuer {
        name: IssuerName::new("corp").unwrap(),
        issuer: url.to_owned(),
        audiences: vec!["trailplane".to_owned()],
        algorithms: vec![Algorithm::Rs256],
        name_claim: "sub".to_owned(),
        groups_claim: None,
        leeway: Duration::ZERO,
        max_age: None,
    }
}

fn token(signer: &Signer, url: &str) -> String {
    signer.token(&json!({"iss": url, "sub": "a", "aud": "trailplane", "exp": 2_000}))
}

/// Keys that are read once a minute, and a twentieth of a second after the last time if they are wanted.
fn timing() -> Timing {
    Timing {
        interval: Duration::from_secs(60),
        retry: Doubling {
            first: Duration::from_secs(60),
            longest: Duration::from_secs(60),
        },
        between: 50 * MILLI,
        within: Duration::from_secs(5),
    }
}

/// Issuers that keep their keys until the test ends.
fn kept(url: &str, source: KeySource, timing: Timing) -> Issuers {
    let settings = IssuerSettings {
        issuer: issuer(url),
        source,
    };
    let clock: WallClock = Arc::new(|| Timestamp::from_seconds(1_000));
    let issuers = Issuers::new(vec![settings], timing, clock);
    let keeping = issuers.clone();
    tokio::spawn(async move { keeping.keep().await });
    issuers
}

fn remote(url: &str) -> Remote {
    Remote {
        url: url.parse().unwrap(),
        ca_file: None,
        bearer_token_file: None,
    }
}

/// Waits until what is known of the keys is so, for ten seconds at most.
async fn until(issuers: &Issuers, wanted: impl Fn(&KeysStatus) -> bool) {
    let end = Instant::now() + Duration::from_secs(10);
    while !wanted(&issuers.status()[0]) {
        assert!(Instant::now() < end, "{:?}", issuers.status());
        sleep(MILLI).await;
    }
}

/// An HTTP server that answers with what it is told, and counts.
struct Server {
    url: String,
    answer: Arc<Mutex<String>>,
    asked: Arc<AtomicUsize>,
}

impl Server {
    async fn start(answer: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = Self {
            url: format!("http://{}", listener.local_addr().unwrap()),
            answer: Arc::new(Mutex::new(answer)),
            asked: Arc::default(),
        };
        let (answer, asked) = (Arc::clone(&server.answer), Arc::clone(&server.asked));
        tokio::spawn(async move {
            loop {
                let (mut socket, _) = listener.accept().await.unwrap();
                let mut head = [0; 4096];
                let _ = socket.read(&mut head).await;
                asked.fetch_add(1, Ordering::Relaxed);
                let answer = answer.lock().unwrap().clone();
                // Who is told more than it wants leaves.
                let _ = socket.write_all(answer.as_bytes()).await;
            }
        });
        server
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }
}

fn ok(document: &str) -> String {
    let length = document.len();
    format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{document}")
}

fn keys(signers: &[&Signer]) -> String {
    ok(&Signer::set(signers).to_string())
}

#[tokio::test]
async fn a_file_that_changes_is_read_again_when_a_token_names_a_new_key() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let write = |signers: &[&Signer]| std::fs::write(&file, Signer::set(signers).to_string());
    write(&[&RS256]).unwrap();
    let source = KeySource::File(file.path().to_owned());
    let issuers = kept("a", source, timing());
    until(&issuers, |status| status.keys == 1).await;
    let (first, second) = (token(&RS256, "a"), token(&OTHER, "a"));
    let bearer = issuers.verify(&first).await.unwrap();
    assert_eq!(&**bearer.name(), "corp:a");
    write(&[&OTHER]).unwrap();
    let end = Instant::now() + Duration::from_secs(10);
    while issuers.verify(&second).await.is_err() {
        assert!(Instant::now() < end);
        sleep(MILLI).await;
    }
    // What the issuer has taken back is believed no more.
    let gone = issuers.verify(&first).await;
    assert_eq!(gone, Err(Unverified::Refused(Refusal::Key)));
}

#[tokio::test]
async fn however_many_ask_for_unknown_keys_they_are_read_once_more() {
    let server = Server::start(keys(&[&RS256])).await;
    let issuers = kept("a", KeySource::Url(remote(&server.url)), timing());
    until(&issuers, |status| status.keys == 1).await;
    let unknown = token(&OTHER, "a");
    let refused = Err(Unverified::Refused(Refusal::Key));
    sleep(timing().between).await;
    let all = join_all((0..1_000).map(|_| issuers.verify(&unknown))).await;
    assert!(all.iter().all(|answer| *answer == refused));
    assert_eq!(server.asked(), 2);
    // A token that is wrong otherwise asks for nothing.
    sleep(timing().between).await;
    let expired = RS256.token(&json!({"iss": "a", "sub": "a", "aud": "trailplane", "exp": 1}));
    let refused = Err(Unverified::Refused(Refusal::Expired));
    assert_eq!(issuers.verify(&expired).await, refused);
    assert_eq!(server.asked(), 2);
}

#[tokio::test]
async fn soon_after_keys_were_read_nobody_has_them_read_again() {
    let server = Server::start(keys(&[&RS256])).await;
    let timing = Timing {
        between: Duration::from_secs(3_600),
        ..timing()
    };
    let issuers = kept("a", KeySource::Url(remote(&server.url)), timing);
    until(&issuers, |status| status.keys == 1).await;
    let unknown = token(&OTHER, "a");
    let all = join_all((0..1_000).map(|_| issuers.verify(&unknown))).await;
    let refused = Err(Unverified::Refused(Refusal::Key));
    assert!(all.iter().all(|answer| *answer == refused));
    assert_eq!(server.asked(), 1);
}

#[tokio::test]
async fn who_waits_for_a_new_key_has_it_when_it_comes() {
    let server = Server::start(keys(&[&RS256])).await;
    let issuers = kept("a", KeySource::Url(remote(&server.url)), timing());
    until(&issuers, |status| status.keys == 1).await;
    *server.answer.lock().unwrap() = keys(&[&RS256, &OTHER]);
    sleep(timing().between).await;
    let new = token(&OTHER, "a");
    let all = join_all((0..100).map(|_| issuers.verify(&new))).await;
    assert!(all.iter().all(Result::is_ok), "{all:?}");
    assert_eq!(server.asked(), 2);
}

#[tokio::test]
async fn what_is_wrong_with_a_source_is_told_and_nothing_is_said_of_tokens() {
    let huge = " ".repeat(600 << 10);
    for (answer, part) in [
        (ok("{}"), "it is not a JSON Web Key Set"),
        (ok("{\"keys\": []}"), "none of its 0 keys"),
        (ok(&huge), "larger than 524288 bytes"),
        (
            "HTTP/1.1 302 Found\r\nlocation: /\r\ncontent-length: 0\r\n\r\n".to_owned(),
            "302",
        ),
        (
            "HTTP/1.1 500 No\r\ncontent-length: 0\r\n\r\n".to_owned(),
            "500",
        ),
        (
            "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{".to_owned(),
            "broke off",
        ),
        ("nonsense\r\n\r\n".to_owned(), "HTTP failed"),
    ] {
        let server = Server::start(answer).await;
        let issuers = kept("a", KeySource::Url(remote(&server.url)), timing());
        let told = |status: &KeysStatus| status.error.as_ref().is_some_and(|e| e.contains(part));
        until(&issuers, told).await;
        let said = issuers.verify(&token(&RS256, "a")).await.unwrap_err();
        assert!(matches!(said, Unverified::NoKeys { .. }), "{said:?}");
    }
    let missing = KeySource::File(Path::new("/does/not/exist").to_owned());
    let issuers = kept("a", missing, timing());
    until(&issuers, |status| {
        status
            .error
            .as_ref()
            .is_some_and(|e| e.contains("/does/not/exist"))
    })
    .await;
}

#[tokio::test]
async fn an_issuer_that_never_answers_is_given_up() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let timing = Timing {
        within: 100 * MILLI,
        ..timing()
    };
    let issuers = kept("a", KeySource::Url(remote(&url)), timing);
    let told = |status: &KeysStatus| status.error.as_ref().is_some_and(|e| e.contains("0.1 s"));
    until(&issuers, told).await;
}

#[tokio::test]
async fn discovery_believes_only_the_issuer_that_it_asked_for_and_protected_urls() {
    let server = Server::start(String::new()).await;
    let url = server.url.clone();
    let source = || KeySource::Discovery {
        issuer: url.clone(),
        configuration: remote(&url),
    };
    let right = json!({"issuer": url, "jwks_uri": url});
    let both = |mut configuration: Value, name: &str, value: &str| {
        configuration[name] = value.into();
        let keys = Signer::set(&[&RS256]);
        // Configuration and keys in one document.
        configuration["keys"] = keys["keys"].clone();
        ok(&configuration.to_string())
    };
    for (name, value, part) in [
        ("issuer", "https://other.example.org", "of another issuer"),
        ("jwks_uri", "http://keys.example.org", "neither HTTPS"),
        ("jwks_uri", "ftp://keys.example.org", "neither HTTPS"),
        ("jwks_uri", "", "not an OpenID configuration"),
    ] {
        *server.answer.lock().unwrap() = both(right.clone(), name, value);
        let issuers = kept(&url, source(), timing());
        let told = |status: &KeysStatus| status.error.as_ref().is_some_and(|e| e.contains(part));
        until(&issuers, told).await;
    }
    *server.answer.lock().unwrap() = both(right, "issuer", &url);
    let issuers = kept(&url, source(), timing());
    until(&issuers, |status| status.keys == 1).await;
    assert!(issuers.verify(&token(&RS256, &url)).await.is_ok());
}
