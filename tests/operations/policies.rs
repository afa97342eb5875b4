//! What trails deliver to and with: buckets, topics, keys, roles and log groups, in both emulators.

use aws_sdk_s3::types::{BucketLocationConstraint, CreateBucketConfiguration};
use trailplane::{
    aws::{AwsError, FailureKind},
    domain::Region,
};

use super::{World, op};

/// Not as any emulator would write it: so that it is seen to be handed on as it is.
const POLICY: &str = r#"{"Version":"2012-10-17","Statement":[{"Sid":"a+b","Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"s3:PutObject","Resource":"arn:aws:s3:::logs-in-the-west/*"}]}"#;
const TRUST: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;
const WRITES: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["logs:PutLogEvents"],"Resource":"*"}]}"#;

#[track_caller]
fn missing<T: std::fmt::Debug>(answer: Result<T, AwsError>) {
    let error = answer.unwrap_err();
    assert_eq!(error.kind, FailureKind::NotFound, "{error:?}");
}

#[track_caller]
fn same(found: &str, put: &str) {
    let json = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
    assert_eq!(json(found), json(put));
}

/// Makes a bucket in the world's Region.
pub async fn bucket(world: &World, name: &str) {
    let place = CreateBucketConfiguration::builder()
        .location_constraint(BucketLocationConstraint::EuWest1)
        .build();
    let make = aws_sdk_s3::Client::new(&world.sdk).create_bucket();
    let make = make.bucket(name).create_bucket_configuration(place);
    make.send().await.unwrap();
}

async fn buckets(world: &World) {
    let (here, name): (&Region, _) = (&world.region, "logs-in-the-west");
    let elsewhere = "us-east-1".parse().unwrap();
    missing(op!(world.head_bucket(here, name)));
    missing(op!(world.get_bucket_policy(here, name)));
    bucket(world, name).await;
    assert_eq!(op!(world.head_bucket(&elsewhere, name)).unwrap(), *here);
    assert_eq!(op!(world.get_bucket_policy(here, name)).unwrap(), None);
    let put = aws_sdk_s3::Client::new(&world.sdk).put_bucket_policy();
    put.bucket(name).policy(POLICY).send().await.unwrap();
    let found = op!(world.get_bucket_policy(here, name)).unwrap();
    same(&found.unwrap(), POLICY);
}

async fn topics(world: &World) {
    let own = aws_sdk_sns::Client::new(&world.sdk);
    let arn = own.create_topic().name("trails").send().await.unwrap();
    let arn = arn.topic_arn.unwrap();
    let set = |name: &str, value: &str| {
        let set = own.set_topic_attributes().topic_arn(&arn);
        set.attribute_name(name).attribute_value(value).send()
    };
    set("Policy", POLICY).await.unwrap();
    set("KmsMasterKeyId", "alias/topics").await.unwrap();
    let found = op!(world.get_topic_attributes(&world.region, &arn)).unwrap();
    same(&found.policy.unwrap(), POLICY);
    assert_eq!(found.kms_key_id.as_deref(), Some("alias/topics"));
    let none = format!("{arn}-that-is-not");
    missing(op!(world.get_topic_attributes(&world.region, &none)));
}

async fn keys(world: &World) {
    let own = aws_sdk_kms::Client::new(&world.sdk);
    let made = own.create_key().send().await.unwrap();
    let made = made.key_metadata.unwrap();
    let id = made.key_id();
    let alias = own.create_alias().alias_name("alias/trails");
    alias.target_key_id(id).send().await.unwrap();
    let put = own.put_key_policy().key_id(id).policy_name("default");
    put.policy(POLICY).send().await.unwrap();
    let key = op!(world.describe_key(&world.region, "alias/trails")).unwrap();
    assert_eq!(Some(&*key.arn), made.arn.as_deref());
    assert!(key.enabled && key.symmetric && !key.by_aws);
    let policy = op!(world.get_key_policy(&world.region, &key.arn)).unwrap();
    same(&policy, POLICY);
    own.disable_key().key_id(id).send().await.unwrap();
    let key = op!(world.describe_key(&world.region, id)).unwrap();
    assert_eq!(
        (key.enabled, key.state.as_deref()),
        (false, Some("Disabled"))
    );
    let none = "alias/that-is-not";
    missing(op!(world.describe_key(&world.region, none)));
}

async fn roles(world: &World) {
    let own = aws_sdk_iam::Client::new(&world.sdk);
    missing(op!(world.get_role("TrailsToLogs")));
    let make = own.create_role().role_name("TrailsToLogs").path("/audit/");
    let make = make.assume_role_policy_document(TRUST);
    make.send().await.unwrap();
    let put = own.put_role_policy().role_name("TrailsToLogs");
    let put = put.policy_name("writes").policy_document(WRITES);
    put.send().await.unwrap();
    let managed = own.create_policy().policy_name("more");
    let managed = managed.policy_document(WRITES).send().await.unwrap();
    let arn = managed.policy.unwrap().arn.unwrap();
    let attach = own.attach_role_policy().role_name("TrailsToLogs");
    attach.policy_arn(&arn).send().await.unwrap();

    let role = op!(world.get_role("TrailsToLogs")).unwrap();
    assert!(role.arn.ends_with(":role/audit/TrailsToLogs"));
    same(&role.trust.unwrap(), TRUST);
    let inside = op!(world.list_role_policies("TrailsToLogs", None)).unwrap();
    assert_eq!(
        (inside.items, inside.token),
        (vec!["writes".to_owned()], None)
    );
    same(
        &op!(world.get_role_policy("TrailsToLogs", "writes")).unwrap(),
        WRITES,
    );
    let attached = op!(world.list_attached_role_policies("TrailsToLogs", None)).unwrap();
    assert_eq!(attached.items, [&*arn]);
    let version = op!(world.get_policy(&arn)).unwrap();
    same(
        &op!(world.get_policy_version(&arn, &version)).unwrap(),
        WRITES,
    );
    missing(op!(world.get_role_policy("TrailsToLogs", "that-is-not")));
}

async fn log_groups(world: &World) {
    let own = aws_sdk_cloudwatchlogs::Client::new(&world.sdk);
    for name in ["trails/main", "trails/other", "else"] {
        let make = own.create_log_group().log_group_name(name);
        make.send().await.unwrap();
    }
    let mut page = op!(world.describe_log_groups(&world.region, "trails/", None)).unwrap();
    page.items.sort_by(|a, b| a.name.cmp(&b.name));
    let names: Vec<&str> = page.items.iter().map(|group| &*group.name).collect();
    assert_eq!(
        (names, page.token),
        (vec!["trails/main", "trails/other"], None)
    );
    let arn = page.items[0].arn.trim_end_matches(":*");
    assert!(arn.ends_with(":log-group:trails/main"), "{arn}");
}

async fn everything(world: &World) {
    buckets(world).await;
    topics(world).await;
    keys(world).await;
    roles(world).await;
    log_groups(world).await;
}

#[tokio::test]
async fn policies_are_read_from_ministack() {
    everything(&World::ministack().await).await;
}

#[tokio::test]
async fn policies_are_read_from_moto() {
    everything(&World::moto().await).await;
}
