use super::*;

#[tokio::test]
async fn a_new_trail_has_what_was_asked_for_and_does_not_log() {
    let cloud = Cloud::new().await;
    let whole = json!({
        "Name": "whole", "S3BucketName": "logs", "S3KeyPrefix": "audit", "SnsTopicName": "told",
        "IsMultiRegionTrail": true, "EnableLogFileValidation": true,
        "CloudWatchLogsLogGroupArn": format!("arn:aws:logs:{HOME}:{ADA}:log-group:trails:*"),
        "CloudWatchLogsRoleArn": format!("arn:aws:iam::{ADA}:role/Logs"),
        "KmsKeyId": "11111111-2222-3333-4444-555555555555", "RecursiveLogging": true,
        "TagsList": [{"Key": "team", "Value": "audit"}, {"Key": "empty"}],
    });
    let made = cloud.ada("CreateTrail", whole.clone()).await.unwrap();
    let arn = arn(ADA, HOME, "whole");
    assert_eq!(made["TrailARN"], arn);
    for member in [
        "Name",
        "S3BucketName",
        "S3KeyPrefix",
        "SnsTopicName",
        "IsMultiRegionTrail",
        "CloudWatchLogsLogGroupArn",
        "CloudWatchLogsRoleArn",
        "RecursiveLogging",
    ] {
        assert_eq!(made[member], whole[member], "{member}");
    }
    assert_eq!(made["LogFileValidationEnabled"], true);
    assert_eq!(made["IsOrganizationTrail"], false);
    assert_eq!(
        made["SnsTopicARN"],
        format!("arn:aws:sns:{HOME}:{ADA}:told")
    );
    let key = format!("arn:aws:kms:{HOME}:{ADA}:key/11111111-2222-3333-4444-555555555555");
    assert_eq!(made["KmsKeyId"], key);
    assert_eq!(made["IncludeGlobalServiceEvents"], true);
    assert_eq!(made["HomeRegion"], Value::Null);
    let shown = cloud.ada("GetTrail", json!({"Name": arn})).await.unwrap();
    for (member, value) in made.as_object().unwrap() {
        assert_eq!(shown["Trail"][member], *value, "{member}");
    }
    assert_eq!(shown["Trail"]["HomeRegion"], HOME);
    let status = cloud.ada("GetTrailStatus", json!({"Name": "whole"})).await;
    assert_eq!(status, Ok(json!({"IsLogging": false})));
    let tags = cloud
        .ada("ListTags", json!({"ResourceIdList": [arn]}))
        .await;
    let tags = tags.unwrap()["ResourceTagList"][0]["TagsList"].clone();
    assert_eq!(
        tags,
        json!([{"Key": "empty", "Value": ""}, {"Key": "team", "Value": "audit"}])
    );
}

#[tokio::test]
async fn logging_starts_and_stops_and_remembers_when() {
    let hand = ManualClock::at(Timestamp::from_seconds(1_800_000_000));
    let cloud = Cloud(sandbox_at(scenario(), Clock::manual(&hand)).await);
    let arn = cloud.create("main").await;
    let log = async |operation: &str| {
        let said = cloud.ada(operation, json!({"Name": "main"})).await;
        assert_eq!(said, Ok(json!({})));
        let trail = cloud.0.trail(&arn).unwrap();
        (trail.logging, trail.started, trail.stopped)
    };
    assert_eq!(log("StopLogging").await, (false, None, None));
    let first = Some(1_800_000_000);
    assert_eq!(log("StartLogging").await, (true, first, None));
    hand.advance(Duration::from_secs(400));
    assert_eq!(log("StartLogging").await, (true, first, None));
    let status = cloud
        .ada("GetTrailStatus", json!({"Name": "main"}))
        .await
        .unwrap();
    assert_eq!(status["LatestDeliveryTime"], 1_800_000_300);
    let second = Some(1_800_000_400);
    assert_eq!(log("StopLogging").await, (false, first, second));
    hand.advance(Duration::from_secs(1));
    assert_eq!(log("StopLogging").await, (false, first, second));
    assert_eq!(
        log("StartLogging").await,
        (true, Some(1_800_000_401), second)
    );
}

#[tokio::test]
async fn what_an_update_does_not_say_stays_and_empty_texts_take_away() {
    let cloud = Cloud::new().await;
    let arn = cloud.create("main").await;
    let update = async |mut body: Value| {
        body["Name"] = "main".into();
        cloud.ada("UpdateTrail", body).await.unwrap();
        cloud.0.trail(&arn).unwrap()
    };
    let full = update(json!({
        "S3KeyPrefix": "audit", "SnsTopicName": "arn:aws:sns:us-west-2:999999999999:told",
        "CloudWatchLogsLogGroupArn": format!("arn:aws:logs:{HOME}:{ADA}:log-group:trails:*"),
        "CloudWatchLogsRoleArn": format!("arn:aws:iam::{ADA}:role/Logs"),
        "KmsKeyId": "alias/trails", "EnableLogFileValidation": true,
    }))
    .await;
    assert_eq!(update(json!({})).await, full);
    assert_eq!(
        full.topic_arn.as_deref(),
        Some("arn:aws:sns:us-west-2:999999999999:told")
    );
    assert!(full.kms_key_arn.as_ref().unwrap().contains(":key/"));
    let moved =
        update(json!({"S3BucketName": "elsewhere", "EnableLogFileValidation": false})).await;
    assert_eq!(
        (moved.bucket.as_str(), moved.log_file_validation),
        ("elsewhere", false)
    );
    assert_eq!(moved.prefix, full.prefix);
    let bare = update(json!({
        "S3KeyPrefix": "", "SnsTopicName": "", "CloudWatchLogsLogGroupArn": "",
        "CloudWatchLogsRoleArn": "", "KmsKeyId": "",
    }))
    .await;
    let gone = [
        bare.prefix,
        bare.topic_arn,
        bare.log_group_arn,
        bare.log_role_arn,
        bare.kms_key_arn,
    ];
    assert_eq!(gone, [const { None }; 5]);
    assert_eq!(bare.bucket, "elsewhere");
}

#[tokio::test]
async fn global_services_follow_all_regions() {
    let cloud = Cloud::new().await;
    let arn = cloud.create("main").await;
    let update = async |body: Value| {
        cloud.ada("UpdateTrail", body).await.unwrap();
        let trail = cloud.0.trail(&arn).unwrap();
        (trail.multi_region, trail.global_service_events)
    };
    let set = |multi: bool| json!({"Name": "main", "IsMultiRegionTrail": multi});
    let without = json!({"Name": "main", "IncludeGlobalServiceEvents": false});
    assert!(cloud.0.trail(&arn).unwrap().global_service_events);
    assert_eq!(update(without.clone()).await, (false, false));
    assert_eq!(update(set(true)).await, (true, true));
    let code = "InvalidParameterCombinationException";
    cloud
        .refuses((ADA, HOME), "UpdateTrail", without, code)
        .await;
    assert_eq!(update(set(false)).await, (false, false));
    let mut with = set(true);
    with["IncludeGlobalServiceEvents"] = false.into();
    cloud.refuses((ADA, HOME), "UpdateTrail", with, code).await;
}

#[tokio::test]
async fn a_trail_shows_in_other_regions_by_its_arn_and_changes_only_at_home() {
    let cloud = Cloud::new().await;
    let arn = cloud.create("main").await;
    let names = async |region: &str, body: Value| {
        let said = cloud
            .call((ADA, region), "DescribeTrails", body)
            .await
            .unwrap();
        said["trailList"].as_array().unwrap().len()
    };
    assert_eq!(names(AWAY, json!({})).await, 0);
    assert_eq!(names(AWAY, json!({"trailNameList": [arn]})).await, 1);
    let not_there = Err("TrailNotFoundException".to_owned());
    let stop = json!({"Name": "main"});
    assert_eq!(
        cloud.call((ADA, AWAY), "StopLogging", stop.clone()).await,
        not_there
    );
    cloud
        .ada(
            "UpdateTrail",
            json!({"Name": "main", "IsMultiRegionTrail": true}),
        )
        .await
        .unwrap();
    assert_eq!(names(AWAY, json!({})).await, 1);
    assert_eq!(names(AWAY, json!({"includeShadowTrails": false})).await, 0);
    assert_eq!(
        cloud.call((ADA, AWAY), "GetTrailStatus", stop).await,
        not_there
    );
    for name in ["main", &arn] {
        for (operation, key) in [
            ("UpdateTrail", "Name"),
            ("DeleteTrail", "Name"),
            ("StartLogging", "Name"),
            ("StopLogging", "Name"),
            ("PutEventSelectors", "TrailName"),
            ("PutInsightSelectors", "TrailName"),
            ("PutEventConfiguration", "TrailName"),
        ] {
            let body = json!({key: name});
            cloud
                .refuses((ADA, AWAY), operation, body, "InvalidHomeRegionException")
                .await;
        }
    }
    for operation in ["AddTags", "RemoveTags"] {
        let body = json!({"ResourceId": arn, "TagsList": [{"Key": "a"}]});
        cloud
            .refuses((ADA, AWAY), operation, body, "InvalidHomeRegionException")
            .await;
    }
    cloud
        .ada(
            "UpdateTrail",
            json!({"Name": "main", "IsMultiRegionTrail": false}),
        )
        .await
        .unwrap();
    assert_eq!(names(AWAY, json!({})).await, 0);
}

#[tokio::test]
async fn a_trail_that_is_made_again_is_another_one() {
    let cloud = Cloud::new().await;
    let arn = cloud.create("main").await;
    let tag = json!({"ResourceId": arn, "TagsList": [{"Key": "a", "Value": "b"}]});
    cloud.ada("AddTags", tag).await.unwrap();
    cloud
        .ada("StartLogging", json!({"Name": arn}))
        .await
        .unwrap();
    assert_eq!(
        cloud.ada("DeleteTrail", json!({"Name": arn})).await,
        Ok(json!({}))
    );
    assert_eq!(cloud.0.trail(&arn), None);
    for operation in ["GetTrail", "DeleteTrail", "StartLogging"] {
        let said = cloud.ada(operation, json!({"Name": arn})).await;
        assert_eq!(said, Err("TrailNotFoundException".to_owned()));
    }
    cloud.create("main").await;
    let again = cloud.0.trail(&arn).unwrap();
    assert_eq!(
        (again.generation, again.logging, again.tags.len()),
        (2, false, 0)
    );
}

#[tokio::test]
async fn tags_are_added_replaced_and_removed() {
    let cloud = Cloud::new().await;
    let arn = cloud.create("main").await;
    let change = async |operation: &str, tags: Value| {
        let body = json!({"ResourceId": arn, "TagsList": tags});
        assert_eq!(cloud.ada(operation, body).await, Ok(json!({})));
        cloud
            .0
            .trail(&arn)
            .unwrap()
            .tags
            .into_iter()
            .collect::<Vec<_>>()
    };
    let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
    let two = json!([{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]);
    assert_eq!(
        change("AddTags", two).await,
        [pair("a", "1"), pair("b", "2")]
    );
    let one = json!([{"Key": "a", "Value": "3"}]);
    assert_eq!(
        change("AddTags", one).await,
        [pair("a", "3"), pair("b", "2")]
    );
    let keys = json!([{"Key": "a", "Value": "other"}, {"Key": "c"}]);
    assert_eq!(change("RemoveTags", keys).await, [pair("b", "2")]);
}
