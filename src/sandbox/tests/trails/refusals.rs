use super::*;

async fn all(cloud: &Cloud, operation: &str, cases: Vec<(Value, &str)>) {
    for (body, code) in cases {
        cloud.refuses((ADA, HOME), operation, body, code).await;
    }
}

/// A request with these members, and a name and a bucket that are fine.
fn with(more: Value) -> Value {
    let mut body = json!({"Name": "fresh", "S3BucketName": "logs"});
    body.as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    body
}

fn settings() -> Vec<(Value, &'static str)> {
    let group = format!("arn:aws:logs:{HOME}:{ADA}:log-group:trails:*");
    let role = format!("arn:aws:iam::{ADA}:role/Logs");
    let logs = |group: &str, role: &str| {
        with(json!({"CloudWatchLogsLogGroupArn": group, "CloudWatchLogsRoleArn": role}))
    };
    let (bad_group, bad_role) = (
        "InvalidCloudWatchLogsLogGroupArnException",
        "InvalidCloudWatchLogsRoleArnException",
    );
    vec![
        (
            with(json!({"S3BucketName": "Logs"})),
            "InvalidS3BucketNameException",
        ),
        (
            with(json!({"S3BucketName": ""})),
            "InvalidS3BucketNameException",
        ),
        (
            with(json!({"S3KeyPrefix": "x".repeat(201)})),
            "InvalidS3PrefixException",
        ),
        (
            with(json!({"SnsTopicName": "x".repeat(257)})),
            "InvalidSnsTopicNameException",
        ),
        (
            with(json!({"SnsTopicName": "a b"})),
            "InvalidSnsTopicNameException",
        ),
        (with(json!({"KmsKeyId": "key"})), "InvalidKmsKeyIdException"),
        (
            with(json!({"IsMultiRegionTrail": true, "IncludeGlobalServiceEvents": false})),
            "InvalidParameterCombinationException",
        ),
        (
            with(json!({"CloudWatchLogsLogGroupArn": group})),
            "InvalidParameterCombinationException",
        ),
        (
            with(json!({"CloudWatchLogsRoleArn": role})),
            "InvalidParameterCombinationException",
        ),
        (logs(&group.replace(HOME, AWAY), &role), bad_group),
        (logs(&group.replace(ADA, BOB), &role), bad_group),
        (logs(group.trim_end_matches(":*"), &role), bad_group),
        (logs(&group, &role.replace(ADA, BOB)), bad_role),
        (logs(&group, "Logs"), bad_role),
    ]
}

#[tokio::test]
async fn settings_that_cannot_be_are_refused() {
    let cloud = Cloud::new().await;
    all(&cloud, "CreateTrail", settings()).await;
    cloud.create("fresh").await;
    all(&cloud, "UpdateTrail", settings()).await;
}

#[tokio::test]
async fn names_and_arns_that_cannot_be_are_refused() {
    let cloud = Cloud::new().await;
    let arn = cloud.create("main").await;
    for wrong in [
        "",
        "ab",
        "a--b",
        "-ab",
        "1.2.3.4",
        "a b c",
        &"x".repeat(129),
    ] {
        let body = with(json!({"Name": wrong}));
        all(
            &cloud,
            "CreateTrail",
            vec![(body, "InvalidTrailNameException")],
        )
        .await;
    }
    all(
        &cloud,
        "CreateTrail",
        vec![(with(json!({"Name": arn})), "InvalidTrailNameException")],
    )
    .await;
    for (operation, key) in [
        ("UpdateTrail", "Name"),
        ("DeleteTrail", "Name"),
        ("StartLogging", "Name"),
        ("StopLogging", "Name"),
        ("GetTrail", "Name"),
        ("GetTrailStatus", "Name"),
        ("GetEventSelectors", "TrailName"),
        ("GetInsightSelectors", "TrailName"),
        ("GetEventConfiguration", "TrailName"),
        ("PutEventSelectors", "TrailName"),
        ("PutInsightSelectors", "TrailName"),
        ("PutEventConfiguration", "TrailName"),
    ] {
        let of_bob = super::arn(BOB, HOME, "main");
        let cases = vec![
            (json!({key: "a--b"}), "InvalidTrailNameException"),
            (json!({key: "nobodys"}), "TrailNotFoundException"),
            (json!({key: of_bob}), "TrailNotFoundException"),
            (
                json!({key: "arn:aws:s3:::logs"}),
                "CloudTrailARNInvalidException",
            ),
        ];
        all(&cloud, operation, cases).await;
    }
    let names = |name: &str| json!({"trailNameList": [name]});
    let cases = vec![
        (names("a--b"), "InvalidTrailNameException"),
        (names("arn:aws:s3:::logs"), "CloudTrailARNInvalidException"),
    ];
    all(&cloud, "DescribeTrails", cases).await;
}

#[tokio::test]
async fn a_name_is_there_once_in_each_region() {
    let cloud = Cloud::new().await;
    cloud.create("main").await;
    let exists = "TrailAlreadyExistsException";
    all(
        &cloud,
        "CreateTrail",
        vec![(with(json!({"Name": "main"})), exists)],
    )
    .await;
    let away = with(json!({"Name": "main"}));
    cloud
        .call((ADA, AWAY), "CreateTrail", away.clone())
        .await
        .unwrap();
    cloud
        .call((BOB, HOME), "CreateTrail", away.clone())
        .await
        .unwrap();
    let grow = json!({"Name": "main", "IsMultiRegionTrail": true});
    let meets = "OperationNotPermittedException";
    cloud.refuses((ADA, HOME), "UpdateTrail", grow, meets).await;
    let everywhere = with(json!({"Name": "main", "IsMultiRegionTrail": true}));
    cloud
        .refuses((ADA, "eu-west-1"), "CreateTrail", everywhere, exists)
        .await;
    let everywhere = with(json!({"Name": "wide", "IsMultiRegionTrail": true}));
    cloud.ada("CreateTrail", everywhere).await.unwrap();
    let wide = with(json!({"Name": "wide"}));
    cloud
        .refuses((ADA, AWAY), "CreateTrail", wide, exists)
        .await;
}

#[tokio::test]
async fn five_trails_show_in_a_region_and_no_more() {
    let cloud = Cloud::new().await;
    let full = "MaximumNumberOfTrailsExceededException";
    for name in ["one", "two", "three", "four"] {
        cloud.create(name).await;
    }
    let wide = with(json!({"Name": "wide", "IsMultiRegionTrail": true}));
    cloud.call((ADA, AWAY), "CreateTrail", wide).await.unwrap();
    all(&cloud, "CreateTrail", vec![(with(json!({})), full)]).await;
    // Away there is room for four more, and only there.
    for name in ["five", "six", "seven"] {
        cloud
            .call((ADA, AWAY), "CreateTrail", with(json!({"Name": name})))
            .await
            .unwrap();
    }
    let everywhere = with(json!({"IsMultiRegionTrail": true}));
    cloud
        .refuses((ADA, AWAY), "CreateTrail", everywhere, full)
        .await;
    let grow = json!({"Name": "five", "IsMultiRegionTrail": true});
    cloud
        .refuses((ADA, AWAY), "UpdateTrail", grow.clone(), full)
        .await;
    cloud
        .ada("DeleteTrail", json!({"Name": "one"}))
        .await
        .unwrap();
    cloud.call((ADA, AWAY), "UpdateTrail", grow).await.unwrap();
    // What the organization brings does not count, and comes also where five are.
    let organizations = with(json!({"IsMultiRegionTrail": true, "IsOrganizationTrail": true}));
    cloud
        .call((MANAGEMENT, HOME), "CreateTrail", organizations)
        .await
        .unwrap();
    let shown = cloud.ada("DescribeTrails", json!({})).await.unwrap();
    assert_eq!(shown["trailList"].as_array().unwrap().len(), 6);
}

#[tokio::test]
async fn tags_that_cannot_be_are_refused() {
    let cloud = Cloud::new().await;
    let arn = cloud.create("main").await;
    let many = |count: usize| {
        (0..count)
            .map(|n| json!({"Key": n.to_string()}))
            .collect::<Vec<_>>()
    };
    let invalid = "InvalidTagParameterException";
    let cases = [
        (json!(many(51)), "TagsLimitExceededException"),
        (json!([{"Key": ""}]), invalid),
        (json!([{"Value": "x"}]), invalid),
        (json!([{"Key": "k".repeat(129)}]), invalid),
        (json!([{"Key": "a", "Value": "v".repeat(257)}]), invalid),
        (json!([{"Key": "a", "Value": ""}]), invalid),
        (json!([{"Key": "aws:mine"}]), invalid),
        (json!([{"Key": "a?"}]), invalid),
        (json!([{"Key": "a"}, {"Key": "a", "Value": "b"}]), invalid),
    ];
    for (tags, code) in cases {
        let add = json!({"ResourceId": arn, "TagsList": tags});
        all(&cloud, "AddTags", vec![(add, code)]).await;
        all(
            &cloud,
            "CreateTrail",
            vec![(with(json!({"TagsList": tags})), code)],
        )
        .await;
    }
    let add = |tags: Vec<Value>| json!({"ResourceId": arn, "TagsList": tags});
    cloud.ada("AddTags", add(many(50))).await.unwrap();
    cloud.ada("AddTags", add(many(50))).await.unwrap();
    let one_more = add(vec![json!({"Key": "more"})]);
    all(
        &cloud,
        "AddTags",
        vec![(one_more, "TagsLimitExceededException")],
    )
    .await;
    for operation in ["AddTags", "RemoveTags"] {
        let of = |id: &str| json!({"ResourceId": id, "TagsList": []});
        let cases = vec![
            (of("main"), "CloudTrailARNInvalidException"),
            (
                of(&super::arn(ADA, HOME, "nobodys")),
                "ResourceNotFoundException",
            ),
            (
                of(&super::arn(BOB, HOME, "main")),
                "ResourceNotFoundException",
            ),
        ];
        all(&cloud, operation, cases).await;
    }
}
