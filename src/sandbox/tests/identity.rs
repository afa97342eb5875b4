use aws_sdk_cloudtrail::Client as CloudTrail;
use aws_sdk_sts::Client as Sts;

use super::*;

const LEDGER_ACCOUNT: &str = "100000000012";

#[tokio::test]
async fn a_session_acts_in_the_account_it_was_made_for() {
    let sandbox = sandbox(Scenario::default()).await;
    let hub = Sts::new(&hub_sdk(&sandbox).await);
    let me = hub.get_caller_identity().send().await.unwrap();
    assert_eq!(me.account(), Some("100000000001"));
    let session = assume(&hub, LEDGER_ACCOUNT)
        .source_identity("alice")
        .duration_seconds(900)
        .send()
        .await
        .unwrap();
    assert_eq!(session.source_identity(), Some("alice"));
    let lives = session.credentials().unwrap().expiration().secs() - sandbox.started_at().seconds();
    assert!((899..=905).contains(&lives), "{lives}");
    let member = Sts::new(
        &sdk(
            &sandbox,
            "eu-west-1",
            credentials(session.credentials().unwrap()),
        )
        .await,
    );
    let me = member.get_caller_identity().send().await.unwrap();
    assert_eq!(me.account(), Some(LEDGER_ACCOUNT));
    assert_eq!(
        me.arn(),
        Some("arn:aws:sts::100000000012:assumed-role/TrailplaneReader/test")
    );
    let last = sandbox.ledger().attempts().pop().unwrap();
    assert_eq!(
        (&*last.principal, &*last.source_identity, &*last.region),
        ("test", "alice", "eu-west-1")
    );
}

#[tokio::test]
async fn what_may_not_be_assumed_is_denied_in_one_and_the_same_way() {
    let sandbox = sandbox(Scenario::default()).await;
    let hub = Sts::new(&hub_sdk(&sandbox).await);
    let role = |arn: &str| assume(&hub, LEDGER_ACCOUNT).role_arn(arn);
    let denied = [
        assume(&hub, LEDGER_ACCOUNT).external_id("wrong"),
        assume(&hub, LEDGER_ACCOUNT).set_external_id(None),
        role("arn:aws:iam::100000000012:role/Another"),
        role("arn:aws:iam::999999999999:role/TrailplaneReader"),
        assume(&hub, "100000000048"), // has no role
        assume(&hub, "100000000049"), // suspended
    ];
    for request in denied {
        let error = request.send().await.unwrap_err();
        assert_eq!(code(&error), "AccessDenied");
        let text = format!("{:?}", error.as_service_error());
        assert!(
            text.contains(
                "is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::"
            ),
            "{text}"
        );
    }
    let invalid = [
        assume(&hub, LEDGER_ACCOUNT).duration_seconds(899),
        assume(&hub, LEDGER_ACCOUNT).duration_seconds(43_201),
        assume(&hub, LEDGER_ACCOUNT).duration_seconds(3_601),
        assume(&hub, LEDGER_ACCOUNT).role_session_name("not allowed"),
        role("nonsense"),
    ];
    for request in invalid {
        assert_eq!(code(&request.send().await.unwrap_err()), "ValidationError");
    }
}

#[tokio::test]
async fn chaining_is_limited_to_an_hour_and_keeps_the_source_identity() {
    let mut scenario = Scenario::default();
    scenario.role.max_session_seconds = 43_200;
    scenario.role.trusted_accounts = vec![
        "100000000001".parse().unwrap(),
        "100000000003".parse().unwrap(),
    ];
    let sandbox = sandbox(scenario).await;
    let hub = Sts::new(&hub_sdk(&sandbox).await);
    assert!(
        assume(&hub, LEDGER_ACCOUNT)
            .duration_seconds(43_200)
            .send()
            .await
            .is_ok()
    );
    let first = assume(&hub, "100000000003")
        .source_identity("alice")
        .send()
        .await
        .unwrap();
    let chained = Sts::new(
        &sdk(
            &sandbox,
            "us-east-1",
            credentials(first.credentials().unwrap()),
        )
        .await,
    );
    let error = assume(&chained, LEDGER_ACCOUNT)
        .duration_seconds(3_601)
        .send()
        .await
        .unwrap_err();
    assert_eq!(code(&error), "ValidationError");
    let second = assume(&chained, LEDGER_ACCOUNT)
        .duration_seconds(3_600)
        .send()
        .await
        .unwrap();
    assert_eq!(second.source_identity(), Some("alice"));
    let error = assume(&chained, LEDGER_ACCOUNT)
        .source_identity("bob")
        .send()
        .await
        .unwrap_err();
    assert_eq!(code(&error), "AccessDenied");
}

#[tokio::test]
async fn keys_that_are_unknown_incomplete_or_expired_are_refused() {
    let hand = ManualClock::at(Timestamp::from_seconds(1_795_000_000));
    let sandbox = sandbox_at(Scenario::default(), Clock::manual(&hand)).await;
    let hub = Sts::new(&hub_sdk(&sandbox).await);
    let session = assume(&hub, LEDGER_ACCOUNT).send().await.unwrap();
    let whole = credentials(session.credentials().unwrap());
    let without_token = Credentials::new(whole.access_key_id(), "x", None, None, "test");
    let unknown = Credentials::new("AKIANOBODYKNOWSTHIS0", "x", None, None, "test");
    for wrong in [without_token, unknown] {
        let config = sdk(&sandbox, "us-east-1", wrong).await;
        let error = CloudTrail::new(&config)
            .lookup_events()
            .send()
            .await
            .unwrap_err();
        assert_eq!(code(&error), "UnrecognizedClientException");
        let error = Sts::new(&config)
            .get_caller_identity()
            .send()
            .await
            .unwrap_err();
        assert_eq!(code(&error), "InvalidClientTokenId");
    }
    let config = sdk(&sandbox, "us-east-1", whole).await;
    assert!(
        CloudTrail::new(&config)
            .lookup_events()
            .send()
            .await
            .is_ok()
    );
    hand.advance(Duration::from_secs(3_600));
    let error = CloudTrail::new(&config)
        .lookup_events()
        .send()
        .await
        .unwrap_err();
    assert_eq!(code(&error), "ExpiredTokenException");
    let error = Sts::new(&config)
        .get_caller_identity()
        .send()
        .await
        .unwrap_err();
    assert_eq!(code(&error), "ExpiredToken");
}

/// A session does what its policy names, with what the call asks for besides; take one action away, and it is denied.
#[tokio::test]
async fn a_session_does_no_more_than_its_policy_says() {
    let mut scenario = Scenario::default();
    let quotas = &mut scenario.quotas.per_second;
    quotas.insert("CloudTrail".to_owned(), 1_000.0);
    let sandbox = sandbox(scenario).await;
    let hub = Sts::new(&hub_sdk(&sandbox).await);
    let all = [
        "cloudtrail:CreateTrail",
        "cloudtrail:AddTags",
        "cloudtrail:GetTrail",
    ];
    for left_out in 0..=all.len() {
        let actions: Vec<&str> = all
            .iter()
            .enumerate()
            .filter(|(number, _)| *number != left_out)
            .map(|(_, action)| *action)
            .collect();
        let policy = serde_json::json!({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": actions, "Resource": "*"}]});
        let session = assume(&hub, LEDGER_ACCOUNT).policy(policy.to_string());
        let session = session.send().await.unwrap();
        let keys = credentials(session.credentials().unwrap());
        let client = CloudTrail::new(&sdk(&sandbox, "eu-west-1", keys).await);
        let tag = aws_sdk_cloudtrail::types::Tag::builder()
            .key("a")
            .value("b");
        let name = format!("made-{left_out}");
        let made = client
            .create_trail()
            .name(&name)
            .s3_bucket_name("trail-logs")
            .tags_list(tag.build().unwrap())
            .send()
            .await;
        let read = client.get_trail().name(&name).send().await;
        match left_out {
            0 | 1 => {
                let missing = all[left_out];
                let error = made.unwrap_err();
                assert_eq!(code(&error), "AccessDeniedException");
                let words = format!("{:?}", error.as_service_error());
                assert!(words.contains(&format!("no session policy allows the {missing} action")));
            }
            2 => {
                made.unwrap();
                assert_eq!(code(&read.unwrap_err()), "AccessDeniedException");
            }
            _ => {
                made.unwrap();
                read.unwrap();
            }
        }
    }
    let malformed = assume(&hub, LEDGER_ACCOUNT).policy("{}").send().await;
    assert_eq!(code(&malformed.unwrap_err()), "MalformedPolicyDocument");
    let long = assume(&hub, LEDGER_ACCOUNT).policy("x".repeat(2_049));
    assert_eq!(code(&long.send().await.unwrap_err()), "ValidationError");
}

#[tokio::test]
async fn a_trust_policy_may_forget_the_external_id_or_not_let_names_and_tags_be_set() {
    let trust = |external_id, source_identity, session_tags| RoleTrust {
        external_id,
        source_identity,
        session_tags,
    };
    let member = |id: &str, role_trust| Member {
        role_trust,
        ..Member::new(id.parse().unwrap(), id)
    };
    let scenario = Scenario::blank()
        .with_member(member("111111111111", trust(false, true, true)))
        .with_member(member("222222222222", trust(true, false, false)));
    let sandbox = sandbox(scenario).await;
    let hub = Sts::new(&hub_sdk(&sandbox).await);
    let forgetful = assume(&hub, "111111111111").set_external_id(None);
    assert!(forgetful.send().await.is_ok());
    let tag = aws_sdk_sts::types::Tag::builder().key("team").value("x");
    let tag = tag.build().unwrap();
    let refused = [
        (
            assume(&hub, "222222222222").source_identity("ann"),
            "sts:SetSourceIdentity",
        ),
        (
            assume(&hub, "222222222222").tags(tag.clone()),
            "sts:TagSession",
        ),
    ];
    for (request, action) in refused {
        let error = request.send().await.unwrap_err();
        assert_eq!(code(&error), "AccessDenied");
        let words = format!("{:?}", error.as_service_error());
        assert!(
            words.contains(&format!("perform: {action} on resource")),
            "{words}"
        );
    }
    let stray = assume(&hub, "111111111111")
        .tags(tag)
        .transitive_tag_keys("other");
    assert_eq!(code(&stray.send().await.unwrap_err()), "ValidationError");
    let told = sandbox.assumed_roles();
    let outcomes: Vec<&str> = told.iter().map(|one| one.outcome.as_str()).collect();
    assert_eq!(outcomes, ["OK", "AccessDenied", "AccessDenied"]);
    assert!(!told[0].external_id && told[1].source_identity == "ann");
    assert_eq!(told[2].tags["team"], "x");
}
