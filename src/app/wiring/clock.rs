//! The time of day.

use std::{sync::Arc, time::SystemTime};

use crate::domain::{Timestamp, WallClock};

/// The system's clock.
pub(in crate::app) fn system() -> WallClock {
    Arc::new(|| {
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        let nanos = since.map_or(0, |since| since.as_nanos());
        Timestamp::from_nanos(i64::try_from(nanos).unwrap_or(i64::MAX))
    })
}
