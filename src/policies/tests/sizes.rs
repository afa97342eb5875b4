//! Policies that would grow too long.

use super::*;

#[test]
fn exact_arns_as_long_as_they_fit() {
    let mut last = None;
    for accounts in [1, 50, 60, 70, 80, 90, 100, 200, 500, 2000] {
        let deliveries = many(accounts);
        let made = required(&deliveries);
        let text = made.bucket.as_ref().unwrap();
        assert!(text.len() <= required::BUCKET, "{accounts}");
        let exact = !text.contains("aws:SourceOrgID");
        assert_eq!(
            exact,
            made.notes.iter().all(|note| !note.starts_with("S3 bucket"))
        );
        // Once it no longer fits, it does not fit for more.
        assert!(!exact || last != Some(false), "{accounts}");
        last = Some(exact);
        assert_eq!(evaluate::bucket(text, &deliveries), Verdict::Allowed);
        let others = Deliveries {
            scope: Scope::Owners(Some("o-otherorgan1".parse().unwrap())),
            ..many(accounts)
        };
        let theirs = evaluate::bucket(text, &others);
        assert_eq!(exact, theirs == Verdict::Allowed, "{accounts}");
    }
    assert_eq!(last, Some(false));
}

#[test]
fn keys_and_topics_list_accounts_before_they_trust_an_organization() {
    let form = |text: String| {
        let short = text.contains("aws:SourceAccount");
        u8::from(short) + 2 * u8::from(text.contains("aws:SourceOrgID"))
    };
    let (mut keys, mut topics) = (Vec::new(), Vec::new());
    for accounts in (50..1200).step_by(50) {
        let made = required(&many(accounts));
        keys.push(form(made.kms_key.unwrap()));
        topics.push(form(made.topic.unwrap()));
    }
    for mut forms in [keys, topics] {
        assert!(forms.is_sorted(), "{forms:?}");
        forms.dedup();
        assert_eq!(forms, [0, 1, 2]);
    }
    let made = required(&many(2000));
    assert!(made.kms_key.unwrap().len() <= required::KEY);
    assert!(made.topic.unwrap().len() <= required::TOPIC);
    assert_eq!(made.notes.len(), 4, "{:?}", made.notes);
    assert!(made.notes[0].contains("2000 trails") && made.notes[0].contains("20480"));
}

#[test]
fn without_an_organization_accounts_are_listed_and_then_there_is_no_policy() {
    let of_nobody = |accounts| Deliveries {
        scope: Scope::Owners(None),
        ..many(accounts)
    };
    let made = required(&of_nobody(200));
    let text = made.bucket.unwrap();
    assert!(text.contains("aws:SourceAccount"));
    assert_eq!(evaluate::bucket(&text, &of_nobody(200)), Verdict::Allowed);
    // An account that is not listed is not let in.
    assert_ne!(evaluate::bucket(&text, &of_nobody(201)), Verdict::Allowed);
    let made = required(&of_nobody(5000));
    assert_eq!((made.bucket, made.kms_key, made.topic), (None, None, None));
    assert!(made.notes[0].contains("No shorter form fits"));
}

#[test]
fn a_trust_policy_has_room_for_few_trails() {
    let trails = |count: usize| Deliveries {
        trails: (0..count)
            .map(|n| {
                trail(
                    "eu-west-1",
                    MANAGEMENT,
                    &format!("audit-{n}-{}", "x".repeat(100)),
                )
            })
            .collect(),
        ..one()
    };
    for count in [1, 5] {
        let deliveries = trails(count);
        let made = required(&deliveries);
        let trust = made.log_role_trust.unwrap();
        assert!(trust.len() <= required::TRUST);
        let verdict = evaluate::log_role(&[&made.log_role.unwrap()], &trust, &deliveries);
        assert_eq!(verdict, Verdict::Allowed);
    }
}

#[test]
fn a_topic_by_name_and_a_log_group_elsewhere_are_remarked() {
    let named = Deliveries {
        sns_topic: Some("trails".to_owned()),
        ..many(2)
    };
    let made = required(&named);
    assert!(
        made.topic
            .unwrap()
            .contains("arn:aws:sns:eu-west-1:100000000000:trails")
    );
    assert!(made.notes.iter().any(|note| note.starts_with("SNS topic")));
    let elsewhere = Deliveries {
        log_group_arn: one().log_group_arn,
        ..many(2)
    };
    let made = required(&elsewhere);
    assert_eq!((made.log_role, made.log_role_trust), (None, None));
    assert!(
        made.notes
            .iter()
            .any(|note| note.starts_with("CloudWatch Logs"))
    );
}
