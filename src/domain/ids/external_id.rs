//! External ids, which trust policies ask for.

use std::{fmt, str::FromStr};

use super::InvalidId;

/// What a role's trust policy may ask for in `sts:ExternalId`. Whoever knows it can pose as us towards the role's
/// account, so that it is treated as a secret: it has no `Display`, and its `Debug` shows nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct ExternalId(String);

impl ExternalId {
    /// The shape, for error messages.
    pub const SHAPE: &'static str = "2 to 1224 letters, digits or +=,.@:/-_";

    /// The text, for the one call that sends it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl FromStr for ExternalId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let legal = |b: u8| b.is_ascii_alphanumeric() || b"+=,.@:/-_".contains(&b);
        if (2..=1224).contains(&text.len()) && text.bytes().all(legal) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidId::new("(secret)", Self::SHAPE))
        }
    }
}

impl fmt::Debug for ExternalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(secret)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neither_right_nor_wrong_ones_are_shown() {
        let id: ExternalId = "shibboleth".parse().unwrap();
        assert_eq!(
            (id.expose(), &*format!("{id:?}")),
            ("shibboleth", "(secret)")
        );
        let long = "x".repeat(1225);
        for wrong in ["", "x", "shib boleth", &long] {
            let error = wrong.parse::<ExternalId>().unwrap_err();
            assert!(!error.to_string().contains("shib"), "{error}");
        }
    }
}
