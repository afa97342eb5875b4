//! ARNs of any service, taken apart.

use super::{AccountId, Partition, Region};

/// `arn:<partition>:<service>:<region>:<account>:<resource>`, taken apart and not judged further: which of the parts
/// a service fills in is its own affair.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arn<'a> {
    /// The partition.
    pub partition: Partition,
    /// The service, such as `s3`.
    pub service: &'a str,
    /// The Region; empty for what has none.
    pub region: &'a str,
    /// The account; empty for what has none.
    pub account: &'a str,
    /// All that follows, colons included.
    pub resource: &'a str,
}

impl<'a> Arn<'a> {
    /// The parts of `text`; `None` if it is no ARN of a partition that we know.
    pub fn parse(text: &'a str) -> Option<Self> {
        let ["arn", partition, service, region, account, resource] =
            text.splitn(6, ':').collect::<Vec<_>>()[..]
        else {
            return None;
        };
        Some(Self {
            partition: partition.parse().ok()?,
            service,
            region,
            account,
            resource,
        })
    }

    /// The Region and account, if both are given and right, and the Region is of the partition.
    pub fn place(&self) -> Option<(Region, AccountId)> {
        let region: Region = self.region.parse().ok()?;
        let account = self.account.parse().ok()?;
        (region.partition() == self.partition).then_some((region, account))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arn_has_six_parts_and_the_last_may_have_colons() {
        let arn = Arn::parse("arn:aws:logs:eu-west-1:111111111111:log-group:a:b").unwrap();
        assert_eq!((arn.service, arn.resource), ("logs", "log-group:a:b"));
        assert_eq!(arn.place().unwrap().0.as_str(), "eu-west-1");
        for none in [
            "",
            "arn:aws:s3::",
            "arn:moon:s3:::b",
            "urn:aws:s3:::b",
            "arn:aws:s3",
        ] {
            assert_eq!(Arn::parse(none), None, "{none}");
        }
    }

    #[test]
    fn a_place_is_a_region_of_the_partition_and_an_account() {
        for nowhere in [
            "arn:aws:s3:::bucket",
            "arn:aws:kms:cn-north-1:111111111111:key/x",
            "arn:aws:kms:eu-west-1:1:key/x",
        ] {
            assert_eq!(Arn::parse(nowhere).unwrap().place(), None, "{nowhere}");
        }
    }
}
