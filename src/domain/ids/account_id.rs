//! Account ids.

use std::{fmt, str::FromStr};

use super::InvalidId;

/// Twelve digits. Kept as a number (a tenth of the memory of a string), written with its leading zeros.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountId(u64);

impl AccountId {
    /// The shape, for error messages.
    pub const SHAPE: &'static str = "an AWS account id: 12 digits";

    /// The id as a number, for compact encodings.
    pub fn as_u64(self) -> u64 {
        self.0
    }

    /// The id with this number, if it has at most 12 digits.
    pub fn from_u64(number: u64) -> Option<Self> {
        (number < 1_000_000_000_000).then_some(Self(number))
    }
}

impl FromStr for AccountId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let twelve_digits = text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit());
        match text.parse() {
            Ok(number) if twelve_digits => Ok(Self(number)),
            _ => Err(InvalidId::new(text, Self::SHAPE)),
        }
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:012}", self.0)
    }
}

impl fmt::Debug for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn account_ids_keep_their_leading_zeros() {
        let id: AccountId = "000000000042".parse().unwrap();
        assert_eq!(id.to_string(), "000000000042");
        for wrong in ["", "42", "0000000000042", "12345678901x", "+12345678901"] {
            assert!(wrong.parse::<AccountId>().is_err(), "{wrong}");
        }
    }
}
