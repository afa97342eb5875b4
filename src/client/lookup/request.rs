//! What is asked, from arguments to requests. Pure.

use jiff::{Timestamp, tz::TimeZone};

use crate::api::proto::{
    EventFilter, LookupEventsRequest, Order, PlanLookupRequest, StreamEventsRequest, TargetSelector,
};

use super::{Lane, Lookup};
use crate::client::{error::ClientError, when};

/// A lookup, with its times settled: what goes on from it must ask for the same ones.
#[derive(Debug, Clone)]
pub struct Question {
    targets: Option<TargetSelector>,
    filters: Vec<EventFilter>,
    start: Option<Timestamp>,
    end: Option<Timestamp>,
    order: Order,
    scan_limit: i64,
    exclude_global_region: bool,
    lane: i32,
    /// Whole records are shown.
    pub raw: bool,
    /// Where to begin.
    pub cursor: String,
    /// Another command can go on from a cursor of this one.
    pub goes_on: bool,
    /// It is a stream.
    all: bool,
}

impl Question {
    /// What the arguments ask at this time.
    ///
    /// # Errors
    /// A time does not exist, or the start is after the end.
    pub fn of(asked: &Lookup, now: Timestamp, zone: &TimeZone) -> Result<Self, ClientError> {
        let at = |name: &str, time: &Option<when::When>| {
            let time = time.as_ref().map(|time| time.at(now, zone)).transpose();
            time.map_err(|why| ClientError::Asked(format!("{name}: {why}")))
        };
        let since = asked.since.map(|length| when::When::Ago(length.0));
        let (start, end) = match &since {
            Some(_) => (at("--since", &since)?, None),
            None => (at("--start", &asked.start)?, at("--end", &asked.end)?),
        };
        if let (Some(start), Some(end)) = (start, end)
            && start > end
        {
            return Err(ClientError::Asked(format!(
                "--start: {start} is after --end: {end}"
            )));
        }
        let order = match asked.unordered {
            true => Order::Arrival,
            false => Order::EventTime,
        };
        Ok(Self {
            targets: asked.targets.to_wire(),
            filters: asked.filters.to_wire(),
            start,
            end,
            order,
            scan_limit: asked.scan_limit,
            exclude_global_region: asked.exclude_global_region,
            lane: Lane::to_wire(asked.lane),
            raw: asked.raw,
            cursor: asked.cursor.clone().unwrap_or_default(),
            goes_on: asked.common.goes_on(),
            all: asked.all,
        })
    }

    /// One page.
    pub fn page(&self, size: u32, cursor: &str) -> LookupEventsRequest {
        LookupEventsRequest {
            targets: self.targets.clone(),
            start_time: self.start.map(when::to_wire),
            end_time: self.end.map(when::to_wire),
            filters: self.filters.clone(),
            page_size: i32::try_from(size).unwrap_or(i32::MAX),
            page_token: cursor.to_owned(),
            include_raw_record: self.raw,
            scan_limit: self.scan_limit,
            exclude_global_region: self.exclude_global_region,
            lane: self.lane,
            ..LookupEventsRequest::default()
        }
    }

    /// All of it.
    pub fn stream(&self) -> StreamEventsRequest {
        StreamEventsRequest {
            targets: self.targets.clone(),
            start_time: self.start.map(when::to_wire),
            end_time: self.end.map(when::to_wire),
            filters: self.filters.clone(),
            order: self.order.into(),
            page_token: self.cursor.clone(),
            include_raw_record: self.raw,
            scan_limit: self.scan_limit,
            exclude_global_region: self.exclude_global_region,
            lane: self.lane,
            ..StreamEventsRequest::default()
        }
    }

    /// What it would cost: a page, or all.
    pub fn plan(&self, size: u32, whole: bool) -> PlanLookupRequest {
        PlanLookupRequest {
            lookup: Some(self.page(size, "")),
            whole,
        }
    }

    /// The arguments that go on: times that were relative are settled now.
    pub fn continued(&self, cursor: &str) -> String {
        let mut text = String::new();
        for (name, time) in [("--start", self.start), ("--end", self.end)] {
            if let Some(time) = time {
                text.push_str(&format!("{name} {time} "));
            }
        }
        let all = if self.all { "--all " } else { "" };
        format!("the same with {text}{all}--cursor {cursor}")
    }
}

#[cfg(test)]
mod tests {
    use clap::{Args as _, Command, FromArgMatches as _};

    use super::*;

    const NOW: Timestamp = Timestamp::constant(1_795_803_525, 999);

    fn question(arguments: &[&str]) -> Result<Question, String> {
        let command = Lookup::augment_args(Command::new("x").no_binary_name(true));
        let matches = command
            .try_get_matches_from(arguments)
            .map_err(|e| e.to_string())?;
        let asked = Lookup::from_arg_matches(&matches).map_err(|e| e.to_string())?;
        Question::of(&asked, NOW, &TimeZone::UTC).map_err(|e| e.to_string())
    }

    #[test]
    fn arguments_become_a_request() {
        let question = question(&[
            "--since",
            "2d",
            "--event-name",
            "DeleteBucket",
            "--account",
            "100000000012",
            "--ou",
            "/Prod",
            "--tag",
            "env=prod=eu",
            "--exclude",
            "100000000013",
            "--region",
            "eu-west-1",
            "--raw",
            "--scan-limit",
            "9",
            "--lane",
            "batch",
            "--cursor",
            "c",
            "--exclude-global-region",
        ]);
        let question = question.unwrap();
        let page = question.page(7, &question.cursor);
        let expected = LookupEventsRequest {
            targets: Some(TargetSelector {
                account_ids: vec!["100000000012".to_owned()],
                organizational_units: vec!["/Prod".to_owned()],
                account_tags: [("env".to_owned(), "prod=eu".to_owned())].into(),
                exclude_account_ids: vec!["100000000013".to_owned()],
                regions: vec!["eu-west-1".to_owned()],
            }),
            start_time: Some(when::to_wire("2026-11-25T18:18:45Z".parse().unwrap())),
            filters: vec![EventFilter {
                attribute: 2,
                values: vec!["DeleteBucket".to_owned()],
            }],
            page_size: 7,
            page_token: "c".to_owned(),
            include_raw_record: true,
            scan_limit: 9,
            exclude_global_region: true,
            lane: 3,
            ..LookupEventsRequest::default()
        };
        assert_eq!(page, expected);
        let stream = question.stream();
        assert_eq!(
            (stream.page_token.as_str(), stream.order()),
            ("c", Order::EventTime)
        );
        assert_eq!(
            (stream.targets, stream.filters),
            (expected.targets, expected.filters)
        );
        assert_eq!(question.plan(7, true).lookup.unwrap().page_token, "");
        assert_eq!(
            question.continued("next"),
            "the same with --start 2026-11-25T18:18:45Z --cursor next"
        );
    }

    #[test]
    fn what_does_not_go_together_is_refused() {
        for arguments in [
            &["--since", "2d", "--start", "1d"][..],
            &["--start", "1d", "--end", "2d"],
            &["--all", "--limit", "5"],
            &["--unordered"],
            &["--limit", "0"],
            &["--plan", "--cursor", "x"],
            &["--tag", "novalue"],
        ] {
            assert!(question(arguments).is_err(), "{arguments:?}");
        }
    }
}
