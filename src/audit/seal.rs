//! What closes a line: SHA-256 over all that stands before it, or HMAC-SHA-256 by a key, without which nobody can close
//! a line so that it fits.

use std::fmt::Write as _;

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

/// Keys shorter than this are refused: as long as the hash, as RFC 2104 advises.
pub const SHORTEST_KEY: usize = 32;

/// A key is read from a file; one that is longer is another file.
const LONGEST_KEY: usize = 4096;

/// A hash, in hexadecimal.
pub const HEX: usize = 64;

const BEFORE: &str = ",\"hash\":\"";
const AFTER: &str = "\"}";

/// The secret by which lines are closed.
#[derive(Clone)]
pub struct Key(Hmac<Sha256>);

/// Why a key cannot be used. Shows nothing of it.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum KeyError {
    /// It is too short.
    #[error("the key has {0} bytes; at least {SHORTEST_KEY} are needed, of random ones")]
    Short(usize),
    /// It is too long.
    #[error("the key has more than {LONGEST_KEY} bytes: is it another file?")]
    Long,
}

impl Key {
    /// The key in a file's bytes; white space around it is not part of it.
    ///
    /// # Errors
    ///
    /// If it cannot be used.
    pub fn of(bytes: &[u8]) -> Result<Self, KeyError> {
        let key = bytes.trim_ascii();
        match key.len() {
            short @ ..SHORTEST_KEY => Err(KeyError::Short(short)),
            SHORTEST_KEY..=LONGEST_KEY => {
                let mac = Hmac::new_from_slice(key).map_err(|_| KeyError::Long)?;
                Ok(Self(mac))
            }
            _ => Err(KeyError::Long),
        }
    }
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key(secret)")
    }
}

/// How lines are closed.
#[derive(Debug, Clone)]
pub struct Seal(Option<Key>);

impl Seal {
    /// By this key, or by none.
    pub fn new(key: Option<&Key>) -> Self {
        Self(key.cloned())
    }

    /// The name of it, as records have it.
    pub fn name(&self) -> &'static str {
        match self.0 {
            None => "sha256",
            Some(_) => "hmac-sha256",
        }
    }

    /// Closes a JSON object that is still open; answers with the hash.
    pub fn close(&self, line: &mut String) -> String {
        let hash = self.hash(line.as_bytes());
        line.push_str(BEFORE);
        line.push_str(&hash);
        line.push_str(AFTER);
        hash
    }

    /// The hash of a closed line, if it fits what stands before it.
    pub fn check<'a>(&self, line: &'a [u8]) -> Option<&'a str> {
        let rest = line.strip_suffix(AFTER.as_bytes())?;
        let (rest, hash) = rest.split_at_checked(rest.len().checked_sub(HEX)?)?;
        let closed = rest.strip_suffix(BEFORE.as_bytes())?;
        let hash = std::str::from_utf8(hash).ok()?;
        (self.hash(closed) == hash).then_some(hash)
    }

    fn hash(&self, bytes: &[u8]) -> String {
        match &self.0 {
            None => hex(&Sha256::digest(bytes)),
            Some(Key(mac)) => {
                let mut mac = mac.clone();
                mac.update(bytes);
                hex(&mac.finalize().into_bytes())
            }
        }
    }
}

/// Bytes in hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::with_capacity(HEX), |mut text, byte| {
            // Writing to a String does not fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
}
