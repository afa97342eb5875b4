//! Servers as they are deployed: Sentinel and its failover, a cluster, TLS and a user of its own.

use std::{path::Path, process::Command, time::Duration};

use tempfile::TempDir;
use tokio::time::{Instant, sleep};
use trailplane::{
    budget::{
        slots::Ask,
        store::{
            Store, StoreState,
            redis::{Login, Password, RedisSettings, Topology},
        },
    },
    domain::Api,
};

use crate::support::redis::{Server, ask};

use super::replica::{Ledger, Replica, key, settings};

const START: Duration = Duration::from_secs(8);

/// What docs/budget-store.md tells operators to allow.
const RULES: &str =
    "~{trailplane* +eval +evalsha +info +time +hmget +hset +hdel +del +pexpire +mget +set";

async fn reserves(replica: &Replica) {
    for api in Api::ALL {
        let ask = Ask {
            count: 1,
            interval: 1_000_000,
            turn: 1_000_000,
            not_before: 0,
        };
        let reserved = replica.store.reserve(key(*api), ask).await.unwrap();
        assert_eq!(reserved.slots.len(), 1, "{reserved:?}");
    }
}

/// The primary is killed, and Sentinel makes the other one the primary.
#[tokio::test]
async fn a_failover() {
    let mut primary = Server::start().await;
    let address = primary.port.to_string();
    let second = Server::with(&["--replicaof", "127.0.0.1", &address], &[]).await;
    second
        .until(&["ROLE"], |role| role.contains("connected"))
        .await;
    let dir = TempDir::new().unwrap();
    let conf = dir.path().join("sentinel.conf");
    let text = format!(
        "sentinel monitor ours 127.0.0.1 {address} 1\n\
         sentinel down-after-milliseconds ours 400\n\
         sentinel failover-timeout ours 2000\n"
    );
    std::fs::write(&conf, text).unwrap();
    let sentinel = Server::sentinel(&conf).await;
    sentinel
        .until(&["SENTINEL", "REPLICAS", "ours"], |said| {
            said.contains(&second.port.to_string()) && said.contains("slave")
        })
        .await;

    let ledger = Ledger::new(Duration::from_millis(100));
    let settings = RedisSettings {
        topology: Topology::Sentinel {
            service: "ours".to_owned(),
            login: Login::default(),
        },
        ..settings(&sentinel.url(), 2)
    };
    let replicas = [0, 1].map(|who| Replica::start(settings.clone(), &ledger, who));
    for replica in &replicas {
        replica.reaches(StoreState::Healthy, START).await;
    }
    primary.kill();
    for replica in &replicas {
        replica
            .reaches(StoreState::Unreachable, Duration::from_secs(2))
            .await;
    }
    second
        .until(&["ROLE"], |role| role.contains("master"))
        .await;
    for replica in &replicas {
        replica
            .reaches(StoreState::Healthy, Duration::from_secs(5))
            .await;
    }
    let from = ledger.now();
    sleep(Duration::from_secs(2)).await;
    let spent = ledger.spent(from, ledger.now() - 20_000);
    assert!(spent >= 0.94, "{spent}");
    ledger.never_bunched();
}

#[tokio::test]
async fn a_cluster() {
    let server = Server::with(&["--cluster-enabled", "yes"], &[]).await;
    let _: () = server
        .ask(&["CLUSTER", "ADDSLOTSRANGE", "0", "16383"])
        .await;
    server
        .until(&["CLUSTER", "INFO"], |info| {
            info.contains("cluster_state:ok")
        })
        .await;
    let settings = RedisSettings {
        topology: Topology::Cluster,
        ..settings(&server.url(), 1)
    };
    let replica = Replica::idle(settings, Instant::now());
    replica.reaches(StoreState::Healthy, START).await;
    reserves(&replica).await;
}

/// A CA and a certificate for 127.0.0.1, by the openssl command.
fn certificates(dir: &Path) {
    let openssl = |line: &str| {
        let done = Command::new("openssl")
            .args(line.split(' '))
            .current_dir(dir)
            .output()
            .unwrap();
        assert!(
            done.status.success(),
            "{}",
            String::from_utf8_lossy(&done.stderr)
        );
    };
    std::fs::write(dir.join("san"), "subjectAltName=IP:127.0.0.1").unwrap();
    openssl("req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=ca -keyout ca.key -out ca.pem");
    openssl("req -newkey rsa:2048 -nodes -subj /CN=redis -keyout key.pem -out csr.pem");
    openssl(
        "x509 -req -in csr.pem -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile san -out cert.pem",
    );
}

#[tokio::test]
async fn tls_and_a_user_who_may_no_more_than_is_needed() {
    let dir = TempDir::new().unwrap();
    certificates(dir.path());
    let file = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    let (cert, key, ca) = (file("cert.pem"), file("key.pem"), file("ca.pem"));
    let port = crate::support::process::free_port();
    let user = format!("user trailplane on >s3cret resetkeys {RULES}");
    let words: Vec<&str> = user.split(' ').collect();
    let tls_port = port.to_string();
    let mut arguments = vec![
        "--tls-port",
        &tls_port,
        "--tls-cert-file",
        &cert,
        "--tls-key-file",
        &key,
        "--tls-ca-cert-file",
        &ca,
        "--tls-auth-clients",
        "no",
    ];
    arguments.push("--user");
    arguments.extend(&words[1..]);
    let server = Server::with(&arguments, &[]).await;
    let secure = RedisSettings {
        key_prefix: "trailplane".to_owned(),
        login: Login {
            username: Some("trailplane".to_owned()),
            password: Some(Password::new("s3cret".to_owned())),
        },
        ca_pem: Some(std::fs::read(&ca).unwrap()),
        ..settings(&format!("rediss://127.0.0.1:{port}"), 1)
    };
    assert!(!format!("{secure:?}").contains("s3cret"));
    let replica = Replica::idle(secure.clone(), Instant::now());
    replica.reaches(StoreState::Healthy, START).await;
    reserves(&replica).await;
    // Not by chance: a wrong password, and a certificate that nobody vouches for.
    let wrong = Login {
        password: Some(Password::new("wrong".to_owned())),
        ..secure.login.clone()
    };
    let strangers = [
        RedisSettings {
            login: wrong,
            ..secure.clone()
        },
        RedisSettings {
            ca_pem: None,
            ..secure
        },
    ]
    .map(|settings| Replica::idle(settings, Instant::now()));
    sleep(Duration::from_secs(1)).await;
    for stranger in strangers {
        assert_eq!(stranger.state(), StoreState::Unreachable);
    }
    let pong: String = ask(&server.url(), &["PING"]).await.unwrap();
    assert_eq!(pong, "PONG");
}
