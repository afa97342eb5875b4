use super::*;

#[tokio::test]
async fn one_kind_of_selectors_takes_the_place_of_the_other() {
    let cloud = Cloud::new().await;
    let arn = cloud.create("main").await;
    let get = async || {
        cloud
            .ada("GetEventSelectors", json!({"TrailName": "main"}))
            .await
            .unwrap()
    };
    let all = json!({"ReadWriteType": "All", "IncludeManagementEvents": true,
        "DataResources": [], "ExcludeManagementEventSources": []});
    let default = json!({"TrailARN": arn, "EventSelectors": [all]});
    assert_eq!(get().await, default);
    let put = async |kind: &str, list: Value| {
        let body = json!({"TrailName": "main", kind: list});
        let said = cloud.ada("PutEventSelectors", body).await.unwrap();
        assert_eq!(said, get().await);
        (said, cloud.shown(&arn, "HasCustomEventSelectors").await)
    };
    let (said, custom) = put("EventSelectors", json!([{}])).await;
    assert_eq!((said, custom), (default, json!(false)));
    let data = json!([{"ReadWriteType": "WriteOnly", "IncludeManagementEvents": false,
        "DataResources": [{"Type": "AWS::S3::Object", "Values": ["arn:aws:s3:::logs/"]}],
        "ExcludeManagementEventSources": ["kms.amazonaws.com"]}]);
    let (said, custom) = put("EventSelectors", data.clone()).await;
    assert_eq!((&said["EventSelectors"], custom), (&data, json!(true)));
    let advanced = json!([{"Name": "all of it", "FieldSelectors": [{"Field": "eventCategory", "Equals": ["Management"]}]}]);
    let (said, custom) = put("AdvancedEventSelectors", advanced.clone()).await;
    assert_eq!(
        said,
        json!({"TrailARN": arn, "AdvancedEventSelectors": advanced})
    );
    assert_eq!(custom, true);
    assert_eq!(
        cloud.0.trail(&arn).unwrap().event_selectors,
        Vec::<Value>::new()
    );
    let (said, _) = put("EventSelectors", data.clone()).await;
    assert_eq!(said, json!({"TrailARN": arn, "EventSelectors": data}));
}

async fn refuses(cloud: &Cloud, kind: &str, cases: Vec<Value>) {
    for list in cases {
        let body = json!({"TrailName": "main", kind: list});
        cloud
            .refuses(
                (ADA, HOME),
                "PutEventSelectors",
                body,
                "InvalidEventSelectorsException",
            )
            .await;
    }
}

/// So many objects of a bucket.
fn objects(count: usize) -> Value {
    let values: Vec<String> = (0..count)
        .map(|n| format!("arn:aws:s3:::logs/{n}"))
        .collect();
    json!({"DataResources": [{"Type": "AWS::S3::Object", "Values": values}]})
}

#[tokio::test]
async fn basic_selectors_that_cannot_be_are_refused() {
    let cloud = Cloud::new().await;
    cloud.create("main").await;
    let resource =
        |kind: &str, value: &str| json!([{"DataResources": [{"Type": kind, "Values": [value]}]}]);
    let cases = vec![
        json!([]),
        json!([{}, {}, {}, {}, {}, {}]),
        json!([{"ReadWriteType": "Some"}]),
        json!([{"ExcludeManagementEventSources": ["s3.amazonaws.com"]}]),
        resource("AWS::SQS::Queue", "arn:aws:sqs:us-east-1:1:q"),
        resource("AWS::S3::Object", "arn:aws:lambda"),
        resource("AWS::S3::Object", "logs/"),
        json!([objects(251)]),
        json!([objects(150), objects(101)]),
    ];
    refuses(&cloud, "EventSelectors", cases).await;
    let put = async |list: Value| {
        let body = json!({"TrailName": "main", "EventSelectors": list});
        cloud.ada("PutEventSelectors", body).await.unwrap()
    };
    put(json!([{}, {}, {}, {}, {}])).await;
    let every = json!({"DataResources": [
        {"Type": "AWS::S3::Object", "Values": ["arn:aws:s3"]},
        {"Type": "AWS::Lambda::Function", "Values": ["arn:aws:lambda"]},
        {"Type": "AWS::DynamoDB::Table", "Values": ["arn:aws:dynamodb"]},
    ]});
    put(json!([objects(150), objects(100), every])).await;
    let one = json!([{"FieldSelectors": [{"Field": "eventCategory", "Equals": ["Management"]}]}]);
    let both = json!({"TrailName": "main", "EventSelectors": [{}], "AdvancedEventSelectors": one});
    for body in [both, json!({"TrailName": "main"})] {
        cloud
            .refuses(
                (ADA, HOME),
                "PutEventSelectors",
                body,
                "InvalidEventSelectorsException",
            )
            .await;
    }
}

/// A selector of this category with these fields besides.
fn advanced(category: &str, fields: &[Value]) -> Value {
    let mut all = vec![json!({"Field": "eventCategory", "Equals": [category]})];
    all.extend(fields.iter().cloned());
    json!([{"FieldSelectors": all}])
}

fn equals(field: &str, values: &[&str]) -> Value {
    json!({"Field": field, "Equals": values})
}

#[tokio::test]
async fn advanced_selectors_that_cannot_be_are_refused() {
    let cloud = Cloud::new().await;
    cloud.create("main").await;
    let object = || equals("resources.type", &["AWS::S3::Object"]);
    let kms = || equals("eventSource", &["kms.amazonaws.com"]);
    let names = |count: usize| (0..count).map(|n| format!("Name{n}")).collect::<Vec<_>>();
    let cases = vec![
        json!([]),
        json!([{"FieldSelectors": []}]),
        json!([{"FieldSelectors": [equals("readOnly", &["true"])]}]),
        advanced("Insight", &[]),
        json!([{"FieldSelectors": [equals("eventCategory", &["Management", "Data"])]}]),
        json!([{"FieldSelectors": [{"Field": "eventCategory", "StartsWith": ["Data"]}]}]),
        json!([{"Name": "n".repeat(1_001), "FieldSelectors": [equals("eventCategory", &["Management"])]}]),
        advanced("Management", &[equals("readOnly", &["maybe"])]),
        advanced("Management", &[equals("readOnly", &["true", "false"])]),
        advanced("Management", &[kms()]),
        advanced(
            "Management",
            &[json!({"Field": "eventSource", "NotEquals": ["s3.amazonaws.com"]})],
        ),
        advanced("Management", &[equals("eventName", &["GetObject"])]),
        advanced("Data", &[]),
        advanced(
            "Data",
            &[equals(
                "resources.type",
                &["AWS::S3::Object", "AWS::SQS::Queue"],
            )],
        ),
        advanced("Data", &[object(), object()]),
        advanced(
            "Data",
            &[object(), equals("errorCode", &["VpceAccessDenied"])],
        ),
        advanced("Data", &[object(), json!({"Field": "eventName"})]),
        advanced(
            "Data",
            &[object(), json!({"Field": "eventName", "Equals": []})],
        ),
        advanced("Data", &[object(), equals("eventName", &[""])]),
        advanced(
            "Data",
            &[object(), equals("eventName", &["x".repeat(2_049).as_str()])],
        ),
        advanced(
            "Data",
            &[
                object(),
                json!({"Field": "sessionCredentialFromConsole", "StartsWith": ["t"]}),
            ],
        ),
        advanced(
            "Data",
            &[
                object(),
                json!({"Field": "eventName", "Equals": names(499)}),
            ],
        ),
        advanced("NetworkActivity", &[]),
        advanced(
            "NetworkActivity",
            &[kms(), equals("errorCode", &["AccessDenied"])],
        ),
        advanced("NetworkActivity", &[equals("eventSource", &["a", "b"])]),
    ];
    refuses(&cloud, "AdvancedEventSelectors", cases).await;
    for fine in [
        advanced(
            "Management",
            &[
                equals("readOnly", &["false"]),
                json!({"Field": "eventSource", "NotEquals": ["kms.amazonaws.com", "rdsdata.amazonaws.com"]}),
            ],
        ),
        advanced(
            "Data",
            &[
                object(),
                json!({"Field": "eventName", "Equals": names(498)}),
            ],
        ),
        advanced(
            "Data",
            &[
                object(),
                json!({"Field": "resources.ARN", "StartsWith": ["arn:aws:s3:::a"], "NotEndsWith": ["x"]}),
            ],
        ),
        advanced(
            "NetworkActivity",
            &[
                kms(),
                equals("errorCode", &["VpceAccessDenied"]),
                equals("vpcEndpointId", &["vpce-1"]),
            ],
        ),
    ] {
        let body = json!({"TrailName": "main", "AdvancedEventSelectors": fine});
        let said = cloud.ada("PutEventSelectors", body).await.unwrap();
        assert_eq!(said["AdvancedEventSelectors"], fine);
    }
}
