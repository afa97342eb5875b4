//! Keys made by the openssl command, and tokens that are signed by them.

use std::{process::Command, sync::LazyLock};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey, crypto, jwk::Jwk};
use serde_json::{Value, json};

pub struct Signer {
    id: &'static str,
    algorithm: Algorithm,
    key: EncodingKey,
}

pub static RS256: LazyLock<Signer> = LazyLock::new(|| Signer::rsa("rsa"));
pub static OTHER: LazyLock<Signer> = LazyLock::new(|| Signer::rsa("other"));
pub static ES256: LazyLock<Signer> = LazyLock::new(|| {
    let pem = made("-algorithm EC -pkeyopt ec_paramgen_curve:P-256");
    Signer::new("p256", Algorithm::ES256, EncodingKey::from_ec_pem(&pem))
});
pub static ES384: LazyLock<Signer> = LazyLock::new(|| {
    let pem = made("-algorithm EC -pkeyopt ec_paramgen_curve:P-384");
    Signer::new("p384", Algorithm::ES384, EncodingKey::from_ec_pem(&pem))
});
pub static ED: LazyLock<Signer> = LazyLock::new(|| {
    let pem = made("-algorithm ED25519");
    Signer::new("ed", Algorithm::EdDSA, EncodingKey::from_ed_pem(&pem))
});

impl Signer {
    fn rsa(id: &'static str) -> Self {
        let pem = made("-algorithm RSA -pkeyopt rsa_keygen_bits:2048");
        Self::new(id, Algorithm::RS256, EncodingKey::from_rsa_pem(&pem))
    }

    fn new(
        id: &'static str,
        algorithm: Algorithm,
        key: jsonwebtoken::errors::Result<EncodingKey>,
    ) -> Self {
        Self {
            id,
            algorithm,
            key: key.unwrap(),
        }
    }

    /// A token that names its key.
    pub fn token(&self, claims: &Value) -> String {
        let alg = format!("{:?}", self.algorithm);
        self.token_with(&json!({"alg": alg, "typ": "JWT", "kid": self.id}), claims)
    }

    /// One with this header, signed by this key's own algorithm whatever the header says.
    pub fn token_with(&self, header: &Value, claims: &Value) -> String {
        let message = message(header, claims);
        let signature = crypto::sign(message.as_bytes(), &self.key, self.algorithm).unwrap();
        format!("{message}.{signature}")
    }

    /// One without a signature.
    pub fn unsigned(&self, header: &Value, claims: &Value) -> String {
        format!("{}.", message(header, claims))
    }

    /// One that takes the public key for a shared secret.
    pub fn token_by_its_public_key(&self, alg: &str, claims: &Value) -> String {
        let message = message(&json!({"alg": alg, "kid": self.id}), claims);
        let public = self.public()["n"].as_str().unwrap().to_owned();
        let secret = EncodingKey::from_secret(public.as_bytes());
        let signature = crypto::sign(message.as_bytes(), &secret, alg.parse().unwrap()).unwrap();
        format!("{message}.{signature}")
    }

    /// The public key as JWK.
    pub fn public(&self) -> Value {
        let key = Jwk::from_encoding_key(&self.key, self.algorithm).unwrap();
        let mut key = serde_json::to_value(key).unwrap();
        key["kid"] = self.id.into();
        key["use"] = "sig".into();
        key
    }

    /// The public keys of these.
    pub fn set(signers: &[&Self]) -> Value {
        let keys: Vec<Value> = signers.iter().map(|signer| signer.public()).collect();
        json!({"keys": keys})
    }
}

/// The three parts, each in base64.
pub fn joined(header: &[u8], claims: &[u8], signature: &[u8]) -> String {
    [header, claims, signature]
        .map(|part| URL_SAFE_NO_PAD.encode(part))
        .join(".")
}

/// Members that are null are left out.
fn message(header: &Value, claims: &Value) -> String {
    let part = |value: &Value| {
        let mut value = value.clone();
        let members = value.as_object_mut().unwrap();
        members.retain(|_, member| !member.is_null());
        URL_SAFE_NO_PAD.encode(value.to_string())
    };
    format!("{}.{}", part(header), part(claims))
}

fn made(what: &str) -> Vec<u8> {
    let done = Command::new("openssl")
        .arg("genpkey")
        .args(what.split(' '))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{said}");
    done.stdout
}
