use super::*;
use crate::domain::{Api, Timestamp};

fn cell(account: &str, region: &str) -> Cell {
    Cell {
        account: account.parse().unwrap(),
        region: region.parse().unwrap(),
    }
}

fn own(region: &str) -> Cell {
    cell("111111111111", region)
}

fn trails(cells: &[(Cell, CellState)]) -> Coverage {
    let reports = cells.iter().map(|(cell, state)| CellReport {
        state: *state,
        reason: (*state != CellState::Complete).then_some(CellReason::Throttled),
        ..CellReport::not_attempted(cell.clone(), "a".into())
    });
    Coverage::new(reports.collect())
}

fn bucket() -> Bucket {
    Bucket {
        name: "logs".into(),
        reader: "111111111111".parse().unwrap(),
    }
}

fn denied() -> AwsError {
    AwsError {
        api: Api::ListObjectsV2,
        account: "111111111111".parse().unwrap(),
        region: "eu-west-1".parse().unwrap(),
        kind: FailureKind::AccessDenied,
        code: Some("AccessDenied".into()),
        message: String::new(),
        request_id: None,
        remembered_for: None,
    }
}

fn of(coverage: &Coverage, cell: &Cell) -> (CellState, Option<CellReason>) {
    let report = coverage.cells.iter().find(|report| report.cell == *cell);
    let report = report.unwrap();
    (report.state, report.reason)
}

fn window() -> TimeWindow {
    TimeWindow::at(Timestamp::from_seconds(1))
}

#[test]
fn a_cell_is_complete_only_if_all_its_folders_were_read() {
    let here = own("eu-west-1");
    let start = || {
        let trails = trails(&[(here.clone(), CellState::Complete)]);
        Cells::new(trails, &Deliveries::default())
    };
    let failed = Scanned {
        error: Some(denied()),
        ..Scanned::default()
    };
    let mut cells = start();
    cells.take(&here, &bucket(), &Scanned::default());
    let coverage = cells.into_coverage(window());
    assert!(coverage.complete());
    assert_eq!(coverage.cells[0].covered_to, Some(window().end()));

    let mut cells = start();
    cells.take(&here, &bucket(), &Scanned::default());
    cells.take(&here, &bucket(), &failed);
    let coverage = cells.into_coverage(window());
    let expected = (CellState::Partial, Some(CellReason::AccessDenied));
    assert_eq!(of(&coverage, &here), expected);

    let mut cells = start();
    cells.take(&here, &bucket(), &failed);
    let coverage = cells.into_coverage(window());
    let expected = (CellState::Failed, Some(CellReason::AccessDenied));
    assert_eq!(of(&coverage, &here), expected);
    let told = &coverage.cells[0].error.as_ref().unwrap().message;
    assert!(
        told.contains("logs.buckets can name the account whose role reads logs"),
        "{told}"
    );
}

#[test]
fn a_cell_that_no_trail_records_is_a_gap_and_one_that_is_not_asked_for_is_none() {
    let (here, there) = (own("eu-west-1"), own("us-east-1"));
    for (why, complete) in [
        (Without::NoTrail, false),
        (Without::NoOrganization, false),
        (Without::NotAsked, true),
    ] {
        let deliveries = Deliveries {
            without: BTreeMap::from([(there.clone(), why)]),
            ..Deliveries::default()
        };
        let all = [&here, &there].map(|cell| (cell.clone(), CellState::Complete));
        let mut cells = Cells::new(trails(&all), &deliveries);
        cells.take(&here, &bucket(), &Scanned::default());
        assert_eq!(
            cells.into_coverage(window()).complete(),
            complete,
            "{why:?}"
        );
    }
}

#[test]
fn a_trail_that_was_not_read_is_missed_wherever_it_may_record() {
    let (here, there, member) = (
        own("eu-west-1"),
        own("us-east-1"),
        cell("222222222222", "eu-west-1"),
    );
    let other = cell("333333333333", "eu-west-1");
    let all = [
        (here.clone(), CellState::Partial),
        (there.clone(), CellState::Complete),
        (member.clone(), CellState::Complete),
        (other.clone(), CellState::Complete),
    ];
    let deliveries = Deliveries {
        unread: BTreeSet::from([member.clone()]),
        ..Deliveries::default()
    };
    let mut cells = Cells::new(trails(&all), &deliveries);
    for cell in [&here, &there, &member, &other] {
        cells.take(cell, &bucket(), &Scanned::default());
    }
    let coverage = cells.into_coverage(window());
    for cell in [&here, &there, &member] {
        let expected = (CellState::Partial, Some(CellReason::Throttled));
        assert_eq!(of(&coverage, cell), expected, "{cell:?}");
    }
    assert_eq!(of(&coverage, &other), (CellState::Complete, None));
}
