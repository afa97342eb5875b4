//! What stands in the audit of each change and each read.

use serde_json::{Value, json};
use tempfile::TempDir;

use super::{Kept, end, grpcurl};
use crate::support::trailplane::{Start, Trailplane};

const ACCOUNT: &str = "100000000012";

/// Callers are anonymous and may do everything, by a policy with a name.
async fn policed(kept: &Kept, start: Start) -> (Trailplane, TempDir) {
    let policies = TempDir::new().unwrap();
    let policy = "@id(\"everybody\") permit(principal, action, resource);";
    std::fs::write(policies.path().join("a.cedar"), policy).unwrap();
    let folder = policies.path().to_str().unwrap();
    let start = start.env("TRAILPLANE_POLICY__DIRECTORY", folder);
    (kept.by(start).ready().await, policies)
}

fn of_kind<'a>(records: &'a [Value], kind: &str, rpc: &str) -> Vec<&'a Value> {
    let named = |record: &&Value| {
        record["kind"] == kind
            && record["rpc"]
                .as_str()
                .is_some_and(|name| name.ends_with(rpc))
    };
    records.iter().filter(named).collect()
}

/// One intent before, one outcome after, and the request's own record.
fn check(records: &[Value], rpc: &str, actions: &Value, target: &str) {
    let [intent] = of_kind(records, "intent", rpc)[..] else {
        panic!("{rpc}: {records:#?}");
    };
    let [outcome] = of_kind(records, "outcome", rpc)[..] else {
        panic!("{rpc}: {records:#?}");
    };
    let [request] = of_kind(records, "write", rpc)[..] else {
        panic!("{rpc}: {records:#?}");
    };
    assert!(intent["seq"].as_u64() < outcome["seq"].as_u64());
    assert_eq!(intent["intent"], outcome["intent"]);
    for record in [intent, outcome] {
        assert_eq!(record["caller"], "anonymous@127.0.0.1", "{rpc}");
        assert_eq!(record["policies"], json!(["a.cedar#everybody"]), "{rpc}");
        assert_eq!(record["actions"], *actions, "{rpc}");
        assert!(
            record["target"].as_str().unwrap().contains(target),
            "{record}"
        );
        assert_eq!(record["digest"], request["digest"], "{rpc}");
        assert_eq!(record["digest"].as_str().unwrap().len(), 7 + 64);
    }
    assert_eq!(
        (&outcome["result"], &outcome["effect"]),
        (&json!("applied"), &json!("yes"))
    );
    let ids = outcome["aws_request_ids"].as_array().unwrap();
    assert_eq!(ids.len(), actions.as_array().unwrap().len(), "{outcome}");
    assert_eq!(request["code"], "OK");
}

#[tokio::test]
async fn each_change_of_a_trail_leaves_its_intent_and_its_outcome() {
    let kept = Kept::new();
    let (server, _policies) = policed(&kept, Start::sandbox()).await;
    let steps: Vec<Value> = serde_json::from_str(include_str!("../clients/changes.json")).unwrap();
    for step in &steps {
        let rpc = format!("TrailService/{}", step["rpc"].as_str().unwrap());
        let mut body = step["body"].clone();
        body["targets"] = json!({"account_ids": [ACCOUNT]});
        body["request_id"] = json!(format!("audit-{rpc}").replace('/', "-"));
        grpcurl(&server, &rpc, &body).await.expect_ok();
    }
    end(server).await;
    let records = kept.records();
    let actions = |rpc: &str| match rpc {
        "CreateTrail" => json!(["cloudtrail:CreateTrail", "cloudtrail:StartLogging"]),
        "ApplyTrail" => json!(["cloudtrail:UpdateTrail"]),
        "PutEventConfiguration" => json!(["cloudtrail:PutEventConfiguration"]),
        same => json!([format!("cloudtrail:{same}")]),
    };
    for step in &steps {
        let rpc = step["rpc"].as_str().unwrap();
        let target = format!("eu-west-1:{ACCOUNT}:trail/everybody");
        check(
            &records,
            &format!("TrailService/{rpc}"),
            &actions(rpc),
            &target,
        );
        let [intent] = of_kind(&records, "intent", &format!("/{rpc}"))[..] else {
            panic!("{rpc}");
        };
        assert_eq!(intent["account"], ACCOUNT);
        assert_eq!(intent["session"], intent["request_id"]);
        assert_eq!(intent["request_id"], format!("audit-TrailService-{rpc}"));
    }
    let (code, report) = kept.verified(&["--ended"]).await;
    assert_eq!(
        (code, &report["good"], &report["open_intents"]),
        (Some(0), &json!(true), &json!(0))
    );
    // Names and digests, never the arguments.
    let text = std::fs::read_to_string(kept.path()).unwrap();
    assert!(
        !text.contains("trail-logs") && !text.contains("security"),
        "{text}"
    );
}

fn organization(facts: &str) -> Start {
    Start::with_scenario(&format!(
        "organization: {{{facts}}}\nregions: [us-east-1]\naccounts: [{{id: '222222222222', name: member}}]\n"
    ))
}

#[tokio::test]
async fn each_change_of_the_organization_does_too() {
    let kept = Kept::new();
    let none = "trusted_access: false, service_linked_role: false";
    let (server, _policies) = policed(&kept, organization(none)).await;
    let member = json!({"account_id": "222222222222"});
    let steps = [
        (
            "EnableTrustedAccess",
            json!({}),
            "organizations:EnableAWSServiceAccess",
            "cloudtrail",
        ),
        (
            "RegisterDelegatedAdministrator",
            member.clone(),
            "cloudtrail:RegisterOrganizationDelegatedAdmin",
            "2222",
        ),
        (
            "DeregisterDelegatedAdministrator",
            member,
            "cloudtrail:DeregisterOrganizationDelegatedAdmin",
            "2222",
        ),
    ];
    for (rpc, body, ..) in &steps {
        let rpc = format!("OrganizationService/{rpc}");
        grpcurl(&server, &rpc, body).await.expect_ok();
    }
    end(server).await;
    let records = kept.records();
    for (rpc, _, action, target) in &steps {
        check(&records, &format!("/{rpc}"), &json!([action]), target);
    }

    let kept = Kept::new();
    let billing = organization("features: CONSOLIDATED_BILLING");
    let (server, _policies) = policed(&kept, billing).await;
    let rpc = "OrganizationService/EnableAllFeatures";
    grpcurl(&server, rpc, &json!({})).await.expect_ok();
    end(server).await;
    let action = json!(["organizations:EnableAllFeatures"]);
    check(&kept.records(), rpc, &action, "organization");
}

#[tokio::test]
async fn a_plan_and_a_read_leave_one_record_and_no_intent() {
    let kept = Kept::new();
    let server = kept.by(Start::sandbox()).ready().await;
    let mut plan = super::tag("plan");
    plan["validate_only"] = json!(true);
    grpcurl(&server, "TrailService/AddTags", &plan)
        .await
        .expect_ok();
    let plan = json!({"validate_only": true});
    grpcurl(&server, "OrganizationService/EnableTrustedAccess", &plan)
        .await
        .expect_ok();
    grpcurl(&server, "TrailService/ListTrails", &json!({"page_size": 1}))
        .await
        .expect_ok();
    let events = json!({"page_size": 1, "targets": {"account_ids": [ACCOUNT]}});
    let one = json!({"targets": {"account_ids": [ACCOUNT]}});
    grpcurl(&server, "AccountService/CheckAccess", &one)
        .await
        .expect_ok();
    grpcurl(&server, "EventService/LookupEvents", &events)
        .await
        .expect_ok();
    let wrong = json!({"page_size": -1});
    grpcurl(&server, "EventService/LookupEvents", &wrong)
        .await
        .expect_failure();
    end(server).await;
    let records = kept.records();
    let kinds: Vec<&str> = records
        .iter()
        .map(|record| record["kind"].as_str().unwrap())
        .collect();
    assert_eq!(
        kinds,
        [
            "start", "read", "read", "read", "read", "read", "read", "end"
        ]
    );
    let codes: Vec<&str> = records[1..7]
        .iter()
        .map(|record| record["code"].as_str().unwrap())
        .collect();
    assert_eq!(codes[5], "INVALID_ARGUMENT", "{codes:?}");
    assert_eq!(records[6]["caller"], "anonymous@127.0.0.1");
}

/// What was refused by a policy, and what there was nothing to do for, is there too.
#[tokio::test]
async fn what_changes_nothing_is_told_as_such() {
    let kept = Kept::new();
    let server = kept.by(Start::sandbox()).ready().await;
    for _ in 0..2 {
        grpcurl(&server, "TrailService/AddTags", &super::tag("same"))
            .await
            .expect_ok();
    }
    end(server).await;
    let records = kept.records();
    let outcomes = of_kind(&records, "outcome", "AddTags");
    let told = outcomes
        .iter()
        .map(|one| (&one["result"], &one["effect"], one["intent"].is_null()));
    let told: Vec<_> = told.collect();
    assert_eq!(
        told,
        [
            (&json!("applied"), &json!("yes"), false),
            (&json!("unchanged"), &json!("no"), true)
        ]
    );
    assert_eq!(of_kind(&records, "intent", "AddTags").len(), 1);
}

#[tokio::test]
async fn standard_output_has_the_same_lines() {
    let kept = Kept::new();
    let start = Start::sandbox().env("TRAILPLANE_AUDIT__STDOUT", "true");
    let mut server = kept.by(start).ready().await;
    grpcurl(&server, "TrailService/AddTags", &super::tag("copy"))
        .await
        .expect_ok();
    server.process.signal("TERM");
    server
        .process
        .wait(std::time::Duration::from_secs(30))
        .await;
    let output = server.process.output();
    for line in std::fs::read_to_string(kept.path()).unwrap().lines() {
        assert!(output.contains(line), "{line}\n{output}");
    }
}
