//! Owns the long-lived tasks. One that ends before it was told to ends the process, in order and with an error.

use std::{future::Future, time::Duration};

use tokio::{
    task::{Id, JoinError, JoinSet},
    time::{Instant, sleep_until},
};

use crate::config::Drain;

use super::{
    AppError,
    lifecycle::{Lifecycle, Phase, Signals},
};

/// The edge ends what still runs when `drain.grace` is over. Connections that are open for so long after that
/// carry nothing of ours (a client that watches our health, say), and are cut.
const AFTER_GRACE: Duration = Duration::from_millis(500);

type Outcome = Result<(), String>;

/// The long-lived tasks.
pub(super) struct Supervisor {
    life: Lifecycle,
    /// Take requests, and end once told to stop and their last request has ended.
    serving: Tasks,
    /// Help them, and end when nothing serves any more.
    background: Tasks,
}

#[derive(Default)]
struct Tasks {
    set: JoinSet<Outcome>,
    names: Vec<(Id, &'static str)>,
}

impl Tasks {
    fn spawn(&mut self, name: &'static str, task: impl Future<Output = Outcome> + Send + 'static) {
        let handle = self.set.spawn(task);
        self.names.push((handle.id(), name));
    }

    /// The next that ends; waits for ever when there is none.
    async fn next(&mut self) -> (&'static str, Outcome) {
        match self.set.join_next_with_id().await {
            None => std::future::pending().await,
            Some(Ok((id, outcome))) => (self.name(id), outcome),
            Some(Err(error)) => (self.name(error.id()), Err(describe(&error))),
        }
    }

    fn name(&self, id: Id) -> &'static str {
        let found = self.names.iter().find(|(known, _)| *known == id);
        found.map_or("a task", |(_, name)| name)
    }

    /// Waits for all until `at`, then cuts them off; the first failure.
    async fn all_by(&mut self, at: Instant) -> Result<(), AppError> {
        tokio::select! {
            biased;
            result = self.all() => return result,
            () = sleep_until(at) => {}
        }
        tracing::warn!("cutting connections that are open after drain.grace");
        self.set.shutdown().await;
        Ok(())
    }

    /// Waits for all; the first failure.
    async fn all(&mut self) -> Result<(), AppError> {
        let mut result = Ok(());
        while !self.set.is_empty() {
            let (task, outcome) = self.next().await;
            if let (Err(outcome), Ok(())) = (outcome, &result) {
                result = Err(AppError::EndedEarly { task, outcome });
            }
        }
        result
    }
}

fn describe(error: &JoinError) -> String {
    if error.is_panic() {
        "it panicked"
    } else {
        "it was aborted"
    }
    .to_owned()
}

impl Supervisor {
    pub(super) fn new(life: Lifecycle) -> Self {
        Self {
            life,
            serving: Tasks::default(),
            background: Tasks::default(),
        }
    }

    /// A task that takes requests until [`Lifecycle::stop`].
    pub(super) fn serve(
        &mut self,
        name: &'static str,
        task: impl Future<Output = Outcome> + Send + 'static,
    ) {
        self.serving.spawn(name, task);
    }

    /// A task that runs until [`Lifecycle::finish`].
    pub(super) fn background(
        &mut self,
        name: &'static str,
        task: impl Future<Output = Outcome> + Send + 'static,
    ) {
        self.background.spawn(name, task);
    }

    /// Runs until a signal comes or a task ends early, then drains. `last` is what is done when nothing runs any more; like
    /// all that is before it, it is cut by the hard stop and by a second signal.
    pub(super) async fn run(
        mut self,
        mut signals: Signals,
        drain: &Drain,
        last: impl Future<Output = ()>,
    ) -> Result<(), AppError> {
        let cause = tokio::select! {
            signal = signals.next() => {
                tracing::info!(signal, "draining");
                Ok(())
            }
            (task, outcome) = self.serving.next() => Err(ended_early(task, outcome)),
            (task, outcome) = self.background.next() => Err(ended_early(task, outcome)),
        };
        // With a part missing, or before it ever served, there is no use in taking more.
        let takes = cause.is_ok() && self.life.phase() == Phase::Serving;
        let delay = if takes { drain.delay } else { Duration::ZERO };
        let drained = self.drain(&mut signals, delay, drain, last).await;
        cause.and(drained)
    }

    async fn drain(
        &mut self,
        signals: &mut Signals,
        delay: Duration,
        drain: &Drain,
        last: impl Future<Output = ()>,
    ) -> Result<(), AppError> {
        let begun = Instant::now();
        let life = self.life.clone();
        life.enter(Phase::Draining);
        life.leave.cancel();
        let ending = async {
            sleep_until(begun + delay).await;
            life.stop.cancel();
            let serving = self.serving.all_by(begun + drain.grace + AFTER_GRACE).await;
            life.finish.cancel();
            let ended = serving.and(self.background.all().await);
            last.await;
            ended
        };
        tokio::select! {
            biased;
            result = ending => {
                tracing::info!(took_ms = millis(begun.elapsed()), "drained");
                result
            }
            signal = signals.next() => {
                tracing::warn!(signal, "second signal; ending at once");
                Err(AppError::DrainCut("a second signal came"))
            }
            () = sleep_until(begun + drain.hard_stop) => {
                tracing::error!("drain.hard_stop has come; ending with requests still running");
                Err(AppError::DrainCut("requests still ran at drain.hard_stop"))
            }
        }
    }
}

fn ended_early(task: &'static str, outcome: Outcome) -> AppError {
    let outcome = outcome
        .err()
        .unwrap_or_else(|| "without an error".to_owned());
    tracing::error!(task, outcome, "a task ended early; draining");
    AppError::EndedEarly { task, outcome }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DRAIN: Drain = Drain {
        delay: Duration::from_secs(2),
        grace: Duration::from_secs(5),
        hard_stop: Duration::from_secs(10),
    };

    async fn nothing() {}

    fn supervisor() -> (Lifecycle, Supervisor) {
        let life = Lifecycle::begin();
        (life.clone(), Supervisor::new(life))
    }

    #[tokio::test(start_paused = true)]
    async fn a_task_that_ends_early_drains_the_others_and_is_the_error() {
        let (life, mut supervisor) = supervisor();
        let (stop, finish) = (life.stop.clone(), life.finish.clone());
        supervisor.serve("grpc", async move {
            stop.cancelled().await;
            Ok(())
        });
        supervisor.background("refresh", async move {
            finish.cancelled().await;
            Ok(())
        });
        supervisor.background("broken", async { Err("it broke".to_owned()) });
        let error = supervisor
            .run(Signals::listen().unwrap(), &DRAIN, nothing())
            .await
            .unwrap_err();
        assert_eq!(error.to_string(), "broken ended early: it broke");
        assert_eq!(life.phase(), Phase::Draining);
    }

    #[tokio::test(start_paused = true)]
    async fn a_panic_is_an_early_end() {
        let (_, mut supervisor) = supervisor();
        supervisor.serve("grpc", async { panic!("on purpose") });
        let error = supervisor
            .run(Signals::listen().unwrap(), &DRAIN, nothing())
            .await
            .unwrap_err();
        assert_eq!(error.to_string(), "grpc ended early: it panicked");
    }

    #[tokio::test(start_paused = true)]
    async fn requests_are_taken_until_the_delay_is_over() {
        let (life, mut supervisor) = supervisor();
        let (leave, stop) = (life.leave.clone(), life.stop.clone());
        let begun = Instant::now();
        supervisor.serve("gRPC", async move {
            leave.cancelled().await;
            assert_eq!(begun.elapsed(), Duration::ZERO);
            stop.cancelled().await;
            assert_eq!(begun.elapsed(), DRAIN.delay);
            Ok(())
        });
        let mut signals = Signals::listen().unwrap();
        let drained = supervisor.drain(&mut signals, DRAIN.delay, &DRAIN, nothing());
        let drained = drained.await;
        assert!(drained.is_ok(), "{drained:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn after_grace_what_still_serves_is_cut() {
        let (life, mut supervisor) = supervisor();
        supervisor.serve("gRPC", std::future::pending());
        let begun = Instant::now();
        let mut signals = Signals::listen().unwrap();
        supervisor
            .drain(&mut signals, DRAIN.delay, &DRAIN, nothing())
            .await
            .unwrap();
        assert_eq!(begun.elapsed(), DRAIN.grace + AFTER_GRACE);
        assert!(life.finish.is_cancelled());
    }

    #[tokio::test(start_paused = true)]
    async fn the_hard_stop_ends_what_does_not_end() {
        let (_, mut supervisor) = supervisor();
        supervisor.background("stuck", std::future::pending());
        let begun = Instant::now();
        let mut signals = Signals::listen().unwrap();
        let error = supervisor
            .drain(&mut signals, DRAIN.delay, &DRAIN, nothing())
            .await
            .unwrap_err();
        assert!(matches!(error, AppError::DrainCut(_)), "{error}");
        assert_eq!(begun.elapsed(), DRAIN.hard_stop);
    }
    #[tokio::test(start_paused = true)]
    async fn what_is_done_last_comes_after_all_tasks_and_is_cut_by_the_hard_stop_too() {
        let (life, mut supervisor) = supervisor();
        let ended = life.finish.clone();
        supervisor.background("refresh", async move {
            ended.cancelled().await;
            Ok(())
        });
        let finish = life.finish.clone();
        let last = async {
            assert!(finish.is_cancelled());
            std::future::pending().await
        };
        let begun = Instant::now();
        let mut signals = Signals::listen().unwrap();
        let drained = supervisor.drain(&mut signals, DRAIN.delay, &DRAIN, last);
        let error = drained.await.unwrap_err();
        assert!(matches!(error, AppError::DrainCut(_)), "{error}");
        assert_eq!(begun.elapsed(), DRAIN.hard_stop);
    }
}
