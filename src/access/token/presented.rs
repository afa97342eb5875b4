//! What a token says of itself before anything of it is proved.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, de::DeserializeOwned};

use super::{Algorithm, Refusal};

/// In bytes. Tokens with two hundred groups have a quarter of it.
const LONGEST: usize = 16 << 10;

/// The kinds of tokens by which one calls: without one, plain, and access tokens (RFC 9068).
const KINDS: [&str; 2] = ["jwt", "at+jwt"];

/// A token, and what it says of itself. Its `Debug` shows nothing of it.
pub struct Presented<'a> {
    text: &'a str,
    header: Header,
    issuer: String,
}

/// What is read of a token's header. Keys and addresses of keys that it may bring along are not.
#[derive(Deserialize)]
struct Header {
    alg: String,
    typ: Option<String>,
    kid: Option<String>,
    crit: Option<serde_json::Value>,
}

#[derive(Deserialize)]
struct OfIssuer {
    iss: String,
}

impl<'a> Presented<'a> {
    /// Reads what a token says of itself.
    ///
    /// # Errors
    /// It is no token of a kind that is read here.
    pub fn read(text: &'a str) -> Result<Self, Refusal> {
        if text.len() > LONGEST {
            return Err(Refusal::TooLong);
        }
        let mut parts = text.split('.');
        let (Some(header), Some(claims), Some(_), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(Refusal::Malformed);
        };
        let header: Header = decoded(header)?;
        // What must be understood is nothing that we do.
        if header.crit.is_some() {
            return Err(Refusal::Malformed);
        }
        if header.typ.as_deref().is_some_and(|typ| !is_ours(typ)) {
            return Err(Refusal::Kind);
        }
        Ok(Self {
            text,
            header,
            issuer: decoded::<OfIssuer>(claims)?.iss,
        })
    }

    /// Of which issuer it says that it is.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// By which key it says that it was signed.
    pub(super) fn key_id(&self) -> Option<&str> {
        self.header.kid.as_deref()
    }

    /// By which of these algorithms it says that it was signed.
    pub(super) fn algorithm(&self, allowed: &[Algorithm]) -> Result<Algorithm, Refusal> {
        Algorithm::named(&self.header.alg)
            .filter(|algorithm| allowed.contains(algorithm))
            .ok_or(Refusal::Algorithm)
    }

    pub(super) fn text(&self) -> &str {
        self.text
    }
}

impl std::fmt::Debug for Presented<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Presented(secret)")
    }
}

fn is_ours(typ: &str) -> bool {
    let typ = typ.to_ascii_lowercase();
    KINDS.contains(&typ.strip_prefix("application/").unwrap_or(&typ))
}

fn decoded<T: DeserializeOwned>(part: &str) -> Result<T, Refusal> {
    let bytes = URL_SAFE_NO_PAD.decode(part);
    let bytes = bytes.map_err(|_| Refusal::Malformed)?;
    serde_json::from_slice(&bytes).map_err(|_| Refusal::Malformed)
}
