use super::*;

#[tokio::test]
async fn until_the_delay_has_passed_reads_show_what_was_before() {
    let mut scenario = scenario();
    scenario.consistency.trails_ms = 3_600_000;
    scenario.trails = vec![Trail::new(
        "old",
        ADA.parse().unwrap(),
        HOME.parse().unwrap(),
    )];
    let cloud = Cloud::of(scenario).await;
    let arn = cloud.create("main").await;
    let missing = Err("TrailNotFoundException".to_owned());
    assert_eq!(cloud.ada("GetTrail", json!({"Name": arn})).await, missing);
    let listed = cloud.ada("ListTrails", json!({})).await.unwrap();
    assert_eq!(listed["Trails"].as_array().unwrap().len(), 1);
    let again = json!({"Name": "main", "S3BucketName": "logs"});
    let exists = Err("TrailAlreadyExistsException".to_owned());
    assert_eq!(cloud.ada("CreateTrail", again).await, exists);
    cloud
        .ada("StartLogging", json!({"Name": arn}))
        .await
        .unwrap();
    assert!(cloud.0.trail(&arn).unwrap().logging);
    cloud
        .ada("DeleteTrail", json!({"Name": "old"}))
        .await
        .unwrap();
    assert!(cloud.ada("GetTrail", json!({"Name": "old"})).await.is_ok());
    let gone = cloud.ada("DeleteTrail", json!({"Name": "old"})).await;
    assert_eq!(gone, missing);
}

#[tokio::test]
async fn once_the_delay_has_passed_reads_show_the_write() {
    let mut scenario = scenario();
    scenario.consistency.trails_ms = 50;
    let cloud = Cloud::of(scenario).await;
    let arn = cloud.create("main").await;
    let seen = tokio::time::timeout(Duration::from_secs(20), async {
        while cloud.ada("GetTrail", json!({"Name": arn})).await.is_err() {}
    });
    seen.await.expect("the trail shows in the end");
}

#[tokio::test]
async fn what_is_kept_can_be_read_over_http() {
    let cloud = Cloud::new().await;
    let arn = cloud.create("main").await;
    cloud.create("other").await;
    let path = format!("/_sandbox/trails?arn={arn}");
    let (status, body) = super::super::honesty::get(&cloud.0, &path).await;
    let told: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(status, 200);
    assert_eq!(told, serde_json::to_value([cloud.0.trail(&arn)]).unwrap());
    assert_eq!(
        super::super::honesty::get(&cloud.0, "/_sandbox/trails?arm=x")
            .await
            .0,
        400
    );
}
