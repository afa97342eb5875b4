//! Ids of organizational units and roots.

use std::{fmt, str::FromStr, sync::Arc};

use super::InvalidId;

/// The id of an organizational unit (`ou-ab12-34cd56ef`) or of a root (`r-ab12`).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OrganizationalUnitId(Arc<str>);

impl OrganizationalUnitId {
    /// The shape, for error messages.
    pub const SHAPE: &'static str = "an organizational unit id: ou-xxxx-xxxxxxxx or r-xxxx";

    /// The id.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for OrganizationalUnitId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let alnum = |s: &str, len: std::ops::RangeInclusive<usize>| {
            len.contains(&s.len())
                && s.bytes()
                    .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
        };
        let ok = match text.split('-').collect::<Vec<_>>().as_slice() {
            ["r", root] => alnum(root, 4..=32),
            ["ou", root, unit] => alnum(root, 4..=32) && alnum(unit, 8..=32),
            _ => false,
        };
        if ok {
            Ok(Self(text.into()))
        } else {
            Err(InvalidId::new(text, Self::SHAPE))
        }
    }
}

impl fmt::Display for OrganizationalUnitId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for OrganizationalUnitId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn organizational_unit_ids() {
        for right in ["r-ab12", "ou-ab12-34cd56ef"] {
            assert!(right.parse::<OrganizationalUnitId>().is_ok(), "{right}");
        }
        for wrong in ["", "ou-1", "ou-ab12", "ou-AB12-34cd56ef", "/Prod"] {
            assert!(wrong.parse::<OrganizationalUnitId>().is_err(), "{wrong}");
        }
    }
}
