//! Regions, and the partitions that they are in.

use std::{fmt, str::FromStr, sync::Arc};

use super::InvalidId;

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

#[cfg(test)]
mod tests {
    use super::*;

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
}
