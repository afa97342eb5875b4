use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

/// What a text is cut into, in pieces of these lengths.
fn cut(
    text: &[u8],
    pieces: &[usize],
    limit: usize,
) -> (Vec<Vec<u8>>, Vec<u64>, Result<(), NoLogFile>) {
    let (mut records, mut large) = (Vec::new(), Vec::new());
    let mut splitter = Splitter::new(limit);
    let mut rest = text;
    let mut lengths = pieces.iter().cycle();
    let mut end = Ok(());
    while !rest.is_empty() && end.is_ok() {
        let length = lengths
            .next()
            .map_or(rest.len(), |length| *length.min(&rest.len()));
        let (piece, after) = rest.split_at(length);
        end = splitter.push(piece, |piece| match piece {
            Piece::Record(record) => records.push(record.to_vec()),
            Piece::TooLarge(length) => large.push(length),
        });
        assert!(splitter.held.len() <= limit.max(LONGEST_KEY));
        rest = after;
    }
    let end = end.and_then(|()| splitter.finish());
    (records, large, end)
}

/// Any value, with texts full of what JSON's marks look like.
fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        r#"[\\\\"{}\[\],:a é\n]{0,12}"#.prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((r#"[\\\\"{}a]{0,6}"#, inner), 0..4)
                .prop_map(|entries| Value::Object(entries.into_iter().collect())),
        ]
    })
}

fn object() -> impl Strategy<Value = Value> {
    prop::collection::vec(("[a-z]{1,6}", value()), 0..4)
        .prop_map(|entries| Value::Object(entries.into_iter().collect()))
}

proptest! {
    /// Whatever the records, the other keys, the blanks and the pieces: each record comes once, byte for byte.
    #[test]
    fn records_come_as_they_stand(
        records in prop::collection::vec(object(), 0..6),
        before in prop::option::of(value()),
        after in prop::option::of(value()),
        blank in "[ \n\t]{0,3}",
        pieces in prop::collection::vec(1usize..40, 1..5),
    ) {
        let expected: Vec<String> = records.iter().map(Value::to_string).collect();
        let list = expected.join(&format!("{blank},{blank}"));
        let before = before.map_or(String::new(), |v| format!(r#""x\"Records"{blank}:{v}{blank},"#));
        let after = after.map_or(String::new(), |v| format!(r#",{blank}"y":{v}"#));
        let text = format!("{blank}{{{before}{blank}\"Records\"{blank}:{blank}[{blank}{list}{blank}]{after}{blank}}}{blank}");
        let (found, large, end) = cut(text.as_bytes(), &pieces, 1 << 20);
        prop_assert_eq!(end, Ok(()), "{}", text);
        prop_assert!(large.is_empty());
        let found: Vec<String> = found.into_iter().map(|r| String::from_utf8(r).unwrap()).collect();
        prop_assert_eq!(&found, &expected);

        // Cut anywhere, it is told, and what was whole has come.
        let whole = text.trim_end().len();
        let at = pieces[0] * 7 % whole;
        let (part, _, end) = cut(&text.as_bytes()[..at], &pieces, 1 << 20);
        prop_assert_eq!(end, Err(NoLogFile::CutOff { read: at as u64 }));
        prop_assert!(part.len() <= expected.len());
        for (part, whole) in part.iter().zip(&expected) {
            prop_assert_eq!(part.as_slice(), whole.as_bytes());
        }
    }

    /// The same in one piece and in many, and never more held than may be.
    #[test]
    fn anything_at_all_is_cut_the_same_whatever_its_pieces(
        text in prop::collection::vec(prop::sample::select(br#"{}[]",:\Records 1n"#.to_vec()), 0..200),
        pieces in prop::collection::vec(1usize..9, 1..4),
        limit in 0usize..30,
    ) {
        let text = [br#"{"Records":[{"#.as_slice(), &text].concat();
        prop_assert_eq!(cut(&text, &[text.len()], limit), cut(&text, &pieces, limit));
    }
}

#[test]
fn records_that_are_too_large_are_told_and_the_rest_goes_on() {
    let large = json!({"k": "x".repeat(100)}).to_string();
    let text = format!(r#"{{"Records":[{{"a":1}},{large},{{"b":2}}]}}"#);
    for pieces in [1, 7, 1000] {
        let (records, left_out, end) = cut(text.as_bytes(), &[pieces], 50);
        assert_eq!(records, [br#"{"a":1}"#, br#"{"b":2}"#]);
        assert_eq!((left_out, end), (vec![large.len() as u64], Ok(())));
    }
}

#[test]
fn what_is_no_log_file_is_told() {
    let end = |text: &str| cut(text.as_bytes(), &[text.len().max(1)], 100).2;
    assert_eq!(
        end(r#"{"awsAccountId":"1","logFiles":[{}]}"#),
        Err(NoLogFile::NoRecords)
    );
    assert_eq!(end(r#"{"Records":{}}"#), Err(NoLogFile::NoRecords));
    assert_eq!(end("{}"), Err(NoLogFile::NoRecords));
    assert_eq!(end(""), Err(NoLogFile::CutOff { read: 0 }));
    assert_eq!(end("[{}]"), Err(NoLogFile::Malformed { at: 0 }));
    for (text, at) in [
        (r#"{"Records":[1]}"#, 12),
        (r#"{"Records":[{} {}]}"#, 15),
        (r#"{"Records":[,{}]}"#, 12),
        (r#"{"Records":[{},]}"#, 15),
        (r#"{"Records":[]}x"#, 14),
        (r#"{"Records" []}"#, 11),
        (r#"{"a":1,}"#, 7),
    ] {
        assert_eq!(end(text), Err(NoLogFile::Malformed { at }), "{text}");
    }
}
