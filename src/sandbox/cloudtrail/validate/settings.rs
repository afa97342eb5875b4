//! The settings of CreateTrail and UpdateTrail, one by one: buckets, prefixes, topics, keys, log groups and roles.
//! Whether what they name exists is not asked here.

use crate::{
    domain::{AccountId, Region},
    sandbox::wire::ApiError,
};

fn error(code: &str, message: impl Into<String>) -> ApiError {
    ApiError::new(code, message)
}

/// Whether this can be a bucket's name.
pub fn bucket(name: &str) -> Result<(), ApiError> {
    let letter = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let fits = (3..=63).contains(&name.len())
        && name.chars().all(|c| letter(c) || c == '.' || c == '-')
        && name.starts_with(letter)
        && name.ends_with(letter)
        && !["..", ".-", "-."].iter().any(|pair| name.contains(pair))
        && name.parse::<std::net::Ipv4Addr>().is_err();
    if fits {
        return Ok(());
    }
    let message = format!("Bucket name {name:?} is invalid.");
    Err(error("InvalidS3BucketNameException", message))
}

/// Whether log files' keys can begin with this.
pub fn prefix(text: &str) -> Result<(), ApiError> {
    if text.chars().count() <= 200 {
        return Ok(());
    }
    let message = "S3 prefix must have at most 200 characters.";
    Err(error("InvalidS3PrefixException", message))
}

/// The ARN of this topic, given by its name or its ARN.
pub fn topic(text: &str, account: AccountId, region: &Region) -> Result<String, ApiError> {
    let name = text.rsplit(':').next().unwrap_or_default();
    let fits = (1..=256).contains(&name.len())
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
    if fits && name == text {
        let partition = region.partition();
        return Ok(format!("arn:{partition}:sns:{region}:{account}:{name}"));
    }
    if fits && text.starts_with("arn:aws") && parts(text, "sns").is_some() {
        return Ok(text.to_owned());
    }
    let message = format!("SNS topic name {text:?} is invalid.");
    Err(error("InvalidSnsTopicNameException", message))
}

/// Region, account and resource of an ARN of this service.
fn parts<'a>(arn: &'a str, service: &str) -> Option<(&'a str, &'a str, &'a str)> {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    match parts.as_slice() {
        ["arn", _, of, region, account, resource] if *of == service => {
            Some((region, account, resource))
        }
        _ => None,
    }
}

/// Whether this can be a key: an id, an alias, or the ARN of either.
pub fn kms_key(text: &str) -> Result<(), ApiError> {
    let id = |text: &str| {
        let hex = text.strip_prefix("mrk-").unwrap_or(text);
        let length = hex.len();
        (length == 36 || (length == 32 && hex != text))
            && hex.chars().all(|c| c.is_ascii_hexdigit() || c == '-')
    };
    let alias = |text: &str| {
        let name = text.strip_prefix("alias/");
        name.is_some_and(|name| {
            !name.is_empty()
                && name
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || "/_-".contains(c))
        })
    };
    let fits = match parts(text, "kms") {
        None => id(text) || alias(text),
        Some((region, account, resource)) => {
            !region.is_empty()
                && account.len() == 12
                && (alias(resource) || resource.strip_prefix("key/").is_some_and(id))
        }
    };
    if fits {
        return Ok(());
    }
    let message = format!("KMS key {text:?} is invalid.");
    Err(error("InvalidKmsKeyIdException", message))
}

/// Whether this is a log group that a trail of this home can deliver to, as this account.
pub fn log_group(arn: &str, account: AccountId, home: &Region) -> Result<(), ApiError> {
    let code = "InvalidCloudWatchLogsLogGroupArnException";
    let group = parts(arn, "logs");
    let shaped = group.filter(|(_, _, resource)| {
        resource
            .strip_prefix("log-group:")
            .and_then(|rest| rest.strip_suffix(":*"))
            .is_some_and(|name| !name.is_empty())
    });
    let Some((region, owner, _)) = shaped else {
        let message = format!("{arn} is not the ARN of a log group that ends in \":*\".");
        return Err(error(code, message));
    };
    if region != home.as_str() {
        let message = format!("The log group must be in {home}, the trail's home Region.");
        return Err(error(code, message));
    }
    if owner != account.to_string() {
        let message = format!("The log group must be in the account {account}.");
        return Err(error(code, message));
    }
    Ok(())
}

/// Whether this is a role by which CloudTrail can write to the account's log groups.
pub fn log_role(arn: &str, account: AccountId) -> Result<(), ApiError> {
    let fits = parts(arn, "iam").is_some_and(|(region, owner, resource)| {
        let name = resource.strip_prefix("role/").unwrap_or_default();
        region.is_empty() && owner == account.to_string() && !name.is_empty()
    });
    if fits {
        return Ok(());
    }
    let message = format!("{arn} is not the ARN of a role of the account {account}.");
    Err(error("InvalidCloudWatchLogsRoleArnException", message))
}
