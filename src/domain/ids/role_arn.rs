//! ARNs of roles.

use std::{fmt, str::FromStr, sync::Arc};

use super::{AccountId, InvalidId, Partition};

/// `arn:<partition>:iam::<account>:role/<path and name>`.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct RoleArn {
    text: Arc<str>,
    partition: Partition,
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

    /// The partition that the role is in.
    pub fn partition(&self) -> Partition {
        self.partition
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
        let partition = partition.parse().map_err(|_| err())?;
        let account = account.parse().map_err(|_| err())?;
        let name = role.strip_prefix("role/").ok_or_else(err)?;
        let last = name.rsplit('/').next().unwrap_or_default();
        let legal = |b: u8| b.is_ascii_alphanumeric() || b"+=,.@-_/".contains(&b);
        if (1..=64).contains(&last.len()) && name.len() <= 576 && name.bytes().all(legal) {
            Ok(Self {
                text: text.into(),
                partition,
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
    fn role_arns_are_read_whole() {
        let account: AccountId = "123456789012".parse().unwrap();
        let arn = RoleArn::of(Partition::UsGov, account, "security/Trailplane").unwrap();
        assert_eq!(
            arn.as_str(),
            "arn:aws-us-gov:iam::123456789012:role/security/Trailplane"
        );
        assert_eq!(
            (arn.partition(), arn.account()),
            (Partition::UsGov, account)
        );
        for wrong in [
            "arn:aws:iam::1:role/x",
            "arn:aws:iam::123456789012:user/x",
            "arn:aws:iam::123456789012:role/",
        ] {
            assert!(wrong.parse::<RoleArn>().is_err(), "{wrong}");
        }
    }
}
