use super::*;

#[tokio::test]
async fn insights_are_replaced_and_switched_off() {
    let cloud = Cloud::new().await;
    let arn = cloud.create("main").await;
    let put = async |list: Value| {
        let body = json!({"TrailName": "main", "InsightSelectors": list});
        let said = cloud.ada("PutInsightSelectors", body).await.unwrap();
        assert_eq!(said, json!({"TrailARN": arn, "InsightSelectors": list}));
        cloud.shown(&arn, "HasInsightSelectors").await
    };
    let get = async || {
        cloud
            .ada("GetInsightSelectors", json!({"TrailName": "main"}))
            .await
    };
    let none = Err("InsightNotEnabledException".to_owned());
    assert_eq!(get().await, none);
    assert_eq!(
        put(json!([{"InsightType": "ApiCallRateInsight"}])).await,
        true
    );
    let data = json!([{"InsightType": "ApiErrorRateInsight", "EventCategories": ["Data"]}]);
    assert_eq!(put(data.clone()).await, true);
    assert_eq!(get().await.unwrap()["InsightSelectors"], data);
    assert_eq!(put(json!([])).await, false);
    assert_eq!(get().await, none);
    for wrong in [
        json!([{}]),
        json!([{"InsightType": "Strange"}]),
        json!([{"InsightType": "ApiCallRateInsight", "EventCategories": ["Network"]}]),
        json!([{"InsightType": "ApiCallRateInsight"}, {"InsightType": "ApiCallRateInsight"}]),
    ] {
        let body = json!({"TrailName": "main", "InsightSelectors": wrong});
        cloud
            .refuses(
                (ADA, HOME),
                "PutInsightSelectors",
                body,
                "InvalidInsightSelectorsException",
            )
            .await;
    }
}

#[tokio::test]
async fn event_configuration_is_of_one_trail() {
    let cloud = Cloud::new().await;
    let arn = cloud.create("main").await;
    let sums = json!([{"EventCategory": "Data", "Templates": ["API_ACTIVITY", "USER_ACTIONS"]}]);
    let put = async |list: Value| {
        let body = json!({"TrailName": "main", "AggregationConfigurations": list});
        cloud.ada("PutEventConfiguration", body).await
    };
    let both = json!({"TrailARN": arn, "AggregationConfigurations": sums});
    assert_eq!(put(sums.clone()).await, Ok(both.clone()));
    let get = async || {
        cloud
            .ada("GetEventConfiguration", json!({"TrailName": arn}))
            .await
    };
    assert_eq!(get().await, Ok(both));
    for wrong in [
        json!([sums[0], sums[0]]),
        json!([{"EventCategory": "Management", "Templates": ["API_ACTIVITY"]}]),
        json!([{"EventCategory": "Data", "Templates": []}]),
        json!([{"EventCategory": "Data", "Templates": ["OTHER"]}]),
    ] {
        assert_eq!(
            put(wrong).await,
            Err("InvalidParameterException".to_owned())
        );
    }
    assert_eq!(put(json!([])).await, Ok(json!({"TrailARN": arn})));
    let combination = "InvalidParameterCombinationException";
    for (operation, body, code) in [
        (
            "PutEventConfiguration",
            json!({"TrailName": "main", "MaxEventSize": "Large"}),
            combination,
        ),
        (
            "PutEventConfiguration",
            json!({"TrailName": "main", "EventDataStore": "x"}),
            combination,
        ),
        (
            "PutEventConfiguration",
            json!({}),
            "InvalidParameterException",
        ),
        (
            "GetEventConfiguration",
            json!({"EventDataStore": "x"}),
            "EventDataStoreNotFoundException",
        ),
        (
            "GetInsightSelectors",
            json!({}),
            "InvalidParameterException",
        ),
        (
            "PutInsightSelectors",
            json!({"TrailName": "main", "InsightsDestination": "x"}),
            combination,
        ),
    ] {
        cloud.refuses((ADA, HOME), operation, body, code).await;
    }
}
