//! A subject's one way of being written: RFC 4514. Every character that could end a value is escaped, so that two
//! subjects are never written alike: a common name with a comma in it must not look like two attributes.

use std::fmt::Write as _;

use x509_parser::{
    asn1_rs::Tag,
    x509::{AttributeTypeAndValue, X509Name},
};

use super::CertificateError;

/// In bytes; the longest SPIFFE ID has as many.
pub(super) const LONGEST: usize = 2048;

/// The names that RFC 4514 gives to attributes; all others are written by their numbers.
const NAMES: [(&str, &str); 9] = [
    ("2.5.4.3", "CN"),
    ("2.5.4.6", "C"),
    ("2.5.4.7", "L"),
    ("2.5.4.8", "ST"),
    ("2.5.4.9", "STREET"),
    ("2.5.4.10", "O"),
    ("2.5.4.11", "OU"),
    ("0.9.2342.19200300.100.1.1", "UID"),
    ("0.9.2342.19200300.100.1.25", "DC"),
];

/// The subject, last part first as the RFC wants it.
pub(super) fn written(name: &X509Name<'_>) -> Result<String, CertificateError> {
    let mut parts: Vec<String> = name
        .iter_rdn()
        .map(|part| part.iter().map(attribute).collect::<Vec<_>>().join("+"))
        .collect();
    parts.reverse();
    let text = parts.join(",");
    match text.len() {
        0 => Err(CertificateError::Nameless),
        1..=LONGEST => Ok(text),
        _ => Err(CertificateError::SubjectTooLong),
    }
}

fn attribute(attribute: &AttributeTypeAndValue<'_>) -> String {
    let number = attribute.attr_type().to_id_string();
    let value = attribute.attr_value();
    let known = NAMES.iter().find(|(known, _)| *known == number);
    let text = match value.tag() {
        Tag::Utf8String | Tag::PrintableString | Tag::Ia5String => attribute.as_str().ok(),
        _ => None,
    };
    match (known, text) {
        (Some((_, name)), Some(text)) => format!("{name}={}", escaped(text)),
        // Not a text, or not one that everybody writes alike: its bytes, after the number of its type.
        _ => format!("{number}=#{:02x}:{}", value.tag().0, hex(value.data)),
    }
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let last = text.chars().count().saturating_sub(1);
    for (at, c) in text.chars().enumerate() {
        let edge = (c == ' ' && (at == 0 || at == last)) || (c == '#' && at == 0);
        match c {
            ',' | '+' | '"' | '\\' | '<' | '>' | ';' | '=' => out.extend(['\\', c]),
            _ if edge => out.extend(['\\', c]),
            _ if c.is_control() => {
                let mut bytes = [0; 4];
                for byte in c.encode_utf8(&mut bytes).bytes() {
                    // Writing to a String does not fail.
                    let _ = write!(out, "\\{byte:02X}");
                }
            }
            _ => out.push(c),
        }
    }
    out
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn nothing_in_a_value_can_end_it() {
        for (value, shown) in [
            ("reader", "reader"),
            ("a,CN=admin", "a\\,CN\\=admin"),
            ("a+b\\", "a\\+b\\\\"),
            (" # ", "\\ #\\ "),
            ("#1", "\\#1"),
            ("a\nb\0", "a\\0Ab\\00"),
            ("Zürich", "Zürich"),
            (" ", "\\ "),
        ] {
            assert_eq!(escaped(value), shown);
        }
    }
}
