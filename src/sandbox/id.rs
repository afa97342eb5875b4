//! Ids that look random and can be read back: a keyed permutation of what they stand for. So a lookup by event id
//! or by access key knows where to look, and nobody needs an index.

use crate::sandbox::hash;

const HALF: u32 = 61;
const MASK: u64 = (1 << HALF) - 1;

/// The event id of the ordinal-th event of the source with this rank, in the cell with this key.
pub fn event_id(key: u64, rank: u32, ordinal: u64) -> u128 {
    let (left, right) = scramble(key, ordinal & MASK, u64::from(rank), MASK);
    // 122 bits around the version (4) and variant (binary 10) of a random UUID.
    let bits = (u128::from(left) << HALF) | u128::from(right);
    let high = bits >> 74;
    let middle = (bits >> 62) & 0xfff;
    let low = bits & ((1 << 62) - 1);
    (high << 80) | (4 << 76) | (middle << 64) | (2 << 62) | low
}

/// What an event id stands for, if it is one of this cell's.
pub fn read_event_id(key: u64, text: &str) -> Option<(u32, u64)> {
    let id = parse_uuid(text)?;
    if (id >> 76) & 0xf != 4 || (id >> 62) & 3 != 2 {
        return None;
    }
    let bits = ((id >> 80) << 74) | (((id >> 64) & 0xfff) << 62) | (id & ((1 << 62) - 1));
    let left = u64::try_from(bits >> HALF).ok()?;
    let right = u64::try_from(bits & u128::from(MASK)).ok()?;
    let (ordinal, rank) = unscramble(key, left, right, MASK);
    // A foreign id gives a rank far beyond 32 bits but once in 500 million times; the walk then checks again.
    Some((u32::try_from(rank).ok()?, ordinal))
}

/// The id as text, in lower case as CloudTrail writes it.
pub fn uuid_text(id: u128) -> String {
    let hex = format!("{id:032x}");
    let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default();
    [
        part(0, 8),
        part(8, 12),
        part(12, 16),
        part(16, 20),
        part(20, 32),
    ]
    .join("-")
}

fn parse_uuid(text: &str) -> Option<u128> {
    let bytes = text.as_bytes();
    let hyphens = [8, 13, 18, 23];
    let shaped = bytes.len() == 36
        && bytes
            .iter()
            .enumerate()
            .all(|(at, b)| match hyphens.contains(&at) {
                true => *b == b'-',
                false => b.is_ascii_digit() || (b'a'..=b'f').contains(b),
            });
    shaped.then(|| u128::from_str_radix(&text.replace('-', ""), 16).ok())?
}

const KEY_HALF: u64 = (1 << 40) - 1;
const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// The access key of an actor's session: sessions last for one epoch.
pub fn session_key(key: u64, actor: u64, epoch: u64) -> String {
    let (left, right) = scramble(key, actor, epoch & KEY_HALF, KEY_HALF);
    format!("ASIA{}{}", base32(left), base32(right))
}

/// The actor and epoch of a session's access key, if it is of this account.
pub fn read_session_key(key: u64, text: &str) -> Option<(u64, u64)> {
    let body = text.strip_prefix("ASIA")?;
    let left = read_base32(body.get(..8)?)?;
    let right = read_base32(body.get(8..).filter(|b| b.len() == 8)?)?;
    Some(unscramble(key, left, right, KEY_HALF))
}

/// Eight letters for 40 bits.
pub fn base32(value: u64) -> String {
    (0..8)
        .rev()
        .map(|place| {
            let index = usize::try_from((value >> (place * 5)) & 31).unwrap_or(0);
            char::from(ALPHABET.get(index).copied().unwrap_or(b'A'))
        })
        .collect()
}

fn read_base32(text: &str) -> Option<u64> {
    text.bytes().try_fold(0u64, |value, byte| {
        let digit = ALPHABET.iter().position(|b| *b == byte)?;
        Some((value << 5) | u64::try_from(digit).ok()?)
    })
}

/// Four rounds of a Feistel network.
fn scramble(key: u64, mut left: u64, mut right: u64, mask: u64) -> (u64, u64) {
    for round in 0..4 {
        let next = left ^ (hash::with(key.wrapping_add(round), right) & mask);
        left = right;
        right = next;
    }
    (left, right)
}

fn unscramble(key: u64, mut left: u64, mut right: u64, mask: u64) -> (u64, u64) {
    for round in (0..4).rev() {
        let before = right ^ (hash::with(key.wrapping_add(round), left) & mask);
        right = left;
        left = before;
    }
    (left, right)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn event_ids_read_back(key: u64, rank: u32, ordinal in 0..MASK) {
            let text = uuid_text(event_id(key, rank, ordinal));
            prop_assert_eq!(read_event_id(key, &text), Some((rank, ordinal)));
            prop_assert_eq!(&text[14..15], "4");
            prop_assert!("89ab".contains(&text[19..20]));
        }

        #[test]
        fn session_keys_read_back(key: u64, actor in 0u64..100, epoch in 0u64..1_000_000) {
            let text = session_key(key, actor, epoch);
            prop_assert_eq!(text.len(), 20);
            prop_assert_eq!(read_session_key(key, &text), Some((actor, epoch)));
        }
    }

    #[test]
    fn other_texts_are_no_ids() {
        for text in [
            "",
            "x",
            "550E8400-e29b-41d4-a716-446655440000",
            "550e8400-e29b-11d4-a716-446655440000",
        ] {
            assert_eq!(read_event_id(1, text), None, "{text}");
        }
        assert_eq!(read_session_key(1, "ASIA"), None);
        assert_eq!(read_session_key(1, "ASIAääääääää"), None);
    }
}
