//! JSON written straight into a string: a page holds fifty records, and hundreds of pages a second are asked for.

use std::fmt::Write;

use time::OffsetDateTime;

/// Appends a member after others.
pub fn field(out: &mut String, name: &str, value: &str) {
    push(out, format_args!(",\"{name}\":"));
    quote(out, value);
}

/// Appends formatted text; writing to a string cannot fail.
pub fn push(out: &mut String, text: std::fmt::Arguments<'_>) {
    let written = out.write_fmt(text);
    debug_assert!(written.is_ok(), "a string takes any text");
}

/// Appends the text as a JSON string.
pub fn quote(out: &mut String, text: &str) {
    out.push('"');
    let mut clean = 0;
    for (at, byte) in text.bytes().enumerate() {
        if byte >= 0x20 && byte != b'"' && byte != b'\\' {
            continue;
        }
        out.push_str(text.get(clean..at).unwrap_or_default());
        match byte {
            b'"' => out.push_str("\\\""),
            b'\\' => out.push_str("\\\\"),
            b'\n' => out.push_str("\\n"),
            other => push(out, format_args!("\\u{other:04x}")),
        }
        clean = at + 1;
    }
    out.push_str(text.get(clean..).unwrap_or_default());
    out.push('"');
}

/// Appends an RFC 3339 time.
pub fn push_time(out: &mut String, second: i64) {
    let Ok(at) = OffsetDateTime::from_unix_timestamp(second) else {
        return;
    };
    let (year, month, day) = (at.year(), u8::from(at.month()), at.day());
    let (hour, minute, second) = at.to_hms();
    push(
        out,
        format_args!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z"),
    );
}
