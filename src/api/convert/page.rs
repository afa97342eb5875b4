//! Pages (AIP-158): sizes, and the tokens of listings that need no window.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

use crate::{api::violations::Violations, domain::AccountId};

/// Entries on a page if the caller names no number.
pub const DEFAULT_SIZE: usize = 50;

/// Entries on a page at most.
pub const MAX_SIZE: usize = 1000;

/// The longest page token, in bytes. Most of ours are a few hundred; one by arrival over 51,000 cells is below this.
pub const MAX_TOKEN: usize = 512 << 10;

/// How many entries a page has.
pub fn size(found: &mut Violations, wire: i32) -> Option<usize> {
    match usize::try_from(wire) {
        Ok(0) => Some(DEFAULT_SIZE),
        Ok(size) if size <= MAX_SIZE => Some(size),
        _ => {
            found.add(
                "page_size",
                format_args!("is {wire}; must be 0 (for {DEFAULT_SIZE}) to {MAX_SIZE}"),
            );
            None
        }
    }
}

/// A page token that is not longer than any of ours can be; `None` if there is none.
pub fn token(found: &mut Violations, wire: String) -> Option<String> {
    if wire.len() > MAX_TOKEN {
        found.add(
            "page_token",
            format_args!("has {} bytes; at most {MAX_TOKEN} are allowed", wire.len()),
        );
        return None;
    }
    (!wire.is_empty()).then_some(wire)
}

/// What a listing was asked for, so that a token of another listing is noticed. Built from everything
/// that decides the answer.
#[derive(Default)]
pub struct Asked(Sha256);

impl Asked {
    /// Adds one part of the request, with its length, so that no two requests run together.
    #[must_use]
    pub fn with(mut self, part: &str) -> Self {
        self.0.update((part.len() as u64).to_be_bytes());
        self.0.update(part);
        self
    }

    fn seal(&self, after: &[u8]) -> [u8; 32] {
        let mut hash = self.0.clone();
        hash.update(after);
        hash.finalize().into()
    }

    /// The token that goes on after this text. `gaps`: the answer so far has some.
    pub fn text_token(&self, after: &str, gaps: bool) -> String {
        let place: Vec<u8> = [&[u8::from(gaps)], after.as_bytes()].concat();
        URL_SAFE_NO_PAD.encode([self.seal(&place).as_slice(), &place].concat())
    }

    /// The text that a token of this listing goes on after, and whether the answer so far has gaps.
    pub fn after_text(&self, token: &str) -> Option<(String, bool)> {
        let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
        let (seal, place) = bytes.split_first_chunk::<32>()?;
        let (gaps, after) = place.split_first()?;
        let after = String::from_utf8(after.to_vec()).ok()?;
        (*seal == self.seal(place)).then_some((after, *gaps != 0))
    }

    /// The token that goes on after this account.
    ///
    /// It holds no secret and gives no right, so a hash is enough: it only tells damage and mix-ups.
    pub fn token(&self, after: AccountId) -> String {
        let mut bytes = after.as_u64().to_be_bytes().to_vec();
        let seal = self.seal(&bytes);
        bytes.extend(seal);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// The account that a token of this listing goes on after.
    pub fn after(&self, token: &str) -> Option<AccountId> {
        let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
        let (number, seal) = bytes.split_first_chunk::<8>()?;
        let after = AccountId::from_u64(u64::from_be_bytes(*number))?;
        (seal == self.seal(number)).then_some(after)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        let mut found = Violations::new();
        assert_eq!(size(&mut found, 0), Some(50));
        assert_eq!(size(&mut found, 1000), Some(1000));
        assert!(found.is_empty());
        assert_eq!(size(&mut found, -1), None);
        assert_eq!(size(&mut found, 1001), None);
        assert_eq!(found.len(), 2);
    }

    #[test]
    fn tokens_belong_to_one_listing() {
        let asked = |part: &str| Asked::default().with(part);
        let after: AccountId = "000000000042".parse().unwrap();
        let token = asked("a").token(after);
        assert_eq!(asked("a").after(&token), Some(after));
        assert_eq!(asked("b").after(&token), None);
        assert_eq!(asked("a").with("").after(&token), None);
        let mut changed = token.clone().into_bytes();
        changed[8] = if changed[8] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(changed).unwrap();
        for wrong in ["", "x", "%", &changed, &token[1..]] {
            assert_eq!(asked("a").after(wrong), None, "{wrong}");
        }
        let text = asked("a").text_token("arn:x", true);
        assert_eq!(
            asked("a").after_text(&text),
            Some(("arn:x".to_owned(), true))
        );
        assert_eq!(asked("b").after_text(&text), None);
        for wrong in ["", "x", &text[1..], &token] {
            assert_eq!(asked("a").after_text(wrong), None, "{wrong}");
        }
    }
}
