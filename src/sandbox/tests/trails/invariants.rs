//! Writes at random: whatever they come to, what is kept stays possible, and everybody sees the same of it.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;

const REGIONS: [&str; 3] = [HOME, AWAY, "eu-west-1"];
const ACCOUNTS: [&str; 3] = [MANAGEMENT, ADA, BOB];
const NAMES: [&str; 8] = ["aaa", "bbb", "ccc", "ddd", "eee", "fff", "ggg", "hhh"];

/// Who calls from where, what is done to which name, and two things that may be said about it.
type Step = (usize, usize, usize, usize, Option<bool>, Option<bool>);

fn step() -> impl Strategy<Value = Step> {
    let maybe = || prop::option::of(any::<bool>());
    (0..3usize, 0..3usize, 0..8usize, 0..8usize, maybe(), maybe())
}

async fn take(cloud: &Cloud, (who, from, what, which, multi, organization): Step) {
    let (account, region, name) = (ACCOUNTS[who], REGIONS[from], NAMES[which]);
    let (operation, mut body) = match what {
        0..4 => ("CreateTrail", json!({"Name": name, "S3BucketName": "logs"})),
        4 | 5 => ("UpdateTrail", json!({"Name": name})),
        6 => ("DeleteTrail", json!({"Name": name})),
        _ => ("StartLogging", json!({"Name": name})),
    };
    if what < 6 {
        for (key, said) in [
            ("IsMultiRegionTrail", multi),
            ("IsOrganizationTrail", organization),
        ] {
            if let Some(said) = said {
                body[key] = said.into();
            }
        }
    }
    // Half of them are refused, and that is as well.
    let _said = cloud.call((account, region), operation, body).await;
}

/// The ARNs that DescribeTrails shows there.
async fn shown(cloud: &Cloud, account: &str, region: &str) -> BTreeSet<String> {
    let said = cloud
        .call((account, region), "DescribeTrails", json!({}))
        .await
        .unwrap();
    let list = said["trailList"].as_array().unwrap();
    let arns = list
        .iter()
        .map(|trail| trail["TrailARN"].as_str().unwrap().to_owned());
    let set: BTreeSet<String> = arns.collect();
    assert_eq!(set.len(), list.len(), "each trail shows once");
    set
}

async fn check(cloud: &Cloud) {
    let trails = cloud.0.trails();
    let all: BTreeMap<&str, &TrailSnapshot> = trails.iter().map(|t| (t.arn.as_str(), t)).collect();
    assert_eq!(all.len(), trails.len(), "each ARN is there once");
    for trail in &trails {
        assert!(!trail.organization || trail.account == MANAGEMENT);
        assert!(!trail.multi_region || trail.global_service_events);
        assert_eq!(
            trail.arn,
            arn(&trail.account, &trail.home_region, &trail.name)
        );
    }
    for account in ACCOUNTS {
        for region in REGIONS {
            let seen = shown(cloud, account, region).await;
            let expected: BTreeSet<String> = trails
                .iter()
                .filter(|t| t.account == account || t.organization)
                .filter(|t| t.home_region == region || t.multi_region)
                .map(|t| t.arn.clone())
                .collect();
            assert_eq!(seen, expected, "{account} in {region}");
            let own: Vec<_> = seen
                .iter()
                .filter(|arn| all[arn.as_str()].account == account)
                .collect();
            assert!(own.len() <= 5, "{own:?}");
            let names: BTreeSet<_> = own.iter().map(|arn| &all[arn.as_str()].name).collect();
            assert_eq!(names.len(), own.len(), "{own:?}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_written_what_is_kept_stays_possible(steps in prop::collection::vec(step(), 20..80)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let cloud = Cloud::new().await;
            for step in steps {
                take(&cloud, step).await;
            }
            check(&cloud).await;
        });
    }
}
