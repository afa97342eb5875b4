//! Identifiers as AWS writes them. Each is parsed once, at the edge, and is right from then on.

use std::{fmt, str::FromStr, sync::Arc};

/// A text that is not the identifier it was offered as.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{found:?} is not {expected}")]
pub struct InvalidId {
    /// What was offered, cut to 64 characters so that an error can be shown whole.
    pub found: String,
    /// The shape that was expected, as a phrase: "an account id: 12 digits".
    pub expected: &'static str,
}

impl InvalidId {
    fn new(found: &str, expected: &'static str) -> Self {
        Self {
            found: found.chars().take(64).collect(),
            expected,
        }
    }
}

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

/// A Region name such as `eu-west-1`. Which Regions exist is configuration, not code.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Region(Arc<str>);

impl Region {
    /// The shape, for error messages.
    pub const SHAPE: &'static str =
        "an AWS Region name such as eu-west-1 (lower-case letters, digits and hyphens, at most 32)";

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The partition this Region is in, by its prefix.
    pub fn partition(&self) -> Partition {
        if self.0.starts_with("cn-") {
            Partition::China
        } else if self.0.starts_with("us-gov-") {
            Partition::UsGov
        } else {
            Partition::Commercial
        }
    }
}

impl FromStr for Region {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let parts: Vec<&str> = text.split('-').collect();
        let word = |p: &&str| {
            !p.is_empty()
                && p.bytes()
                    .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
        };
        let numbered = parts
            .last()
            .is_some_and(|p| !p.is_empty() && p.bytes().all(|b| b.is_ascii_digit()));
        if (5..=32).contains(&text.len()) && parts.len() >= 3 && parts.iter().all(word) && numbered
        {
            Ok(Self(text.into()))
        } else {
            Err(InvalidId::new(text, Self::SHAPE))
        }
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A group of Regions with its own accounts, ARNs and endpoints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Partition {
    /// `aws`.
    Commercial,
    /// `aws-cn`.
    China,
    /// `aws-us-gov`.
    UsGov,
}

impl Partition {
    /// The name as it stands in an ARN.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Commercial => "aws",
            Self::China => "aws-cn",
            Self::UsGov => "aws-us-gov",
        }
    }

    /// The Region in which global services (IAM, Organizations, CloudFront, Route 53) record their events
    /// and in which Organizations is called (botocore `partitions.json`, `implicitGlobalRegion`).
    pub fn global_region(self) -> Region {
        Region(
            match self {
                Self::Commercial => "us-east-1",
                Self::China => "cn-northwest-1",
                Self::UsGov => "us-gov-west-1",
            }
            .into(),
        )
    }
}

impl FromStr for Partition {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        match text {
            "aws" => Ok(Self::Commercial),
            "aws-cn" => Ok(Self::China),
            "aws-us-gov" => Ok(Self::UsGov),
            other => Err(InvalidId::new(
                other,
                "a partition: aws, aws-cn or aws-us-gov",
            )),
        }
    }
}

impl fmt::Display for Partition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

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

/// `arn:<partition>:iam::<account>:role/<path and name>`.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct RoleArn {
    text: Arc<str>,
    account: AccountId,
}

impl RoleArn {
    /// The shape, for error messages.
    pub const SHAPE: &'static str = "a role ARN: arn:<partition>:iam::<account id>:role/<name>";

    /// The ARN of the role with this (path and) name in this account.
    pub fn of(partition: Partition, account: AccountId, role: &str) -> Result<Self, InvalidId> {
        format!("arn:{partition}:iam::{account}:role/{role}").parse()
    }

    /// The ARN as text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The account that owns the role.
    pub fn account(&self) -> AccountId {
        self.account
    }
}

impl FromStr for RoleArn {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let err = || InvalidId::new(text, Self::SHAPE);
        let ["arn", partition, "iam", "", account, role] =
            text.splitn(6, ':').collect::<Vec<_>>()[..]
        else {
            return Err(err());
        };
        let _: Partition = partition.parse().map_err(|_| err())?;
        let account = account.parse().map_err(|_| err())?;
        let name = role.strip_prefix("role/").ok_or_else(err)?;
        let last = name.rsplit('/').next().unwrap_or_default();
        let legal = |b: u8| b.is_ascii_alphanumeric() || b"+=,.@-_/".contains(&b);
        if (1..=64).contains(&last.len()) && name.len() <= 576 && name.bytes().all(legal) {
            Ok(Self {
                text: text.into(),
                account,
            })
        } else {
            Err(err())
        }
    }
}

impl fmt::Display for RoleArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for RoleArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
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

    #[test]
    fn regions_know_their_partition() {
        let partition = |r: &str| r.parse::<Region>().unwrap().partition();
        assert_eq!(partition("eu-west-1"), Partition::Commercial);
        assert_eq!(partition("cn-north-1"), Partition::China);
        assert_eq!(partition("us-gov-west-1"), Partition::UsGov);
        for wrong in [
            "",
            "eu",
            "EU-west-1",
            "eu-west-",
            "eu-west-1 ",
            "mars",
            "eu-west",
        ] {
            assert!(wrong.parse::<Region>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn role_arns_are_read_whole() {
        let account = "123456789012".parse().unwrap();
        let arn = RoleArn::of(Partition::UsGov, account, "security/Trailplane").unwrap();
        assert_eq!(
            arn.as_str(),
            "arn:aws-us-gov:iam::123456789012:role/security/Trailplane"
        );
        assert_eq!(arn.account(), account);
        for wrong in [
            "arn:aws:iam::1:role/x",
            "arn:aws:iam::123456789012:user/x",
            "arn:aws:iam::123456789012:role/",
        ] {
            assert!(wrong.parse::<RoleArn>().is_err(), "{wrong}");
        }
    }

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
