//! The fields that a mask names.

use super::*;

pub fn update(paths: &[&str], trail: TrailSpec) -> UpdateTrailRequest {
    UpdateTrailRequest {
        trail_name: "main".into(),
        trail: Some(trail),
        update_mask: Some(prost_types::FieldMask {
            paths: paths.iter().map(|path| (*path).to_owned()).collect(),
        }),
        ..UpdateTrailRequest::default()
    }
}

#[test]
fn a_mask_takes_what_it_names_and_nothing_else() {
    let trail = TrailSpec {
        s3_key_prefix: Some("new".into()),
        kms_key_id: Some("alias/ignored".into()),
        recursive_logging: Some(true),
        ..TrailSpec::default()
    };
    let paths = ["s3_key_prefix", "sns_topic_name", "s3_key_prefix"];
    let request = good(update(&paths, trail));
    assert_eq!(request.presence, Presence::Existing);
    let wanted = DesiredSettings {
        prefix: Wish::Set("new".into()),
        sns_topic: Wish::Clear,
        ..DesiredSettings::default()
    };
    let wanted = Desired {
        settings: wanted,
        ..Desired::default()
    };
    assert_eq!(request.desired, wanted);
}

#[test]
fn a_mask_names_fields_that_can_be_changed_and_are_set() {
    let paths = [
        "*",
        "name",
        "home_region",
        "tags",
        "logging",
        "trail.kms_key_id",
        "event_selectors.basic",
        "",
    ];
    let refused = wrong(update(&paths, spec()));
    let all: Vec<String> = (0..paths.len())
        .map(|at| format!("update_mask.paths[{at}]"))
        .collect();
    assert_eq!(refused, all);
    let needed = [
        "s3_bucket_name",
        "is_multi_region_trail",
        "is_organization_trail",
        "include_global_service_events",
        "enable_log_file_validation",
        "recursive_logging",
        "event_selectors",
    ];
    let unset = wrong(update(&needed, TrailSpec::default()));
    let all: Vec<String> = needed.iter().map(|path| format!("trail.{path}")).collect();
    assert_eq!(unset, all);
    assert_eq!(wrong(update(&[], spec())), ["update_mask"]);
    assert_eq!(wrong(update(&["x"; 51], spec())), ["update_mask.paths"]);
    assert_eq!(
        wrong(UpdateTrailRequest::default()),
        ["trail_name", "update_mask"]
    );
}
