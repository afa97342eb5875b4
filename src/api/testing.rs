//! What the edge's tests share.

use std::time::Duration;

use tokio::time::{sleep, timeout};

/// Waits until it holds, for ten seconds at most.
pub(super) async fn until(mut holds: impl FnMut() -> bool) {
    let wait = async {
        while !holds() {
            sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(Duration::from_secs(10), wait)
        .await
        .expect("it never came true");
}
