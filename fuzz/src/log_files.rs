//! The text of a log file, cut into records as it comes.
//!
//! Whole or in pieces, the same is cut off; never is more held than may be; and what is good JSON gives the records that
//! it has.

use serde_json::Value;
use trailplane::logs::records::{NoLogFile, Piece, Splitter};

const LIMIT: usize = 512;

type Cut = (Vec<Result<Vec<u8>, u64>>, Result<(), NoLogFile>);

fn cut<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> Cut {
    let mut found = Vec::new();
    let mut splitter = Splitter::new(LIMIT);
    for piece in pieces {
        let pushed = splitter.push(piece, |piece| match piece {
            Piece::Record(record) => {
                assert!(record.len() <= LIMIT);
                found.push(Ok(record.to_vec()));
            }
            Piece::TooLarge(length) => {
                assert!(length > LIMIT as u64);
                found.push(Err(length));
            }
        });
        if let Err(why) = pushed {
            return (found, Err(why));
        }
    }
    (found, splitter.finish())
}

/// See the module.
pub fn run(data: &[u8]) {
    let whole = cut(std::iter::once(data));
    assert_eq!(cut(data.chunks(1)), whole);
    let step = data.first().map_or(1, |first| usize::from(*first % 17) + 1);
    assert_eq!(cut(data.chunks(step)), whole);
    as_json(data, &whole);
}

/// Keys that are written with escapes, or twice, are nobody's log file: their readers differ.
fn as_json(data: &[u8], (found, end): &Cut) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    if text.contains("\\u") || text.matches("\"Records\"").count() != 1 {
        return;
    }
    let Ok(Value::Object(file)) = serde_json::from_str(text) else {
        return;
    };
    let Some(Value::Array(records)) = file.get("Records") else {
        return;
    };
    if !records.iter().all(Value::is_object) {
        return;
    }
    assert_eq!(*end, Ok(()));
    assert_eq!(found.len(), records.len());
    for (found, record) in found.iter().zip(records) {
        if let Ok(found) = found {
            let read: Value = serde_json::from_slice(found).expect("a record of good JSON");
            assert_eq!(read, *record);
        }
    }
}
