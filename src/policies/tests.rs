//! What is written is read as enough, and what is changed is not.

mod conditions;
mod foreign;
mod page;
mod sizes;

use proptest::prelude::*;
use serde_json::Value;

use super::{evaluate, *};

const MANAGEMENT: &str = "111111111111";
const ORGANIZATION: &str = "o-exampleorg1";

fn trail(region: &str, account: &str, name: &str) -> TrailArn {
    let region = region.parse().unwrap();
    TrailArn::of(account.parse().unwrap(), region, name.parse().unwrap())
}

fn organization() -> OrganizationId {
    ORGANIZATION.parse().unwrap()
}

/// One trail that uses everything there is.
fn one() -> Deliveries {
    Deliveries {
        trails: [trail("eu-west-1", MANAGEMENT, "audit")].into(),
        scope: Scope::Owners(None),
        bucket: Some("logs".to_owned()),
        prefix: Some("central".to_owned()),
        kms_key: Some("alias/trails".to_owned()),
        sns_topic: Some("arn:aws:sns:eu-west-1:999999999999:trails".to_owned()),
        log_group_arn: Some(format!(
            "arn:aws:logs:eu-west-1:{MANAGEMENT}:log-group:trails:*"
        )),
    }
}

/// The organization's own trail.
fn whole() -> Deliveries {
    Deliveries {
        scope: Scope::Organization(organization()),
        prefix: None,
        ..one()
    }
}

/// The trail of the same name in many accounts, all of one organization.
fn many(accounts: usize) -> Deliveries {
    let owners = (0..accounts).map(|n| format!("{:012}", 100_000_000_000 + n));
    Deliveries {
        trails: owners
            .map(|owner| trail("eu-west-1", &owner, "audit"))
            .collect(),
        scope: Scope::Owners(Some(organization())),
        log_group_arn: None,
        ..one()
    }
}

/// Every policy with its verdict, by name; those that are not there are left out.
fn verdicts(made: &RequiredPolicies, deliveries: &Deliveries) -> Vec<(&'static str, Verdict)> {
    let mut found = Vec::new();
    let mut keep = |name, policy: &Option<String>, judge: fn(&str, &Deliveries) -> Verdict| {
        found.extend(policy.as_ref().map(|text| (name, judge(text, deliveries))));
    };
    keep("bucket", &made.bucket, evaluate::bucket);
    keep("kms_key", &made.kms_key, evaluate::kms_key);
    keep("topic", &made.topic, evaluate::topic);
    if let (Some(role), Some(trust)) = (&made.log_role, &made.log_role_trust) {
        found.push(("log_role", evaluate::log_role(&[role], trust, deliveries)));
    }
    found
}

#[test]
fn only_what_a_trail_uses_has_a_policy() {
    let made = required(&one());
    let all = [
        made.bucket,
        made.kms_key,
        made.topic,
        made.log_role,
        made.log_role_trust,
    ];
    assert!(all.iter().all(Option::is_some));
    let bare = Deliveries {
        kms_key: None,
        sns_topic: None,
        log_group_arn: None,
        ..one()
    };
    let made = required(&bare);
    assert!(made.bucket.is_some());
    assert_eq!(made.notes, Vec::<String>::new());
    assert_eq!(
        [made.kms_key, made.topic, made.log_role, made.log_role_trust],
        [const { None }; 4]
    );
    let none = Deliveries {
        trails: BTreeSet::new(),
        ..one()
    };
    assert_eq!(required(&none), RequiredPolicies::default());
}

#[test]
fn each_statement_for_cloudtrail_names_the_trail() {
    let made = required(&whole());
    let texts = [made.bucket, made.kms_key, made.topic, made.log_role_trust];
    for text in texts.map(Option::unwrap) {
        let policy: Value = serde_json::from_str(&text).unwrap();
        for statement in policy["Statement"].as_array().unwrap() {
            assert_eq!(statement["Principal"]["Service"], CLOUDTRAIL);
            let arn = &statement["Condition"]["StringEquals"]["aws:SourceArn"];
            assert_eq!(arn, "arn:aws:cloudtrail:eu-west-1:111111111111:trail/audit");
        }
    }
}

#[test]
fn partitions_are_those_of_the_trails() {
    for (region, partition) in [("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov")] {
        let deliveries = Deliveries {
            trails: [trail(region, MANAGEMENT, "audit")].into(),
            sns_topic: Some("trails".to_owned()),
            log_group_arn: Some(format!(
                "arn:{partition}:logs:{region}:{MANAGEMENT}:log-group:trails"
            )),
            ..whole()
        };
        let made = required(&deliveries);
        assert!(
            verdicts(&made, &deliveries)
                .iter()
                .all(|(_, v)| *v == Verdict::Allowed)
        );
        let all = format!("{made:?}");
        assert!(
            !all.contains("arn:aws:") && all.contains(&format!("arn:{partition}:")),
            "{all}"
        );
    }
}

/// Every place in a policy where something stands that could be left out or changed.
fn damaged(text: &str) -> Vec<(String, String)> {
    let whole: Value = serde_json::from_str(text).unwrap();
    let count = whole["Statement"].as_array().unwrap().len();
    let mut found = Vec::new();
    for at in 0..count {
        let mut keep = |what: String, damage: &dyn Fn(&mut Value)| {
            let mut policy = whole.clone();
            damage(&mut policy);
            found.push((format!("{what} of statement {at}"), policy.to_string()));
        };
        keep("all".to_owned(), &|p| {
            p["Statement"].as_array_mut().unwrap().remove(at);
        });
        keep("Effect".to_owned(), &|p| {
            p["Statement"][at]["Effect"] = "Deny".into()
        });
        let statement = &whole["Statement"][at];
        if statement.get("Principal").is_some() {
            keep("Principal".to_owned(), &|p| {
                p["Statement"][at]["Principal"]["Service"] = "config.amazonaws.com".into();
            });
        }
        keep("Action".to_owned(), &|p| {
            p["Statement"][at]["Action"] = "s3:GetObject".into()
        });
        if statement.get("Resource").is_some_and(|r| r != "*") {
            keep("Resource".to_owned(), &|p| {
                p["Statement"][at]["Resource"] = "arn:aws:s3:::other/*".into();
            });
        }
        let none = serde_json::Map::new();
        let conditions = statement
            .get("Condition")
            .and_then(Value::as_object)
            .unwrap_or(&none);
        for (operator, keys) in conditions {
            for key in keys.as_object().unwrap().keys() {
                keep(format!("{operator} {key}"), &|p| {
                    p["Statement"][at]["Condition"][operator][key] = "other".into();
                });
                keep(format!("{operator} for {key}"), &|p| {
                    let condition = &mut p["Statement"][at]["Condition"];
                    let value = condition[operator][key].take();
                    condition[operator].as_object_mut().unwrap().remove(key);
                    let opposite = operator.replace("String", "StringNot");
                    condition[opposite] = serde_json::json!({ key.clone(): value });
                });
            }
        }
    }
    found
}

#[test]
fn damage_anywhere_is_seen() {
    for deliveries in [one(), whole(), many(3), many(150)] {
        let made = required(&deliveries);
        let (role, trust) = (made.log_role.as_ref(), made.log_role_trust.as_ref());
        let mut places = 0;
        let mut judge = |name: &str, text: Option<&String>, verdict: &dyn Fn(&str) -> Verdict| {
            let Some(text) = text else { return };
            assert_eq!(verdict(text), Verdict::Allowed, "{name}");
            for (what, policy) in damaged(text) {
                places += 1;
                let verdict = verdict(&policy);
                assert!(
                    matches!(verdict, Verdict::Denied(_)),
                    "{name}, {what}: {verdict:?}"
                );
            }
        };
        judge("bucket", made.bucket.as_ref(), &|p| {
            evaluate::bucket(p, &deliveries)
        });
        judge("key", made.kms_key.as_ref(), &|p| {
            evaluate::kms_key(p, &deliveries)
        });
        judge("topic", made.topic.as_ref(), &|p| {
            evaluate::topic(p, &deliveries)
        });
        if let (Some(role), Some(trust)) = (role, trust) {
            judge("role", Some(role), &|p| {
                evaluate::log_role(&[p], trust, &deliveries)
            });
            judge("trust", Some(trust), &|p| {
                evaluate::log_role(&[role], p, &deliveries)
            });
        }
        assert!(places > 20, "{places}");
    }
}

#[test]
fn what_is_missing_is_told_in_words() {
    let made = required(&whole()).bucket.unwrap();
    let mut policy: Value = serde_json::from_str(&made).unwrap();
    policy["Statement"].as_array_mut().unwrap().pop();
    let Verdict::Denied(why) = evaluate::bucket(&policy.to_string(), &whole()) else {
        panic!("allowed");
    };
    let [why] = &why[..] else { panic!("{why:?}") };
    for part in [
        "s3:PutObject on arn:aws:s3:::logs/AWSLogs/o-exampleorg1/111111111111/CloudTrail/",
        "for arn:aws:cloudtrail:eu-west-1:111111111111:trail/audit",
        "\"AWSCloudTrailWrite20150319\" would allow it, but is for another Resource",
    ] {
        assert!(why.contains(part), "{why}");
    }
    assert!(matches!(evaluate::bucket("", &whole()), Verdict::Denied(why) if why.len() == 3));
    assert!(matches!(evaluate::bucket("", &many(300)), Verdict::Denied(why) if why.len() == 11));
}

proptest! {
    /// Whatever the trails, the policies made for them let CloudTrail deliver.
    #[test]
    fn what_is_made_is_enough(
        owners in proptest::collection::btree_set(100_000_000_000u64..999_999_999_999, 1..12),
        homes in proptest::collection::btree_set(0..3usize, 1..3),
        name in "[a-z][a-z0-9]{2,40}",
        prefix in proptest::option::of("[a-z]{1,8}(/[a-z]{1,8})?"),
        known in any::<bool>(),
        whole in any::<bool>(),
        topic in any::<bool>(),
    ) {
        const REGIONS: [&str; 3] = ["eu-west-1", "us-east-1", "ap-southeast-2"];
        let first = format!("{:012}", owners.first().unwrap());
        let trails = owners.iter().take(if whole { 1 } else { 40 }).flat_map(|owner| {
            let owner = format!("{owner:012}");
            homes.iter().map(move |home| (owner.clone(), *home))
        });
        let deliveries = Deliveries {
            trails: trails.map(|(owner, home)| trail(REGIONS[home], &owner, &name)).collect(),
            scope: if whole {
                Scope::Organization(organization())
            } else {
                Scope::Owners(known.then(organization))
            },
            bucket: Some("logs".to_owned()),
            prefix,
            kms_key: Some("arn:aws:kms:eu-west-1:111111111111:key/12345678-1234-1234-1234-123456789012".to_owned()),
            sns_topic: topic.then(|| "arn:aws:sns:eu-west-1:111111111111:trails".to_owned()),
            log_group_arn: None,
        };
        let made = required(&deliveries);
        let verdicts = verdicts(&made, &deliveries);
        prop_assert_eq!(verdicts.len(), 2 + usize::from(topic));
        for (name, verdict) in verdicts {
            prop_assert_eq!(verdict, Verdict::Allowed, "{}", name);
        }
        prop_assert!(made.bucket.unwrap().len() <= required::BUCKET && !first.is_empty());
    }
}
