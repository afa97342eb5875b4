//! Takes secrets out of records. STS records hold the session token that was issued; with the secret key, which
//! they do not hold, it would be a way in. Access key ids stay: they are no secret, and following one from the
//! call that issued it to the calls it signed is what investigations do.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::domain::Event;

/// What stands in place of a secret.
const REDACTED: &str = "\"REDACTED\"";

#[derive(Deserialize)]
struct Outer<'a> {
    #[serde(borrow, rename = "responseElements")]
    response: Option<Response<'a>>,
}

#[derive(Deserialize)]
struct Response<'a> {
    #[serde(borrow)]
    credentials: Option<Credentials<'a>>,
}

#[derive(Deserialize)]
struct Credentials<'a> {
    #[serde(borrow, rename = "sessionToken")]
    session_token: Option<&'a RawValue>,
    #[serde(borrow, rename = "secretAccessKey")]
    secret_access_key: Option<&'a RawValue>,
}

/// The event, its secrets replaced.
pub fn without_secrets(event: Arc<Event>) -> Arc<Event> {
    if !speaks_of_secrets(&event.record) {
        return event;
    }
    let mut event = Arc::unwrap_or_clone(event);
    redact(&mut event);
    Arc::new(event)
}

/// Few records have any: this is looked at before they are parsed. JSON may write any letter of a name as its number.
fn speaks_of_secrets(record: &str) -> bool {
    let named = |text: &str| text.contains("sessionToken") || text.contains("secretAccessKey");
    named(record) || record.contains("\\u00") && named(&with_letters(record))
}

/// The text, with letters where JSON's escapes (`\u0054`) stand for ASCII.
fn with_letters(text: &str) -> String {
    let mut parts = text.split("\\u00");
    let mut letters = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let digits = part.split_at_checked(2);
        let code = digits.and_then(|(code, _)| u8::from_str_radix(code, 16).ok());
        match (code, digits) {
            (Some(code), Some((_, rest))) if code.is_ascii() => {
                letters.push(char::from(code));
                letters.push_str(rest);
            }
            _ => letters.push_str(part),
        }
    }
    letters
}

/// Replaces the secrets in the event's record; `true` if there were any. Everything else stays byte for byte.
pub fn redact(event: &mut Event) -> bool {
    if !speaks_of_secrets(&event.record) {
        return false;
    }
    let redacted = match serde_json::from_str::<Outer>(&event.record) {
        Ok(outer) => replaced(&event.record, outer),
        // It speaks of secrets and is no record as CloudTrail writes them: nobody can tell where they stand.
        Err(_) => Some(REDACTED.to_owned()),
    };
    let found = redacted.is_some();
    if let Some(redacted) = redacted {
        event.record = redacted.into();
    }
    found
}

fn replaced(record: &str, outer: Outer<'_>) -> Option<String> {
    let credentials = outer.response?.credentials?;
    let secrets = [credentials.session_token, credentials.secret_access_key];
    let mut places: Vec<std::ops::Range<usize>> = secrets
        .into_iter()
        .flatten()
        .map(|s| place(record, s.get()))
        .collect();
    places.sort_by_key(|place| std::cmp::Reverse(place.start));
    let mut text = record.to_owned();
    for place in &places {
        text.replace_range(place.clone(), REDACTED);
    }
    (!places.is_empty()).then_some(text)
}

/// Where in `whole` the slice `part` of it stands.
fn place(whole: &str, part: &str) -> std::ops::Range<usize> {
    let start = part.as_ptr().addr() - whole.as_ptr().addr();
    start..start + part.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::events::testing::event;

    #[test]
    fn tokens_go_and_everything_else_stays_as_it_was() {
        let mut found = event(1, "a");
        let record = |token: &str| {
            format!(
                r#"{{"z":1, "responseElements":{{"credentials":{{"accessKeyId":"ASIA1","sessionToken": {token}}}}},"a":"sessionToken"}}"#
            )
        };
        found.record = record(r#""FwoG\"Zx""#).into();
        assert!(redact(&mut found));
        assert_eq!(&*found.record, record(REDACTED));
    }

    #[test]
    fn names_that_are_written_by_numbers_are_names() {
        let mut found = event(1, "a");
        let record = |token: &str| {
            format!(r#"{{"responseElements":{{"credentials":{{"session\u0054oken":{token}}}}}}}"#)
        };
        found.record = record("\"FwoGZx\"").into();
        assert!(redact(&mut found));
        assert_eq!(&*found.record, record(REDACTED));
        for plain in [r#"{"a":"\u00e9\u00"}"#, r#"{"a":"\u0073ession\u003e"}"#] {
            found.record = plain.into();
            assert!(!redact(&mut found), "{plain}");
        }
    }

    #[test]
    fn a_record_that_cannot_be_read_and_speaks_of_secrets_goes_whole() {
        for record in [
            "sessionToken: FwoG",
            r#"{"responseElements":"sessionToken FwoG"}"#,
        ] {
            let mut found = event(1, "a");
            found.record = record.into();
            assert!(redact(&mut found), "{record}");
            assert_eq!(&*found.record, REDACTED);
        }
    }

    #[test]
    fn records_without_secrets_are_left_alone() {
        for record in [
            r#"{"responseElements":null}"#,
            r#"{"requestParameters":{"sessionToken":"x"}}"#,
        ] {
            let mut found = event(1, "a");
            found.record = record.into();
            assert!(!redact(&mut found), "{record}");
            assert_eq!(&*found.record, record);
        }
    }

    #[test]
    fn what_is_remembered_has_no_secrets_and_the_reader_keeps_its_own() {
        let record = r#"{"responseElements":{"credentials":{"sessionToken":"FwoGZx"}}}"#;
        let secret = Arc::new(Event {
            record: record.into(),
            ..event(1, "a")
        });
        let remembered = without_secrets(Arc::clone(&secret));
        assert!(!remembered.record.contains("FwoGZx"));
        assert_eq!(&*secret.record, record);
        let plain = Arc::new(event(2, "b"));
        assert!(Arc::ptr_eq(&plain, &without_secrets(Arc::clone(&plain))));
    }
}
