use std::collections::HashMap;

use tonic::Code;
use tonic_types::StatusExt;

use super::*;
use crate::{
    api::proto::{
        self, AddTagsRequest, ApplyTrailRequest, BasicEventSelector, CreateTrailRequest,
        DeleteTrailRequest, EventConfiguration, EventSelectors, PutEventConfigurationRequest,
        PutEventSelectorsRequest, PutInsightSelectorsRequest, RemoveTagsRequest, Rollout,
        StartLoggingRequest, StopLoggingRequest, TargetSelector, TrailSpec, UpdateTrailRequest,
    },
    domain::trail::{self, DesiredSettings, RecordedRegions, TagRemoval, Wish},
    trails::change::MOST_PARALLEL,
};

mod answers;
mod mask;
mod spec;

const ARN: &str = "arn:aws:cloudtrail:eu-west-1:111111111111:trail/main";

fn read<M: ChangeMessage>(wire: M) -> Result<ChangeRequest, Status> {
    parse(wire, || "made-up".into())
}

fn good<M: ChangeMessage>(wire: M) -> ChangeRequest {
    read(wire).unwrap_or_else(|status| panic!("{status:?}"))
}

/// The fields that a request is refused for.
fn wrong<M: ChangeMessage>(wire: M) -> Vec<String> {
    let status = read(wire).unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument, "{status:?}");
    let details = status.get_error_details();
    let listed = &details.bad_request().unwrap().field_violations;
    listed.iter().map(|v| v.field.clone()).collect()
}

/// All that a trail needs.
fn spec() -> TrailSpec {
    TrailSpec {
        name: "main".into(),
        home_region: "eu-west-1".into(),
        s3_bucket_name: "logs".into(),
        ..TrailSpec::default()
    }
}

fn start() -> StartLoggingRequest {
    StartLoggingRequest {
        trail_name: "main".into(),
        ..StartLoggingRequest::default()
    }
}

fn rolled(rollout: Rollout) -> StartLoggingRequest {
    StartLoggingRequest {
        rollout: Some(rollout),
        ..start()
    }
}

#[test]
fn trails_are_named_by_name_or_by_arn_and_not_both() {
    let by_name = good(start());
    assert!(matches!(by_name.trails, Where::Named { name, .. } if name.as_str() == "main"));
    let arns = |arns: Vec<String>| StartLoggingRequest {
        trail_arns: arns,
        ..StartLoggingRequest::default()
    };
    let by_arn = good(arns(vec![ARN.into()]));
    assert!(matches!(by_arn.trails, Where::Arns { arns, .. } if arns[0].as_str() == ARN));
    let many = |count| (0..count).map(|n| format!("{ARN}{n}")).collect();
    assert!(read(arns(many(MAX_TRAILS))).is_ok());
    let both = StartLoggingRequest {
        trail_arns: vec![ARN.into()],
        ..start()
    };
    let bad_name = StartLoggingRequest {
        trail_name: "a--b".into(),
        ..start()
    };
    for (wire, fields) in [
        (StartLoggingRequest::default(), vec!["trail_name"]),
        (both, vec!["trail_arns"]),
        (bad_name, vec!["trail_name"]),
        (arns(many(MAX_TRAILS + 1)), vec!["trail_arns"]),
        (
            arns(vec![ARN.into(), "main".into(), ARN.into()]),
            vec!["trail_arns[2]", "trail_arns[1]"],
        ),
    ] {
        assert_eq!(wrong(wire), fields);
    }
}

#[test]
fn an_id_is_the_callers_or_made_up() {
    let asked = |id: &str| StartLoggingRequest {
        request_id: id.to_owned(),
        ..start()
    };
    assert_eq!(&*good(asked("")).request_id, "made-up");
    let longest = "x".repeat(64);
    for right in ["change/42:a_b-c", &longest] {
        assert_eq!(&*good(asked(right)).request_id, right);
    }
    for bad in ["a b", "a\n", "ä", &"x".repeat(65)] {
        assert_eq!(wrong(asked(bad)), ["request_id"], "{bad:?}");
    }
}

#[test]
fn a_rollout_has_bounds_and_no_contradictions() {
    let usual = good(start()).rollout;
    assert_eq!(usual.max_parallel.get(), MOST_PARALLEL);
    assert_eq!((usual.canary, usual.max_failures), (0, Some(0)));
    let own = good(rolled(Rollout {
        max_parallel: 7,
        canary: 2,
        max_failures: 3,
        ignore_failures: false,
    }))
    .rollout;
    assert_eq!(own.max_parallel.get(), 7);
    assert_eq!((own.canary, own.max_failures), (2, Some(3)));
    let any = good(rolled(Rollout {
        ignore_failures: true,
        ..Rollout::default()
    }));
    assert_eq!(any.rollout.max_failures, None);
    let both = wrong(rolled(Rollout {
        max_parallel: 101,
        max_failures: 1,
        ignore_failures: true,
        ..Rollout::default()
    }));
    assert_eq!(both, ["rollout.max_parallel", "rollout.max_failures"]);
}

#[test]
fn selectors_are_of_one_kind() {
    let put = |event_selectors| PutEventSelectorsRequest {
        trail_name: "main".into(),
        event_selectors,
        ..PutEventSelectorsRequest::default()
    };
    let both = EventSelectors {
        basic: vec![BasicEventSelector::default()],
        advanced: vec![proto::AdvancedEventSelector::default()],
    };
    for wire in [None, Some(EventSelectors::default()), Some(both)] {
        assert_eq!(wrong(put(wire)), ["event_selectors"]);
    }
    let many = EventSelectors {
        basic: vec![BasicEventSelector::default(); 6],
        ..EventSelectors::default()
    };
    assert_eq!(wrong(put(Some(many))), ["event_selectors.basic"]);
}

#[test]
fn no_insights_is_a_wish_and_no_configuration_is_none() {
    let none = PutInsightSelectorsRequest {
        trail_name: "main".into(),
        ..PutInsightSelectorsRequest::default()
    };
    assert_eq!(good(none).desired.insight_selectors, Some(Vec::new()));
    let unset = PutEventConfigurationRequest {
        trail_name: "main".into(),
        ..PutEventConfigurationRequest::default()
    };
    assert_eq!(wrong(unset), ["event_configuration"]);
}

#[test]
fn tags_are_added_and_removed_by_name() {
    let add = |tags: &[(&str, &str)]| AddTagsRequest {
        trail_name: "main".into(),
        tags: tags
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect(),
        ..AddTagsRequest::default()
    };
    assert_eq!(good(add(&[("k", "v")])).desired.tags.set["k"], "v");
    assert_eq!(wrong(add(&[])), ["tags"]);
    let remove = |keys: &[&str]| RemoveTagsRequest {
        trail_name: "main".into(),
        tag_keys: keys.iter().map(|key| (*key).to_owned()).collect(),
        ..RemoveTagsRequest::default()
    };
    let keys = TagRemoval::Keys(["k".to_owned()].into());
    assert_eq!(good(remove(&["k"])).desired.tags.remove, keys);
    assert_eq!(wrong(remove(&[])), ["tag_keys"]);
    assert_eq!(wrong(remove(&["k", "a", "k"])), ["tag_keys[2]"]);
}

#[test]
fn what_surely_records_less_needs_leave_or_changes_nothing() {
    let stop = |allow, validate_only| StopLoggingRequest {
        trail_name: "main".into(),
        allow_reduced_logging: allow,
        validate_only,
        ..StopLoggingRequest::default()
    };
    let delete = |allow, validate_only| DeleteTrailRequest {
        trail_name: "main".into(),
        allow_reduced_logging: allow,
        validate_only,
        ..DeleteTrailRequest::default()
    };
    for status in [
        read(stop(false, false)).unwrap_err(),
        read(delete(false, false)).unwrap_err(),
    ] {
        assert_eq!(status.code(), Code::FailedPrecondition);
        let details = status.get_error_details();
        let reason = &details.error_info().unwrap().reason;
        assert_eq!(reason, "REDUCED_LOGGING_NOT_ALLOWED");
    }
    for (allow, validate_only) in [(true, false), (false, true)] {
        let stopped = good(stop(allow, validate_only));
        assert_eq!(stopped.desired.logging, Some(false));
        assert_eq!(stopped.validate_only, validate_only);
        assert_eq!(stopped.allow_reduced_logging, allow);
        let deleted = good(delete(allow, validate_only));
        assert_eq!(deleted.presence, Presence::Absent);
    }
    // What is wrong is told first.
    let wire = StopLoggingRequest::default();
    assert_eq!(wrong(wire), ["trail_name"]);
}
