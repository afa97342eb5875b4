//! Reads the files.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read},
    path::{Path, PathBuf},
};

use crate::audit::{
    clip,
    seal::{Key, Seal},
};

use super::{Report, Spot, Verifier};

/// A longer line is none of ours, and is read in pieces.
const LONGEST: u64 = 4 * clip::MOST as u64;

/// What is to be verified.
#[derive(Debug, Clone)]
pub struct Question {
    /// The files, the oldest first.
    pub files: Vec<PathBuf>,
    /// The key that seals them.
    pub key: Option<Key>,
    /// A hash that was seen before, and must be found.
    pub head: Option<String>,
    /// The process is known to have ended in order.
    pub ended: bool,
}

/// A file cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("{} cannot be read", path.display())]
pub struct ReadError {
    path: PathBuf,
    #[source]
    source: io::Error,
}

/// Reads the files, and tells what is in them. Blocks.
///
/// # Errors
///
/// If a file cannot be read.
pub fn verify(question: &Question) -> Result<Report, ReadError> {
    let seal = Seal::new(question.key.as_ref());
    let mut verifier = Verifier::new(seal, question.head.clone());
    for path in &question.files {
        file(&mut verifier, path).map_err(|source| ReadError {
            path: path.clone(),
            source,
        })?;
    }
    Ok(verifier.finish(question.ended))
}

fn file(verifier: &mut Verifier, path: &Path) -> io::Result<()> {
    let mut reader = BufReader::new(File::open(path)?);
    let mut spot = Spot {
        file: path.display().to_string(),
        line: 0,
    };
    let mut line = Vec::new();
    loop {
        line.clear();
        let read = reader.by_ref().take(LONGEST).read_until(b'\n', &mut line)?;
        if read == 0 {
            return Ok(());
        }
        spot.line += 1;
        let ended = line.pop_if(|last| *last == b'\n').is_some();
        verifier.line(&spot, &line, ended);
    }
}
