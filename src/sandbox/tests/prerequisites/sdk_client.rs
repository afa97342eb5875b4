//! The same services as the SDK's clients read them.

use super::*;

const RULES: &str = "buckets: [{name: gone, standing: missing}, {name: bare, standing: no_policy}, {name: far, region: eu-west-1}],
  topics: [{name: gone, standing: missing}], kms_keys: [{id: gone, standing: missing}, {id: alias/off, disabled: true}],
  log_groups: [{name: gone, missing: true}], roles: [{name: gone, standing: missing}, {name: managed, managed: true}]";

async fn management(sandbox: &Sandbox) -> aws_config::SdkConfig {
    let key = format!("AKIA{MANAGEMENT}TEST");
    let credentials = Credentials::new(key, "any", None, None, "test");
    sdk(sandbox, "us-east-1", credentials).await
}

/// The code of a failure that must be one.
macro_rules! refused {
    ($call:expr) => {
        code(&$call.send().await.unwrap_err())
    };
}

#[tokio::test]
async fn s3() {
    let sandbox = sandbox(scenario(RULES)).await;
    let s3 = aws_sdk_s3::Client::new(&management(&sandbox).await);
    let policy = s3.get_bucket_policy().bucket("logs").send().await.unwrap();
    assert!(policy.policy().unwrap().contains("s3:PutObject"));
    assert_eq!(
        refused!(s3.get_bucket_policy().bucket("gone")),
        "NoSuchBucket"
    );
    assert_eq!(
        refused!(s3.get_bucket_policy().bucket("bare")),
        "NoSuchBucketPolicy"
    );
    assert_eq!(
        refused!(s3.get_bucket_policy().bucket("far")),
        "PermanentRedirect"
    );
    let place = s3.get_bucket_location().bucket("far").send().await.unwrap();
    assert_eq!(place.location_constraint().unwrap().as_str(), "eu-west-1");
    let here = s3.head_bucket().bucket("logs").send().await.unwrap();
    assert_eq!(here.bucket_region(), Some("us-east-1"));
    let error = s3.head_bucket().bucket("gone").send().await.unwrap_err();
    assert!(error.into_service_error().is_not_found());
}

#[tokio::test]
async fn sns_kms_and_logs() {
    let sandbox = sandbox(scenario(RULES)).await;
    let config = management(&sandbox).await;
    let sns = aws_sdk_sns::Client::new(&config);
    let topic = |name: &str| {
        let arn = format!("arn:aws:sns:us-east-1:{MANAGEMENT}:{name}");
        sns.get_topic_attributes().topic_arn(arn)
    };
    let found = topic("news").send().await.unwrap();
    assert!(found.attributes().unwrap()["Policy"].contains("SNS:Publish"));
    assert_eq!(refused!(topic("gone")), "NotFound");
    let kms = aws_sdk_kms::Client::new(&config);
    let key = kms.describe_key().key_id("alias/off").send().await.unwrap();
    let key = key.key_metadata().unwrap();
    assert_eq!(
        (key.enabled(), key.aws_account_id()),
        (false, Some(MANAGEMENT))
    );
    let policy = kms
        .get_key_policy()
        .key_id(key.arn().unwrap())
        .send()
        .await
        .unwrap();
    assert!(policy.policy().unwrap().contains("kms:GenerateDataKey*"));
    assert_eq!(
        refused!(kms.describe_key().key_id("gone")),
        "NotFoundException"
    );
    let logs = aws_sdk_cloudwatchlogs::Client::new(&config);
    let groups = async |prefix: &str| {
        let call = logs.describe_log_groups().log_group_name_prefix(prefix);
        let groups = call.send().await.unwrap().log_groups.unwrap();
        groups.into_iter().filter_map(|g| g.arn).collect::<Vec<_>>()
    };
    let arn = format!("arn:aws:logs:us-east-1:{MANAGEMENT}:log-group:trails:*");
    assert_eq!(groups("trails").await, [arn]);
    assert_eq!(groups("gone").await, [""; 0]);
}

#[tokio::test]
async fn iam() {
    let sandbox = sandbox(scenario(RULES)).await;
    let iam = aws_sdk_iam::Client::new(&management(&sandbox).await);
    let role = iam.get_role().role_name("writer").send().await.unwrap();
    let trust = role.role().unwrap().assume_role_policy_document().unwrap();
    assert!(
        trust.starts_with("%7B") && trust.contains("cloudtrail.amazonaws.com"),
        "{trust}"
    );
    assert_eq!(refused!(iam.get_role().role_name("gone")), "NoSuchEntity");
    let inline = iam
        .list_role_policies()
        .role_name("writer")
        .send()
        .await
        .unwrap();
    let call = iam
        .get_role_policy()
        .role_name("writer")
        .policy_name(&inline.policy_names()[0]);
    let policy = call.send().await.unwrap();
    assert!(policy.policy_document().contains("logs%3APutLogEvents"));
    let attached = iam
        .list_attached_role_policies()
        .role_name("managed")
        .send()
        .await
        .unwrap();
    let arn = attached.attached_policies()[0].policy_arn().unwrap();
    let policy = iam.get_policy().policy_arn(arn).send().await.unwrap();
    let version = policy.policy().unwrap().default_version_id().unwrap();
    let call = iam.get_policy_version().policy_arn(arn).version_id(version);
    let document = call
        .send()
        .await
        .unwrap()
        .policy_version
        .unwrap()
        .document
        .unwrap();
    assert!(document.contains("logs%3APutLogEvents"));
}
