//! Points and spans of time.

use std::time::Duration;

use crate::{
    api::{proto, violations::Violations},
    domain::{TimeWindow, Timestamp},
};

/// A point in time from the wire; `None` if unset or, with a violation, out of range.
pub fn timestamp(
    found: &mut Violations,
    field: &str,
    wire: Option<&prost_types::Timestamp>,
) -> Option<Timestamp> {
    let wire = wire?;
    let parsed = u32::try_from(wire.nanos)
        .ok()
        .and_then(|nanos| Timestamp::from_parts(wire.seconds, nanos))
        .filter(|at| at.seconds() >= 0);
    if parsed.is_none() {
        found.add(field, "is not a time between 1970 and 2262");
    }
    parsed
}

/// A point in time for the wire.
pub fn to_wire(at: Timestamp) -> prost_types::Timestamp {
    prost_types::Timestamp {
        seconds: at.seconds(),
        // Below 10^9 by definition.
        nanos: i32::try_from(at.subsec_nanos()).unwrap_or(0),
    }
}

/// A window for the wire.
pub fn window_to_wire(window: TimeWindow) -> proto::TimeWindow {
    proto::TimeWindow {
        start_time: Some(to_wire(window.start())),
        end_time: Some(to_wire(window.end())),
    }
}

/// A span for the wire.
pub fn span_to_wire(span: Duration) -> prost_types::Duration {
    prost_types::Duration {
        seconds: i64::try_from(span.as_secs()).unwrap_or(i64::MAX),
        nanos: i32::try_from(span.subsec_nanos()).unwrap_or(0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_read_back_and_wrong_ones_are_named() {
        let at: Timestamp = "2026-11-22T08:30:00.25Z".parse().unwrap();
        let mut found = Violations::new();
        assert_eq!(timestamp(&mut found, "t", Some(&to_wire(at))), Some(at));
        assert_eq!(timestamp(&mut found, "t", None), None);
        assert!(found.is_empty());
        for (seconds, nanos) in [(i64::MAX, 0), (-1, 0), (0, -1), (0, 1_000_000_000)] {
            let wire = prost_types::Timestamp { seconds, nanos };
            assert_eq!(timestamp(&mut found, "t", Some(&wire)), None);
        }
        assert_eq!(found.len(), 4);
    }
}
