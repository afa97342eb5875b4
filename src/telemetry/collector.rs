//! The end of the way to a collector: what waits is sent, for so long as the process has time.

use std::time::Duration;

use opentelemetry_sdk::error::OTelSdkResult;

/// Ends one exporter, which sends what waits: `what` of it. Waits for so long at most; whatever `shutdown` still does then
/// ends with the process, which does not wait for its blocking work.
pub(super) async fn finish(
    what: &'static str,
    within: Duration,
    shutdown: impl FnOnce() -> OTelSdkResult + Send + 'static,
) {
    let ending = tokio::task::spawn_blocking(shutdown);
    match tokio::time::timeout(within, ending).await {
        Ok(Ok(Ok(()))) => {}
        Ok(Ok(Err(error))) => {
            tracing::warn!(what, %error, "the last could not be sent to the collector")
        }
        Ok(Err(_)) | Err(_) => {
            tracing::warn!(what, "the last could not be sent to the collector in time")
        }
    }
}

/// Keeps an exporter for as long as the process lives. Dropping its last handle would end it, and wait for the collector for
/// seconds, on whatever thread that happens: also where the process has no time left.
pub(super) fn keep<T: Clone>(provider: &T) {
    std::mem::forget(provider.clone());
}
