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
