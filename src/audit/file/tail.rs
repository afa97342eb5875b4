//! Where a file's record ends: its last whole line, and what stands after it.

use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom},
};

use sha2::{Digest, Sha256};

use crate::audit::{
    chain::Link,
    line::Told,
    record::Torn,
    seal::{Seal, hex},
};

/// How far back a whole line is looked for. What is written at a time, and may be torn, is half of it.
const FAR: u64 = 16 << 20;

/// The end of a file.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Tail {
    /// The last whole line.
    pub last: Option<Link>,
    /// What stands after it.
    pub torn: Option<Torn>,
    /// There is something, and it does not end with a line end.
    pub unended: bool,
}

impl Tail {
    /// The end of this file.
    pub fn of(mut file: &File, seal: &Seal) -> io::Result<Self> {
        let bytes = file.metadata()?.len();
        file.seek(SeekFrom::Start(bytes.saturating_sub(FAR)))?;
        let mut end = Vec::new();
        file.take(FAR).read_to_end(&mut end)?;
        Ok(Self::in_bytes(&end, seal))
    }

    /// The end of these bytes, which may begin in the middle of a line.
    pub fn in_bytes(bytes: &[u8], seal: &Seal) -> Self {
        let unended = bytes.last().is_some_and(|last| *last != b'\n');
        let mut torn = 0;
        for line in bytes.split_inclusive(|byte| *byte == b'\n').rev() {
            let bare = line.strip_suffix(b"\n").unwrap_or(line);
            if let Some(told) = Told::read(bare, seal) {
                let (_, rest) = bytes.split_at(bytes.len() - torn);
                return Self {
                    last: Some(told.link()),
                    torn: (torn > 0).then(|| torn_of(rest)),
                    unended,
                };
            }
            torn += line.len();
        }
        Self {
            last: None,
            torn: (torn > 0).then(|| torn_of(bytes)),
            unended,
        }
    }

    /// There is nothing at all.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// There is something, and none of it is a line of ours.
    pub fn is_foreign(&self) -> bool {
        self.last.is_none() && self.torn.is_some()
    }
}

fn torn_of(bytes: &[u8]) -> Torn {
    Torn {
        bytes: u64::try_from(bytes.len()).unwrap_or(u64::MAX),
        sha256: hex(&Sha256::digest(bytes)),
    }
}
