//! What actors do: one row an activity. Each activity is a stream of events of its own, so that everything a lookup
//! can ask for is the same for the whole stream, and a count by attribute is a sum over streams.
//!
//! In the texts `$A` stands for the account, `$R` for the Region, `$P` for the account's name, `$N` for the resource's
//! name, and `$H` and `$D` for eight hexadecimal or decimal digits that differ from event to event.

use super::actor::Actor::{self, *};

/// One thing that one actor keeps doing to one resource.
#[derive(Debug)]
pub struct Activity {
    /// The service.
    pub source: &'static str,
    /// The action.
    pub name: &'static str,
    /// Who.
    pub actor: Actor,
    /// Its share of the cell's events.
    pub weight: u32,
    /// Whether it only reads.
    pub read_only: bool,
    /// Whether it is recorded in the partition's global Region only.
    pub global: bool,
    /// What it touches: type and name.
    pub resource: Option<(&'static str, &'static str)>,
    /// `requestParameters`, as JSON.
    pub request: &'static str,
    /// `responseElements`, as JSON.
    pub response: &'static str,
    /// How it fails: code, message, and how many in a thousand.
    pub error: Option<(&'static str, &'static str, u64)>,
}

const fn reads(
    source: &'static str,
    name: &'static str,
    actor: Actor,
    weight: u32,
    request: &'static str,
) -> Activity {
    Activity {
        source,
        name,
        actor,
        weight,
        read_only: true,
        global: false,
        resource: None,
        request,
        response: "null",
        error: None,
    }
}

const fn writes(
    source: &'static str,
    name: &'static str,
    actor: Actor,
    weight: u32,
    request: &'static str,
) -> Activity {
    Activity {
        read_only: false,
        response: r#"{"requestId":"$H-0000-4000-8000-$H0000","_return":true}"#,
        ..reads(source, name, actor, weight, request)
    }
}

impl Activity {
    const fn global(self) -> Self {
        Self {
            global: true,
            ..self
        }
    }

    const fn of(self, kind: &'static str, name: &'static str) -> Self {
        Self {
            resource: Some((kind, name)),
            ..self
        }
    }

    const fn answers(self, response: &'static str) -> Self {
        Self { response, ..self }
    }

    const fn fails(self, code: &'static str, message: &'static str, per_mille: u64) -> Self {
        Self {
            error: Some((code, message, per_mille)),
            ..self
        }
    }
}

const EC2: &str = "ec2.amazonaws.com";
const S3: &str = "s3.amazonaws.com";
const KMS: &str = "kms.amazonaws.com";
const STS: &str = "sts.amazonaws.com";
const IAM: &str = "iam.amazonaws.com";
const LAMBDA: &str = "lambda.amazonaws.com";
const RDS: &str = "rds.amazonaws.com";
const SSM: &str = "ssm.amazonaws.com";
const LOGS: &str = "logs.amazonaws.com";
const DENIED: &str =
    "User is not authorized to perform this action because no identity-based policy allows it";

/// The key that everything is encrypted with.
const KEY: &str = "arn:aws:kms:$R:$A:key/6f1a0c2e-3b4d-4c5e-8f60-718293a4b5c6";

/// What AssumeRole answers. The credentials are as invented as all the rest; the shape is what a redaction must find.
const SESSION: &str = r#"{"credentials":{"accessKeyId":"ASIA$H$HAAAA","sessionToken":"IQoJb3JpZ2luX2VjE$H//////////wEaCXVzLWVhc3QtMSJH$H$H$H==","expiration":"Jan 1, 2027, 12:00:00 AM"},"assumedRoleUser":{"assumedRoleId":"AROA$HAAAAAAAA:session-$D","arn":"arn:aws:sts::$A:assumed-role/$N/session-$D"}}"#;

/// Everything that goes on. New rows go to the end: a row's place is part of its events' ids.
pub const ACTIVITIES: &[Activity] = &[
    // Reads, about four fifths of all.
    reads(KMS, "Decrypt", OrderFunction, 110, r#"{"encryptionContext":{"aws:lambda:FunctionArn":"arn:aws:lambda:$R:$A:function:order-processor"},"encryptionAlgorithm":"SYMMETRIC_DEFAULT"}"#).of("AWS::KMS::Key", KEY),
    reads(KMS, "Decrypt", WebServer, 60, r#"{"encryptionContext":{"PARAMETER_ARN":"arn:aws:ssm:$R:$A:parameter/$P/config"},"encryptionAlgorithm":"SYMMETRIC_DEFAULT"}"#).of("AWS::KMS::Key", KEY),
    reads(KMS, "GenerateDataKey", BackupUser, 30, r#"{"keySpec":"AES_256","encryptionContext":{"aws:s3:arn":"arn:aws:s3:::$P-backup-$A"}}"#).of("AWS::KMS::Key", KEY),
    reads(EC2, "DescribeInstances", ConfigRecorder, 50, r#"{"maxResults":1000,"instancesSet":{},"filterSet":{}}"#),
    reads(EC2, "DescribeInstances", Developer, 15, r#"{"instancesSet":{"items":[{"instanceId":"i-0$H$H"}]},"filterSet":{}}"#),
    reads(EC2, "DescribeNetworkInterfaces", ClusterNode, 50, r#"{"networkInterfaceIdSet":{},"filterSet":{"items":[{"name":"attachment.instance-id","valueSet":{"items":[{"value":"i-0$H$H"}]}}]}}"#),
    reads(EC2, "DescribeSecurityGroups", Scanner, 20, r#"{"securityGroupSet":{},"securityGroupIdSet":{},"filterSet":{}}"#),
    reads(EC2, "DescribeVolumes", Analyst, 6, r#"{"volumeSet":{},"filterSet":{}}"#).fails("Client.UnauthorizedOperation", "You are not authorized to perform this operation.", 120),
    reads(S3, "GetBucketEncryption", ConfigRecorder, 25, r#"{"bucketName":"$N","Host":"$N.s3.$R.amazonaws.com","encryption":""}"#).of("AWS::S3::Bucket", "$P-artifacts-$A").fails("ServerSideEncryptionConfigurationNotFoundError", "The server side encryption configuration was not found", 60),
    reads(S3, "GetBucketAcl", Scanner, 25, r#"{"bucketName":"$N","Host":"$N.s3.$R.amazonaws.com","acl":""}"#).of("AWS::S3::Bucket", "$P-backup-$A").fails("AccessDenied", "Access Denied", 40),
    reads(S3, "ListBuckets", Developer, 8, r#"{"Host":"s3.$R.amazonaws.com"}"#),
    reads(STS, "GetCallerIdentity", Pipeline, 20, "null"),
    reads(STS, "AssumeRole", AwsService, 60, r#"{"roleArn":"arn:aws:iam::$A:role/$N","roleSessionName":"session-$D"}"#).of("AWS::IAM::Role", "arn:aws:iam::$A:role/order-processor-role").answers(SESSION),
    reads(STS, "AssumeRole", Pipeline, 15, r#"{"roleArn":"$N","roleSessionName":"github-actions","externalId":"pipeline","durationSeconds":3600}"#).of("AWS::IAM::Role", "arn:aws:iam::$A:role/GitHubDeploy").answers(SESSION).fails("AccessDenied", "User is not authorized to perform: sts:AssumeRole", 30),
    reads(LAMBDA, "GetFunction20150331v2", Pipeline, 12, r#"{"functionName":"order-processor"}"#).of("AWS::Lambda::Function", "arn:aws:lambda:$R:$A:function:order-processor"),
    reads(LAMBDA, "ListFunctions20150331", Scanner, 12, r#"{"maxItems":50}"#),
    reads(RDS, "DescribeDBInstances", ConfigRecorder, 20, r#"{"maxRecords":100}"#),
    reads(RDS, "DescribeDBClusters", Analyst, 6, "null"),
    reads(SSM, "GetParameters", WebServer, 30, r#"{"names":["/$P/config","/$P/features"],"withDecryption":true}"#),
    reads("secretsmanager.amazonaws.com", "GetSecretValue", OrderFunction, 25, r#"{"secretId":"$N"}"#).of("AWS::SecretsManager::Secret", "arn:aws:secretsmanager:$R:$A:secret:database-AbC123").fails("AccessDenied", DENIED, 10),
    reads(LOGS, "DescribeLogGroups", Developer, 10, r#"{"logGroupNamePrefix":"/aws/lambda/","limit":50}"#),
    reads("cloudtrail.amazonaws.com", "LookupEvents", Analyst, 6, r#"{"maxResults":50,"lookupAttributes":[{"attributeKey":"EventName","attributeValue":"ConsoleLogin"}]}"#),
    reads("cloudtrail.amazonaws.com", "DescribeTrails", Scanner, 8, r#"{"trailNameList":[],"includeShadowTrails":true}"#),
    reads("dynamodb.amazonaws.com", "DescribeTable", OrderFunction, 18, r#"{"tableName":"$N"}"#).of("AWS::DynamoDB::Table", "orders"),
    reads("eks.amazonaws.com", "DescribeCluster", ClusterNode, 8, r#"{"name":"$N"}"#).of("AWS::EKS::Cluster", "platform"),
    reads("monitoring.amazonaws.com", "DescribeAlarms", Developer, 8, r#"{"maxRecords":100}"#),
    reads("autoscaling.amazonaws.com", "DescribeAutoScalingGroups", ClusterNode, 12, r#"{"maxRecords":100}"#).fails("Throttling", "Rate exceeded", 20),
    reads(IAM, "ListRoles", Scanner, 25, r#"{"maxItems":1000}"#).global(),
    reads(IAM, "GetUser", BackupUser, 10, "null").global().fails("AccessDenied", DENIED, 200),
    reads(IAM, "GetAccountSummary", ConfigRecorder, 12, "null").global(),
    reads(IAM, "ListAttachedRolePolicies", Scanner, 25, r#"{"roleName":"GitHubDeploy"}"#).global().of("AWS::IAM::Role", "GitHubDeploy"),
    reads("organizations.amazonaws.com", "DescribeOrganization", Scanner, 6, "null").global().fails("AccessDeniedException", "You don't have permissions to access this resource.", 50),
    reads("route53.amazonaws.com", "ListHostedZones", Developer, 5, r#"{"maxItems":"100"}"#).global(),
    reads("cloudfront.amazonaws.com", "ListDistributions", Scanner, 5, r#"{"maxItems":"100"}"#).global(),
    // Writes, about one fifth.
    writes(EC2, "RunInstances", Pipeline, 8, r#"{"instancesSet":{"items":[{"imageId":"ami-0$H","minCount":1,"maxCount":1}]},"instanceType":"m6i.large","subnetId":"subnet-0$H"}"#).of("AWS::EC2::Subnet", "subnet-0a1b2c3d"),
    writes(EC2, "TerminateInstances", Pipeline, 6, r#"{"instancesSet":{"items":[{"instanceId":"i-0$H$H"}]}}"#),
    writes(EC2, "CreateTags", Pipeline, 15, r#"{"resourcesSet":{"items":[{"resourceId":"i-0$H$H"}]},"tagSet":{"items":[{"key":"release","value":"$D"}]}}"#),
    writes(EC2, "AuthorizeSecurityGroupIngress", Administrator, 3, r#"{"groupId":"$N","ipPermissions":{"items":[{"ipProtocol":"tcp","fromPort":443,"toPort":443,"ipRanges":{"items":[{"cidrIp":"198.51.100.0/24"}]}}]}}"#).of("AWS::EC2::SecurityGroup", "sg-0web$A"),
    writes(EC2, "CreateNetworkInterface", AwsService, 22, r#"{"subnetId":"subnet-0a1b2c3d","description":"AWS Lambda VPC ENI-order-processor-$H"}"#).of("AWS::EC2::Subnet", "subnet-0a1b2c3d"),
    writes(S3, "CreateBucket", Administrator, 1, r#"{"bucketName":"$N","CreateBucketConfiguration":{"LocationConstraint":"$R"}}"#).of("AWS::S3::Bucket", "$P-scratch-$A").answers("null").fails("BucketAlreadyOwnedByYou", "Your previous request to create the named bucket succeeded and you already own it.", 300),
    writes(S3, "PutBucketPolicy", Pipeline, 3, r#"{"bucketName":"$N","bucketPolicy":{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::$N/*","Condition":{"Bool":{"aws:SecureTransport":"false"}}}]}}"#).of("AWS::S3::Bucket", "$P-artifacts-$A").answers("null"),
    writes(LAMBDA, "UpdateFunctionCode20150331v2", Pipeline, 8, r#"{"functionName":"order-processor","s3Bucket":"$P-artifacts-$A","s3Key":"order-processor/$H.zip","publish":true}"#).of("AWS::Lambda::Function", "arn:aws:lambda:$R:$A:function:order-processor").answers(r#"{"functionName":"order-processor","runtime":"nodejs20.x","codeSha256":"$H$H$H$H","version":"$D","state":"Active"}"#),
    writes(LOGS, "CreateLogStream", OrderFunction, 45, r#"{"logGroupName":"/aws/lambda/order-processor","logStreamName":"2026/01/01/[$LATEST]$H$H$H$H"}"#).answers("null"),
    writes(SSM, "UpdateInstanceInformation", WebServer, 55, r#"{"instanceId":"i-0$H$H","agentVersion":"3.3.337.0","agentStatus":"Active","platformType":"Linux"}"#).answers("null"),
    writes(SSM, "PutParameter", Administrator, 2, r#"{"name":"$N","type":"SecureString","overwrite":true}"#).of("AWS::SSM::Parameter", "arn:aws:ssm:$R:$A:parameter/$P/config").answers(r#"{"version":"$D","tier":"Standard"}"#),
    writes("sns.amazonaws.com", "Subscribe", Developer, 2, r#"{"topicArn":"$N","protocol":"sqs","endpoint":"arn:aws:sqs:$R:$A:alerts"}"#).of("AWS::SNS::Topic", "arn:aws:sns:$R:$A:alerts"),
    writes("autoscaling.amazonaws.com", "SetDesiredCapacity", Developer, 3, r#"{"autoScalingGroupName":"$N","desiredCapacity":4}"#).of("AWS::AutoScaling::AutoScalingGroup", "web").answers("null").fails("ScalingActivityInProgress", "Scaling activity is in progress and blocks this request", 150),
    writes("cloudformation.amazonaws.com", "CreateChangeSet", Pipeline, 5, r#"{"stackName":"$N","changeSetName":"release-$D","changeSetType":"UPDATE","capabilities":["CAPABILITY_NAMED_IAM"]}"#).of("AWS::CloudFormation::Stack", "$P-platform"),
    writes("backup.amazonaws.com", "StartBackupJob", BackupUser, 4, r#"{"backupVaultName":"$N","resourceArn":"arn:aws:dynamodb:$R:$A:table/orders","iamRoleArn":"arn:aws:iam::$A:role/BackupRole"}"#).of("AWS::Backup::BackupVault", "nightly"),
    writes("signin.amazonaws.com", "ConsoleLogin", Administrator, 4, "null").global().answers(r#"{"ConsoleLogin":"Success"}"#).fails("Failed authentication", "No username found in supplied account", 60),
    writes("signin.amazonaws.com", "ConsoleLogin", Root, 1, "null").global().answers(r#"{"ConsoleLogin":"Success"}"#),
    writes(IAM, "AttachRolePolicy", Pipeline, 2, r#"{"roleName":"$N","policyArn":"arn:aws:iam::aws:policy/ReadOnlyAccess"}"#).global().of("AWS::IAM::Role", "GitHubDeploy").answers("null"),
    writes(IAM, "CreateAccessKey", Administrator, 1, r#"{"userName":"svc-backup"}"#).global().of("AWS::IAM::User", "svc-backup").answers(r#"{"accessKey":{"userName":"svc-backup","status":"Active","accessKeyId":"AKIA$H$HAAAA"}}"#).fails("LimitExceededException", "Cannot exceed quota for AccessKeysPerUser: 2", 700),
    writes("route53.amazonaws.com", "ChangeResourceRecordSets", Pipeline, 3, r#"{"hostedZoneId":"Z0$H","changeBatch":{"changes":[{"action":"UPSERT","resourceRecordSet":{"name":"api.example.com","type":"CNAME","tTL":60}}]}}"#).global().of("AWS::Route53::HostedZone", "Z0EXAMPLE"),
    writes("cloudfront.amazonaws.com", "CreateInvalidation", Pipeline, 3, r#"{"distributionId":"$N","invalidationBatch":{"paths":{"quantity":1,"items":["/*"]},"callerReference":"$D"}}"#).global().of("AWS::CloudFront::Distribution", "E2EXAMPLE"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn about_four_fifths_only_read() {
        let weight = |read: bool| {
            ACTIVITIES
                .iter()
                .filter(|a| a.read_only == read)
                .map(|a| a.weight)
                .sum::<u32>()
        };
        let share = f64::from(weight(true)) / f64::from(weight(true) + weight(false));
        assert!((0.77..0.86).contains(&share), "{share}");
    }

    #[test]
    fn parameters_are_json() {
        for activity in ACTIVITIES {
            for text in [activity.request, activity.response] {
                serde_json::from_str::<serde_json::Value>(text)
                    .unwrap_or_else(|e| panic!("{}: {e}", activity.name));
            }
        }
    }
}
