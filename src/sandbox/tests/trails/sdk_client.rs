use aws_sdk_cloudtrail::{Client, types};

use super::*;

#[tokio::test]
async fn the_sdk_understands_every_answer() {
    let cloud = Cloud::new().await;
    let client = Client::new(&member_sdk(&cloud.0, ADA, HOME).await);
    let tag = |key: &str| types::Tag::builder().key(key).value("1").build().unwrap();
    let made = client
        .create_trail()
        .name("main")
        .s3_bucket_name("logs")
        .is_multi_region_trail(true)
        .tags_list(tag("a"));
    let made = made.send().await.unwrap();
    let arn = made.trail_arn().unwrap();
    client.start_logging().name(arn).send().await.unwrap();
    let updated = client.update_trail().name(arn).s3_key_prefix("audit");
    let updated = updated.send().await.unwrap();
    assert_eq!(updated.s3_key_prefix(), Some("audit"));
    let condition = types::AdvancedFieldSelector::builder()
        .field("eventCategory")
        .equals("Management")
        .build()
        .unwrap();
    let selector = types::AdvancedEventSelector::builder()
        .name("management")
        .field_selectors(condition)
        .build()
        .unwrap();
    let put = client
        .put_event_selectors()
        .trail_name(arn)
        .advanced_event_selectors(selector.clone());
    let put = put.send().await.unwrap();
    assert_eq!(put.advanced_event_selectors(), [selector]);
    let insight = types::InsightSelector::builder()
        .insight_type(types::InsightType::ApiCallRateInsight)
        .event_categories(types::SourceEventCategory::Data)
        .build();
    let put = client
        .put_insight_selectors()
        .trail_name(arn)
        .insight_selectors(insight.clone());
    assert_eq!(put.send().await.unwrap().insight_selectors(), [insight]);
    let configuration = client.put_event_configuration().trail_name(arn);
    assert_eq!(configuration.send().await.unwrap().trail_arn(), Some(arn));
    client
        .add_tags()
        .resource_id(arn)
        .tags_list(tag("b"))
        .send()
        .await
        .unwrap();
    client
        .remove_tags()
        .resource_id(arn)
        .tags_list(tag("a"))
        .send()
        .await
        .unwrap();
    let trail = cloud.0.trail(arn).unwrap();
    assert_eq!(trail.tags.keys().collect::<Vec<_>>(), ["b"]);
    assert!(trail.logging);
    client.stop_logging().name("main").send().await.unwrap();
    let missing = client
        .delete_trail()
        .name("other")
        .send()
        .await
        .unwrap_err();
    assert_eq!(code(&missing), "TrailNotFoundException");
    client.delete_trail().name("main").send().await.unwrap();
    assert_eq!(cloud.0.trails(), []);
}
