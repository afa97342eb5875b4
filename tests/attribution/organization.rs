//! Changes of the organization, and a role that does not let itself be assumed in a caller's name.

use serde_json::{Value, json};

use super::{CALLER, CONFIG, World};

/// The management account has a role, and so does a member that may become an administrator.
const SCENARIO: &str = "
regions: [us-east-1, eu-west-1]
quotas: {per_second: {CloudTrail: 1000, Organizations: 1000}}
organization: {trusted_access: false}
accounts:
  - {id: 111111111111, name: one}
  - {id: 222222222222, name: names nobody, role_trust: {source_identity: false}}
  - {id: 333333333333, name: takes no tags, role_trust: {session_tags: false}}
";
const MANAGED_BY_ROLE: &str = "
aws:
  regions: [us-east-1, eu-west-1]
  role_name: TrailplaneReader
  external_id: trailplane-sandbox
  management: {role_arn: \"arn:aws:iam::100000000001:role/TrailplaneReader\"}
";

#[tokio::test]
async fn a_change_of_the_organization_is_its_callers_own() {
    let world = World::start(SCENARIO, MANAGED_BY_ROLE).await;
    let changes = [
        ("EnableTrustedAccess", json!({})),
        (
            "RegisterDelegatedAdministrator",
            json!({"account_id": "111111111111"}),
        ),
        (
            "DeregisterDelegatedAdministrator",
            json!({"account_id": "111111111111"}),
        ),
    ];
    for (rpc, mut body) in changes {
        world.reset().await;
        body["request_id"] = json!(format!("organization-{rpc}"));
        let answers = world
            .call(&format!("OrganizationService/{rpc}"), &body)
            .await;
        let said = answers[0].to_string();
        assert!(said.contains("OUTCOME_APPLIED"), "{rpc}: {said}");
        assert!(
            said.contains(&format!("\"sourceIdentity\":\"{CALLER}\"")),
            "{rpc}: {said}"
        );
        let assumed = world.assumed().await;
        let writers: Vec<_> = assumed
            .iter()
            .filter(|a| !a.source_identity.is_empty())
            .collect();
        assert_eq!(writers.len(), 1, "{rpc}: {assumed:?}");
        assert_eq!(writers[0].source_identity, CALLER);
        assert_eq!(writers[0].account, "100000000001");
        assert_eq!(writers[0].session_name, format!("organization-{rpc}"));
        for attempt in world.attempts().await {
            let writes = ["Enable", "Register", "Deregister"];
            if writes.iter().any(|verb| attempt.api.starts_with(verb)) {
                assert_eq!(attempt.source_identity, CALLER, "{attempt:?}");
            }
        }
    }
}

fn create(account: &str, home: &str) -> Value {
    json!({
        "targets": {"account_ids": [account]},
        "trail": {"name": "audit", "home_region": home, "s3_bucket_name": "trail-logs"},
    })
}

/// What became of the only target.
fn result(messages: &[Value]) -> &Value {
    let mut results = messages.iter().filter_map(|message| message.get("result"));
    results.next().unwrap()
}

#[tokio::test]
async fn a_role_that_names_nobody_says_what_is_missing_and_is_not_written_with() {
    let tagged = format!("{CONFIG}{}", super::TAGS);
    let world = World::start(SCENARIO, &tagged).await;
    for (account, missing) in [
        ("222222222222", "sts:SetSourceIdentity"),
        ("333333333333", "sts:TagSession"),
    ] {
        let messages = world
            .call("TrailService/CreateTrail", &create(account, "eu-west-1"))
            .await;
        let result = result(&messages);
        assert_eq!(result["outcome"], "OUTCOME_NOT_APPLIED", "{result}");
        assert_eq!(
            result["reason"], "CELL_REASON_ROLE_NOT_ASSUMABLE",
            "{result}"
        );
        let message = result["error"]["message"].as_str().unwrap();
        assert!(
            message.contains(missing) && message.contains("trust policy"),
            "{message}"
        );
    }
    let wrote = world.attempts().await;
    assert!(
        wrote.iter().all(|attempt| attempt.api != "CreateTrail"),
        "{wrote:?}"
    );
}

#[tokio::test]
async fn own_credentials_are_told_by_the_user_agent_alone() {
    let world = World::start(SCENARIO, CONFIG).await;
    let messages = world
        .call(
            "TrailService/CreateTrail",
            &create("100000000001", "eu-west-1"),
        )
        .await;
    let result = result(&messages);
    assert_eq!(result["outcome"], "OUTCOME_APPLIED", "{result}");
    assert_eq!(result.get("sourceIdentity"), None, "{result}");
    let attempts = world.attempts().await;
    let write = attempts.iter().find(|a| a.api == "CreateTrail").unwrap();
    assert_eq!(
        (&*write.principal, &*write.source_identity),
        ("trailplane-hub", "")
    );
    assert!(
        write.user_agent.ends_with(&format!(" caller/{CALLER}")),
        "{write:?}"
    );
}

/// What AWS asks for besides the call itself: tags, the role of the log group, the organization.
#[tokio::test]
async fn the_organizations_trail_is_made_with_no_more_than_it_takes() {
    let scenario = "
regions: [us-east-1, eu-west-1]
quotas: {per_second: {CloudTrail: 1000, Organizations: 1000}}
";
    let world = World::start(scenario, MANAGED_BY_ROLE).await;
    let management = "100000000001";
    let mut body = create(management, "us-east-1");
    let more = json!({
        "is_organization_trail": true,
        "is_multi_region_trail": true,
        "tags": {"team": "security"},
        "cloud_watch_logs_log_group_arn":
            format!("arn:aws:logs:us-east-1:{management}:log-group:trails:*"),
        "cloud_watch_logs_role_arn": format!("arn:aws:iam::{management}:role/CloudTrailToLogs"),
    });
    for (key, value) in more.as_object().unwrap() {
        body["trail"][key] = value.clone();
    }
    let changes = [
        ("CreateTrail", body),
        (
            "UpdateTrail",
            json!({"targets": {"account_ids": [management]}, "trail_name": "audit",
                "trail": {"s3_key_prefix": "all"}, "update_mask": {"paths": ["s3_key_prefix"]}}),
        ),
        (
            "DeleteTrail",
            json!({"targets": {"account_ids": [management]}, "trail_name": "audit",
                "allow_reduced_logging": true}),
        ),
    ];
    for (rpc, body) in changes {
        let messages = world.call(&format!("TrailService/{rpc}"), &body).await;
        let result = result(&messages);
        assert_eq!(result["outcome"], "OUTCOME_APPLIED", "{rpc}: {result}");
        assert_eq!(result["sourceIdentity"], CALLER, "{rpc}: {result}");
    }
    let assumed = world.assumed().await;
    let made = assumed.iter().find(|a| a.policy.contains("CreateTrail"));
    let actions = made.unwrap().actions().unwrap();
    for action in [
        "cloudtrail:AddTags",
        "iam:PassRole",
        "organizations:DescribeOrganization",
    ] {
        assert!(actions.contains(action), "{actions:?}");
    }
}
