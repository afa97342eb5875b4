//! Whether what a trail delivers to and with is there, and lets CloudTrail. Asked of everything that the trail will
//! use, also where an update leaves it as it was.

use crate::sandbox::{
    cloudtrail::trail::{Logs, Settings, Trail},
    resources::{Delivery, Resources},
    scenario::Standing,
    wire::ApiError,
};

fn refuse(code: &str, message: String) -> Result<(), ApiError> {
    Err(ApiError::new(code, message))
}

/// Whether this trail can deliver with these settings.
pub fn check(resources: &Resources, trail: &Trail, settings: &Settings) -> Result<(), ApiError> {
    let delivery = Delivery {
        trail_arn: &trail.arn,
        owner: trail.owner,
        organization: settings.organization,
        prefix: settings.prefix.as_deref(),
    };
    bucket(resources, &delivery, &settings.bucket)?;
    if let Some(arn) = &settings.topic_arn
        && resources.topic(arn).takes(&delivery, &trail.home) != Standing::Fine
    {
        // AWS has one code for both, and the message says so.
        refuse(
            "InsufficientSnsTopicPolicyException",
            "SNS Topic does not exist or the topic policy is incorrect!".to_owned(),
        )?;
    }
    if let Some(arn) = &settings.kms_key_arn {
        key(resources, &delivery, &settings.bucket, arn)?;
    }
    match &settings.logs {
        Some(wanted) => logs(resources, &delivery, trail, wanted),
        None => Ok(()),
    }
}

fn logs(
    resources: &Resources,
    delivery: &Delivery<'_>,
    trail: &Trail,
    logs: &Logs,
) -> Result<(), ApiError> {
    if !resources.log_group(&logs.group_arn).exists() {
        let message = format!("The log group {} does not exist.", logs.group_arn);
        refuse("InvalidCloudWatchLogsLogGroupArnException", message)?;
    }
    // A delegated administrator's log group and role are its own, and so are the streams.
    let account = logs.group_arn.split(':').nth(4);
    let streams = Delivery {
        owner: account
            .and_then(|id| id.parse().ok())
            .unwrap_or(trail.owner),
        ..*delivery
    };
    let role = resources.role(&logs.role_arn);
    if role.takes(&streams, &logs.group_arn, &trail.home) != Standing::Fine {
        let message = format!(
            "Access denied. Check the permissions for {}.",
            logs.role_arn
        );
        refuse("InvalidCloudWatchLogsRoleArnException", message)?;
    }
    Ok(())
}

fn bucket(resources: &Resources, trail: &Delivery<'_>, name: &str) -> Result<(), ApiError> {
    match resources.bucket(name).takes(trail) {
        Standing::Fine => Ok(()),
        Standing::Missing => refuse(
            "S3BucketDoesNotExistException",
            format!("S3 bucket {name} does not exist!"),
        ),
        Standing::NoPolicy | Standing::PolicyInsufficient => refuse(
            "InsufficientS3BucketPolicyException",
            format!("Incorrect S3 bucket policy is detected for bucket: {name}"),
        ),
    }
}

fn key(
    resources: &Resources,
    trail: &Delivery<'_>,
    bucket: &str,
    arn: &str,
) -> Result<(), ApiError> {
    let key = resources.kms_key(arn);
    let bucket = resources.bucket(bucket);
    let elsewhere = bucket
        .region()
        .is_some_and(|region| arn.split(':').nth(3) != Some(region.as_str()));
    if !key.exists() || elsewhere {
        let message = format!("The key {arn} does not exist, or not in the bucket's Region.");
        return refuse("KmsKeyNotFoundException", message);
    }
    if key.disabled() {
        return refuse("KmsException", format!("The key {arn} is disabled."));
    }
    match key.takes(trail) {
        Standing::Fine => Ok(()),
        Standing::Missing | Standing::NoPolicy | Standing::PolicyInsufficient => refuse(
            "InsufficientEncryptionPolicyException",
            format!("Insufficient permissions to access S3 bucket or KMS key {arn}."),
        ),
    }
}
