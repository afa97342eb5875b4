//! The services, and what an operation has that has no number of its own.

use super::{Effect, Quota, QuotaSource, Row};

/// An AWS service that we call, or have a budget for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Service {
    /// AWS CloudTrail.
    CloudTrail,
    /// AWS Security Token Service.
    Sts,
    /// AWS Organizations.
    Organizations,
    /// AWS Account Management.
    Account,
    /// Amazon S3.
    S3,
    /// Amazon Simple Notification Service.
    Sns,
    /// AWS Key Management Service.
    Kms,
    /// AWS Identity and Access Management.
    Iam,
    /// Amazon CloudWatch Logs.
    Logs,
    /// Amazon CloudWatch: metrics and alarms.
    CloudWatch,
    /// Service Quotas.
    ServiceQuotas,
}

impl Service {
    /// Every service.
    pub const ALL: &[Self] = &[
        Self::CloudTrail,
        Self::Sts,
        Self::Organizations,
        Self::Account,
        Self::S3,
        Self::Sns,
        Self::Kms,
        Self::Iam,
        Self::Logs,
        Self::CloudWatch,
        Self::ServiceQuotas,
    ];

    /// The id as the SDKs and OpenTelemetry's `rpc.service` write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::CloudTrail => "CloudTrail",
            Self::Sts => "STS",
            Self::Organizations => "Organizations",
            Self::Account => "Account",
            Self::S3 => "S3",
            Self::Sns => "SNS",
            Self::Kms => "KMS",
            Self::Iam => "IAM",
            Self::Logs => "CloudWatch Logs",
            Self::CloudWatch => "CloudWatch",
            Self::ServiceQuotas => "Service Quotas",
        }
    }

    /// What policies call it.
    pub fn prefix(self) -> &'static str {
        match self {
            Self::CloudTrail => "cloudtrail",
            Self::Sts => "sts",
            Self::Organizations => "organizations",
            Self::Account => "account",
            Self::S3 => "s3",
            Self::Sns => "sns",
            Self::Kms => "kms",
            Self::Iam => "iam",
            Self::Logs => "logs",
            Self::CloudWatch => "cloudwatch",
            Self::ServiceQuotas => "servicequotas",
        }
    }

    /// What an operation of this service has that has no number of its own: the table's rows that name none, and the
    /// number that a new operation starts from.
    pub fn default_of(self, effect: Effect) -> Row {
        let (read, write, source, basis) = self.class();
        let per_second = match effect {
            Effect::Read => read,
            Effect::Write => write,
        };
        Row {
            quota: Quota { per_second, source },
            basis,
        }
    }

    /// Reads and writes a second, and where they come from.
    fn class(self) -> (f64, f64, QuotaSource, &'static str) {
        use QuotaSource::{Assumed, DerivedFromClass};
        match self {
            Self::CloudTrail => (
                10.0,
                1.0,
                DerivedFromClass,
                "CloudTrail user guide of 2023: Get, Describe and List 10, all others 1",
            ),
            Self::Sts => (
                20.0,
                1.0,
                Assumed,
                "all of STS shares 600 (IAM quotas page); the rest is left to others",
            ),
            Self::Organizations => (
                5.0,
                1.0,
                Assumed,
                "a careful guess, not checked against AWS's table of throttles",
            ),
            Self::Account => (
                5.0,
                1.0,
                Assumed,
                "as the operations that the Account Management quotas page names",
            ),
            Self::S3 => (
                5.0,
                1.0,
                Assumed,
                "AWS publishes none for operations on buckets",
            ),
            Self::Sns => (
                5.0,
                1.0,
                Assumed,
                "AWS publishes none for reads of attributes",
            ),
            Self::Kms => (
                5.0,
                1.0,
                Assumed,
                "AWS allows far more, and the account's other callers share it",
            ),
            Self::Iam => (5.0, 1.0, Assumed, "AWS publishes none"),
            Self::Logs => (
                5.0,
                1.0,
                Assumed,
                "about half of what AWS allows; the account's other callers share it",
            ),
            Self::CloudWatch => (
                3.0,
                1.0,
                Assumed,
                "the least that the CloudWatch quotas page has for alarms; DescribeAlarms has 9",
            ),
            Self::ServiceQuotas => (
                1.0,
                1.0,
                Assumed,
                "asked once a day in each account and Region; more is not needed",
            ),
        }
    }
}
