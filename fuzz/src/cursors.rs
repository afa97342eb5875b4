//! Page tokens: as strangers would write them, and, in case a key ever leaks, signed ones with any payload.
//!
//! Nothing unsigned is taken. What is taken reads the same once it is written again.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use trailplane::events::{CursorError, CursorKeys, cursor::RequestHash};

const SECRET: [u8; 32] = [7; 32];
const VERSION: u8 = 1;

/// A token with this payload, as the holder of the key could make it.
fn sealed(payload: &[u8]) -> String {
    let id = Sha256::digest(SECRET);
    let mut bytes = vec![VERSION];
    bytes.extend_from_slice(&id[..4]);
    bytes.extend_from_slice(payload);
    let mac = Hmac::<Sha256>::new_from_slice(&SECRET).expect("any length does");
    let signature = mac.chain_update(&bytes).finalize().into_bytes();
    bytes.extend_from_slice(&signature);
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The request that the payload says it belongs to: its first field, 32 bytes long, as we write it.
fn request(payload: &[u8]) -> RequestHash {
    let hash = payload.get(2..34).and_then(|bytes| bytes.try_into().ok());
    RequestHash(hash.unwrap_or_default())
}

/// See the module.
pub fn run(data: &[u8]) {
    let keys = CursorKeys::new(&[SECRET.to_vec()]).expect("it is long enough");
    let request = request(data);
    if let Ok(text) = std::str::from_utf8(data) {
        let forged = keys.decode(text, request).is_ok() || keys.decode_tail(text, request).is_ok();
        assert!(!forged, "a forged token was taken: {text}");
    }
    let token = sealed(data);
    let other = RequestHash([0xa5; 32]);
    match keys.decode(&token, request) {
        Ok(cursor) => {
            let again = keys.encode(&cursor, request);
            assert_eq!(keys.decode(&again, request).as_ref(), Ok(&cursor));
            assert_eq!(keys.decode(&again, other), Err(CursorError::OtherRequest));
        }
        Err(CursorError::NotOurs | CursorError::OtherRequest) => {}
        Err(other) => panic!("{other:?} of a token that was only read"),
    }
    if let Ok(place) = keys.decode_tail(&token, request) {
        let again = keys.encode_tail(&place, request);
        assert_eq!(keys.decode_tail(&again, request), Ok(place));
    }
}
