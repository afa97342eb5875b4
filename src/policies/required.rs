//! The policies that trails need, ready to paste.

use super::{
    Deliveries, LogGroup,
    document::{Document, OneOrMore, Statement},
    sources::{Fitting, Preferred, Sources, fit},
};

/// The longest bucket policy, in bytes.
pub const BUCKET: usize = 20_480;
/// The longest key policy, in bytes.
pub const KEY: usize = 32_768;
/// The longest topic policy, in bytes.
pub const TOPIC: usize = 30_720;
/// The longest policy of a role, in characters, all its inline policies together.
pub const ROLE: usize = 10_240;
/// The longest trust policy of a role, in characters, before its quota is raised.
pub const TRUST: usize = 2_048;

/// What the bucket, key, topic and role that trails use need; `None` for what they do not use.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RequiredPolicies {
    /// For the bucket.
    pub bucket: Option<String>,
    /// For the key: statements to add to those of its administrators and readers.
    pub kms_key: Option<String>,
    /// For the topic.
    pub topic: Option<String>,
    /// For the role that writes to CloudWatch Logs.
    pub log_role: Option<String>,
    /// The trust policy of that role.
    pub log_role_trust: Option<String>,
    /// What was done differently than usual, and why, one a line.
    pub notes: Vec<String>,
}

/// The policies that these trails need.
pub fn required(deliveries: &Deliveries) -> RequiredPolicies {
    let mut notes = Vec::new();
    if deliveries.trails.is_empty() {
        return RequiredPolicies::default();
    }
    let mut keep = |fitting: Fitting| {
        notes.extend(fitting.note);
        fitting.text
    };
    let bucket = deliveries
        .bucket_arn()
        .and_then(|arn| keep(bucket(deliveries, &arn)));
    let kms_key = deliveries
        .kms_key
        .as_ref()
        .and_then(|_| keep(kms_key(deliveries)));
    let topic = topic(deliveries).and_then(&mut keep);
    let group = deliveries.log_group();
    let group = group
        .as_ref()
        .map(|group| (group, served(deliveries, group)));
    let group = group.filter(|(_, served)| !served.trails.is_empty());
    let log_role = group
        .as_ref()
        .and_then(|(group, served)| keep(log_role(served, group)));
    let log_role_trust = group.as_ref().and_then(|(_, served)| keep(trust(served)));
    notes.extend(standing_notes(deliveries, log_role.is_some()));
    RequiredPolicies {
        bucket,
        kms_key,
        topic,
        log_role,
        log_role_trust,
        notes,
    }
}

/// What must be known to paste the policies, whatever their size.
fn standing_notes(deliveries: &Deliveries, log_role: bool) -> Vec<String> {
    let mut notes = Vec::new();
    if deliveries.kms_key.is_some() {
        notes.push(
            "KMS key: add these statements to the key's policy. In place of it, they would lock out its administrators."
                .to_owned(),
        );
    }
    let named = deliveries
        .sns_topic
        .as_deref()
        .is_some_and(|t| !t.starts_with("arn:"));
    if named && deliveries.trails.len() > 1 {
        notes.push(
            "SNS topic: it is given by name, so that each trail tells the topic of that name in its own account and \
             home Region. The policy is that of the first; in each of the others, put its own ARN as the Resource."
                .to_owned(),
        );
    }
    if deliveries.log_group_arn.is_some() && !log_role {
        notes.push(
            "CloudWatch Logs role: no trail is of the log group's account and Region, which CloudTrail asks for, so \
             that there is no policy for it."
                .to_owned(),
        );
    }
    if log_role {
        notes.push(
            "CloudWatch Logs role: AWS's own example of the trust policy has no condition on aws:SourceArn. Should \
             CloudTrail refuse the role, take the condition out."
                .to_owned(),
        );
    }
    notes
}

fn bucket(deliveries: &Deliveries, arn: &str) -> Fitting {
    let path = deliveries.logs_path();
    let within = |folder: &str| format!("{arn}/{path}{folder}*");
    let make = |sources: &Sources| {
        let accounts = if sources.is_exact() {
            let owners = deliveries.owners();
            let folders = owners.iter().map(|owner| format!("{owner}/"));
            folders.map(|folder| within(&folder)).collect()
        } else {
            vec![within("")]
        };
        let acl = Statement::cloudtrail_may(
            "AWSCloudTrailAclCheck20150319",
            &["s3:GetBucketAcl"],
            vec![arn.to_owned()],
            sources.conditions(),
        );
        let written = write("AWSCloudTrailWrite20150319", accounts, sources);
        let organizations = deliveries.recorded_organization().map(|id| {
            let folder = within(&format!("{id}/"));
            write(
                "AWSCloudTrailOrganizationWrite20150319",
                vec![folder],
                sources,
            )
        });
        Document::of([acl, written].into_iter().chain(organizations).collect())
    };
    fit(
        "S3 bucket",
        BUCKET,
        deliveries,
        Preferred::Organization,
        make,
    )
}

/// That CloudTrail may write these keys, as long as the bucket's owner owns what is written.
fn write(sid: &'static str, keys: Vec<String>, sources: &Sources) -> Statement {
    let mut conditions = sources.conditions();
    conditions
        .entry("StringEquals")
        .or_default()
        .insert("s3:x-amz-acl", OneOrMore::of(["bucket-owner-full-control"]));
    Statement::cloudtrail_may(sid, &["s3:PutObject"], keys, conditions)
}

/// A key's policy speaks of the key that it is on, as `*`.
fn kms_key(deliveries: &Deliveries) -> Fitting {
    let partition = deliveries.partition();
    let make = |sources: &Sources| {
        let any_trail = |account: &str| format!("arn:{partition}:cloudtrail:*:{account}:trail/*");
        let contexts: Vec<String> = if sources.is_exact() {
            let owners = deliveries.owners();
            owners
                .iter()
                .map(|owner| any_trail(&owner.to_string()))
                .collect()
        } else {
            vec![any_trail("*")]
        };
        let mut encrypting = sources.conditions();
        encrypting.entry("StringLike").or_default().insert(
            "kms:EncryptionContext:aws:cloudtrail:arn",
            OneOrMore::of(contexts),
        );
        let whole = || vec!["*".to_owned()];
        Document::of(vec![
            Statement::cloudtrail_may(
                "AllowCloudTrailEncryptLogs",
                &["kms:GenerateDataKey*"],
                whole(),
                encrypting,
            ),
            // Decrypt is for buckets with an S3 Bucket Key.
            Statement::cloudtrail_may(
                "AllowCloudTrailDescribeAndDecrypt",
                &["kms:DescribeKey", "kms:Decrypt"],
                whole(),
                sources.conditions(),
            ),
        ])
    };
    fit("KMS key", KEY, deliveries, Preferred::Accounts, make)
}

fn topic(deliveries: &Deliveries) -> Option<Fitting> {
    let arn = deliveries.topic_arn(deliveries.trails.first()?)?;
    let make = |sources: &Sources| {
        Document::of(vec![Statement::cloudtrail_may(
            "AWSCloudTrailSNSPolicy20131101",
            &["SNS:Publish"],
            vec![arn.clone()],
            sources.conditions(),
        )])
    };
    Some(fit(
        "SNS topic",
        TOPIC,
        deliveries,
        Preferred::Accounts,
        make,
    ))
}

fn log_role(deliveries: &Deliveries, group: &LogGroup<'_>) -> Fitting {
    let streams = group.streams(deliveries.recorded_organization());
    let streams = || streams.iter().map(|name| format!("{name}*")).collect();
    let make = |_: &Sources| {
        Document::of(vec![
            Statement::role_may(
                "AWSCloudTrailCreateLogStream20141101",
                &["logs:CreateLogStream"],
                streams(),
            ),
            Statement::role_may(
                "AWSCloudTrailPutLogEvents20141101",
                &["logs:PutLogEvents"],
                streams(),
            ),
        ])
    };
    fit(
        "CloudWatch Logs role",
        ROLE,
        deliveries,
        Preferred::Accounts,
        make,
    )
}

/// The trails that the log group can serve: those of its Region and account. The organization's may be made by a
/// delegated administrator, with a log group of its own account.
fn served(deliveries: &Deliveries, group: &LogGroup<'_>) -> Deliveries {
    let mut served = deliveries.clone();
    let whole = deliveries.recorded_organization().is_some();
    served.trails.retain(|arn| {
        *arn.home_region() == group.region && (whole || arn.owner() == group.account)
    });
    served
}

fn trust(served: &Deliveries) -> Fitting {
    let make = |sources: &Sources| {
        Document::of(vec![Statement::cloudtrail_may_assume(sources.conditions())])
    };
    fit(
        "trust of the CloudWatch Logs role",
        TRUST,
        served,
        Preferred::Accounts,
        make,
    )
}
