//! Cursors: where an answer goes on. Self-contained, signed, and bound to the request, so that one works on any
//! replica with the same key and after a restart, and only for the question that it belongs to.
//!
//! A cursor holds the frozen window and a place in the order. It never holds a token of AWS's.

use std::collections::BTreeMap;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use crate::domain::{Cell, EventKey, TimeWindow, Timestamp};

mod tail;
mod wire;

pub use tail::{TailCell, TailPlace};

/// The version of the encoding. A newer one is refused, not guessed at.
const VERSION: u8 = 1;
/// Version, then the first bytes of the key's hash, then the payload, then the signature.
const KEY_ID: usize = 4;
const SIGNATURE: usize = 32;
/// Keys shorter than this are refused: as long as the hash, as RFC 2104 advises.
pub const SHORTEST_KEY: usize = 32;

/// A hash of everything in a request that decides its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestHash(pub [u8; 32]);

/// Where an answer goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    /// The window, with its end frozen at the first call.
    pub window: TimeWindow,
    /// What comes next.
    pub place: Place,
    /// True if the answer so far has gaps that its coverage told.
    pub gaps: bool,
}

/// What comes next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// Everything, from the window's end.
    Start,
    /// What comes after this key in the order.
    After(EventKey),
    /// What happened up to and within this second; everything newer is done.
    Within(Timestamp),
    /// By cell: the second before which each goes on. Cells not named go on at the window's end.
    Cells(BTreeMap<Cell, Timestamp>),
}

/// Why a cursor is not accepted. None of them says more: a forger learns nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CursorError {
    /// It is no cursor of this service, was changed, or was signed with a key that is not in use.
    #[error("is not a cursor that this service signed with a key in use")]
    NotOurs,
    /// It belongs to another request.
    #[error("belongs to a request with other targets, times, filters or order")]
    OtherRequest,
    /// What it stands for is older than what CloudTrail keeps.
    #[error(
        "stands for a time that CloudTrail keeps no events of any more; begin anew, at {earliest} at the earliest"
    )]
    TooOld {
        /// The earliest time that can be asked for now.
        earliest: Timestamp,
    },
}

/// The keys that cursors are signed with: the first signs, all verify, so that keys can be rotated.
#[derive(Clone)]
pub struct CursorKeys {
    keys: Vec<Key>,
}

#[derive(Clone)]
struct Key {
    id: [u8; KEY_ID],
    mac: Hmac<Sha256>,
}

impl std::fmt::Debug for CursorKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "CursorKeys({} redacted)", self.keys.len())
    }
}

impl CursorKeys {
    /// Keys from these secrets; `None` if there is none or one is shorter than [`SHORTEST_KEY`].
    pub fn new(secrets: &[Vec<u8>]) -> Option<Self> {
        let key = |secret: &Vec<u8>| {
            let long_enough = secret.len() >= SHORTEST_KEY;
            let mac = Hmac::new_from_slice(secret).ok().filter(|_| long_enough)?;
            let id = *Sha256::digest(secret).first_chunk()?;
            Some(Key { id, mac })
        };
        let keys = secrets.iter().map(key).collect::<Option<Vec<_>>>()?;
        (!keys.is_empty()).then_some(Self { keys })
    }

    /// A random key: cursors then end with the process, and other replicas refuse them.
    pub fn random() -> Self {
        let key: [u8; SHORTEST_KEY] = rand::random();
        #[expect(
            clippy::expect_used,
            reason = "the key has the length that is asked for"
        )]
        Self::new(&[key.to_vec()]).expect("a random key is long enough")
    }

    /// The cursor as text, good for this request only.
    pub fn encode(&self, cursor: &Cursor, request: RequestHash) -> String {
        self.seal(&wire::encode(cursor, request))
    }

    /// The place of a tail as text, good for this request only.
    pub fn encode_tail(&self, place: &TailPlace, request: RequestHash) -> String {
        self.seal(&tail::encode(place, request))
    }

    /// Reads the place of a tail of this request.
    ///
    /// # Errors
    ///
    /// If it is not ours, or belongs to another request.
    pub fn decode_tail(&self, text: &str, request: RequestHash) -> Result<TailPlace, CursorError> {
        let payload = self.open(text).ok_or(CursorError::NotOurs)?;
        let (place, of) = tail::decode(&payload).ok_or(CursorError::NotOurs)?;
        match place {
            Some(place) if of == request => Ok(place),
            _ => Err(CursorError::OtherRequest),
        }
    }

    /// A place in an answer that is none of events as text, good for this request only. No message of protobuf begins with
    /// this zero, so that neither is ever taken for the other.
    pub fn encode_other(&self, place: &[u8], request: RequestHash) -> String {
        self.seal(&[&[0], request.0.as_slice(), place].concat())
    }

    /// Reads such a place of this request.
    ///
    /// # Errors
    ///
    /// If it is not ours, or belongs to another request.
    pub fn decode_other(&self, text: &str, request: RequestHash) -> Result<Vec<u8>, CursorError> {
        let payload = self.open(text).ok_or(CursorError::NotOurs)?;
        let rest = payload.strip_prefix(&[0]).ok_or(CursorError::NotOurs)?;
        let (of, place) = rest.split_first_chunk().ok_or(CursorError::NotOurs)?;
        match RequestHash(*of) == request {
            true => Ok(place.to_vec()),
            false => Err(CursorError::OtherRequest),
        }
    }

    fn seal(&self, payload: &[u8]) -> String {
        let Some(key) = self.keys.first() else {
            return String::new();
        };
        let mut bytes = vec![VERSION];
        bytes.extend_from_slice(&key.id);
        bytes.extend_from_slice(payload);
        let signature = key.mac.clone().chain_update(&bytes).finalize().into_bytes();
        bytes.extend_from_slice(&signature);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Reads a cursor of this request.
    ///
    /// # Errors
    ///
    /// If it is not ours, or belongs to another request.
    pub fn decode(&self, text: &str, request: RequestHash) -> Result<Cursor, CursorError> {
        let (cursor, of) = self.verified(text).ok_or(CursorError::NotOurs)?;
        if of != request {
            return Err(CursorError::OtherRequest);
        }
        Ok(cursor)
    }

    /// Whether this is a cursor of ours, whatever request it belongs to.
    pub fn has_signed(&self, text: &str) -> bool {
        self.verified(text).is_some()
    }

    /// The cursor and the request it belongs to, if the signature is right. The place of a tail reads as the cursor of
    /// a request that no lookup has.
    fn verified(&self, text: &str) -> Option<(Cursor, RequestHash)> {
        wire::decode(&self.open(text)?)
    }

    /// What was signed, if the signature is right. Nothing unsigned is looked into.
    fn open(&self, text: &str) -> Option<Vec<u8>> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (signed, signature) = bytes.split_last_chunk::<SIGNATURE>()?;
        let (version, rest) = signed.split_first()?;
        let (id, payload) = rest.split_first_chunk::<KEY_ID>()?;
        let key = self.keys.iter().find(|key| key.id == *id)?;
        key.mac
            .clone()
            .chain_update(signed)
            .verify_slice(signature)
            .ok()?;
        (*version == VERSION).then(|| payload.to_vec())
    }
}

#[cfg(test)]
mod tests;
