//! What became of a change, for the wire.

use std::time::Duration;

use prost::Message;
use tonic_types::pb;

use super::*;
use crate::{
    api::proto::{StopLoggingResponse, stop_logging_response},
    domain::{CellReason, Coverage, coverage::CellError},
    trails::change::{
        ChangeFailure, ChangeItem, FieldChange, Outcome, PlannedAction, StopReason, Summary,
        TargetResult,
    },
};

fn result(outcome: Outcome) -> TargetResult {
    TargetResult {
        account: "111111111111".parse().unwrap(),
        account_name: "Payments".into(),
        region: Some("eu-west-1".parse().unwrap()),
        arn: Some(ARN.parse().unwrap()),
        outcome,
        failure: None,
        actions: vec![PlannedAction {
            action: "cloudtrail:StopLogging",
            resource: ARN.to_owned(),
            region: "eu-west-1".parse().unwrap(),
            changes: vec![FieldChange {
                path: "trail.logging".to_owned(),
                before: "true".to_owned(),
                after: "false".to_owned(),
            }],
            reduces_logging: true,
        }],
        calls: 3,
        aws_request_ids: vec!["r-1".to_owned()],
        source_identity: None,
        elapsed: Duration::from_millis(1500),
        canary: true,
    }
}

fn sent(result: TargetResult) -> proto::TargetResult {
    let message: StopLoggingResponse = item(ChangeItem::Result(Box::new(result)));
    match message.message {
        Some(stop_logging_response::Message::Result(result)) => result,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_result_is_sent_whole() {
    let wire = sent(result(Outcome::Applied));
    let head = (&*wire.account_id, &*wire.account_name, &*wire.region);
    assert_eq!(head, ("111111111111", "Payments", "eu-west-1"));
    assert_eq!(wire.resource, ARN);
    assert_eq!(wire.outcome(), proto::Outcome::Applied);
    assert_eq!(wire.reason(), proto::CellReason::Unspecified);
    assert!(wire.canary && wire.error.is_none());
    assert_eq!((wire.calls, &*wire.aws_request_ids[0]), (3, "r-1"));
    let elapsed = wire.elapsed.unwrap();
    assert_eq!((elapsed.seconds, elapsed.nanos), (1, 500_000_000));
    let action = &wire.actions[0];
    assert_eq!(action.action, "cloudtrail:StopLogging");
    assert!(action.reduces_logging);
    assert_eq!(action.changes[0].after, "false");
    let nowhere = TargetResult {
        region: None,
        arn: None,
        ..result(Outcome::NotStarted)
    };
    let wire = sent(nowhere);
    assert!(wire.region.is_empty() && wire.resource.is_empty());
}

#[test]
fn a_failure_has_a_reason_and_all_that_must_be_so_first() {
    let failure = ChangeFailure {
        reason: CellReason::Precondition,
        error: CellError {
            message: "the bucket refuses CloudTrail".to_owned(),
            aws_code: Some("InsufficientS3BucketPolicyException".to_owned()),
            aws_message: None,
            request_id: Some("r-2".to_owned()),
            remembered_for: None,
        },
        preconditions: vec!["one".to_owned(), "two".to_owned()],
    };
    let wire = sent(TargetResult {
        failure: Some(failure),
        ..result(Outcome::NotApplied)
    });
    assert_eq!(wire.reason(), proto::CellReason::Precondition);
    let error = wire.error.unwrap();
    assert_eq!(error.code, Code::FailedPrecondition as i32);
    assert_eq!(error.message, "the bucket refuses CloudTrail");
    let info = pb::ErrorInfo::decode(&*error.details[0].value).unwrap();
    assert_eq!(info.reason, "PRECONDITION");
    assert_eq!(info.metadata["aws_request_id"], "r-2");
    assert_eq!(info.metadata["account_id"], "111111111111");
    let lines = pb::PreconditionFailure::decode(&*error.details[1].value).unwrap();
    let lines: Vec<&str> = lines.violations.iter().map(|v| &*v.description).collect();
    assert_eq!(lines, ["one", "two"]);
}

#[test]
fn a_summary_counts_and_says_why_it_stopped() {
    let summary = Summary {
        request_id: "r".into(),
        counts: vec![(Outcome::Applied, 2), (Outcome::NotStarted, 5)],
        stopped: Some(StopReason::CanaryFailed),
        coverage: Coverage::default(),
        stale: true,
        calls: 9,
    };
    let message: StopLoggingResponse = item(ChangeItem::Summary(Box::new(summary)));
    let Some(stop_logging_response::Message::Summary(wire)) = message.message else {
        panic!("a summary was expected");
    };
    assert_eq!((&*wire.request_id, wire.calls), ("r", 9));
    assert_eq!(wire.stop_reason(), proto::StopReason::CanaryFailed);
    let counts: Vec<_> = wire
        .counts
        .iter()
        .map(|c| (c.outcome(), c.targets))
        .collect();
    let expected = [
        (proto::Outcome::Applied, 2),
        (proto::Outcome::NotStarted, 5),
    ];
    assert_eq!(counts, expected);
    let coverage = wire.coverage.unwrap();
    assert!(coverage.complete && coverage.accounts_stale);
}
