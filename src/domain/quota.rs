//! AWS's request quotas as data: which calls we make, how often AWS lets one account make them in one
//! Region, and where each number comes from.

use std::{fmt, str::FromStr};

use super::InvalidId;

/// An AWS service that we call.
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
}

impl Service {
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
        }
    }

    /// What policies and signatures call it.
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
        }
    }
}

/// How often one account may make one call in one Region.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Quota {
    /// Calls a second.
    pub per_second: f64,
    /// Where the number comes from.
    pub source: QuotaSource,
}

/// Where a quota's number comes from, so that nobody takes a guess for a fact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QuotaSource {
    /// AWS's documentation or API model names this operation and this number.
    Documented,
    /// Derived from AWS's older class table (Get, Describe and List 10; all others 1).
    DerivedFromClass,
    /// AWS publishes no number; ours is a careful choice.
    Assumed,
    /// The operator's configuration.
    Configured,
}

/// What a call does to AWS, and so what it means to make it again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Effect {
    /// It changes nothing that anybody else sees: it may be abandoned and repeated.
    Read,
    /// It changes something: once it left it runs to its end, and it is not repeated while it may have taken effect.
    Write,
}

macro_rules! apis {
    ($($effect:ident $variant:ident = $service:ident $per_second:literal $source:ident),+ $(,)?) => {
        /// An AWS API operation that we call. Each has a budget of its own per account and Region.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[expect(missing_docs, reason = "the names are AWS's own operation names")]
        pub enum Api { $($variant),+ }

        impl Api {
            /// Every operation in the table.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// AWS's name of the operation.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => stringify!($variant)),+ }
            }

            /// The service it belongs to.
            pub fn service(self) -> Service {
                match self { $(Self::$variant => Service::$service),+ }
            }

            /// What it does to AWS.
            pub fn effect(self) -> Effect {
                match self { $(Self::$variant => Effect::$effect),+ }
            }

            /// The default quota.
            pub fn default_quota(self) -> Quota {
                match self {
                    $(Self::$variant => Quota { per_second: $per_second, source: QuotaSource::$source }),+
                }
            }
        }
    };
}

// Sources: CloudTrail "Quotas" page and the LookupEvents API reference; Service Quotas read-outs (GetTrail,
// PutEventSelectors, RegisterOrganizationDelegatedAdmin); the class table of the archived user guide; IAM quotas page
// for STS (600 a second shared by its operations, of which we leave most to others); Account Management quotas page.
// Organizations and IAM publish none. S3, SNS, KMS and CloudWatch Logs allow far more than we ask for, or as much: what
// they publish is shared with everything else that the account does there, so the number is small and ours.
apis! {
    Read LookupEvents = CloudTrail 2.0 Documented,
    Read DescribeTrails = CloudTrail 10.0 DerivedFromClass,
    Read ListTrails = CloudTrail 10.0 DerivedFromClass,
    Read GetTrail = CloudTrail 10.0 Documented,
    Read GetTrailStatus = CloudTrail 10.0 DerivedFromClass,
    Read GetEventSelectors = CloudTrail 10.0 DerivedFromClass,
    Read GetInsightSelectors = CloudTrail 10.0 DerivedFromClass,
    Read GetEventConfiguration = CloudTrail 10.0 DerivedFromClass,
    Read ListTags = CloudTrail 10.0 DerivedFromClass,
    Write CreateTrail = CloudTrail 1.0 DerivedFromClass,
    Write UpdateTrail = CloudTrail 1.0 DerivedFromClass,
    Write DeleteTrail = CloudTrail 1.0 DerivedFromClass,
    Write StartLogging = CloudTrail 1.0 DerivedFromClass,
    Write StopLogging = CloudTrail 1.0 DerivedFromClass,
    Write PutEventSelectors = CloudTrail 1.0 Documented,
    Write PutInsightSelectors = CloudTrail 1.0 DerivedFromClass,
    Write PutEventConfiguration = CloudTrail 1.0 DerivedFromClass,
    Write AddTags = CloudTrail 1.0 DerivedFromClass,
    Write RemoveTags = CloudTrail 1.0 DerivedFromClass,
    Write RegisterOrganizationDelegatedAdmin = CloudTrail 10.0 Documented,
    // Its twin's number is not published: the class table's for what is left.
    Write DeregisterOrganizationDelegatedAdmin = CloudTrail 1.0 DerivedFromClass,
    Read AssumeRole = Sts 300.0 Assumed,
    Read GetCallerIdentity = Sts 20.0 Assumed,
    Read DescribeOrganization = Organizations 5.0 Assumed,
    Read ListAccounts = Organizations 5.0 Assumed,
    Read ListRoots = Organizations 5.0 Assumed,
    Read ListOrganizationalUnitsForParent = Organizations 5.0 Assumed,
    Read ListAccountsForParent = Organizations 5.0 Assumed,
    Read ListTagsForResource = Organizations 5.0 Assumed,
    Read ListAWSServiceAccessForOrganization = Organizations 5.0 Assumed,
    Read ListDelegatedAdministrators = Organizations 5.0 Assumed,
    Read ListHandshakesForOrganization = Organizations 5.0 Assumed,
    Write AcceptHandshake = Organizations 1.0 Assumed,
    Write EnableAllFeatures = Organizations 1.0 Assumed,
    Write EnableAWSServiceAccess = Organizations 1.0 Assumed,
    Read ListRegions = Account 5.0 Documented,
    Read HeadBucket = S3 5.0 Assumed,
    Read GetBucketPolicy = S3 5.0 Assumed,
    Read GetTopicAttributes = Sns 5.0 Assumed,
    Read DescribeKey = Kms 5.0 Assumed,
    Read GetKeyPolicy = Kms 5.0 Assumed,
    Read GetRole = Iam 5.0 Assumed,
    Read ListRolePolicies = Iam 5.0 Assumed,
    Read GetRolePolicy = Iam 5.0 Assumed,
    Read ListAttachedRolePolicies = Iam 5.0 Assumed,
    Read GetPolicy = Iam 5.0 Assumed,
    Read GetPolicyVersion = Iam 5.0 Assumed,
    Read DescribeLogGroups = Logs 5.0 Assumed,
}

impl fmt::Display for Api {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.service().as_str(), self.as_str())
    }
}

impl Api {
    /// The permission that a policy must give for it.
    pub fn action(self) -> String {
        let name = match self {
            Self::HeadBucket => "ListBucket",
            other => other.as_str(),
        };
        format!("{}:{name}", self.service().prefix())
    }

    /// Whether a denial goes for every call of this operation in the account and Region. Policies cannot tell apart what
    /// these calls are about: IAM knows no resource for them. (Of GetTrail and the like they can: one trail may be
    /// denied and the next allowed.)
    pub fn denied_as_a_whole(self) -> bool {
        matches!(
            self,
            Self::LookupEvents | Self::ListTrails | Self::DescribeTrails
        )
    }

    /// The shape, for error messages.
    pub const SHAPE: &'static str =
        "the name of an AWS operation that Trailplane calls, such as LookupEvents";
}

impl FromStr for Api {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        Self::ALL
            .iter()
            .copied()
            .find(|api| api.as_str() == text)
            .ok_or_else(|| InvalidId::new(text, Self::SHAPE))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back() {
        for api in Api::ALL {
            assert_eq!(api.as_str().parse::<Api>().unwrap(), *api);
            assert!(api.default_quota().per_second > 0.0);
        }
        assert_eq!(Api::DescribeLogGroups.action(), "logs:DescribeLogGroups");
        assert_eq!(Api::HeadBucket.action(), "s3:ListBucket");
        assert!("lookupevents".parse::<Api>().is_err());
    }
}
