//! Times and durations as people write them, and times as people read them. Nothing here looks at a clock.

use std::{str::FromStr, time::Duration};

use jiff::{Timestamp, civil, tz::TimeZone};

/// A duration such as `90s`, `1h30m` or `2d`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Length(pub Duration);

impl FromStr for Length {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || format!("expected a duration such as 90s, 1h30m or 2d; found {text:?}");
        let mut total = 0_u64;
        let mut rest = text;
        while !rest.is_empty() {
            let digits = rest.find(|c: char| !c.is_ascii_digit()).ok_or_else(wrong)?;
            let (number, after) = rest.split_at(digits);
            let mut after = after.chars();
            let unit = after.next().and_then(seconds_of).ok_or_else(wrong)?;
            let number: u64 = number.parse().map_err(|_| wrong())?;
            let part = number.checked_mul(unit).ok_or_else(wrong)?;
            total = total.checked_add(part).ok_or_else(wrong)?;
            rest = after.as_str();
        }
        match total {
            // A hundred years are enough for any request, and far from the end of time.
            1..=3_155_760_000 => Ok(Self(Duration::from_secs(total))),
            _ => Err(wrong()),
        }
    }
}

fn seconds_of(unit: char) -> Option<u64> {
    match unit {
        's' => Some(1),
        'm' => Some(60),
        'h' => Some(3_600),
        'd' => Some(86_400),
        'w' => Some(604_800),
        _ => None,
    }
}

/// A point in time as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum When {
    /// `2d`: so long ago.
    Ago(Duration),
    /// `2026-11-27T08:00:00Z`.
    At(Timestamp),
    /// `2026-11-27 08:00` or `2026-11-27`, in the zone that times are shown in.
    Local(civil::DateTime),
}

impl FromStr for When {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "now" {
            return Ok(Self::Ago(Duration::ZERO));
        }
        if let Ok(length) = text.parse::<Length>() {
            return Ok(Self::Ago(length.0));
        }
        let at = text.parse().map(Self::At);
        at.or_else(|_| text.parse().map(Self::Local)).map_err(|_| {
            format!(
                "expected a time such as 2d (ago), now, 2026-11-27, 2026-11-27T08:00 or 2026-11-27T08:00:00Z; found {text:?}"
            )
        })
    }
}

impl When {
    /// The time that is meant, to the second: CloudTrail knows no finer one.
    ///
    /// # Errors
    /// There is no such time.
    pub fn at(&self, now: Timestamp, zone: &TimeZone) -> Result<Timestamp, String> {
        let found = match self {
            Self::Ago(length) => now.checked_sub(*length),
            Self::At(time) => Ok(*time),
            Self::Local(time) => zone.to_timestamp(*time),
        };
        found
            .and_then(|time| Timestamp::from_second(time.as_second()))
            .map_err(|error| error.to_string())
    }
}

/// As the protocol has it.
pub fn to_wire(time: Timestamp) -> prost_types::Timestamp {
    prost_types::Timestamp {
        seconds: time.as_second(),
        nanos: time.subsec_nanosecond(),
    }
}

/// As a time, if there is such a one.
pub fn from_wire(time: &prost_types::Timestamp) -> Option<Timestamp> {
    Timestamp::new(time.seconds, time.nanos).ok()
}

/// As a person reads it, in this zone, with its distance from UTC: two times of one table may differ in it.
pub fn shown(time: Option<&prost_types::Timestamp>, zone: &TimeZone) -> String {
    let Some(time) = time else {
        return String::new();
    };
    let Some(time) = from_wire(time) else {
        return format!("{} s", time.seconds);
    };
    let format = match zone == &TimeZone::UTC {
        true => "%Y-%m-%d %H:%M:%SZ",
        false => "%Y-%m-%d %H:%M:%S%:z",
    };
    time.to_zoned_datetime(zone.clone())
        .strftime(format)
        .to_string()
}

/// A duration in words, to two units.
pub fn length(duration: &prost_types::Duration) -> String {
    let seconds = u64::try_from(duration.seconds).unwrap_or_default();
    match seconds {
        0 if duration.nanos > 0 => "under 1 s".to_owned(),
        0..60 => format!("{seconds} s"),
        60..3_600 => format!("{} min {} s", seconds / 60, seconds % 60),
        3_600..86_400 => format!("{} h {} min", seconds / 3_600, seconds % 3_600 / 60),
        _ => format!("{} d {} h", seconds / 86_400, seconds % 86_400 / 3_600),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: Timestamp = Timestamp::constant(1_795_803_525, 999);

    fn at(text: &str) -> Result<String, String> {
        let when: When = text.parse()?;
        let zone = TimeZone::posix("EST5EDT,M3.2.0,M11.1.0").unwrap();
        when.at(NOW, &zone).map(|time| time.to_string())
    }

    #[test]
    fn times_are_understood_in_every_form() {
        assert_eq!(NOW.to_string(), "2026-11-27T18:18:45.000000999Z");
        for (text, expected) in [
            ("now", "2026-11-27T18:18:45Z"),
            ("2d", "2026-11-25T18:18:45Z"),
            ("1w1d", "2026-11-19T18:18:45Z"),
            ("1h30m", "2026-11-27T16:48:45Z"),
            ("2026-11-27T08:00:00Z", "2026-11-27T08:00:00Z"),
            ("2026-11-27T08:00:00+02:00", "2026-11-27T06:00:00Z"),
            ("2026-11-27", "2026-11-27T05:00:00Z"),
            ("2026-11-27 08:00", "2026-11-27T13:00:00Z"),
            ("2026-07-01T08:00:01", "2026-07-01T12:00:01Z"),
        ] {
            assert_eq!(at(text).as_deref(), Ok(expected), "{text}");
        }
        for text in [
            "",
            "2",
            "d",
            "2x",
            "-2d",
            "0s",
            "2 d",
            "2026-13-01",
            "yesterday",
            "99999999999999999999d",
        ] {
            assert!(at(text).is_err(), "{text}");
        }
    }

    #[test]
    fn times_are_shown_in_their_zone() {
        let time = to_wire(NOW);
        assert_eq!(shown(Some(&time), &TimeZone::UTC), "2026-11-27 18:18:45Z");
        let zone = TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap();
        assert_eq!(shown(Some(&time), &zone), "2026-11-27 19:18:45+01:00");
        assert_eq!(shown(None, &zone), "");
    }

    proptest! {
        #[test]
        fn any_sum_of_units_is_read(parts in prop::collection::vec((0_u64..5_000, 0_usize..5), 1..6)) {
            let units = [('s', 1), ('m', 60), ('h', 3_600), ('d', 86_400), ('w', 604_800)];
            let text: String = parts.iter().map(|(n, unit)| format!("{n}{}", units[*unit].0)).collect();
            let total: u64 = parts.iter().map(|(n, unit)| n * units[*unit].1).sum();
            let read = text.parse::<Length>();
            match total {
                1..=3_155_760_000 => prop_assert_eq!(read, Ok(Length(Duration::from_secs(total)))),
                _ => prop_assert!(read.is_err()),
            }
        }

        #[test]
        fn no_text_is_too_much(text in any::<String>()) {
            let _ = at(&text);
        }
    }
}
