//! Bearer tokens and the keys of issuers.
//!
//! No bytes are a token that was signed by somebody else. Any claims that the issuer did sign are read or refused, and a
//! name that is made of them belongs to that issuer.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm as Signed, EncodingKey, crypto};
use trailplane::{
    access::token::{Algorithm, Issuer, IssuerName, Keys, Presented},
    domain::Timestamp,
};

/// The key pair of RFC 8032, 7.1, test 1: the head of a PKCS #8 document, and the secret.
const SECRET: [u8; 48] = [
    0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
    0x9d, 0x61, 0xb1, 0x9d, 0xef, 0xfd, 0x5a, 0x60, 0xba, 0x84, 0x4a, 0xf4, 0x92, 0xec, 0x2c, 0xc4,
    0x44, 0x49, 0xc5, 0x69, 0x7b, 0x32, 0x69, 0x19, 0x70, 0x3b, 0xac, 0x03, 0x1c, 0xae, 0x7f, 0x60,
];
const PUBLIC: [u8; 32] = [
    0xd7, 0x5a, 0x98, 0x01, 0x82, 0xb1, 0x0a, 0xb7, 0xd5, 0x4b, 0xfe, 0xd3, 0xc9, 0x64, 0x07, 0x3a,
    0x0e, 0xe1, 0x72, 0xf3, 0xda, 0xa6, 0x23, 0x25, 0xaf, 0x02, 0x1a, 0x68, 0xf7, 0x07, 0x51, 0x1a,
];
const ISSUER: &str = "https://issuer.example.org";

fn issuer() -> Issuer {
    Issuer {
        name: IssuerName::new("corp").expect("a name"),
        issuer: ISSUER.to_owned(),
        audiences: vec!["trailplane".to_owned()],
        algorithms: vec![Algorithm::EdDsa],
        name_claim: "sub".to_owned(),
        groups_claim: Some("groups".to_owned()),
        leeway: Duration::from_secs(10),
        max_age: None,
    }
}

fn keys() -> Keys {
    let x = URL_SAFE_NO_PAD.encode(PUBLIC);
    let set = format!(r#"{{"keys":[{{"kty":"OKP","crv":"Ed25519","kid":"k","x":"{x}"}}]}}"#);
    Keys::read(set.as_bytes()).expect("a set of keys")
}

fn now() -> Timestamp {
    Timestamp::from_seconds(1_800_000_000)
}

/// A token of the issuer with these claims.
pub fn signed(claims: &[u8]) -> String {
    let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"EdDSA","kid":"k"}"#);
    let message = format!("{header}.{}", URL_SAFE_NO_PAD.encode(claims));
    let key = EncodingKey::from_ed_der(&SECRET);
    let signature = crypto::sign(message.as_bytes(), &key, Signed::EdDSA).expect("it signs");
    format!("{message}.{signature}")
}

/// See the module.
pub fn run(data: &[u8]) {
    let _ = Keys::read(data);
    let (issuer, keys) = (issuer(), keys());
    if let Some(token) = std::str::from_utf8(data).ok().map(Presented::read) {
        let forged = token.and_then(|token| issuer.verify(&token, &keys, now()));
        assert!(forged.is_err(), "a forged token was taken: {forged:?}");
    }
    let text = signed(data);
    let Ok(token) = Presented::read(&text) else {
        return;
    };
    if let Ok(bearer) = issuer.verify(&token, &keys, now()) {
        assert!(bearer.name().starts_with("corp:"), "{bearer:?}");
        assert!(
            bearer
                .groups()
                .iter()
                .all(|group| group.starts_with("corp:"))
        );
    }
}
