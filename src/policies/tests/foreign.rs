//! Policies as others write them.

use serde_json::{Value, json};

use super::*;

const TRAIL: &str = "arn:aws:cloudtrail:eu-west-1:111111111111:trail/audit";

/// A bucket policy of these statements, judged for a trail without a prefix.
fn bucket(statements: Value) -> Verdict {
    let deliveries = Deliveries {
        prefix: None,
        ..one()
    };
    evaluate::bucket(&json!({ "Statement": statements }).to_string(), &deliveries)
}

fn allow(action: &str, resource: &str) -> Value {
    json!({
        "Effect": "Allow", "Principal": {"Service": CLOUDTRAIL}, "Action": action, "Resource": resource,
    })
}

fn everything() -> Value {
    json!({
        "Effect": "Allow", "Principal": {"Service": ["config.amazonaws.com", CLOUDTRAIL]}, "Action": ["s3:*"],
        "Resource": ["arn:aws:s3:::logs", "arn:aws:s3:::logs/*"],
    })
}

#[test]
fn one_statement_may_stand_without_a_list_and_actions_have_no_case() {
    assert_eq!(bucket(everything()), Verdict::Allowed);
    let both = json!([
        allow("S3:getbucketACL", "arn:aws:s3:::logs"),
        allow("s3:Put*", "arn:aws:s3:::*/AWSLogs/111111111111/*")
    ]);
    assert_eq!(bucket(both), Verdict::Allowed);
    let anyone = json!({"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"});
    assert_eq!(bucket(anyone), Verdict::Allowed);
    let other = json!({"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::113285607260:root"}, "Action": "*", "Resource": "*"});
    let Verdict::Denied(why) = bucket(other) else {
        panic!("accounts are not the service")
    };
    assert!(why[0].contains("is not for the service"), "{why:?}");
}

#[test]
fn a_deny_wins_if_it_applies() {
    let deny = |condition: Value| {
        let deny = json!({
            "Sid": "No", "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*", "Condition": condition,
        });
        bucket(json!([everything(), deny]))
    };
    let insecure = json!({"Bool": {"aws:SecureTransport": false}});
    assert_eq!(deny(insecure), Verdict::Allowed);
    let strangers = json!({"StringNotEquals": {"aws:PrincipalOrgID": "o-exampleorg1"}});
    assert!(matches!(deny(strangers), Verdict::Denied(why) if why[0].contains("\"No\" denies it")));
    let but_services = json!({
        "StringNotEquals": {"aws:PrincipalOrgID": "o-exampleorg1"}, "Bool": {"aws:PrincipalIsAWSService": "false"},
    });
    assert_eq!(deny(but_services), Verdict::Allowed);
    let encryption = json!({"StringNotEquals": {"s3:x-amz-server-side-encryption": "aws:kms"}});
    assert!(
        matches!(deny(encryption), Verdict::Unknown(why) if why[0].contains("server-side-encryption"))
    );
    let elsewhere = json!({"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}});
    assert!(matches!(deny(elsewhere), Verdict::Unknown(why) if why[0].contains("IpAddress")));
    assert!(matches!(deny(json!({})), Verdict::Denied(_)));
}

#[test]
fn an_allow_that_cannot_be_told_is_not_an_allow() {
    let maybe = json!({
        "Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "*",
        "Condition": {"StringEquals": {"aws:SourceOrgID": "o-exampleorg1"}},
    });
    assert!(matches!(bucket(maybe.clone()), Verdict::Unknown(_)));
    // Who knows the organization can tell.
    let known = Deliveries {
        scope: Scope::Owners(Some(organization())),
        ..one()
    };
    let policy = json!({ "Statement": maybe }).to_string();
    assert_eq!(evaluate::bucket(&policy, &known), Verdict::Allowed);
}

#[test]
fn all_but_some() {
    let not = |key: &str, value: Value| {
        let mut statement = everything();
        statement[key] = value;
        let plain = key.trim_start_matches("Not");
        statement.as_object_mut().unwrap().remove(plain);
        bucket(statement)
    };
    assert_eq!(not("NotAction", json!("s3:DeleteObject")), Verdict::Allowed);
    assert_ne!(not("NotAction", json!("s3:Put*")), Verdict::Allowed);
    assert_eq!(
        not("NotResource", json!("arn:aws:s3:::other")),
        Verdict::Allowed
    );
    assert_ne!(
        not("NotResource", json!("arn:aws:s3:::logs/*")),
        Verdict::Allowed
    );
    assert_eq!(
        not("NotPrincipal", json!({"AWS": "arn:aws:iam::1:root"})),
        Verdict::Allowed
    );
    assert_ne!(
        not("NotPrincipal", json!({"Service": CLOUDTRAIL})),
        Verdict::Allowed
    );
}

#[test]
fn a_policy_that_cannot_be_read_is_not_judged() {
    let odd = |statement: Value| json!({ "Statement": [statement] }).to_string();
    let mut misspelt = everything();
    misspelt["Actions"] = json!("s3:*");
    for text in [
        "{".to_owned(),
        "{}".to_owned(),
        odd(json!("x")),
        odd(json!({"Effect": "allow", "Action": "s3:*"})),
        odd(json!({"Effect": "Allow"})),
        odd(json!({"Effect": "Allow", "Action": "s3:*", "NotAction": "s3:*"})),
        odd(json!({"Effect": "Allow", "Action": {"x": 1}})),
        odd(json!({"Effect": "Allow", "Action": "s3:*", "Principal": 1})),
        odd(json!({"Effect": "Allow", "Action": "s3:*", "Condition": {"StringEquals": "x"}})),
        odd(misspelt),
    ] {
        assert!(
            matches!(evaluate::bucket(&text, &one()), Verdict::Unknown(_)),
            "{text}"
        );
    }
}

#[test]
fn a_key_is_named_by_a_star_or_its_own_arn() {
    let id = "12345678-1234-1234-1234-123456789012";
    let arn = format!("arn:aws:kms:eu-west-1:111111111111:key/{id}");
    let judge = |resource: &str, key: &str| {
        let deliveries = Deliveries {
            kms_key: Some(key.to_owned()),
            ..one()
        };
        let policy = json!({ "Statement": allow("kms:*", resource) }).to_string();
        evaluate::kms_key(&policy, &deliveries)
    };
    for key in [id, &arn, "alias/trails"] {
        assert_eq!(judge("*", key), Verdict::Allowed);
    }
    assert_eq!(judge(&arn, &arn), Verdict::Allowed);
    assert!(matches!(judge(&arn, "alias/trails"), Verdict::Unknown(_)));
    assert!(matches!(
        judge("arn:aws:kms:eu-west-1:111111111111:key/x", &arn),
        Verdict::Denied(_)
    ));
}

#[test]
fn the_policy_of_the_console_is_enough_for_a_key() {
    let policy = json!({"Version": "2012-10-17", "Statement": [
        {"Sid": "Enable IAM user permissions", "Effect": "Allow", "Principal": {"AWS": ["arn:aws:iam::111111111111:root"]},
         "Action": "kms:*", "Resource": "*"},
        {"Sid": "Encrypt", "Effect": "Allow", "Principal": {"Service": CLOUDTRAIL}, "Action": "kms:GenerateDataKey*",
         "Resource": "*", "Condition": {"StringEquals": {"aws:SourceArn": TRAIL},
         "StringLike": {"kms:EncryptionContext:aws:cloudtrail:arn": "arn:aws:cloudtrail:*:111111111111:trail/*"}}},
        {"Sid": "Describe", "Effect": "Allow", "Principal": {"Service": CLOUDTRAIL}, "Action": "kms:DescribeKey", "Resource": "*"},
    ]});
    assert_eq!(
        evaluate::kms_key(&policy.to_string(), &one()),
        Verdict::Allowed
    );
}

#[test]
fn a_role_may_have_several_policies_and_must_trust_the_service() {
    let made = required(&one());
    let (role, trust) = (made.log_role.unwrap(), made.log_role_trust.unwrap());
    let policy: Value = serde_json::from_str(&role).unwrap();
    let one_by_one: Vec<String> = policy["Statement"]
        .as_array()
        .unwrap()
        .iter()
        .map(|statement| json!({ "Statement": statement }).to_string())
        .collect();
    let texts: Vec<&str> = one_by_one.iter().map(String::as_str).collect();
    assert_eq!(evaluate::log_role(&texts, &trust, &one()), Verdict::Allowed);
    let usual = json!({"Statement": {"Sid": "", "Effect": "Allow", "Principal": {"Service": CLOUDTRAIL}, "Action": "sts:AssumeRole"}});
    assert_eq!(
        evaluate::log_role(&[&role], &usual.to_string(), &one()),
        Verdict::Allowed
    );
    let Verdict::Denied(why) = evaluate::log_role(&texts[..1], "", &one()) else {
        panic!("allowed")
    };
    assert!(why.iter().any(|w| w.contains("sts:AssumeRole")), "{why:?}");
    assert!(
        why.iter().any(|w| w.contains("logs:PutLogEvents")),
        "{why:?}"
    );
    let whole = evaluate::log_role(&[&role], &trust, &whole());
    assert!(matches!(whole, Verdict::Denied(why) if why[0].contains("log-stream:o-exampleorg1_")));
}
