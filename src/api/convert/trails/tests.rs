use tonic_types::StatusExt;

use super::*;
use crate::domain::Coverage;

const ARN: &str = "arn:aws:cloudtrail:eu-west-1:111111111111:trail/main";

fn fields(status: &tonic::Status) -> Vec<String> {
    let details = status.get_error_details();
    let listed = &details.bad_request().unwrap().field_violations;
    listed.iter().map(|v| v.field.clone()).collect()
}

fn wrong(wire: proto::TrailReference) -> Vec<(String, String)> {
    let found = reference(Some(wire)).unwrap_err().to_field_violations();
    found
        .into_iter()
        .map(|v| (v.field, v.description))
        .collect()
}

#[test]
fn a_trail_is_named_in_three_ways() {
    let by_arn = proto::TrailReference {
        arn: ARN.into(),
        ..Default::default()
    };
    let by_name = proto::TrailReference {
        account_id: "111111111111".into(),
        name: "main".into(),
        ..Default::default()
    };
    let at_home = proto::TrailReference {
        home_region: "eu-west-1".into(),
        ..by_name.clone()
    };
    assert!(matches!(reference(Some(by_arn)), Ok(TrailReference::Arn(arn)) if arn.as_str() == ARN));
    assert!(matches!(
        reference(Some(by_name)),
        Ok(TrailReference::Named { .. })
    ));
    assert!(matches!(
        reference(Some(at_home)),
        Ok(TrailReference::Home { .. })
    ));
}

#[test]
fn everything_wrong_with_a_reference_is_told_at_once_with_the_limits() {
    let all = wrong(proto::TrailReference {
        account_id: "42".into(),
        home_region: "mars".into(),
        name: "-".into(),
        ..Default::default()
    });
    let fields: Vec<&str> = all.iter().map(|(field, _)| &**field).collect();
    assert_eq!(
        fields,
        ["trail.account_id", "trail.name", "trail.home_region"]
    );
    assert!(
        all[1].1.contains("3 to 128") && all[1].1.contains("begin and end"),
        "{all:?}"
    );
    let both = wrong(proto::TrailReference {
        arn: "arn:aws:s3:::bucket".into(),
        name: "main".into(),
        ..Default::default()
    });
    let fields: Vec<&str> = both.iter().map(|(field, _)| &**field).collect();
    assert_eq!(fields, ["trail.name", "trail.arn"]);
    assert_eq!(wrong(proto::TrailReference::default())[0].0, "trail");
}

#[test]
fn everything_wrong_with_a_listing_is_told_at_once() {
    let status = Listing::parse(proto::ListTrailsRequest {
        targets: Some(proto::TargetSelector {
            regions: vec!["mars".into()],
            ..Default::default()
        }),
        view: 9,
        kinds: vec![3, 0, 77],
        name: "a..b".into(),
        page_size: 1001,
        ..Default::default()
    });
    let status = status.err().unwrap();
    assert_eq!(
        fields(&status),
        [
            "page_size",
            "targets.regions[0]",
            "view",
            "kinds[1]",
            "kinds[2]",
            "name"
        ]
    );
}

#[test]
fn tags_are_asked_for_by_arn_and_not_too_many() {
    let ask = |trail_arns: Vec<String>| tagged(&proto::ListTagsRequest { trail_arns });
    assert_eq!(ask(vec![ARN.into(); 200]).unwrap().len(), 200);
    for wrong in [Vec::new(), vec![ARN.into(); 201], vec!["main".into()]] {
        assert!(ask(wrong).is_err());
    }
}

fn row(number: usize, bytes: usize) -> FoundTrail {
    let arn = format!("arn:aws:cloudtrail:eu-west-1:111111111111:trail/t{number:04}");
    FoundTrail {
        arn: arn.parse().unwrap(),
        settings: None,
        parts: crate::trails::Parts {
            tags: Some([("k".to_owned(), "v".repeat(bytes))].into()),
            ..Default::default()
        },
        unread: vec![Part::Settings],
        shown_by: Vec::new(),
    }
}

#[test]
fn a_page_that_is_too_large_for_a_message_ends_earlier_and_goes_on_there() {
    let listing = |page_token: String| {
        let wire = proto::ListTrailsRequest {
            page_token,
            ..Default::default()
        };
        Listing::parse(wire).unwrap_or_else(|status| panic!("{status}"))
    };
    let answer = |trails| ListAnswer {
        trails,
        next: None,
        coverage: Coverage::default(),
        stale: false,
        described_accounts: Vec::new(),
    };
    let first = listing(String::new());
    let rows = (0..10).map(|n| row(n, 1 << 20)).collect();
    let page = first.answer(answer(rows));
    assert_eq!(page.trails.len(), 2);
    assert!(page.encoded_len() < 4 << 20);
    let unread: Vec<proto::TrailPart> = page.trails[0].unread().collect();
    assert_eq!(unread, [proto::TrailPart::Settings]);
    let second = listing(page.next_page_token);
    assert_eq!(
        second.request.after.as_deref(),
        Some(page.trails[1].arn.as_str())
    );
    assert!(
        first
            .answer(answer(vec![row(0, 5 << 20)]))
            .next_page_token
            .is_empty()
    );
}
