//! Ids of organizations.

use std::{fmt, str::FromStr, sync::Arc};

use super::InvalidId;

/// The id of an organization: `o-` and 10 to 32 lower-case letters or digits.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OrganizationId(Arc<str>);

impl OrganizationId {
    /// The shape, for error messages.
    pub const SHAPE: &'static str =
        "an organization's id: o- and 10 to 32 lower-case letters or digits";

    /// The id.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for OrganizationId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let legal = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
        let right = text
            .strip_prefix("o-")
            .is_some_and(|rest| (10..=32).contains(&rest.len()) && rest.bytes().all(legal));
        if right {
            Ok(Self(text.into()))
        } else {
            Err(InvalidId::new(text, Self::SHAPE))
        }
    }
}

impl fmt::Display for OrganizationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for OrganizationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn organization_ids() {
        for right in ["o-0123456789", "o-abcdefghijklmnopqrstuvwxyz012345"] {
            assert!(right.parse::<OrganizationId>().is_ok(), "{right}");
        }
        for wrong in [
            "",
            "o-",
            "o-012345678",
            "o-012345678X",
            "0123456789",
            "r-ab12",
        ] {
            assert!(wrong.parse::<OrganizationId>().is_err(), "{wrong}");
        }
    }
}
