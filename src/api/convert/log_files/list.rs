//! Which log files there are, on the wire.

use std::collections::BTreeSet;

use super::{
    super::{coverage, page, selector, time},
    to_wire,
};
use crate::{
    api::{proto, violations::Violations},
    domain::{Timestamp, TrailArn},
    logs::{FilesAnswer, FilesRequest, Kind, LogFile},
};

/// Trails in one request.
const MAX_TRAILS: usize = 200;

/// Kinds in one request; there are six.
const MAX_KINDS: usize = 20;

/// Reads a request, and whether its answer lists complete cells too.
pub fn parse(wire: proto::ListLogFilesRequest) -> Result<(FilesRequest, bool), Violations> {
    let mut found = Violations::new();
    let size = page::size(&mut found, wire.page_size);
    let page_token = page::token(&mut found, wire.page_token);
    let start = start(&mut found, wire.start_time.as_ref());
    let end = time::timestamp(&mut found, "end_time", wire.end_time.as_ref());
    if proto::Lane::try_from(wire.lane).is_err() {
        found.add("lane", format_args!("{} is not a lane", wire.lane));
    }
    let request = FilesRequest {
        targets: selector::parse(&mut found, wire.targets),
        start: start.unwrap_or(Timestamp::from_seconds(0)),
        end,
        kinds: kinds(&mut found, &wire.kinds),
        trails: trails(&mut found, &wire.trail_arns),
        size: size.unwrap_or(page::DEFAULT_SIZE),
        page_token,
    };
    found.finish(Some((request, wire.include_all_cells)))
}

/// Buckets may hold files of many years: where to begin must be said.
pub(super) fn start(
    found: &mut Violations,
    wire: Option<&prost_types::Timestamp>,
) -> Option<Timestamp> {
    if wire.is_none() {
        found.add("start_time", "is required");
    }
    time::timestamp(found, "start_time", wire)
}

pub(super) fn kinds(found: &mut Violations, wire: &[i32]) -> BTreeSet<Kind> {
    if wire.is_empty() || !found.at_most("kinds", wire.len(), MAX_KINDS) {
        return BTreeSet::from([Kind::Events]);
    }
    let read = wire.iter().enumerate().filter_map(|(at, number)| {
        let kind = match proto::LogFileKind::try_from(*number) {
            Ok(proto::LogFileKind::Events) => Ok(Kind::Events),
            Ok(proto::LogFileKind::Insight) => Ok(Kind::Insight),
            Ok(proto::LogFileKind::NetworkActivity) => Ok(Kind::NetworkActivity),
            Ok(proto::LogFileKind::Aggregated) => Ok(Kind::Aggregated),
            Ok(proto::LogFileKind::Digest) => Ok(Kind::Digest),
            Ok(proto::LogFileKind::BackfillDigest) => Ok(Kind::BackfillDigest),
            Ok(proto::LogFileKind::Unspecified) | Err(_) => {
                Err(format!("{number} is not a kind of log file"))
            }
        };
        found.keep(format!("kinds[{at}]"), kind)
    });
    read.collect()
}

pub(super) fn trails(found: &mut Violations, wire: &[String]) -> BTreeSet<TrailArn> {
    if !found.at_most("trail_arns", wire.len(), MAX_TRAILS) {
        return BTreeSet::new();
    }
    let read = wire
        .iter()
        .enumerate()
        .filter_map(|(at, text)| found.keep(format!("trail_arns[{at}]"), text.parse::<TrailArn>()));
    read.collect()
}

/// The answer.
pub fn answer(answer: FilesAnswer, all_cells: bool) -> proto::ListLogFilesResponse {
    let size_bytes = answer.files.iter().map(|file| file.size).sum();
    proto::ListLogFilesResponse {
        log_files: answer.files.into_iter().map(file).collect(),
        next_page_token: answer.next.unwrap_or_default(),
        coverage: Some(proto::Coverage {
            earlier_gaps: answer.earlier_gaps,
            ..coverage::to_wire(&answer.coverage, answer.stale, all_cells)
        }),
        size_bytes,
    }
}

fn file(file: LogFile) -> proto::LogFile {
    proto::LogFile {
        name: Some(to_wire(&file.name.name, Some(&file.name.root))),
        bucket: file.place.bucket.into(),
        key: file.place.key.into(),
        size_bytes: file.size,
        last_modified: file.modified.map(time::to_wire),
        trail_arn: file.trail.map(|arn| arn.to_string()).unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_wrong_is_told_at_once() {
        let wire = proto::ListLogFilesRequest {
            kinds: vec![1, 99],
            trail_arns: vec!["main".to_owned()],
            page_size: -1,
            lane: 99,
            ..proto::ListLogFilesRequest::default()
        };
        let found = parse(wire).unwrap_err();
        for field in [
            "start_time",
            "kinds[1]",
            "trail_arns[0]",
            "page_size",
            "lane",
        ] {
            assert!(found.names(field), "{field}: {found:?}");
        }
        assert_eq!(found.len(), 5);
    }

    #[test]
    fn files_with_events_are_meant_where_no_kind_is_named() {
        let at = |seconds| Some(prost_types::Timestamp { seconds, nanos: 0 });
        let wire = proto::ListLogFilesRequest {
            start_time: at(5),
            ..proto::ListLogFilesRequest::default()
        };
        let (request, all_cells) = parse(wire).unwrap();
        assert_eq!(request.kinds, BTreeSet::from([Kind::Events]));
        assert_eq!((request.start.seconds(), request.size), (5, 50));
        assert!(!all_cells);
    }
}
