//! How many slots one Redis deals out a second, on one core, to many buckets.

use std::{
    process::{Child, Command, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use trailplane::{
    budget::{
        BucketKey,
        slots::Ask,
        store::{
            Store, StoreState,
            redis::{Login, Redis, RedisSettings, Topology},
        },
    },
    domain::{AccountId, Api},
};

use crate::{Failure, Measured, parts::figure};

/// Buckets that all want a slot at once; each has one reservation under way.
const BUCKETS: u64 = 2_000;
const FOR: Duration = Duration::from_secs(10);
const READY_WITHIN: Duration = Duration::from_secs(10);

/// A server that keeps nothing, ended when dropped.
struct Server(Child, u16);

impl Server {
    fn start() -> Result<Self, Failure> {
        let port = std::net::TcpListener::bind("127.0.0.1:0")?
            .local_addr()?
            .port();
        let child = Command::new("redis-server")
            .args(["--port", &port.to_string(), "--bind", "127.0.0.1"])
            .args(["--save", "", "--appendonly", "no"])
            .stdout(Stdio::null())
            .spawn()?;
        Ok(Self(child, port))
    }

    /// Seconds of CPU that it has used.
    fn cpu(&self) -> Result<f64, Failure> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.0.id()))?;
        let after = stat.rsplit(") ").next().unwrap_or_default();
        let ticks = |i: usize| after.split(' ').nth(i).and_then(|t| t.parse::<f64>().ok());
        match (ticks(11), ticks(12)) {
            // A hundred ticks a second on every Linux that we run on.
            (Some(user), Some(system)) => Ok((user + system) / 100.0),
            _ => Err("no CPU figures in /proc".into()),
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

pub async fn measure() -> Measured {
    let server = Server::start()?;
    let settings = RedisSettings {
        topology: Topology::Single,
        urls: vec![format!("redis://127.0.0.1:{}", server.1)],
        login: Login::default(),
        ca_pem: None,
        timeout: Duration::from_millis(500),
        key_prefix: "bench".to_owned(),
        replicas: 1,
    };
    let (store, driver) = Redis::new(settings, tokio::time::Instant::now());
    let stop = CancellationToken::new();
    let driver = tokio::spawn(driver.run(stop.clone()));
    let until = Instant::now() + READY_WITHIN;
    while store.status().state != StoreState::Healthy {
        if Instant::now() > until {
            return Err("the store is not ready".into());
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let (before, from) = (server.cpu()?, Instant::now());
    let (reservations, failed) = reserve(Arc::new(store)).await?;
    let (cpu, took) = (server.cpu()? - before, from.elapsed().as_secs_f64());
    stop.cancel();
    driver.await?;
    let rate = reservations as f64 / took;
    figure(
        "reservations a second through one Redis",
        format!("{rate:.0}"),
        "",
    );
    figure(
        "  of one core of the server",
        format!("{:.0} %", cpu / took * 100.0),
        "",
    );
    figure(
        "  reservations a second that one core would do",
        format!("{:.0}", reservations as f64 / cpu),
        ">= 50000",
    );
    figure("  failed", failed, "0");
    Ok(())
}

/// All buckets reserve, one after the other and beside each other. How many were answered, and how many not.
async fn reserve(store: Arc<Redis>) -> Result<(u64, u64), Failure> {
    let until = Instant::now() + FOR;
    let mut buckets = JoinSet::new();
    for bucket in 0..BUCKETS {
        let key = BucketKey {
            account: AccountId::from_u64(100_000_000_000 + bucket).ok_or("no account id")?,
            region: "eu-west-1".parse()?,
            api: Api::LookupEvents,
        };
        let store = Arc::clone(&store);
        buckets.spawn(async move {
            let (mut answered, mut failed) = (0, 0);
            // So fast a quota that there is always a slot: what is measured is the dealing out.
            let ask = Ask {
                count: 1,
                interval: 1_000,
                turn: 1_000,
                not_before: 0,
            };
            while Instant::now() < until {
                match store.reserve(key.clone(), ask).await {
                    Ok(_) => answered += 1,
                    Err(_) => failed += 1,
                }
            }
            (answered, failed)
        });
    }
    let (mut answered, mut failed) = (0, 0);
    while let Some(bucket) = buckets.join_next().await {
        let (a, f): (u64, u64) = bucket?;
        answered += a;
        failed += f;
    }
    Ok((answered, failed))
}
