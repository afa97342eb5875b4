use super::*;

/// What the management account asks for.
fn wanted() -> Value {
    json!({"Name": "all", "S3BucketName": "logs", "IsMultiRegionTrail": true, "IsOrganizationTrail": true})
}

/// Every write on the trail.
fn writes(arn: &str) -> Vec<(&'static str, Value)> {
    let tags = json!({"ResourceId": arn, "TagsList": [{"Key": "a", "Value": "b"}]});
    let selectors = json!({"TrailName": arn, "EventSelectors": [{"ReadWriteType": "WriteOnly"}]});
    let insights =
        json!({"TrailName": arn, "InsightSelectors": [{"InsightType": "ApiErrorRateInsight"}]});
    vec![
        ("UpdateTrail", json!({"Name": arn, "S3KeyPrefix": "x"})),
        ("StartLogging", json!({"Name": arn})),
        ("StopLogging", json!({"Name": arn})),
        ("PutEventSelectors", selectors),
        ("PutInsightSelectors", insights),
        ("PutEventConfiguration", json!({"TrailName": arn})),
        ("AddTags", tags.clone()),
        ("RemoveTags", tags),
        ("DeleteTrail", json!({"Name": arn})),
    ]
}

#[tokio::test]
async fn members_see_the_organizations_trail_and_cannot_change_it() {
    let cloud = Cloud::new().await;
    cloud
        .call((MANAGEMENT, HOME), "CreateTrail", wanted())
        .await
        .unwrap();
    let arn = arn(MANAGEMENT, HOME, "all");
    for region in [HOME, AWAY] {
        let shown = cloud
            .call((ADA, region), "DescribeTrails", json!({}))
            .await
            .unwrap();
        assert_eq!(shown["trailList"][0]["TrailARN"], arn);
        let own = json!({"includeShadowTrails": false});
        let shown = cloud
            .call((ADA, region), "DescribeTrails", own)
            .await
            .unwrap();
        assert_eq!(shown["trailList"], json!([]));
        let status = cloud
            .call((ADA, region), "GetTrailStatus", json!({"Name": arn}))
            .await;
        assert_eq!(status, Ok(json!({"IsLogging": false})));
    }
    let not_mine = "NotOrganizationMasterAccountException";
    for (operation, body) in writes(&arn) {
        cloud
            .refuses((ADA, HOME), operation, body.clone(), not_mine)
            .await;
        cloud.refuses((ADA, AWAY), operation, body, not_mine).await;
    }
    let by_name = json!({"Name": "all"});
    cloud
        .refuses(
            (ADA, HOME),
            "StopLogging",
            by_name,
            "TrailNotFoundException",
        )
        .await;
    cloud
        .refuses((ADA, HOME), "CreateTrail", wanted(), not_mine)
        .await;
    for (operation, body) in writes(&arn) {
        cloud
            .call((MANAGEMENT, HOME), operation, body)
            .await
            .unwrap();
    }
    assert_eq!(cloud.0.trails(), []);
}

#[tokio::test]
async fn a_delegated_administrator_changes_what_the_management_account_owns() {
    let cloud = Cloud::new().await;
    let ada = ADA.parse().unwrap();
    cloud.0.change_organization(|facts| {
        facts
            .delegated
            .insert(ada, [(CLOUDTRAIL.to_owned(), 1)].into());
    });
    let made = cloud.ada("CreateTrail", wanted()).await.unwrap();
    let arn = arn(MANAGEMENT, HOME, "all");
    assert_eq!(made["TrailARN"], arn);
    assert_eq!(cloud.0.trail(&arn).unwrap().account, MANAGEMENT);
    let convert = json!({"Name": arn, "IsOrganizationTrail": false});
    let not_mine = "NotOrganizationMasterAccountException";
    cloud
        .refuses((ADA, HOME), "UpdateTrail", convert, not_mine)
        .await;
    // The log group must be the caller's own.
    let logs = |account: &str| {
        json!({"Name": arn,
            "CloudWatchLogsLogGroupArn": format!("arn:aws:logs:{HOME}:{account}:log-group:trails:*"),
            "CloudWatchLogsRoleArn": format!("arn:aws:iam::{account}:role/Logs")})
    };
    let code = "InvalidCloudWatchLogsLogGroupArnException";
    cloud
        .refuses((ADA, HOME), "UpdateTrail", logs(MANAGEMENT), code)
        .await;
    cloud.ada("UpdateTrail", logs(ADA)).await.unwrap();
    let listed = cloud
        .ada("ListTags", json!({"ResourceIdList": [arn]}))
        .await;
    assert!(listed.is_ok(), "{listed:?}");
    cloud
        .refuses(
            (ADA, AWAY),
            "StartLogging",
            json!({"Name": arn}),
            "InvalidHomeRegionException",
        )
        .await;
    for (operation, body) in writes(&arn) {
        cloud.ada(operation, body).await.unwrap();
    }
    assert_eq!(cloud.0.trails(), []);
}

#[tokio::test]
async fn an_organizations_trail_needs_an_organization_that_is_ready() {
    let cloud = Cloud::new().await;
    let refused = async |code: &str| {
        cloud
            .refuses((MANAGEMENT, HOME), "CreateTrail", wanted(), code)
            .await;
    };
    cloud.0.change_organization(|facts| {
        facts.service_linked_role = false;
        facts.trusted_services.clear();
        facts.features = FeatureSet::ConsolidatedBilling;
    });
    refused("OrganizationNotInAllFeaturesModeException").await;
    cloud
        .0
        .change_organization(|facts| facts.features = FeatureSet::All);
    refused("CloudTrailAccessNotEnabledException").await;
    cloud
        .0
        .change_organization(|facts| facts.trusted_services.insert(CLOUDTRAIL.to_owned(), 1));
    refused("NoManagementAccountSLRExistsException").await;
    cloud
        .0
        .change_organization(|facts| facts.service_linked_role = true);
    cloud
        .call((MANAGEMENT, HOME), "CreateTrail", wanted())
        .await
        .unwrap();
}

#[tokio::test]
async fn the_management_account_converts_trails() {
    let cloud = Cloud::new().await;
    let mut own = wanted();
    own["IsOrganizationTrail"] = false.into();
    cloud
        .call((MANAGEMENT, HOME), "CreateTrail", own)
        .await
        .unwrap();
    let seen = async || {
        let shown = cloud
            .call((BOB, AWAY), "ListTrails", json!({}))
            .await
            .unwrap();
        shown["Trails"].as_array().unwrap().len()
    };
    let convert = async |to: bool| {
        let body = json!({"Name": "all", "IsOrganizationTrail": to});
        cloud.call((MANAGEMENT, HOME), "UpdateTrail", body).await
    };
    assert_eq!(seen().await, 0);
    cloud
        .0
        .change_organization(|facts| facts.trusted_services.clear());
    assert_eq!(
        convert(true).await,
        Err("CloudTrailAccessNotEnabledException".to_owned())
    );
    cloud
        .0
        .change_organization(|facts| facts.trusted_services.insert(CLOUDTRAIL.to_owned(), 1));
    convert(true).await.unwrap();
    assert_eq!(seen().await, 1);
    convert(false).await.unwrap();
    assert_eq!(seen().await, 0);
    cloud.create("mine").await;
    let mine = json!({"Name": "mine", "IsOrganizationTrail": true});
    cloud
        .refuses(
            (ADA, HOME),
            "UpdateTrail",
            mine,
            "NotOrganizationMasterAccountException",
        )
        .await;
}

#[tokio::test]
async fn without_an_organization_or_the_right_to_ask_it_there_is_no_trail_of_it() {
    let mut alone = scenario();
    alone.organization.in_use = false;
    let denied = Fault::new(Effect::Denied).on("ListAccounts");
    for (scenario, code) in [
        (alone, "OrganizationsNotInUseException"),
        (
            scenario().with_fault(denied),
            "InsufficientDependencyServiceAccessPermissionException",
        ),
    ] {
        let cloud = Cloud::of(scenario).await;
        cloud
            .refuses((MANAGEMENT, HOME), "CreateTrail", wanted(), code)
            .await;
    }
}
