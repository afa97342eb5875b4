//! Hashes in place of randomness: the same seed always tells the same story, and nothing is stored.

/// Scrambles 64 bits (the finalizer of splitmix64).
pub fn mix(value: u64) -> u64 {
    let mut z = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// A new hash from a hash and a number.
pub fn with(key: u64, value: u64) -> u64 {
    mix(key ^ mix(value))
}

/// A new hash from a hash and a text.
pub fn with_text(key: u64, text: &str) -> u64 {
    let folded = text.bytes().fold(0xcbf2_9ce4_8422_2325, |h: u64, b| {
        (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3)
    });
    with(key, folded)
}

/// One of the items, by the hash; the first if the arithmetic ever failed, `""` if there is none.
pub fn choose(items: &[&'static str], hash: u64) -> &'static str {
    items.get(below(hash, items.len())).copied().unwrap_or("")
}

/// A number below `limit` (0 when `limit` is 0).
pub fn below(hash: u64, limit: usize) -> usize {
    let limit = u64::try_from(limit).unwrap_or(u64::MAX).max(1);
    usize::try_from(hash % limit).unwrap_or(0)
}

/// The hash as a number in [0, 1).
pub fn unit(hash: u64) -> f64 {
    // 32 bits are enough for shares and latencies, and convert to f64 without loss.
    f64::from(u32::try_from(hash >> 32).unwrap_or(0)) / 4_294_967_296.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_stay_below_one_and_spread() {
        let mean = (0..10_000).map(|i| unit(mix(i))).sum::<f64>() / 10_000.0;
        assert!((0.48..0.52).contains(&mean), "{mean}");
        assert!(unit(u64::MAX) < 1.0);
    }

    #[test]
    fn different_texts_differ() {
        assert_ne!(with_text(1, "us-east-1"), with_text(1, "us-east-2"));
        assert_ne!(with_text(1, "us-east-1"), with_text(2, "us-east-1"));
    }
}
