//! Hostile HTTP/2 beside a well-behaved caller: how its waits grow, and how much memory the service takes. Frames are
//! written by hand, since no library sends what these send.

use std::time::{Duration, Instant};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
    task::JoinSet,
    time::{sleep, timeout},
};
use trailplane::{
    api::proto::{ListAccountsRequest, account_service_client::AccountServiceClient},
    sandbox::Scenario,
};

use crate::{
    Failure, Measured,
    parts::{Sandbox, Service, figure},
};

const ACCOUNTS: u32 = 50;
/// How long each attack goes on.
const LASTS: Duration = Duration::from_secs(8);
/// Between two calls of the well-behaved caller: 100 a second.
const RESTS: Duration = Duration::from_millis(10);
/// Connections of an attacker at a time.
const ATTACKERS: usize = 16;
/// An attacker's pause between two bursts: on one machine it would otherwise take the cores that the service is to run on,
/// which says nothing of the service.
const PAUSE: Duration = Duration::from_millis(20);
const IDLE: usize = 10_000;

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const CONTINUATION: u8 = 9;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

/// A way to be hostile; one connection's worth, until it is thrown out.
#[derive(Debug, Clone, Copy)]
enum Attack {
    RapidReset,
    ContinuationFlood,
    GiantHeaders,
    SlowReaders,
    IdleConnections,
}

impl Attack {
    const ALL: [Self; 5] = [
        Self::RapidReset,
        Self::ContinuationFlood,
        Self::GiantHeaders,
        Self::SlowReaders,
        Self::IdleConnections,
    ];

    /// How long it takes to begin: connections are idle once they are open.
    fn opens_within(self) -> Duration {
        match self {
            Self::IdleConnections => Duration::from_secs(6),
            _ => Duration::from_millis(500),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::RapidReset => "streams opened and reset",
            Self::ContinuationFlood => "CONTINUATION frames without an end",
            Self::GiantHeaders => "headers beyond the limit",
            Self::SlowReaders => "answers that nobody reads",
            Self::IdleConnections => "10,000 idle connections",
        }
    }
}

pub async fn measure() -> Measured {
    let sandbox = Sandbox::start(Scenario::uniform(ACCOUNTS, 2, 20.0, Duration::ZERO)).await?;
    // Attacks are to be stood without the allowance of requests a second.
    let limits = serde_json::json!({"requests": {"per_second": 100_000, "burst": 100_000}});
    let sections = serde_json::json!({"limits": limits});
    let service = sandbox.serve_with(sections).await?;
    service.knows_accounts(ACCOUNTS).await?;
    let quiet = calls(&service, LASTS).await?;
    println!(
        "a well-behaved caller, 100 calls a second, {LASTS:?} each; resident memory of the service"
    );
    told("nothing else", &quiet, None, &service)?;
    for attack in Attack::ALL {
        let mut attackers = JoinSet::new();
        let many = match attack {
            Attack::IdleConnections => 1,
            _ => ATTACKERS,
        };
        for _ in 0..many {
            attackers.spawn(again_and_again(service.address(), attack));
        }
        sleep(attack.opens_within()).await;
        let beside = calls(&service, LASTS).await?;
        attackers.abort_all();
        told(attack.name(), &beside, Some(&quiet), &service)?;
    }
    Ok(())
}

fn told(what: &str, waits: &Waits, quiet: Option<&Waits>, service: &Service) -> Measured {
    let (now, peak) = service.process.memory()?;
    let ratio = quiet.map_or_else(String::new, |quiet| {
        format!(
            ", {:.1} x",
            waits.p99.as_secs_f64() / quiet.p99.as_secs_f64()
        )
    });
    figure(
        what,
        format!("p99 {:.2} ms{ratio}", waits.p99.as_secs_f64() * 1_000.0),
        "< 2 x",
    );
    figure("  failed calls", waits.failed, "0");
    figure(
        "  resident, peak",
        format!("{now:.0}, {peak:.0} MiB"),
        "bounded",
    );
    Ok(())
}

struct Waits {
    p99: Duration,
    failed: usize,
}

/// The well-behaved caller.
async fn calls(service: &Service, lasts: Duration) -> Result<Waits, Failure> {
    let mut client = AccountServiceClient::new(service.channel().await?);
    let (mut waits, mut failed, end) = (Vec::new(), 0, Instant::now() + lasts);
    while Instant::now() < end {
        let start = Instant::now();
        let request = ListAccountsRequest {
            page_size: 1,
            ..ListAccountsRequest::default()
        };
        match timeout(Duration::from_secs(5), client.list_accounts(request)).await {
            Ok(Ok(_)) => waits.push(start.elapsed()),
            Ok(Err(_)) | Err(_) => failed += 1,
        }
        sleep(RESTS).await;
    }
    waits.sort();
    let at = waits.len() * 99 / 100;
    let p99 = waits.get(at).copied().ok_or("no call came through")?;
    Ok(Waits { p99, failed })
}

/// Connects anew whenever it is thrown out.
async fn again_and_again(address: String, attack: Attack) {
    let mut held = Vec::new();
    loop {
        // That it ends in an error is the point of it.
        let _ = timeout(Duration::from_secs(2), once(&address, attack, &mut held)).await;
        sleep(PAUSE).await;
    }
}

async fn once(address: &str, attack: Attack, held: &mut Vec<TcpStream>) -> Result<(), Failure> {
    let mut socket = from_elsewhere(address).await?;
    match attack {
        Attack::IdleConnections => {
            held.push(socket);
            while held.len() < IDLE {
                held.push(from_elsewhere(address).await?);
            }
            std::future::pending().await
        }
        Attack::RapidReset => {
            open(&mut socket, &[]).await?;
            for burst in 0_u32.. {
                let mut frames = Vec::new();
                for number in 0..50 {
                    let stream = (burst * 50 + number) * 2 + 1;
                    frames.extend(frame(HEADERS, END_HEADERS | END_STREAM, stream, &request()));
                    frames.extend(frame(RST_STREAM, 0, stream, &8_u32.to_be_bytes()));
                }
                socket.write_all(&frames).await?;
                sleep(PAUSE).await;
            }
            Ok(())
        }
        Attack::ContinuationFlood => {
            open(&mut socket, &[]).await?;
            let mut frames = frame(HEADERS, 0, 1, &request());
            loop {
                frames.extend(frame(CONTINUATION, 0, 1, &field("x-filler", 8_000)));
                socket.write_all(&frames).await?;
                frames.clear();
                sleep(Duration::from_millis(1)).await;
            }
        }
        Attack::GiantHeaders => {
            open(&mut socket, &[]).await?;
            for number in 0_u32.. {
                let stream = number * 2 + 1;
                let mut frames = frame(HEADERS, END_STREAM, stream, &request());
                for _ in 0..4 {
                    frames.extend(frame(CONTINUATION, 0, stream, &field("x-large", 12_000)));
                }
                frames.extend(frame(CONTINUATION, END_HEADERS, stream, &field("x", 10)));
                socket.write_all(&frames).await?;
                sleep(PAUSE).await;
            }
            Ok(())
        }
        Attack::SlowReaders => {
            // An initial window of nothing: every answer waits for ever.
            open(&mut socket, &[0, 4, 0, 0, 0, 0]).await?;
            let mut frames = Vec::new();
            for number in 0_u32..200 {
                frames.extend(frame(HEADERS, END_HEADERS, number * 2 + 1, &request()));
                frames.extend(frame(0, END_STREAM, number * 2 + 1, &[0, 0, 0, 0, 0]));
            }
            socket.write_all(&frames).await?;
            held.push(socket);
            sleep(Duration::from_secs(2)).await;
            Ok(())
        }
    }
}

/// The service tells clients apart by their addresses: this is another's.
async fn from_elsewhere(address: &str) -> Result<TcpStream, Failure> {
    let socket = TcpSocket::new_v4()?;
    socket.bind("127.0.0.2:0".parse()?)?;
    Ok(socket.connect(address.parse()?).await?)
}

async fn open(socket: &mut TcpStream, settings: &[u8]) -> Result<(), Failure> {
    socket.write_all(PREFACE).await?;
    socket.write_all(&frame(SETTINGS, 0, 0, settings)).await?;
    socket.write_all(&frame(SETTINGS, 1, 0, &[])).await?;
    let mut first = [0; 9];
    socket.read_exact(&mut first).await?;
    Ok(())
}

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let [_, length @ ..] = u32::try_from(payload.len()).unwrap_or(0).to_be_bytes();
    let mut frame = length.to_vec();
    frame.extend([kind, flags]);
    frame.extend(stream.to_be_bytes());
    frame.extend(payload);
    frame
}

/// HPACK of a request for accounts: indexed `POST` and `http`, the rest literal and not indexed.
fn request() -> Vec<u8> {
    let mut block = vec![0x83, 0x86];
    block.extend(literal(0x04, "/trailplane.v1.AccountService/ListAccounts"));
    block.extend(literal(0x01, "localhost"));
    block.extend(field_of("content-type", "application/grpc"));
    block.extend(field_of("te", "trailers"));
    block
}

/// A literal value for the name with this index.
fn literal(index: u8, value: &str) -> Vec<u8> {
    let mut block = vec![index];
    block.extend(text(value));
    block
}

fn field_of(name: &str, value: &str) -> Vec<u8> {
    let mut block = vec![0];
    block.extend(text(name));
    block.extend(text(value));
    block
}

fn field(name: &str, size: usize) -> Vec<u8> {
    field_of(name, &"x".repeat(size))
}

/// A text with its length, by the integers of RFC 7541 (5.1).
fn text(value: &str) -> Vec<u8> {
    let mut block = Vec::new();
    match u8::try_from(value.len())
        .ok()
        .filter(|length| *length < 127)
    {
        Some(length) => block.push(length),
        None => {
            block.push(127);
            let mut rest = value.len() - 127;
            while rest >= 128 {
                block.push(u8::try_from(rest % 128).unwrap_or(0) | 128);
                rest /= 128;
            }
            block.push(u8::try_from(rest).unwrap_or(0));
        }
    }
    block.extend(value.as_bytes());
    block
}
