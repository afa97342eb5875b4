//! Whether policies that are there let CloudTrail do what trails need.
//!
//! An honest little evaluator: where a policy depends on what we cannot know, it says so. It sees the policies that it
//! is given and nothing else: no service or resource control policies, no public access blocks, no other key.

use super::{
    CLOUDTRAIL, Deliveries,
    condition::Context,
    judge::{Need, Target, judge},
};
use crate::domain::{Arn, TrailArn};

/// Whether CloudTrail may do all that it needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It may.
    Allowed,
    /// It may not: what is missing, one a line.
    Denied(Vec<String>),
    /// It cannot be told, and why.
    Unknown(Vec<String>),
}

/// Whether the bucket's policy lets CloudTrail check its ACL, and write the log files of each owner, and of the whole
/// organization where they are recorded.
pub fn bucket(policy: &str, deliveries: &Deliveries) -> Verdict {
    let Some(arn) = deliveries.bucket_arn() else {
        return Verdict::Allowed;
    };
    let mut needs = Vec::new();
    for trail in &deliveries.trails {
        needs.push(Need {
            context: request(deliveries, trail).without("s3:x-amz-acl"),
            ..need("s3:GetBucketAcl", &arn, trail)
        });
        let (owner, home) = (trail.owner(), trail.home_region());
        let file =
            format!("{owner}/CloudTrail/{home}/2026/01/01/{owner}_CloudTrail_{home}_x.json.gz");
        let organization = deliveries.recorded_organization();
        let organizations = organization.map(|id| format!("{id}/{file}"));
        for file in std::iter::once(file).chain(organizations) {
            let key = format!("{arn}/{}{file}", deliveries.logs_path());
            let context = request(deliveries, trail);
            needs.push(Need {
                context: context.with("s3:x-amz-acl", "bucket-owner-full-control"),
                ..need("s3:PutObject", &key, trail)
            });
        }
    }
    judge(&[policy], &needs)
}

/// Whether the key's policy lets CloudTrail encrypt, and look the key up. Decrypting is needed only with an S3 Bucket
/// Key, which is the bucket's affair, and so is not asked for.
pub fn kms_key(policy: &str, deliveries: &Deliveries) -> Verdict {
    const CONTEXT: &str = "kms:EncryptionContext:aws:cloudtrail:arn";
    let Some(key) = &deliveries.kms_key else {
        return Verdict::Allowed;
    };
    let whole = Arn::parse(key).is_some_and(|arn| arn.resource.starts_with("key/"));
    let target = || match whole {
        true => Target::Named(key.clone()),
        false => Target::Itself,
    };
    let mut needs = Vec::new();
    for trail in &deliveries.trails {
        needs.push(Need {
            resource: target(),
            context: request(deliveries, trail).with(CONTEXT, trail.as_str()),
            ..need("kms:GenerateDataKey", "", trail)
        });
        needs.push(Need {
            resource: target(),
            context: request(deliveries, trail).without(CONTEXT),
            ..need("kms:DescribeKey", "", trail)
        });
    }
    judge(&[policy], &needs)
}

/// Whether the topic's policy lets CloudTrail tell it of deliveries.
pub fn topic(policy: &str, deliveries: &Deliveries) -> Verdict {
    let needs = deliveries.trails.iter().filter_map(|trail| {
        let topic = deliveries.topic_arn(trail)?;
        Some(Need {
            context: request(deliveries, trail),
            ..need("sns:Publish", &topic, trail)
        })
    });
    judge(&[policy], &needs.collect::<Vec<_>>())
}

/// Whether the role lets CloudTrail assume it, and may then write to the log group.
pub fn log_role(policies: &[&str], trust: &str, deliveries: &Deliveries) -> Verdict {
    let Some(group) = deliveries.log_group() else {
        return Verdict::Allowed;
    };
    let mut assume = Vec::new();
    let mut write = Vec::new();
    for trail in &deliveries.trails {
        assume.push(Need {
            resource: Target::Itself,
            context: request(deliveries, trail).without("sts:ExternalId"),
            ..need("sts:AssumeRole", "", trail)
        });
        for stream in group.streams(deliveries.recorded_organization()) {
            for action in ["logs:CreateLogStream", "logs:PutLogEvents"] {
                // The role asks here, not the service: what the service would say of itself is not known.
                write.push(need(action, &stream, trail));
            }
        }
    }
    judge(&[trust], &assume).and(judge(policies, &write))
}

fn need(action: &'static str, resource: &str, trail: &TrailArn) -> Need {
    Need {
        action,
        resource: Target::Named(resource.to_owned()),
        context: Context::default().with("aws:SecureTransport", "true"),
        trail: trail.to_string(),
    }
}

/// What CloudTrail's requests say of themselves, for a trail.
fn request(deliveries: &Deliveries, trail: &TrailArn) -> Context {
    let context = Context::default()
        .with("aws:SecureTransport", "true")
        .with("aws:SourceArn", trail.as_str())
        .with("aws:SourceAccount", trail.owner().to_string())
        .with("aws:PrincipalIsAWSService", "true")
        .with("aws:PrincipalServiceName", CLOUDTRAIL)
        // A service is in nobody's organization or network.
        .without("aws:PrincipalOrgID")
        .without("aws:PrincipalOrgPaths")
        .without("aws:SourceVpc")
        .without("aws:SourceVpce");
    match deliveries.organization() {
        Some(id) => context.with("aws:SourceOrgID", id.as_str()),
        None => context,
    }
}
