use crate::{
    domain::{
        TargetSelector,
        trail::{Desired, TagRemoval},
    },
    fanout::rollout::Rollout,
    trails::change::{Where, target::NoTrail},
};

use super::*;

const MANAGEMENT: &str = "100000000001";

fn target(owner: &str) -> Target {
    let arn = format!("arn:aws:cloudtrail:eu-west-1:{owner}:trail/audit");
    Target {
        account: owner.parse().unwrap(),
        account_name: "a".into(),
        actor: owner.parse().unwrap(),
        trail: Ok(arn.parse().unwrap()),
    }
}

fn unknown(owner: &str) -> Target {
    Target {
        trail: Err(NoTrail::NoSuchTrail),
        ..target(owner)
    }
}

fn request(presence: Presence, settings: DesiredSettings) -> ChangeRequest {
    ChangeRequest {
        trails: Where::Arns {
            targets: TargetSelector::default(),
            arns: Vec::new(),
        },
        desired: Desired {
            settings,
            ..Desired::default()
        },
        presence,
        validate_only: false,
        request_id: "r".into(),
        rollout: Rollout::everything(),
        allow_reduced_logging: false,
    }
}

fn bucket() -> DesiredSettings {
    DesiredSettings {
        bucket: Some("logs".to_owned()),
        ..DesiredSettings::default()
    }
}

fn ask(owners: &[Target], request: &ChangeRequest) -> Option<RequiredPolicies> {
    let id = "o-exampleorg1".parse().unwrap();
    let of = Organization {
        id: Some(&id),
        management: MANAGEMENT.parse().ok(),
    };
    needed(owners, request, &of)
}

#[test]
fn a_request_that_names_nothing_of_the_kind_has_none() {
    let targets = [target("111111111111")];
    let mut tags = request(Presence::Existing, DesiredSettings::default());
    tags.desired.tags.remove = TagRemoval::Others;
    assert_eq!(ask(&targets, &tags), None);
    let delete = request(Presence::Absent, DesiredSettings::default());
    assert_eq!(ask(&targets, &delete), None);
    let create = request(Presence::New, bucket());
    assert_eq!(ask(&[unknown("111111111111")], &create), None);
}

#[test]
fn every_trail_that_is_known_may_deliver() {
    let targets = [
        target("111111111111"),
        target("222222222222"),
        unknown("333333333333"),
    ];
    let create = request(
        Presence::New,
        DesiredSettings {
            kms_key_id: Wish::Set("alias/logs".to_owned()),
            sns_topic: Wish::Clear,
            ..bucket()
        },
    );
    let policies = ask(&targets, &create).unwrap();
    for policy in [policies.bucket.unwrap(), policies.kms_key.unwrap()] {
        assert!(policy.contains("111111111111") && policy.contains("222222222222"));
        assert!(!policy.contains("333333333333"), "{policy}");
    }
    assert_eq!((policies.topic, policies.log_role), (None, None));
}

#[test]
fn an_organizations_trail_lets_its_members_deliver() {
    let shared = DesiredSettings {
        accounts: Some(RecordedAccounts::Organization),
        ..bucket()
    };
    let create = request(Presence::New, shared);
    let policies = ask(&[target(MANAGEMENT)], &create).unwrap();
    assert!(policies.bucket.unwrap().contains("AWSLogs/o-exampleorg1/*"));
}

#[test]
fn what_is_left_as_it_is_stands_in_the_notes() {
    let notes = |presence, settings, owner: &str| {
        let notes = ask(&[target(owner)], &request(presence, settings))
            .unwrap()
            .notes;
        let about = |word: &str| notes.iter().any(|note| note.contains(word));
        (about("name the prefix"), about("is_organization_trail"))
    };
    assert_eq!(notes(Presence::New, bucket(), MANAGEMENT), (false, false));
    assert_eq!(notes(Presence::Ensured, bucket(), MANAGEMENT), (true, true));
    let said = DesiredSettings {
        prefix: Wish::Clear,
        ..bucket()
    };
    assert_eq!(
        notes(Presence::Existing, said, "111111111111"),
        (false, false)
    );
}
