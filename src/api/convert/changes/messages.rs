//! The requests, one by one: which trails each is about, and what it wants of them.

use std::mem;

use super::{
    Change, ChangeMessage,
    common::{Head, Scope, once},
    mask, parts,
    spec::{self, Empty},
};
use crate::{
    api::{proto, violations::Violations},
    domain::trail::{Desired, DesiredTags, Presence, TagRemoval},
};

/// What is wanted of a trail stands in the request's `trail`.
const IN_SPEC: &str = "trail.";

/// `Request (a field of it that allows less to be recorded)? => Answer, read by this function`.
macro_rules! messages {
    ($($request:ident $(($allows:ident))? => $answer:ident, $read:path;)+) => {$(
        impl ChangeMessage for proto::$request {
            type Answer = proto::$answer;

            fn head(&mut self) -> Head {
                Head {
                    targets: self.targets.take(),
                    validate_only: self.validate_only,
                    request_id: mem::take(&mut self.request_id),
                    rollout: self.rollout.take(),
                    allow_reduced_logging: false $(|| self.$allows)?,
                }
            }

            fn change(self, scope: Scope, found: &mut Violations) -> Change {
                $read(self, scope, found)
            }
        }
    )+};
}

messages! {
    CreateTrailRequest => CreateTrailResponse, create;
    ApplyTrailRequest (allow_reduced_logging) => ApplyTrailResponse, apply;
    UpdateTrailRequest (allow_reduced_logging) => UpdateTrailResponse, update;
    DeleteTrailRequest (allow_reduced_logging) => DeleteTrailResponse, delete;
    StartLoggingRequest => StartLoggingResponse, start;
    StopLoggingRequest (allow_reduced_logging) => StopLoggingResponse, stop;
    PutEventSelectorsRequest (allow_reduced_logging) => PutEventSelectorsResponse, put_events;
    PutInsightSelectorsRequest (allow_reduced_logging) => PutInsightSelectorsResponse, put_insights;
    PutEventConfigurationRequest (allow_reduced_logging) => PutEventConfigurationResponse, configure;
    AddTagsRequest => AddTagsResponse, add_tags;
    RemoveTagsRequest => RemoveTagsResponse, remove_tags;
}

fn create(wire: proto::CreateTrailRequest, scope: Scope, found: &mut Violations) -> Change {
    let mut spec = wire.trail.unwrap_or_default();
    // AWS itself would leave it off.
    spec.logging.get_or_insert(true);
    Change {
        trails: scope.at(found, &spec.name, &spec.home_region),
        desired: spec::desired(found, spec, Empty::Refused, TagRemoval::Nothing),
        presence: Presence::New,
        at: IN_SPEC,
    }
}

fn apply(wire: proto::ApplyTrailRequest, scope: Scope, found: &mut Violations) -> Change {
    let spec = wire.trail.unwrap_or_default();
    let remove = if wire.prune_tags {
        TagRemoval::Others
    } else {
        TagRemoval::Nothing
    };
    Change {
        trails: scope.at(found, &spec.name, &spec.home_region),
        desired: spec::desired(found, spec, Empty::Clears, remove),
        presence: Presence::Ensured,
        at: IN_SPEC,
    }
}

/// A change of trails that are there, in requests that name them by `trail_name` or `trail_arns`.
macro_rules! existing {
    ($wire:ident, $scope:ident, $found:ident, $desired:expr) => {{
        let trails = $scope.named($found, $wire.trail_name, &$wire.trail_arns);
        Change {
            trails,
            desired: $desired,
            presence: Presence::Existing,
            at: "",
        }
    }};
}

fn update(wire: proto::UpdateTrailRequest, scope: Scope, found: &mut Violations) -> Change {
    let mask = wire.update_mask.unwrap_or_default();
    let spec = wire.trail.unwrap_or_default();
    Change {
        at: IN_SPEC,
        ..existing!(wire, scope, found, mask::desired(found, &mask, spec))
    }
}

fn delete(wire: proto::DeleteTrailRequest, scope: Scope, found: &mut Violations) -> Change {
    Change {
        presence: Presence::Absent,
        ..existing!(wire, scope, found, Desired::default())
    }
}

fn start(wire: proto::StartLoggingRequest, scope: Scope, found: &mut Violations) -> Change {
    existing!(wire, scope, found, logging(true))
}

fn stop(wire: proto::StopLoggingRequest, scope: Scope, found: &mut Violations) -> Change {
    existing!(wire, scope, found, logging(false))
}

fn logging(on: bool) -> Desired {
    Desired {
        logging: Some(on),
        ..Desired::default()
    }
}

fn put_events(
    wire: proto::PutEventSelectorsRequest,
    scope: Scope,
    found: &mut Violations,
) -> Change {
    let selectors = wire.event_selectors.unwrap_or_default();
    let desired = Desired {
        event_selectors: parts::event_selectors(found, "event_selectors", selectors),
        ..Desired::default()
    };
    existing!(wire, scope, found, desired)
}

fn put_insights(
    wire: proto::PutInsightSelectorsRequest,
    scope: Scope,
    found: &mut Violations,
) -> Change {
    let selectors = wire.insight_selectors.unwrap_or_default();
    let desired = Desired {
        insight_selectors: Some(parts::insight_selectors(selectors)),
        ..Desired::default()
    };
    existing!(wire, scope, found, desired)
}

fn configure(
    wire: proto::PutEventConfigurationRequest,
    scope: Scope,
    found: &mut Violations,
) -> Change {
    let configuration = wire.event_configuration;
    if configuration.is_none() {
        found.add(
            "event_configuration",
            "is unset; give the new configuration",
        );
    }
    let desired = Desired {
        event_configuration: configuration
            .map(|wire| parts::event_configuration(found, "event_configuration", wire)),
        ..Desired::default()
    };
    existing!(wire, scope, found, desired)
}

fn add_tags(wire: proto::AddTagsRequest, scope: Scope, found: &mut Violations) -> Change {
    if wire.tags.is_empty() {
        found.add("tags", "is empty; give the tags to add");
    }
    let tags = DesiredTags {
        set: wire.tags.into_iter().collect(),
        remove: TagRemoval::Nothing,
    };
    existing!(wire, scope, found, tagged(tags))
}

fn remove_tags(wire: proto::RemoveTagsRequest, scope: Scope, found: &mut Violations) -> Change {
    if wire.tag_keys.is_empty() {
        found.add("tag_keys", "is empty; give the keys of the tags to remove");
    }
    once(found, "tag_keys", &wire.tag_keys);
    let tags = DesiredTags {
        remove: TagRemoval::Keys(wire.tag_keys.into_iter().collect()),
        ..DesiredTags::default()
    };
    existing!(wire, scope, found, tagged(tags))
}

fn tagged(tags: DesiredTags) -> Desired {
    Desired {
        tags,
        ..Desired::default()
    }
}
