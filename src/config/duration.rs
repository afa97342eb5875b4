//! Durations as people write them: `500ms`, `15m`, `1h30m`.

use std::time::Duration;

/// The units, the largest first, each with its length in milliseconds.
const UNITS: [(&str, u64); 5] = [
    ("d", 86_400_000),
    ("h", 3_600_000),
    ("m", 60_000),
    ("s", 1_000),
    ("ms", 1),
];

/// Reads one or more numbers with units, each unit smaller than the one before it. A bare number is refused:
/// nobody knows whether it means seconds or milliseconds.
pub(super) fn parse(text: &str) -> Option<Duration> {
    let mut rest = text;
    let mut total: u64 = 0;
    let mut smallest = u64::MAX;
    while !rest.is_empty() {
        let (number, tail) = rest.split_at(rest.find(|c: char| !c.is_ascii_digit())?);
        let end = tail
            .find(|c: char| c.is_ascii_digit())
            .unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(end);
        let (_, length) = UNITS.iter().find(|(name, _)| *name == unit)?;
        if *length >= smallest {
            return None;
        }
        smallest = *length;
        total = number
            .parse::<u64>()
            .ok()?
            .checked_mul(*length)
            .and_then(|part| total.checked_add(part))?;
        rest = tail;
    }
    (smallest != u64::MAX).then(|| Duration::from_millis(total))
}

/// Writes a duration so that [`parse`] reads it back, down to milliseconds.
pub(super) fn show(duration: Duration) -> String {
    let mut rest = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    if rest == 0 {
        return "0s".to_owned();
    }
    let mut text = String::new();
    for (unit, length) in UNITS {
        let count = rest / length;
        rest %= length;
        if count > 0 {
            text.push_str(&format!("{count}{unit}"));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn reads_what_people_write() {
        for (text, millis) in [
            ("500ms", 500),
            ("15m", 900_000),
            ("1h30m", 5_400_000),
            ("2d", 172_800_000),
            ("1s5ms", 1_005),
            ("0s", 0),
        ] {
            assert_eq!(parse(text), Some(Duration::from_millis(millis)), "{text}");
        }
    }

    #[test]
    fn refuses_what_is_not_clear() {
        for text in [
            "",
            "5",
            "m",
            "5 m",
            "1.5h",
            "-1s",
            "5M",
            "30m1h",
            "1h1h",
            "1year",
            "99999999999999999999s",
            "18446744073709551615d",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_shown_reads_back(millis in 0..u64::MAX) {
            let duration = Duration::from_millis(millis);
            prop_assert_eq!(parse(&show(duration)), Some(duration));
        }

        #[test]
        fn any_text_is_read_or_refused(text in "[0-9dhms .-]{0,12}") {
            if let Some(duration) = parse(&text) {
                prop_assert_eq!(parse(&show(duration)), Some(duration));
            }
        }
    }
}
