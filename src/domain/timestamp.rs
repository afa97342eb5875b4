//! Points and spans of UTC time. The domain reads no clock: "now" is always an argument.

use std::{fmt, sync::Arc, time::Duration};

use time::{OffsetDateTime, format_description::well_known::Rfc3339};

/// A point in UTC time, in nanoseconds since 1970. CloudTrail's own resolution is one second.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

/// Tells the time of day. Whoever needs it is given one, so that tests can set it.
pub type WallClock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

impl Timestamp {
    /// Nanoseconds in a second.
    const SECOND: i64 = 1_000_000_000;

    /// The point this many nanoseconds after 1970.
    pub const fn from_nanos(nanos: i64) -> Self {
        Self(nanos)
    }

    /// The point this many seconds after 1970 (saturating at the years 1677 and 2262).
    pub const fn from_seconds(seconds: i64) -> Self {
        Self(seconds.saturating_mul(Self::SECOND))
    }

    /// Seconds and nanoseconds since 1970, as protobuf and the AWS SDK have them; `None` out of range.
    pub fn from_parts(seconds: i64, nanos: u32) -> Option<Self> {
        if nanos >= 1_000_000_000 {
            return None;
        }
        seconds
            .checked_mul(Self::SECOND)?
            .checked_add(i64::from(nanos))
            .map(Self)
    }

    /// Nanoseconds since 1970.
    pub const fn as_nanos(self) -> i64 {
        self.0
    }

    /// Whole seconds since 1970, rounded down.
    pub const fn seconds(self) -> i64 {
        self.0.div_euclid(Self::SECOND)
    }

    /// Whole seconds since 1970, rounded up.
    pub const fn seconds_up(self) -> i64 {
        self.seconds() + (self.subsec_nanos() > 0) as i64
    }

    /// Nanoseconds within the second.
    pub const fn subsec_nanos(self) -> i64 {
        self.0.rem_euclid(Self::SECOND)
    }

    /// The start of this point's second.
    pub const fn floor_second(self) -> Self {
        Self(self.seconds() * Self::SECOND)
    }

    /// This much later, saturating.
    pub fn plus(self, span: Duration) -> Self {
        Self(
            self.0
                .saturating_add(i64::try_from(span.as_nanos()).unwrap_or(i64::MAX)),
        )
    }

    /// This much earlier, saturating.
    pub fn minus(self, span: Duration) -> Self {
        Self(
            self.0
                .saturating_sub(i64::try_from(span.as_nanos()).unwrap_or(i64::MAX)),
        )
    }

    /// How long after `earlier` this is; zero if it is not.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_nanos(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }
}

impl fmt::Display for Timestamp {
    /// RFC 3339 in UTC: `2026-11-22T08:30:00Z`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = OffsetDateTime::from_unix_timestamp_nanos(i128::from(self.0))
            .ok()
            .and_then(|t| t.format(&Rfc3339).ok());
        f.write_str(text.as_deref().unwrap_or("out of range"))
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::str::FromStr for Timestamp {
    type Err = time::error::Parse;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let nanos = OffsetDateTime::parse(text, &Rfc3339)?.unix_timestamp_nanos();
        let end = if nanos < 0 { i64::MIN } else { i64::MAX };
        Ok(Self(i64::try_from(nanos).unwrap_or(end)))
    }
}

/// A span of time, both ends inclusive as CloudTrail has it. `start` is never after `end`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TimeWindow {
    start: Timestamp,
    end: Timestamp,
}

impl TimeWindow {
    /// The window from `start` to `end`; `None` if `start` is after `end`.
    pub fn new(start: Timestamp, end: Timestamp) -> Option<Self> {
        (start <= end).then_some(Self { start, end })
    }

    /// The window that holds this point alone.
    pub fn at(point: Timestamp) -> Self {
        Self {
            start: point,
            end: point,
        }
    }

    /// The least window of whole seconds around this one. CloudTrail's times are whole seconds, so it holds the same
    /// events.
    pub fn whole_seconds(self) -> Self {
        Self {
            start: self.start.floor_second(),
            end: Timestamp::from_seconds(self.end.seconds_up()),
        }
    }

    /// The first point in the window.
    pub fn start(self) -> Timestamp {
        self.start
    }

    /// The last point in the window.
    pub fn end(self) -> Timestamp {
        self.end
    }

    /// Whether the point is in the window.
    pub fn contains(self, at: Timestamp) -> bool {
        self.start <= at && at <= self.end
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timestamps_read_back_as_written() {
        let at: Timestamp = "2026-11-22T08:30:00.25Z".parse().unwrap();
        assert_eq!(at.to_string(), "2026-11-22T08:30:00.25Z");
        assert_eq!(at.floor_second().to_string(), "2026-11-22T08:30:00Z");
        assert_eq!(at.subsec_nanos(), 250_000_000);
        assert_eq!(Timestamp::from_parts(at.seconds(), 250_000_000), Some(at));
    }

    #[test]
    fn what_no_nanosecond_reaches_is_the_end_that_it_lies_beyond() {
        let parsed = |text: &str| text.parse::<Timestamp>().map(Timestamp::as_nanos);
        assert_eq!(parsed("0001-01-01T00:00:00Z"), Ok(i64::MIN));
        assert_eq!(parsed("9999-12-31T23:59:59Z"), Ok(i64::MAX));
    }

    #[test]
    fn time_before_1970_floors_down() {
        assert_eq!(Timestamp::from_nanos(-1).seconds(), -1);
        assert_eq!(Timestamp::from_nanos(-1).subsec_nanos(), 999_999_999);
    }

    #[test]
    fn windows_are_inclusive_and_never_backwards() {
        let (a, b) = (Timestamp::from_seconds(10), Timestamp::from_seconds(20));
        let window = TimeWindow::new(a, b).unwrap();
        assert!(window.contains(a) && window.contains(b));
        assert!(TimeWindow::new(b, a).is_none());
        assert!(TimeWindow::new(a, a).is_some());
        let within = TimeWindow::new(
            a.plus(Duration::from_millis(1)),
            b.minus(Duration::from_millis(1)),
        );
        let whole = TimeWindow::new(a, b);
        assert_eq!(within.map(TimeWindow::whole_seconds), whole);
        assert_eq!(whole.map(TimeWindow::whole_seconds), whole);
    }
}
