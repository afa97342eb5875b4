use super::*;

/// What is not as it should be.
const RESOURCES: &str = r#"{
    "buckets": [{"name": "gone", "standing": "missing"}, {"name": "closed", "standing": "policy_insufficient"},
        {"name": "bare", "standing": "no_policy"}, {"name": "west", "region": "us-west-2"}],
    "topics": [{"name": "gone", "standing": "missing"}, {"name": "closed", "standing": "policy_insufficient"}],
    "kms_keys": [{"id": "alias/gone", "standing": "missing"}, {"id": "alias/closed", "standing": "policy_insufficient"},
        {"id": "alias/off", "disabled": true}],
    "log_groups": [{"name": "gone", "missing": true}],
    "roles": [{"name": "gone", "standing": "missing"}, {"name": "closed", "standing": "policy_insufficient"}]
}"#;

fn cases() -> Vec<(Value, &'static str)> {
    let logs = |group: &str, role: &str| {
        json!({"CloudWatchLogsLogGroupArn": format!("arn:aws:logs:{HOME}:{ADA}:log-group:{group}:*"),
            "CloudWatchLogsRoleArn": format!("arn:aws:iam::{ADA}:role/{role}")})
    };
    let (topic, role) = (
        "InsufficientSnsTopicPolicyException",
        "InvalidCloudWatchLogsRoleArnException",
    );
    vec![
        (
            json!({"S3BucketName": "gone"}),
            "S3BucketDoesNotExistException",
        ),
        (
            json!({"S3BucketName": "closed"}),
            "InsufficientS3BucketPolicyException",
        ),
        (
            json!({"S3BucketName": "bare"}),
            "InsufficientS3BucketPolicyException",
        ),
        (json!({"SnsTopicName": "gone"}), topic),
        (json!({"SnsTopicName": "closed"}), topic),
        (json!({"KmsKeyId": "alias/gone"}), "KmsKeyNotFoundException"),
        (
            json!({"S3BucketName": "west", "KmsKeyId": "alias/fine"}),
            "KmsKeyNotFoundException",
        ),
        (json!({"KmsKeyId": "alias/off"}), "KmsException"),
        (
            json!({"KmsKeyId": "alias/closed"}),
            "InsufficientEncryptionPolicyException",
        ),
        (
            logs("gone", "Logs"),
            "InvalidCloudWatchLogsLogGroupArnException",
        ),
        (logs("trails", "gone"), role),
        (logs("trails", "closed"), role),
    ]
}

#[tokio::test]
async fn a_trail_needs_everything_that_it_delivers_to_and_with() {
    let mut scenario = scenario();
    scenario.resources = serde_json::from_str(RESOURCES).unwrap();
    let cloud = Cloud::of(scenario).await;
    cloud.create("main").await;
    for (settings, code) in cases() {
        let named = |name: &str| {
            let mut body = json!({"Name": name});
            let all = body.as_object_mut().unwrap();
            if name == "fresh" {
                all.insert("S3BucketName".to_owned(), "logs".into());
            }
            all.extend(settings.as_object().unwrap().clone());
            body
        };
        cloud
            .refuses((ADA, HOME), "CreateTrail", named("fresh"), code)
            .await;
        cloud
            .refuses((ADA, HOME), "UpdateTrail", named("main"), code)
            .await;
    }
}
