//! Where the process is in its life, and the signals that end it.

use std::{io, time::Instant};

use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    sync::watch,
};
use tokio_util::sync::CancellationToken;

/// Where the process is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// Parts are being started.
    Starting,
    /// Requests are taken.
    Serving,
    /// The end has begun: nobody should send new requests, soon none are taken, and those that run may end.
    Draining,
}

impl Phase {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Serving => "serving",
            Self::Draining => "draining",
        }
    }
}

/// The life of the process, shared by all parts. Each token fires once, in this order.
#[derive(Debug, Clone)]
pub(super) struct Lifecycle {
    pub(super) started: Instant,
    /// Say to the outside that nothing new should come.
    pub(super) leave: CancellationToken,
    /// Take nothing new.
    pub(super) stop: CancellationToken,
    /// Everything that serves has ended: background work ends too.
    pub(super) finish: CancellationToken,
    phase: watch::Sender<Phase>,
}

impl Lifecycle {
    pub(super) fn begin() -> Self {
        Self {
            started: Instant::now(),
            leave: CancellationToken::new(),
            stop: CancellationToken::new(),
            finish: CancellationToken::new(),
            phase: watch::Sender::new(Phase::Starting),
        }
    }

    pub(super) fn enter(&self, phase: Phase) {
        self.phase.send_replace(phase);
    }

    pub(super) fn phase(&self) -> Phase {
        *self.phase.borrow()
    }
}

/// SIGTERM and SIGINT.
pub(super) struct Signals {
    term: Signal,
    int: Signal,
}

impl Signals {
    /// From now on these signals come here and do not end the process by themselves.
    pub(super) fn listen() -> io::Result<Self> {
        Ok(Self {
            term: signal(SignalKind::terminate())?,
            int: signal(SignalKind::interrupt())?,
        })
    }

    /// The next one, by its name.
    pub(super) async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.term.recv() => "SIGTERM",
            _ = self.int.recv() => "SIGINT",
        }
    }
}
