//! An exporter that leaves a collector alone for a while after it has failed. What comes meanwhile is dropped before any work
//! is done for it: hundreds of batches a second may come, and each would be encoded, and connect, in vain.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use opentelemetry_sdk::{
    Resource,
    error::{OTelSdkError, OTelSdkResult},
    trace::{SpanData, SpanExporter},
};

/// How long a collector that failed is left alone.
const REST: Duration = Duration::from_secs(2);

/// See the module.
#[derive(Debug)]
pub(super) struct Patient<E> {
    exporter: E,
    failed: Mutex<Option<Instant>>,
    lost: Arc<AtomicU64>,
}

impl<E> Patient<E> {
    /// Over this exporter; what is lost is added up there.
    pub(super) fn new(exporter: E, lost: Arc<AtomicU64>) -> Self {
        Self {
            exporter,
            failed: Mutex::default(),
            lost,
        }
    }

    fn rests(&self) -> bool {
        let failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        failed.is_some_and(|failed| failed.elapsed() < REST)
    }

    fn ended(&self, spans: usize, failed: bool) {
        let at = failed.then(Instant::now);
        *self.failed.lock().unwrap_or_else(PoisonError::into_inner) = at;
        if failed {
            self.lose(spans);
        }
    }

    fn lose(&self, spans: usize) {
        let spans = u64::try_from(spans).unwrap_or(u64::MAX);
        self.lost.fetch_add(spans, Ordering::Relaxed);
    }
}

impl<E: SpanExporter> SpanExporter for Patient<E> {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let spans = batch.len();
        if self.rests() {
            self.lose(spans);
            let why = "the collector failed a moment ago and is left alone";
            return Err(OTelSdkError::InternalFailure(why.to_owned()));
        }
        let result = self.exporter.export(batch).await;
        self.ended(spans, result.is_err());
        result
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.exporter.shutdown_with_timeout(timeout)
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.exporter.force_flush()
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.exporter.set_resource(resource);
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    /// A collector that refuses, and counts how often it was asked.
    #[derive(Debug, Default)]
    struct Refuses(AtomicU64);

    impl SpanExporter for Refuses {
        async fn export(&self, _: Vec<SpanData>) -> OTelSdkResult {
            self.0.fetch_add(1, Ordering::Relaxed);
            Err(OTelSdkError::InternalFailure("no".to_owned()))
        }
    }

    #[test]
    fn a_collector_that_failed_is_left_alone() {
        let lost = Arc::<AtomicU64>::default();
        let patient = Patient::new(Refuses::default(), Arc::clone(&lost));
        for _ in 0..50 {
            let ended = patient.export(Vec::new()).now_or_never().unwrap();
            assert!(ended.is_err());
        }
        assert_eq!(patient.exporter.0.load(Ordering::Relaxed), 1);
        *patient.failed.lock().unwrap() = Instant::now().checked_sub(REST);
        let _ = patient.export(Vec::new()).now_or_never();
        assert_eq!(
            patient.exporter.0.load(Ordering::Relaxed),
            2,
            "after its rest"
        );
        patient.ended(7, true);
        assert_eq!(lost.load(Ordering::Relaxed), 7);
    }
}
