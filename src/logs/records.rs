//! Cuts the text of a log file, `{"Records":[…]}`, into its records as it comes, whatever pieces it comes in. Pure.
//!
//! Holds no more than one record that is spread over several pieces, up to a limit. Looks only at what it needs to find
//! where records end: whether a record is good JSON is for its reader to say.

mod nest;

use nest::Nest;

/// The key whose value is the list of records.
const RECORDS: &[u8] = b"Records";

/// Keys of a log file are short; a longer one is none that we look for.
const LONGEST_KEY: usize = 64;

/// What was cut off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece<'a> {
    /// A record, whole.
    Record(&'a [u8]),
    /// A record of so many bytes, which is more than may be held. It was left out.
    TooLarge(u64),
}

/// Why a text is no log file. What was cut off before stays good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoLogFile {
    /// Something else stands where a log file has one of its marks.
    #[error("is no {{\"Records\":[…]}}: byte {at} is not what it should be")]
    Malformed {
        /// Where, counted from 0.
        at: u64,
    },
    /// It ends in the middle.
    #[error("ends in the middle, after {read} bytes")]
    CutOff {
        /// How many bytes there are.
        read: u64,
    },
    /// It is an object without records: a digest, or something else.
    #[error("has no list of Records")]
    NoRecords,
}

/// Where in the text it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Before,
    /// After the object's opening, or after a comma in it.
    Key {
        first: bool,
    },
    InKey {
        escaped: bool,
    },
    Colon,
    Value,
    /// In the value of another key: nested, or a number or word.
    Nested(Nest),
    Plain,
    AfterValue,
    /// In the list, between records.
    List {
        first: bool,
        comma: bool,
    },
    Record(Nest),
    End,
}

/// See the module.
#[derive(Debug)]
pub struct Splitter {
    place: Place,
    /// The key, or what came before of the record that is not whole yet.
    held: Vec<u8>,
    /// How long the record is so far, held or not.
    length: u64,
    limit: usize,
    read: u64,
    listed: bool,
}

impl Splitter {
    /// For records of at most so many bytes.
    pub fn new(limit: usize) -> Self {
        Self {
            place: Place::Before,
            held: Vec::new(),
            length: 0,
            limit,
            read: 0,
            listed: false,
        }
    }

    /// Takes the next bytes of the text, and hands out what they complete, in order.
    ///
    /// # Errors
    ///
    /// If the text is no log file. Nothing may be pushed after that.
    pub fn push(&mut self, bytes: &[u8], mut each: impl FnMut(Piece<'_>)) -> Result<(), NoLogFile> {
        let mut rest = bytes;
        while !rest.is_empty() {
            let left = match self.place {
                Place::Record(nest) => self.in_record(nest, rest, &mut each),
                Place::Nested(nest) => self.in_nested(nest, rest),
                _ => {
                    let Some((byte, left)) = rest.split_first() else {
                        break;
                    };
                    // The first byte of a value is part of it.
                    if self.step(*byte)? { left } else { rest }
                }
            };
            self.read += (rest.len() - left.len()) as u64;
            rest = left;
        }
        Ok(())
    }

    /// The end of the text.
    ///
    /// # Errors
    ///
    /// If there should be more of it, or it had no list of records.
    pub fn finish(self) -> Result<(), NoLogFile> {
        match self.place {
            Place::End if self.listed => Ok(()),
            Place::End => Err(NoLogFile::NoRecords),
            _ => Err(NoLogFile::CutOff { read: self.read }),
        }
    }

    /// One byte between values. False if it is to be looked at again, as the first of a value.
    fn step(&mut self, byte: u8) -> Result<bool, NoLogFile> {
        if let Place::InKey { escaped } = self.place {
            self.in_key(byte, escaped);
            return Ok(true);
        }
        if let Place::Plain = self.place {
            let ends = matches!(byte, b',' | b'}');
            if ends {
                self.place = Place::AfterValue;
            }
            return Ok(!ends);
        }
        if byte.is_ascii_whitespace() {
            return Ok(true);
        }
        self.place = match (self.place, byte) {
            (Place::Before, b'{') => Place::Key { first: true },
            (Place::Key { .. }, b'"') => {
                self.held.clear();
                Place::InKey { escaped: false }
            }
            (Place::Key { first: true }, b'}') | (Place::AfterValue, b'}') => Place::End,
            (Place::Colon, b':') => Place::Value,
            (Place::Value, b'[') if self.held == RECORDS => {
                self.listed = true;
                Place::List {
                    first: true,
                    comma: false,
                }
            }
            (Place::Value, b'{' | b'[' | b'"') => {
                self.place = Place::Nested(Nest::default());
                return Ok(false);
            }
            (Place::Value, b'-' | b'0'..=b'9' | b't' | b'f' | b'n') => Place::Plain,
            (Place::AfterValue, b',') => Place::Key { first: false },
            (
                Place::List {
                    first: true,
                    comma: false,
                }
                | Place::List { comma: true, .. },
                b'{',
            ) => {
                self.held.clear();
                self.length = 0;
                self.place = Place::Record(Nest::default());
                return Ok(false);
            }
            (
                Place::List {
                    first: false,
                    comma: false,
                },
                b',',
            ) => Place::List {
                first: false,
                comma: true,
            },
            (Place::List { comma: false, .. }, b']') => Place::AfterValue,
            _ => return Err(NoLogFile::Malformed { at: self.read }),
        };
        Ok(true)
    }

    fn in_key(&mut self, byte: u8, escaped: bool) {
        self.place = match (escaped, byte) {
            (false, b'"') => Place::Colon,
            (false, b'\\') => Place::InKey { escaped: true },
            _ => Place::InKey { escaped: false },
        };
        if self.place != Place::Colon && self.held.len() < LONGEST_KEY {
            self.held.push(byte);
        }
    }

    fn in_nested<'a>(&mut self, mut nest: Nest, bytes: &'a [u8]) -> &'a [u8] {
        match nest.end(bytes).and_then(|end| bytes.split_at_checked(end)) {
            Some((_, rest)) => {
                self.place = Place::AfterValue;
                rest
            }
            None => {
                self.place = Place::Nested(nest);
                &[]
            }
        }
    }

    fn in_record<'a>(
        &mut self,
        mut nest: Nest,
        bytes: &'a [u8],
        each: &mut impl FnMut(Piece<'_>),
    ) -> &'a [u8] {
        let Some((last, rest)) = nest.end(bytes).and_then(|end| bytes.split_at_checked(end)) else {
            self.place = Place::Record(nest);
            self.hold(bytes);
            return &[];
        };
        self.place = Place::List {
            first: false,
            comma: false,
        };
        // Nearly all records lie within one piece, and are handed out from there.
        if self.length == 0 && last.len() <= self.limit {
            each(Piece::Record(last));
            return rest;
        }
        self.hold(last);
        match self.length > self.limit as u64 {
            true => each(Piece::TooLarge(self.length)),
            false => each(Piece::Record(&self.held)),
        }
        rest
    }

    /// Keeps a part of a record, as long as it is not too large.
    fn hold(&mut self, part: &[u8]) {
        self.length += part.len() as u64;
        if self.length > self.limit as u64 {
            self.held = Vec::new();
        } else {
            self.held.extend_from_slice(part);
        }
    }
}

#[cfg(test)]
mod tests;
