//! Log files of two accounts in the bucket of one of them, in ministack: found by their trails, read by the documented
//! role.

use std::{collections::BTreeMap, process::Command};

use serde::Deserialize;
use tonic::Code;
use trailplane::api::proto::{
    CellCoverage, CellReason, CellState, ListLogFilesRequest, ListLogFilesResponse, LogFile,
    LogFileKind, TargetSelector,
};

use crate::{
    security::Organization,
    support::{
        emulator::Emulator,
        tools::{project, run, tool},
        trailplane::Trailplane,
    },
};

const BUCKET: &str = "log-archive";
const MEMBER: &str = "222222222222";
const ARCHIVE: &str = "333333333333";

/// A file as it was put there.
#[derive(Deserialize)]
struct Put {
    key: String,
    size: u64,
    trail: String,
}

struct World {
    trailplane: Trailplane,
    put: Vec<Put>,
    _ministack: Emulator,
}

async fn start(more: &str) -> World {
    let ministack = Emulator::ministack().await;
    let organization = Organization::that_may_read(&ministack, BUCKET).await;
    let mut command = Command::new(tool("ministack/bin/python"));
    command
        .arg(project().join("tests/python/ministack_log_files.py"))
        .arg(ministack.endpoint());
    let put = serde_json::from_str(&run(command).await.expect_ok()).unwrap();
    let (id, secret) = (&organization.external_id, &organization.secret_access_key);
    let start = organization.start_with(&ministack, id, secret, more);
    World {
        trailplane: start.ready().await,
        put,
        _ministack: ministack,
    }
}

fn at(text: &str) -> Option<prost_types::Timestamp> {
    let at: trailplane::domain::Timestamp = text.parse().unwrap();
    Some(prost_types::Timestamp {
        seconds: at.seconds(),
        nanos: 0,
    })
}

fn day() -> ListLogFilesRequest {
    ListLogFilesRequest {
        targets: Some(TargetSelector {
            account_ids: vec![MEMBER.to_owned(), ARCHIVE.to_owned()],
            ..TargetSelector::default()
        }),
        start_time: at("2026-11-21T00:00:30Z"),
        end_time: at("2026-11-22T23:45:00Z"),
        page_size: 1000,
        include_all_cells: true,
        ..ListLogFilesRequest::default()
    }
}

impl World {
    async fn list(&self, request: ListLogFilesRequest) -> ListLogFilesResponse {
        let mut client = self.trailplane.log_files().await;
        client.list_log_files(request).await.unwrap().into_inner()
    }

    /// All pages of this size.
    async fn pages(&self, request: &ListLogFilesRequest, page_size: i32) -> Vec<LogFile> {
        let mut all = Vec::new();
        let mut page_token = String::new();
        loop {
            let page = self
                .list(ListLogFilesRequest {
                    page_size,
                    page_token,
                    ..request.clone()
                })
                .await;
            let full = usize::try_from(page_size).unwrap();
            assert!(page.log_files.len() <= full);
            all.extend(page.log_files);
            if page.next_page_token.is_empty() {
                return all;
            }
            page_token = page.next_page_token;
        }
    }

    /// The files in these folders with one of these texts in their names, in order of time, account, Region and key.
    fn expected(&self, folder: &str, times: &[&str]) -> Vec<&Put> {
        let place = |put: &Put| {
            let name = put.key.rsplit('/').next().unwrap();
            let time = times.iter().position(|time| name.contains(time))?;
            let parts: Vec<&str> = name.split('_').collect();
            Some((time, parts[0].to_owned(), parts[2].to_owned()))
        };
        let wanted = |put: &&Put| put.key.contains(folder) && place(put).is_some();
        let mut all: Vec<&Put> = self.put.iter().filter(wanted).collect();
        all.sort_by_key(|put| (place(put), put.key.clone()));
        all
    }
}

fn cells(answer: &ListLogFilesResponse) -> BTreeMap<(&str, &str), &CellCoverage> {
    let cells = &answer.coverage.as_ref().unwrap().cells;
    let key = |cell: &'_ CellCoverage| (cell.state(), cell.reason());
    assert!(
        cells
            .iter()
            .all(|cell| key(cell).0 != CellState::Unspecified)
    );
    cells
        .iter()
        .map(|cell| ((&*cell.account_id, &*cell.region), cell))
        .collect()
}

/// Files in the folder of the next day count as of its first moment.
const OF_THE_DAY: [&str; 5] = [
    "20261121T0000Z",
    "20261121T2359Z",
    "20261122T0005Z",
    "20261122T1200Z",
    "20261123T0030Z",
];

#[tokio::test]
async fn files_of_all_cells_come_in_one_order_whatever_the_pages() {
    let world = start("logs: {buckets: {log-archive: '333333333333'}}\n").await;
    let expected = world.expected("/CloudTrail/", &OF_THE_DAY);
    assert_eq!(expected.len(), 18);

    let answer = world.list(day()).await;
    let keys = |files: &[LogFile]| files.iter().map(|f| f.key.clone()).collect::<Vec<_>>();
    let all: Vec<String> = expected.iter().map(|put| put.key.clone()).collect();
    assert_eq!(keys(&answer.log_files), all);
    for (file, put) in answer.log_files.iter().zip(&expected) {
        assert_eq!((&*file.bucket, file.size_bytes), (BUCKET, put.size));
        assert_eq!(file.trail_arn, put.trail);
        assert!(file.last_modified.is_some());
        assert_eq!(file.name.as_ref().unwrap().kind(), LogFileKind::Events);
    }
    let size: u64 = expected.iter().map(|put| put.size).sum();
    assert_eq!(answer.size_bytes, size);

    // One cell has no trail, and an answer without it is not complete.
    let coverage = cells(&answer);
    let outcome = |account, region| {
        let cell = coverage[&(account, region)];
        (cell.state(), cell.reason())
    };
    let complete = (CellState::Complete, CellReason::Unspecified);
    assert_eq!(outcome(MEMBER, "eu-west-1"), complete);
    assert_eq!(outcome(MEMBER, "us-east-1"), complete);
    assert_eq!(outcome(ARCHIVE, "us-east-1"), complete);
    let none = (CellState::Failed, CellReason::TrailNotFound);
    assert_eq!(outcome(ARCHIVE, "eu-west-1"), none);
    assert!(!answer.coverage.as_ref().unwrap().complete);

    for size in [1, 4, 18] {
        assert_eq!(keys(&world.pages(&day(), size).await), all, "{size}");
    }

    // A token is good for its own request only.
    let first = world
        .list(ListLogFilesRequest {
            page_size: 1,
            ..day()
        })
        .await;
    let other = ListLogFilesRequest {
        page_token: first.next_page_token,
        start_time: at("2026-11-21T00:00:31Z"),
        ..day()
    };
    let mut client = world.trailplane.log_files().await;
    let refused = client.list_log_files(other).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
}

#[tokio::test]
async fn digests_are_listed_in_order_of_time_and_by_their_trails() {
    let world = start("logs: {buckets: {log-archive: '333333333333'}}\n").await;
    let times = ["20261121T235500Z", "20261122T005500Z", "20261122T015500Z"];
    let expected = world.expected("/CloudTrail-Digest/", &times);
    let request = ListLogFilesRequest {
        kinds: vec![LogFileKind::Digest.into()],
        ..day()
    };
    let keys = |files: Vec<LogFile>| files.into_iter().map(|f| f.key).collect::<Vec<_>>();
    let all: Vec<String> = expected.iter().map(|put| put.key.clone()).collect();
    assert_eq!(keys(world.pages(&request, 2).await), all);

    // Of one trail alone: the other account's cells are left out, which is no gap.
    let own = expected
        .iter()
        .find(|put| put.key.contains("_own_"))
        .unwrap();
    let request = ListLogFilesRequest {
        trail_arns: vec![own.trail.clone()],
        targets: None,
        ..request
    };
    let answer = world.list(request).await;
    let coverage = cells(&answer);
    let skipped = coverage[&(MEMBER, "eu-west-1")];
    assert_eq!(skipped.state(), CellState::Skipped);
    assert!(!skipped.gap);
    assert_eq!(
        coverage[&(ARCHIVE, "us-east-1")].state(),
        CellState::Complete
    );
    let own: Vec<String> = all
        .into_iter()
        .filter(|key| key.contains("_own_"))
        .collect();
    assert_eq!(keys(answer.log_files), own);
}

#[tokio::test]
async fn a_bucket_that_the_trails_owner_may_not_read_is_told_with_what_helps() {
    let world = start("").await;
    let answer = world.list(day()).await;
    let coverage = cells(&answer);
    for region in ["eu-west-1", "us-east-1"] {
        let cell = coverage[&(MEMBER, region)];
        let denied = (CellState::Failed, CellReason::AccessDenied);
        assert_eq!((cell.state(), cell.reason()), denied);
        let told = &cell.error.as_ref().unwrap().message;
        assert!(told.contains("logs.buckets"), "{told}");
    }
    // Its own account reads it all the same.
    let own = coverage[&(ARCHIVE, "us-east-1")];
    assert_eq!(own.state(), CellState::Complete);
    let accounts = answer
        .log_files
        .iter()
        .map(|file| &file.name.as_ref().unwrap().account_id);
    assert!(accounts.clone().all(|account| account == ARCHIVE));
    assert_eq!(accounts.count(), 6);
}
