//! The budget store that replicas share, against real servers: that its script does what `Slots` does, and what it
//! grants while the store, or the way to it, fails.

mod agreement;
mod connections;
mod faults;
mod fleet;
mod members;
mod program;
mod replica;

use std::time::Duration;

use tokio::time::Instant;

/// Waits until `ready`, which must come within this time.
async fn within(limit: Duration, what: &str, mut ready: impl FnMut() -> bool) {
    let until = Instant::now() + limit;
    while !ready() {
        assert!(Instant::now() < until, "not within {limit:?}: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
