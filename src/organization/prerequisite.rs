//! What an organization's trail needs beforehand, and how each of these needs was found.

/// Something that an organization's trail needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PrerequisiteKind {
    /// The organization has all features.
    AllFeatures,
    /// CloudTrail has trusted access.
    TrustedAccess,
    /// The management account has CloudTrail's service-linked role.
    ServiceLinkedRole,
    /// The trail is created from the management account or a delegated administrator's.
    Caller,
    /// The bucket lets CloudTrail write below both paths.
    BucketPolicy,
    /// The key lets CloudTrail encrypt.
    KmsKeyPolicy,
    /// The topic lets CloudTrail publish.
    TopicPolicy,
    /// The log group is there, and the role may write to it.
    LogGroup,
    /// Every account has the home Region.
    HomeRegion,
}

impl PrerequisiteKind {
    /// A short name, for logs and error details.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AllFeatures => "ALL_FEATURES",
            Self::TrustedAccess => "TRUSTED_ACCESS",
            Self::ServiceLinkedRole => "SERVICE_LINKED_ROLE",
            Self::Caller => "CALLER",
            Self::BucketPolicy => "BUCKET_POLICY",
            Self::KmsKeyPolicy => "KMS_KEY_POLICY",
            Self::TopicPolicy => "TOPIC_POLICY",
            Self::LogGroup => "LOG_GROUP",
            Self::HomeRegion => "HOME_REGION",
        }
    }
}

/// How a need was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// It is met.
    Met,
    /// It is not met.
    NotMet {
        /// What to do about it.
        fix: String,
    },
    /// It could not be found out: never taken for "not met".
    Unknown {
        /// What to do to find out.
        fix: String,
    },
    /// The trail does not need it.
    NotApplicable,
}

/// One need, and how it was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prerequisite {
    /// What.
    pub kind: PrerequisiteKind,
    /// What it is about: an ARN, an account, a Region. Empty where the trail does not need it.
    pub resource: String,
    /// What was seen, in words.
    pub evidence: String,
    /// How it was found.
    pub finding: Finding,
}

impl Prerequisite {
    /// Whether a trail cannot be created before somebody does something about this.
    pub fn blocks(&self) -> bool {
        matches!(self.finding, Finding::NotMet { .. })
    }

    /// Whether nothing has to be done, and that is known.
    pub fn holds(&self) -> bool {
        matches!(self.finding, Finding::Met | Finding::NotApplicable)
    }

    /// What to do; empty if nothing.
    pub fn fix(&self) -> &str {
        match &self.finding {
            Finding::NotMet { fix } | Finding::Unknown { fix } => fix,
            Finding::Met | Finding::NotApplicable => "",
        }
    }

    /// The need, what was seen and what to do, in one line.
    pub fn sentence(&self) -> String {
        match self.fix() {
            "" => format!("{}: {}", self.kind.as_str(), self.evidence),
            fix => format!("{}: {}; {fix}", self.kind.as_str(), self.evidence),
        }
    }
}
