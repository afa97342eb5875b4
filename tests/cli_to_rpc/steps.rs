//! The commands of the page in their order, and what each call must show.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{Answer, Held, Step};

/// Accounts of `/Prod/Payments`, of `/Prod/Web` and of `/Security`.
const PAYMENTS: usize = 6;
const WEB: usize = 7;
const SECURITY: usize = 3;

const APPLIED: &str = "OUTCOME_APPLIED";

fn any(_: &Value) -> bool {
    true
}

fn is(field: &'static str) -> impl Fn(&Value) -> bool {
    move |trail| trail[field] == true
}

fn accounts(events: &[Value]) -> BTreeSet<&str> {
    let ids = events
        .iter()
        .map(|event| event["recipientAccountId"].as_str());
    ids.map(Option::unwrap).collect()
}

/// The newest first, of many accounts.
fn many_events(answer: &Answer, _: &Held) {
    let events = answer.events();
    let times: Vec<&str> = events
        .iter()
        .map(|event| event["eventTime"].as_str().unwrap())
        .collect();
    assert!(times.is_sorted_by(|a, b| a >= b), "{times:?}");
    assert!(accounts(events).len() > 5);
}

fn five_events(answer: &Answer, _: &Held) {
    assert_eq!(answer.events().len(), 5);
    assert!(answer.only()["nextPageToken"].is_string());
}

fn deletions(answer: &Answer, _: &Held) {
    let names = answer.events().iter().map(|event| &event["eventName"]);
    let names: BTreeSet<&str> = names.filter_map(Value::as_str).collect();
    assert_eq!(names, BTreeSet::from(["DeleteBucket"]));
}

fn both_trails(answer: &Answer, held: &Held) {
    let names = answer.only()["trails"].as_array().unwrap().iter();
    let names: Vec<&str> = names.filter_map(|trail| trail["name"].as_str()).collect();
    assert_eq!(names, ["payments-audit", "organization-trail"]);
    assert_eq!(held.0.len(), names.len());
}

fn has_stopped(answer: &Answer, _: &Held) {
    let status = &answer.only()["status"];
    assert_eq!(status.get("isLogging"), None, "{status}");
    assert!(status["stopLoggingTime"].is_string());
}

/// The answer begins with the policies that the trail needs elsewhere; this one of them names the trails.
fn assert_begins_with_policy(answer: &Answer, of: &str) {
    let policy = answer.0[0]["policies"][of].as_str().unwrap();
    let policy: Value = serde_json::from_str(policy).unwrap();
    let text = policy.to_string();
    assert!(text.contains("cloudtrail.amazonaws.com"), "{text}");
    assert!(text.contains(":trail/"), "{text}");
}

fn planned(answer: &Answer, held: &Held) {
    assert_begins_with_policy(answer, "s3BucketPolicy");
    answer.each((PAYMENTS + WEB) as u64, "OUTCOME_PLANNED");
    assert_eq!(held.count("app-audit", any), 0);
}

fn created(answer: &Answer, held: &Held) {
    answer.each((PAYMENTS + WEB) as u64, APPLIED);
    let as_asked = |trail: &Value| {
        trail["home_region"] == "eu-west-1"
            && trail["bucket"] == "app-audit-logs"
            && trail["multi_region"] == false
            && trail["logging"] == false
    };
    assert_eq!(held.count("app-audit", as_asked), PAYMENTS + WEB);
    let canaries = answer.0.iter().filter(|m| m["result"]["canary"] == true);
    assert_eq!(canaries.count(), 2);
}

fn started(answer: &Answer, held: &Held) {
    answer.each((PAYMENTS + WEB) as u64, APPLIED);
    assert_eq!(held.count("app-audit", is("logging")), PAYMENTS + WEB);
}

fn stopped(answer: &Answer, held: &Held) {
    answer.each(1, APPLIED);
    assert_eq!(held.count("app-audit", is("logging")), PAYMENTS + WEB - 1);
}

fn created_in_all_regions(answer: &Answer, held: &Held) {
    answer.each(SECURITY as u64, APPLIED);
    let as_asked = |trail: &Value| {
        trail["multi_region"] == true
            && trail["logging"] == true
            && trail["log_file_validation"] == true
            && trail["tags"] == json!({"owner": "security"})
    };
    assert_eq!(held.count("security-audit", as_asked), SECURITY);
}

fn in_all_regions(answer: &Answer, held: &Held) {
    answer.each(WEB as u64, APPLIED);
    assert_eq!(held.count("app-audit", is("multi_region")), WEB);
}

fn in_one_region(answer: &Answer, held: &Held) {
    answer.each(WEB as u64, APPLIED);
    assert_eq!(held.count("app-audit", is("multi_region")), 0);
    let global = held.count("app-audit", is("global_service_events"));
    assert_eq!(global, PAYMENTS + WEB);
}

fn without_global_services(answer: &Answer, held: &Held) {
    answer.each(WEB as u64, APPLIED);
    let global = held.count("app-audit", is("global_service_events"));
    assert_eq!(global, PAYMENTS);
}

fn deleted(answer: &Answer, held: &Held) {
    answer.each(WEB as u64, APPLIED);
    assert_eq!(held.count("app-audit", any), PAYMENTS);
}

fn already_so(answer: &Answer, _: &Held) {
    answer.only();
    answer.each(1, "OUTCOME_UNCHANGED");
}

fn ready(answer: &Answer, held: &Held) {
    let answer = answer.only();
    assert_eq!(answer["ready"], true, "{answer}");
    assert!(answer["prerequisites"].as_array().unwrap().len() >= 5);
    assert_eq!(held.count("organization-audit", any), 0);
}

fn created_for_all(answer: &Answer, held: &Held) {
    answer.each(1, APPLIED);
    let as_asked = |trail: &Value| {
        trail["account"] == "100000000001"
            && trail["organization"] == true
            && trail["multi_region"] == true
            && trail["logging"] == true
    };
    assert_eq!(held.count("organization-audit", as_asked), 1);
}

fn selected(answer: &Answer, held: &Held) {
    answer.each(SECURITY as u64, APPLIED);
    let two = |trail: &Value| trail["advanced_event_selectors"].as_array().unwrap().len() == 2;
    assert_eq!(held.count("security-audit", two), SECURITY);
}

fn notified(answer: &Answer, held: &Held) {
    assert_begins_with_policy(answer, "snsTopicPolicy");
    answer.each(SECURITY as u64, APPLIED);
    let topic = "arn:aws:sns:us-east-1:100000000002:trail-deliveries";
    let told = |trail: &Value| trail["topic_arn"] == topic;
    assert_eq!(held.count("security-audit", told), SECURITY);
}

fn sent_to_logs(answer: &Answer, held: &Held) {
    answer.each(1, APPLIED);
    let sent = |trail: &Value| {
        trail["account"] == "100000000003"
            && trail["log_group_arn"]
                == "arn:aws:logs:us-east-1:100000000003:log-group:security-audit:*"
            && trail["log_role_arn"] == "arn:aws:iam::100000000003:role/TrailToLogs"
    };
    assert_eq!(held.count("security-audit", sent), 1);
}

macro_rules! steps {
    ($($command:literal: $($check:ident),+;)+) => {
        &[$(Step { command: $command, calls: &[$($check),+] }),+]
    };
}

/// The page, in its order.
pub(super) const STEPS: &[Step] = steps! {
    "aws cloudtrail lookup-events": many_events;
    "aws cloudtrail lookup-events --max-results N": five_events;
    "aws cloudtrail lookup-events --start-time --end-time": deletions;
    "aws cloudtrail describe-trails": both_trails;
    "aws cloudtrail get-trail-status": has_stopped;
    "aws cloudtrail create-trail": planned, created;
    "aws cloudtrail start-logging": started;
    "aws cloudtrail stop-logging": stopped;
    "aws cloudtrail create-trail --is-multi-region-trail": created_in_all_regions;
    "aws cloudtrail update-trail --is-multi-region-trail": in_all_regions;
    "aws cloudtrail update-trail --no-is-multi-region-trail": in_one_region;
    "aws cloudtrail update-trail --no-include-global-service-events": without_global_services;
    "aws cloudtrail delete-trail": deleted;
    "aws organizations enable-all-features": already_so;
    "aws organizations enable-aws-service-access": already_so;
    "aws cloudtrail create-trail --is-organization-trail --is-multi-region-trail": ready, created_for_all;
    "aws cloudtrail put-event-selectors": selected;
    "aws cloudtrail update-trail --sns-topic-name": notified;
    "aws cloudtrail update-trail --cloud-watch-logs-log-group-arn --cloud-watch-logs-role-arn": sent_to_logs;
};
