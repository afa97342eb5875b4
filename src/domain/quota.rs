//! AWS's request quotas as data: which calls we make, how often AWS lets one account make them in one
//! Region, and where each number comes from.

mod docs;
mod published;
mod service;

use std::{fmt, str::FromStr};

use super::InvalidId;

pub use docs::reference;
pub use published::PublishedQuota;
pub use service::Service;

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
    /// AWS's documentation, API model or Service Quotas names this operation and this number.
    Documented,
    /// Derived from AWS's older class table (Get, Describe and List 10; all others 1).
    DerivedFromClass,
    /// AWS publishes no number; ours is a careful choice.
    Assumed,
    /// The operator's configuration.
    Configured,
    /// Read from Service Quotas in the account and Region (`quotas.read_service_quotas`).
    ServiceQuotas,
}

impl QuotaSource {
    /// The word for it, in documents and logs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Documented => "documented",
            Self::DerivedFromClass => "class",
            Self::Assumed => "assumed",
            Self::Configured => "configured",
            Self::ServiceQuotas => "Service Quotas",
        }
    }
}

/// A default, and why it is what it is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Row {
    /// The quota.
    pub quota: Quota,
    /// What the number is taken from.
    pub basis: &'static str,
}

/// What a call does to AWS, and so what it means to make it again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Effect {
    /// It changes nothing that anybody else sees: it may be abandoned and repeated.
    Read,
    /// It changes something: once it left it runs to its end, and it is not repeated while it may have taken effect.
    Write,
}

macro_rules! default_of {
    ($service:ident $effect:ident) => {
        Service::$service.default_of(Effect::$effect)
    };
    ($service:ident $effect:ident $per_second:literal $source:ident $basis:literal) => {
        Row {
            quota: Quota {
                per_second: $per_second,
                source: QuotaSource::$source,
            },
            basis: $basis,
        }
    };
}

macro_rules! apis {
    ($($effect:ident $variant:ident = $service:ident $($per_second:literal $source:ident $basis:literal)?),+ $(,)?) => {
        /// An AWS API operation that we call. Each has a budget of its own per account and Region.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[expect(missing_docs, reason = "the names are AWS's own operation names")]
        pub enum Api { $($variant),+ }

        impl Api {
            /// Every operation in the table.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// Its place in [`Self::ALL`].
            pub const fn index(self) -> u8 {
                self as u8
            }

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

            /// The default: the operation's own row, or what its service has for such operations.
            pub fn row(self) -> Row {
                match self {
                    $(Self::$variant => default_of!($service $effect $($per_second $source $basis)?)),+
                }
            }
        }
    };
}

// An operation without a number has its service's (src/domain/quota/service.rs).
apis! {
    Read LookupEvents = CloudTrail 2.0 Documented "CloudTrail API reference, LookupEvents",
    Read DescribeTrails = CloudTrail,
    Read ListTrails = CloudTrail,
    Read GetTrail = CloudTrail 10.0 Documented "Service Quotas, a published read-out of 2025",
    Read GetTrailStatus = CloudTrail,
    Read GetEventSelectors = CloudTrail,
    Read GetInsightSelectors = CloudTrail,
    Read GetEventConfiguration = CloudTrail,
    Read ListTags = CloudTrail,
    Read ListPublicKeys = CloudTrail,
    Write CreateTrail = CloudTrail,
    Write UpdateTrail = CloudTrail,
    Write DeleteTrail = CloudTrail,
    Write StartLogging = CloudTrail,
    Write StopLogging = CloudTrail,
    Write PutEventSelectors = CloudTrail 1.0 Documented "Service Quotas, a published read-out of 2025",
    Write PutInsightSelectors = CloudTrail,
    Write PutEventConfiguration = CloudTrail,
    Write AddTags = CloudTrail,
    Write RemoveTags = CloudTrail,
    Write RegisterOrganizationDelegatedAdmin = CloudTrail 10.0 Documented "Service Quotas, a published read-out of 2025",
    // Its twin's number is not published: the class table's for what is left.
    Write DeregisterOrganizationDelegatedAdmin = CloudTrail,
    Read AssumeRole = Sts 300.0 Assumed "half of the 600 that all of STS shares (IAM quotas page)",
    Read GetCallerIdentity = Sts,
    Read DescribeOrganization = Organizations,
    Read ListAccounts = Organizations,
    Read ListRoots = Organizations,
    Read ListOrganizationalUnitsForParent = Organizations,
    Read ListAccountsForParent = Organizations,
    Read ListTagsForResource = Organizations,
    Read ListAWSServiceAccessForOrganization = Organizations,
    Read ListDelegatedAdministrators = Organizations,
    Read ListHandshakesForOrganization = Organizations,
    Write AcceptHandshake = Organizations,
    Write EnableAllFeatures = Organizations,
    Write EnableAWSServiceAccess = Organizations,
    Read ListRegions = Account 5.0 Documented "Account Management quotas page",
    Read HeadBucket = S3,
    Read GetBucketPolicy = S3,
    Read ListObjectsV2 = S3 50.0 Assumed "S3 user guide, performance: 5,500 reads a second in one prefix; the rest is left to the bucket's other readers",
    Read GetObject = S3 200.0 Assumed "S3 user guide, performance: 5,500 reads a second in one prefix; the rest is left to the bucket's other readers",
    Read GetTopicAttributes = Sns,
    Read DescribeKey = Kms,
    Read GetKeyPolicy = Kms,
    Read GetRole = Iam,
    Read ListRolePolicies = Iam,
    Read GetRolePolicy = Iam,
    Read ListAttachedRolePolicies = Iam,
    Read GetPolicy = Iam,
    Read GetPolicyVersion = Iam,
    Read DescribeLogGroups = Logs,
    Read ListServiceQuotas = ServiceQuotas,
}

impl fmt::Display for Api {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.service().as_str(), self.as_str())
    }
}

impl Api {
    /// The default quota.
    pub fn default_quota(self) -> Quota {
        self.row().quota
    }

    /// The permission that a policy must give for it.
    pub fn action(self) -> String {
        let name = match self {
            Self::HeadBucket | Self::ListObjectsV2 => "ListBucket",
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
        for (api, index) in Api::ALL.iter().zip(0..) {
            assert_eq!(api.index(), index);
            assert_eq!(api.as_str().parse::<Api>().unwrap(), *api);
            assert!(api.default_quota().per_second > 0.0);
        }
        assert_eq!(Api::DescribeLogGroups.action(), "logs:DescribeLogGroups");
        assert_eq!(Api::HeadBucket.action(), "s3:ListBucket");
        assert_eq!(Api::ListObjectsV2.action(), "s3:ListBucket");
        assert_eq!(
            Api::ListServiceQuotas.action(),
            "servicequotas:ListServiceQuotas"
        );
        assert!("lookupevents".parse::<Api>().is_err());
    }

    /// What AWS says, as far as it says it, and where ours is less.
    #[test]
    fn numbers_are_those_of_their_sources() {
        let documented: Vec<(&str, f64)> = Api::ALL
            .iter()
            .filter(|api| api.default_quota().source == QuotaSource::Documented)
            .map(|api| (api.as_str(), api.default_quota().per_second))
            .collect();
        let expected = [
            ("LookupEvents", 2.0),
            ("GetTrail", 10.0),
            ("PutEventSelectors", 1.0),
            ("RegisterOrganizationDelegatedAdmin", 10.0),
            ("ListRegions", 5.0),
        ];
        assert_eq!(documented, expected);
        for api in Api::ALL {
            let quota = api.default_quota();
            let by_class = api.service() == Service::CloudTrail
                && quota.source == QuotaSource::DerivedFromClass;
            if by_class {
                let reads = ["Get", "Describe", "List"]
                    .iter()
                    .any(|verb| api.as_str().starts_with(verb));
                let rate = if reads { 10.0 } else { 1.0 };
                assert_eq!(quota.per_second, rate, "{api}");
            }
        }
        // All of STS shares 600 a second.
        let of_sts = Api::ALL.iter().filter(|api| api.service() == Service::Sts);
        let spent: f64 = of_sts.map(|api| api.default_quota().per_second).sum();
        assert!(spent < 600.0, "{spent}");
    }
}
