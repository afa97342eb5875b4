//! The public keys of an issuer: a JSON Web Key Set (RFC 7517), of which only keys are kept that may verify signatures by
//! an algorithm that is known here.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::DecodingKey;
use serde::Deserialize;
use serde_json::Value;

use super::{Algorithm, Refusal};

/// Keys of one issuer. Those that rotate daily have two or three.
const MOST: usize = 64;

/// Of an RSA modulus, in bytes: 2048 bits to 8192.
const MODULUS: std::ops::RangeInclusive<usize> = 256..=1024;

/// Why a document has no keys for us.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeysError {
    /// It is something else.
    #[error("it is not a JSON Web Key Set")]
    NotASet,
    /// It has more than any issuer needs.
    #[error("it has {0} keys, which is more than {MOST}")]
    TooMany(usize),
    /// None of its keys can verify a token.
    #[error("none of its {0} keys can verify signatures by an algorithm that is known here")]
    NoneUsable(usize),
}

/// The keys of an issuer that can be used; one at least.
#[derive(Debug, Clone)]
pub struct Keys {
    keys: Vec<Key>,
}

#[derive(Debug, Clone)]
struct Key {
    id: Option<String>,
    algorithms: Vec<Algorithm>,
    key: DecodingKey,
}

#[derive(Deserialize)]
struct Set {
    keys: Vec<Value>,
}

/// A key as it is written.
#[derive(Deserialize)]
struct Written {
    kty: String,
    kid: Option<String>,
    #[serde(rename = "use")]
    usage: Option<String>,
    key_ops: Option<Vec<String>>,
    alg: Option<String>,
    crv: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

impl Keys {
    /// Reads a JSON Web Key Set. Keys that cannot be used are passed over, as the standard wants it.
    ///
    /// # Errors
    /// It is none, or has no key that can be used.
    pub fn read(document: &[u8]) -> Result<Self, KeysError> {
        let set: Set = serde_json::from_slice(document).map_err(|_| KeysError::NotASet)?;
        let written = set.keys.len();
        if written > MOST {
            return Err(KeysError::TooMany(written));
        }
        let keys: Vec<Key> = set.keys.into_iter().filter_map(Key::read).collect();
        match keys.len() {
            0 => Err(KeysError::NoneUsable(written)),
            _ => Ok(Self { keys }),
        }
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.keys.len()
    }

    /// The one key that a token may be signed by which names this id and algorithm. If it names no id, the only one for
    /// the algorithm: trying several would let a token choose.
    pub(super) fn choose(
        &self,
        id: Option<&str>,
        algorithm: Algorithm,
    ) -> Result<&DecodingKey, Refusal> {
        let fits = |key: &&Key| {
            key.algorithms.contains(&algorithm) && (id.is_none() || key.id.as_deref() == id)
        };
        let mut fitting = self.keys.iter().filter(fits);
        match (fitting.next(), fitting.next()) {
            (Some(key), None) => Ok(&key.key),
            (Some(_), Some(_)) => Err(Refusal::AmbiguousKey),
            (None, _) => Err(Refusal::Key),
        }
    }
}

impl Key {
    fn read(value: Value) -> Option<Self> {
        let written: Written = serde_json::from_value(value).ok()?;
        let may_verify = written.usage.as_deref().is_none_or(|usage| usage == "sig")
            && written
                .key_ops
                .as_ref()
                .is_none_or(|ops| ops.iter().any(|op| op == "verify"));
        if !may_verify {
            return None;
        }
        let mut algorithms = written.algorithms()?;
        if let Some(alg) = &written.alg {
            algorithms.retain(|algorithm| algorithm.as_str() == alg);
        }
        let key = written.key()?;
        (!algorithms.is_empty()).then_some(Self {
            id: written.kid,
            algorithms,
            key,
        })
    }
}

impl Written {
    /// What a key of this type can verify.
    fn algorithms(&self) -> Option<Vec<Algorithm>> {
        use Algorithm::{EdDsa, Es256, Es384, Ps256, Ps384, Ps512, Rs256, Rs384, Rs512};
        match (&*self.kty, self.crv.as_deref()) {
            ("RSA", None) => Some(vec![Rs256, Rs384, Rs512, Ps256, Ps384, Ps512]),
            ("EC", Some("P-256")) => Some(vec![Es256]),
            ("EC", Some("P-384")) => Some(vec![Es384]),
            ("OKP", Some("Ed25519")) => Some(vec![EdDsa]),
            _ => None,
        }
    }

    fn key(&self) -> Option<DecodingKey> {
        let (x, y) = (self.x.as_deref(), self.y.as_deref());
        match &*self.kty {
            "RSA" => {
                let (n, e) = (decoded(self.n.as_deref()?)?, decoded(self.e.as_deref()?)?);
                let right = MODULUS.contains(&n.len()) && (1..=8).contains(&e.len());
                right.then(|| DecodingKey::from_rsa_raw_components(&n, &e))
            }
            "EC" => DecodingKey::from_ec_components(x?, y?).ok(),
            "OKP" => DecodingKey::from_ed_components(x?).ok(),
            _ => None,
        }
    }
}

fn decoded(part: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(part).ok()
}
