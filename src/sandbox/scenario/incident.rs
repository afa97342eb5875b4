//! The incident that somebody should find, and single events written out. All names are invented, the addresses
//! are from the blocks that RFC 5737 keeps for documentation.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Moment, text};
use crate::domain::{AccountId, Region};

/// An intruder's afternoon: a leaked key, a look around, a trail stopped, a bucket deleted, a key left behind.
/// It begins `started_seconds_ago` before the sandbox starts and takes half an hour.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Incident {
    /// The account it happens in.
    #[serde(with = "text")]
    pub account: AccountId,
    /// The Region of the trail and the bucket.
    #[serde(with = "text")]
    pub region: Region,
    /// When it began, in seconds before the sandbox's start; at least 1,800, or its end is still to come.
    pub started_seconds_ago: u32,
}

impl Incident {
    /// The intruder's access key.
    pub const ACCESS_KEY_ID: &'static str = "AKIAINTRUDEREXAMPLE0";
    /// The user whose key it was.
    pub const USER: &'static str = "legacy-deploy";
    /// The address that every call came from.
    pub const SOURCE_IP: &'static str = "203.0.113.66";
    /// The trail that was stopped.
    pub const TRAIL: &'static str = "payments-audit";
    /// The bucket that was deleted.
    pub const BUCKET: &'static str = "payments-ledger-archive";
    /// The key that was made, to come back with.
    pub const NEW_ACCESS_KEY_ID: &'static str = "AKIACOMEBACKEXAMPLE0";
    /// How many calls were refused in the burst of each Region.
    pub const DENIED_PER_REGION: u32 = 12;

    /// The events, for an organization with these Regions and this global one.
    pub fn events(&self, regions: &[Region], global: &Region) -> Vec<PlantedEvent> {
        let mut events = self.console_events(global);
        events.extend(self.denied_events(regions));
        events.extend(self.damage(global));
        events
    }

    fn console_events(&self, global: &Region) -> Vec<PlantedEvent> {
        let mut login = self.event(0, global, "signin.amazonaws.com", "ConsoleLogin", false);
        login.response = Some(json!({"ConsoleLogin": "Success"}));
        login.additional = Some(
            json!({"LoginTo": "https://console.aws.amazon.com/console/home", "MobileVersion": "No", "MFAUsed": "No"}),
        );
        login.access_key_id = None;
        let mut who = self.event(95, global, "sts.amazonaws.com", "GetCallerIdentity", true);
        who.user_agent = Some("aws-cli/2.15.30 Python/3.11.8 Linux/6.1 exe/x86_64".to_owned());
        let buckets = self.event(130, &self.region, "s3.amazonaws.com", "ListBuckets", true);
        vec![login, who, buckets]
    }

    fn denied_events(&self, regions: &[Region]) -> Vec<PlantedEvent> {
        const TRIED: [(&str, &str, &str); 6] = [
            (
                "ec2.amazonaws.com",
                "DescribeInstances",
                "Client.UnauthorizedOperation",
            ),
            (
                "secretsmanager.amazonaws.com",
                "ListSecrets",
                "AccessDenied",
            ),
            ("kms.amazonaws.com", "ListKeys", "AccessDenied"),
            ("rds.amazonaws.com", "DescribeDBInstances", "AccessDenied"),
            (
                "lambda.amazonaws.com",
                "ListFunctions20150331",
                "AccessDenied",
            ),
            ("ssm.amazonaws.com", "DescribeParameters", "AccessDenied"),
        ];
        let mut events = Vec::new();
        for (place, region) in (0u32..).zip(regions) {
            for (turn, (source, name, code)) in
                (0..Self::DENIED_PER_REGION).zip(TRIED.iter().cycle())
            {
                // Three calls a second: several of one second, as a script makes them.
                let at = 240 + place * 20 + turn / 3;
                let mut event = self.event(at, region, source, name, true);
                event.error_code = Some((*code).to_owned());
                event.error_message = Some(format!(
                    "User: arn:aws:iam::{}:user/{} is not authorized to perform this action",
                    self.account,
                    Self::USER
                ));
                events.push(event);
            }
        }
        events
    }

    fn damage(&self, global: &Region) -> Vec<PlantedEvent> {
        let mut key = self.event(600, global, "iam.amazonaws.com", "CreateAccessKey", false);
        key.request = Some(json!({"userName": "backup-operator"}));
        key.response = Some(
            json!({"accessKey": {"userName": "backup-operator", "accessKeyId": Self::NEW_ACCESS_KEY_ID, "status": "Active"}}),
        );
        key.resource_type = Some("AWS::IAM::AccessKey".to_owned());
        key.resource_name = Some(Self::NEW_ACCESS_KEY_ID.to_owned());

        let trail = format!(
            "arn:aws:cloudtrail:{}:{}:trail/{}",
            self.region,
            self.account,
            Self::TRAIL
        );
        let mut stop = self.event(
            780,
            &self.region,
            "cloudtrail.amazonaws.com",
            "StopLogging",
            false,
        );
        stop.request = Some(json!({"name": trail}));
        stop.resource_type = Some("AWS::CloudTrail::Trail".to_owned());
        stop.resource_name = Some(trail);

        let mut full = self.bucket_event(900);
        full.error_code = Some("BucketNotEmpty".to_owned());
        full.error_message = Some("The bucket you tried to delete is not empty".to_owned());
        vec![key, stop, full, self.bucket_event(1_500)]
    }

    fn bucket_event(&self, after: u32) -> PlantedEvent {
        let mut event = self.event(
            after,
            &self.region,
            "s3.amazonaws.com",
            "DeleteBucket",
            false,
        );
        event.request = Some(
            json!({"bucketName": Self::BUCKET, "Host": format!("s3.{}.amazonaws.com", self.region)}),
        );
        event.resource_type = Some("AWS::S3::Bucket".to_owned());
        event.resource_name = Some(Self::BUCKET.to_owned());
        event
    }

    fn event(
        &self,
        after: u32,
        region: &Region,
        source: &str,
        name: &str,
        read_only: bool,
    ) -> PlantedEvent {
        PlantedEvent {
            account: self.account,
            region: region.clone(),
            at: Moment::SecondsAgo(self.started_seconds_ago.saturating_sub(after)),
            source: source.to_owned(),
            name: name.to_owned(),
            username: Self::USER.to_owned(),
            access_key_id: Some(Self::ACCESS_KEY_ID.to_owned()),
            read_only,
            source_ip: Some(Self::SOURCE_IP.to_owned()),
            user_agent: Some("Boto3/1.34.69 md/Botocore#1.34.69 lang/python#3.12.2".to_owned()),
            resource_type: None,
            resource_name: None,
            error_code: None,
            error_message: None,
            request: None,
            response: None,
            additional: None,
        }
    }
}

/// One event, written out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlantedEvent {
    /// Where: the account.
    #[serde(with = "text")]
    pub account: AccountId,
    /// Where: the Region.
    #[serde(with = "text")]
    pub region: Region,
    /// When.
    pub at: Moment,
    /// The service: `s3.amazonaws.com`.
    pub source: String,
    /// The action: `DeleteBucket`.
    pub name: String,
    /// The IAM user.
    pub username: String,
    /// The key that signed it.
    #[serde(default)]
    pub access_key_id: Option<String>,
    /// Whether it only read.
    #[serde(default)]
    pub read_only: bool,
    /// Where it came from.
    #[serde(default)]
    pub source_ip: Option<String>,
    /// What it was made with.
    #[serde(default)]
    pub user_agent: Option<String>,
    /// The type of what it touched.
    #[serde(default)]
    pub resource_type: Option<String>,
    /// The name of what it touched.
    #[serde(default)]
    pub resource_name: Option<String>,
    /// Why it failed.
    #[serde(default)]
    pub error_code: Option<String>,
    /// Why it failed, in words.
    #[serde(default)]
    pub error_message: Option<String>,
    /// `requestParameters`.
    #[serde(default)]
    pub request: Option<Value>,
    /// `responseElements`.
    #[serde(default)]
    pub response: Option<Value>,
    /// `additionalEventData`.
    #[serde(default)]
    pub additional: Option<Value>,
}
