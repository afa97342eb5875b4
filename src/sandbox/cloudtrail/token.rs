//! LookupEvents' `NextToken`: opaque, and bound to every other parameter of the request.

use base64::{Engine, engine::general_purpose::STANDARD};

use crate::sandbox::{hash, history::Position};

/// Where a lookup goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token {
    /// The first second of the window.
    pub from: i64,
    /// The last second, as it was frozen at the first page.
    pub to: i64,
    /// How many pages came before.
    pub page: u32,
    /// The last event given, if one was.
    pub after: Option<Position>,
}

const LENGTH: usize = 8 + 8 + 4 + 1 + 8 + 4 + 8;

impl Token {
    /// The token as text, for the request with this hash.
    pub fn write(&self, request: u64) -> String {
        let after = self.after.unwrap_or(Position {
            second: 0,
            rank: 0,
            ordinal: 0,
        });
        let mut bytes = Vec::with_capacity(LENGTH + 8);
        bytes.extend(self.from.to_be_bytes());
        bytes.extend(self.to.to_be_bytes());
        bytes.extend(self.page.to_be_bytes());
        bytes.push(u8::from(self.after.is_some()));
        bytes.extend(after.second.to_be_bytes());
        bytes.extend(after.rank.to_be_bytes());
        bytes.extend(after.ordinal.to_be_bytes());
        let seal = seal(&bytes, request);
        // Hidden by the seal, so that nobody comes to rely on what is inside.
        for (index, byte) in (0u64..).zip(bytes.iter_mut()) {
            *byte ^= mask(seal, index);
        }
        bytes.extend(seal.to_be_bytes());
        STANDARD.encode(bytes)
    }

    /// The token that this text is, if it is one of this request.
    pub fn read(text: &str, request: u64) -> Option<Self> {
        let mut bytes = STANDARD.decode(text).ok()?;
        let (_, end) = bytes.split_at_checked(LENGTH)?;
        let sealed = u64::from_be_bytes(end.try_into().ok()?);
        bytes.truncate(LENGTH);
        for (index, byte) in (0u64..).zip(bytes.iter_mut()) {
            *byte ^= mask(sealed, index);
        }
        if seal(&bytes, request) != sealed {
            return None;
        }
        let mut rest = bytes.as_slice();
        let from = i64::from_be_bytes(take(&mut rest)?);
        let to = i64::from_be_bytes(take(&mut rest)?);
        let page = u32::from_be_bytes(take(&mut rest)?);
        let [begun] = take(&mut rest)?;
        let position = Position {
            second: i64::from_be_bytes(take(&mut rest)?),
            rank: u32::from_be_bytes(take(&mut rest)?),
            ordinal: u64::from_be_bytes(take(&mut rest)?),
        };
        Some(Self {
            from,
            to,
            page,
            after: (begun == 1).then_some(position),
        })
    }
}

fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (head, tail) = rest.split_first_chunk::<N>()?;
    *rest = tail;
    Some(*head)
}

fn seal(bytes: &[u8], request: u64) -> u64 {
    bytes.iter().fold(hash::mix(request), |seal, byte| {
        hash::with(seal, u64::from(*byte))
    })
}

fn mask(seal: u64, index: u64) -> u8 {
    let [first, ..] = hash::with(seal, index).to_be_bytes();
    first
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn tokens_read_back_for_their_own_request_only(from: i64, to: i64, page: u32, second: i64, rank: u32, ordinal: u64, begun: bool, request: u64) {
            let token = Token { from, to, page, after: begun.then_some(Position { second, rank, ordinal }) };
            let text = token.write(request);
            prop_assert_eq!(Token::read(&text, request), Some(token));
            prop_assert_eq!(Token::read(&text, request.wrapping_add(1)), None);
            let mut broken = text.into_bytes();
            broken[7] = if broken[7] == b'A' { b'B' } else { b'A' };
            prop_assert_eq!(Token::read(&String::from_utf8(broken).unwrap(), request), None);
        }
    }

    #[test]
    fn other_texts_are_no_tokens() {
        for text in ["", "AAAA", "not base64!"] {
            assert_eq!(Token::read(text, 1), None);
        }
    }
}
