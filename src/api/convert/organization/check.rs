//! Requests for the check of an organization's trail, and what was found.

use crate::{
    api::{
        convert::changes::{Empty, desired},
        proto,
        violations::Violations,
    },
    domain::{
        AccountId, Region, TrailName,
        trail::{Desired, Presence, TagRemoval},
    },
    organization::{Finding, OrganizationTrail, Prerequisite, PrerequisiteKind, Readiness},
    policies::RequiredPolicies,
    trails::limits,
};

/// A request, read.
pub struct Checked {
    /// The trail that is to be checked.
    pub trail: OrganizationTrail,
}

impl Checked {
    /// Reads the request: all that is wrong with it, and all that AWS would refuse of the trail.
    pub fn parse(wire: proto::CheckOrganizationTrailRequest) -> Result<Self, Violations> {
        let mut found = Violations::new();
        let mut spec = wire.trail.unwrap_or_default();
        if spec.is_organization_trail == Some(false) {
            found.add(
                "trail.is_organization_trail",
                "is false; only a trail of the organization is checked: leave it out",
            );
        }
        spec.is_organization_trail = Some(true);
        let name = found.keep("trail.name", spec.name.parse::<TrailName>());
        let home = found.keep("trail.home_region", spec.home_region.parse::<Region>());
        let wanted = desired(&mut found, spec, Empty::Refused, TagRemoval::Nothing);
        let creator = account(&mut found, "account_id", &wire.account_id);
        let owner = account(
            &mut found,
            "s3_bucket_account_id",
            &wire.s3_bucket_account_id,
        );
        refuse_what_aws_would(&mut found, home.as_ref(), &wanted);
        let trail = name.zip(home).and_then(|(name, home)| {
            let trail = OrganizationTrail::wanted(name, home, &wanted.settings)?;
            Some(OrganizationTrail {
                creator,
                bucket_owner: owner,
                ..trail
            })
        });
        found.finish(trail.map(|trail| Self { trail }))
    }
}

fn refuse_what_aws_would(found: &mut Violations, home: Option<&Region>, wanted: &Desired) {
    let homes: Vec<Region> = home.into_iter().cloned().collect();
    let mut limits = limits::check("trail.", &homes, wanted, Presence::New);
    limits.retain(|limit| !found.names(&limit.path));
    for limit in limits {
        found.add(limit.path, limit.message);
    }
}

fn account(found: &mut Violations, field: &str, wire: &str) -> Option<AccountId> {
    if wire.is_empty() {
        return None;
    }
    found.keep(field, wire.parse())
}

/// What was found, for the wire.
pub fn readiness(found: Readiness) -> proto::CheckOrganizationTrailResponse {
    proto::CheckOrganizationTrailResponse {
        ready: found.ready(),
        calls: found.calls,
        prerequisites: found.prerequisites.into_iter().map(prerequisite).collect(),
        policies: Some(policies(found.policies)),
    }
}

fn prerequisite(one: Prerequisite) -> proto::Prerequisite {
    proto::Prerequisite {
        kind: kind(one.kind).into(),
        state: match one.finding {
            Finding::Met => proto::PrerequisiteState::Met,
            Finding::NotMet { .. } => proto::PrerequisiteState::NotMet,
            Finding::Unknown { .. } => proto::PrerequisiteState::Unknown,
            Finding::NotApplicable => proto::PrerequisiteState::NotApplicable,
        }
        .into(),
        fix: one.fix().to_owned(),
        evidence: one.evidence,
        resource: one.resource,
    }
}

fn kind(kind: PrerequisiteKind) -> proto::PrerequisiteKind {
    match kind {
        PrerequisiteKind::AllFeatures => proto::PrerequisiteKind::AllFeatures,
        PrerequisiteKind::TrustedAccess => proto::PrerequisiteKind::TrustedAccess,
        PrerequisiteKind::ServiceLinkedRole => proto::PrerequisiteKind::ServiceLinkedRole,
        PrerequisiteKind::Caller => proto::PrerequisiteKind::Caller,
        PrerequisiteKind::BucketPolicy => proto::PrerequisiteKind::BucketPolicy,
        PrerequisiteKind::KmsKeyPolicy => proto::PrerequisiteKind::KmsKeyPolicy,
        PrerequisiteKind::TopicPolicy => proto::PrerequisiteKind::TopicPolicy,
        PrerequisiteKind::LogGroup => proto::PrerequisiteKind::LogGroup,
        PrerequisiteKind::HomeRegion => proto::PrerequisiteKind::HomeRegion,
    }
}

/// Required policies for the wire; what is not needed is empty.
pub fn policies(required: RequiredPolicies) -> proto::RequiredPolicies {
    proto::RequiredPolicies {
        s3_bucket_policy: required.bucket.unwrap_or_default(),
        kms_key_policy: required.kms_key.unwrap_or_default(),
        sns_topic_policy: required.topic.unwrap_or_default(),
        cloud_watch_logs_role_policy: required.log_role.unwrap_or_default(),
        cloud_watch_logs_role_trust_policy: required.log_role_trust.unwrap_or_default(),
        notes: required.notes,
    }
}
