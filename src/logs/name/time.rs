//! Times and days as names and folders have them.

use std::fmt;

use time::{Date, Duration, Month, OffsetDateTime, PrimitiveDateTime, Time};

use crate::domain::Timestamp;

/// The length of `20261122T0830Z`.
pub(super) const MINUTE: usize = 14;
/// The length of `20261122T083000Z`.
const SECOND: usize = 16;

/// A day of UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(Date);

impl Day {
    /// The day that this point is in; `None` beyond the year 9999, or before the year 0.
    pub fn of(at: Timestamp) -> Option<Self> {
        let at = OffsetDateTime::from_unix_timestamp(at.seconds()).ok()?;
        (0..=9999).contains(&at.year()).then(|| Self(at.date()))
    }

    /// The day after; `None` at the end of the calendar.
    pub fn next(self) -> Option<Self> {
        self.0.next_day().map(Self)
    }

    /// Its first moment.
    pub fn start(self) -> Timestamp {
        let midnight = PrimitiveDateTime::new(self.0, Time::MIDNIGHT).assume_utc();
        Timestamp::from_seconds(midnight.unix_timestamp())
    }

    /// Its last second.
    pub fn end(self) -> Timestamp {
        let last = PrimitiveDateTime::new(self.0, Time::MIDNIGHT).assume_utc() + Duration::days(1)
            - Duration::seconds(1);
        Timestamp::from_seconds(last.unix_timestamp())
    }

    pub(super) fn read(year: &str, month: &str, day: &str) -> Option<Self> {
        date(number(year, 4)?, number(month, 2)?, number(day, 2)?).map(Self)
    }
}

impl fmt::Display for Day {
    /// `2026/11/22`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.0.to_calendar_date();
        write!(f, "{year:04}/{:02}/{day:02}", u8::from(month))
    }
}

/// Exactly so many digits.
fn number(text: &str, digits: usize) -> Option<u16> {
    let right = text.len() == digits && text.bytes().all(|b| b.is_ascii_digit());
    right.then(|| text.parse().ok()).flatten()
}

fn date(year: u16, month: u16, day: u16) -> Option<Date> {
    let month = Month::try_from(u8::try_from(month).ok()?).ok()?;
    Date::from_calendar_date(year.into(), month, u8::try_from(day).ok()?).ok()
}

/// `20261122T0830Z`.
pub(super) fn read_minute(text: &str) -> Option<Timestamp> {
    let stem = text.strip_suffix('Z').filter(|_| text.len() == MINUTE)?;
    read(stem, 0)
}

/// `20261122T083000Z`.
pub(super) fn read_second(text: &str) -> Option<Timestamp> {
    let stem = text.strip_suffix('Z').filter(|_| text.len() == SECOND)?;
    let (stem, seconds) = stem.split_at_checked(MINUTE - 1)?;
    read(stem, number(seconds, 2)?)
}

/// `20261122T0830`.
fn read(text: &str, seconds: u16) -> Option<Timestamp> {
    let (day, clock) = text.split_once('T')?;
    let (year, day) = day.split_at_checked(4)?;
    let (month, day) = day.split_at_checked(2)?;
    let date = date(number(year, 4)?, number(month, 2)?, number(day, 2)?)?;
    let (hour, minute) = clock.split_at_checked(2)?;
    let small = |number: u16| u8::try_from(number).ok();
    let time = Time::from_hms(
        small(number(hour, 2)?)?,
        small(number(minute, 2)?)?,
        small(seconds)?,
    );
    let at = PrimitiveDateTime::new(date, time.ok()?).assume_utc();
    Some(Timestamp::from_seconds(at.unix_timestamp()))
}

pub(super) fn minute(at: Timestamp) -> String {
    let mut text = second(at);
    text.replace_range(MINUTE - 1..SECOND - 1, "");
    text
}

pub(super) fn second(at: Timestamp) -> String {
    let at =
        OffsetDateTime::from_unix_timestamp(at.seconds()).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    let ((year, month, day), (hour, minute, second)) = (at.to_calendar_date(), at.to_hms());
    let month = u8::from(month);
    format!("{year:04}{month:02}{day:02}T{hour:02}{minute:02}{second:02}Z")
}
