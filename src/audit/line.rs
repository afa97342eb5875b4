//! A line as it is read back: only what the chain and its verification need.

use serde::Deserialize;

use super::{
    chain::Link,
    record::{Torn, VERSION},
    seal::Seal,
};

/// A line that is closed as it should be.
#[derive(Debug, Clone, Deserialize)]
pub struct Told {
    v: u8,
    pub seq: u64,
    pub time: String,
    pub prev: String,
    pub kind: String,
    hash: String,
    #[serde(default)]
    pub intent: Option<String>,
    #[serde(default)]
    pub torn: Option<TornTold>,
    #[serde(default)]
    pub withdrawn: Vec<String>,
    #[serde(default)]
    pub records: u64,
    #[serde(default)]
    pub rpc: String,
    #[serde(default)]
    pub caller: String,
    #[serde(default)]
    pub request_id: String,
    #[serde(default)]
    pub account: String,
    #[serde(default)]
    pub target: String,
    #[serde(default)]
    pub actions: Vec<String>,
}

/// Bytes that are no line, as the record after them tells.
#[derive(Debug, Clone, Deserialize)]
pub struct TornTold {
    pub bytes: u64,
    pub sha256: String,
}

impl Told {
    /// The line without its line end; `None` if it is not ours, or was changed.
    pub fn read(line: &[u8], seal: &Seal) -> Option<Self> {
        seal.check(line)?;
        let told: Self = serde_json::from_slice(line).ok()?;
        (told.v == VERSION).then_some(told)
    }

    /// Its place.
    pub fn link(&self) -> Link {
        Link {
            seq: self.seq,
            hash: self.hash.clone(),
        }
    }
}

impl From<TornTold> for Torn {
    fn from(told: TornTold) -> Self {
        Self {
            bytes: told.bytes,
            sha256: told.sha256,
        }
    }
}
