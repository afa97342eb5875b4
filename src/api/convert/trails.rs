//! Trails, and requests for them.

mod parts;

use prost::Message;

use super::{
    coverage,
    page::{self, Asked},
    selector,
};
use crate::{
    api::{
        proto,
        status::{Failure, Reason},
        violations::Violations,
    },
    domain::{
        Region, Trail, TrailArn, TrailName,
        trail::{RecordedAccounts, RecordedRegions, TrailKind, TrailReference},
    },
    trails::{FoundTrail, ListAnswer, ListRequest, Part, TagsAnswer, View},
};

pub use parts::{event_configuration, event_selectors, insight_selectors, status};

/// Trails in one ListTags request.
pub const MAX_TAGGED: usize = 200;

/// Kinds in one request; there are three.
const MAX_KINDS: usize = 10;

/// A page of trails, in bytes: it must fit into the 4 MiB that gRPC clients take by default, with the coverage.
const PAGE_BYTES: usize = 3 << 20;

/// A request for a page of trails, and how it wants to be answered.
pub struct Listing {
    /// What to list.
    pub request: ListRequest,
    asked: Asked,
    all_cells: bool,
    earlier_gaps: bool,
}

impl Listing {
    /// Reads the request.
    pub fn parse(wire: proto::ListTrailsRequest) -> Result<Self, tonic::Status> {
        let mut found = Violations::new();
        let size = page::size(&mut found, wire.page_size);
        let token = page::token(&mut found, wire.page_token);
        let targets = selector::parse(&mut found, wire.targets);
        let view = view(&mut found, wire.view);
        let kinds = kinds(&mut found, &wire.kinds);
        let name = Some(wire.name).filter(|name| !name.is_empty());
        let name = name.and_then(|name| found.keep("name", name.parse::<TrailName>()));
        let size = found.finish(size)?;
        let asked = Asked::default().with(&format!("{targets:?} {view:?} {kinds:?} {name:?}"));
        let place = match token {
            Some(token) => Some(asked.after_text(&token).ok_or_else(bad_token)?),
            None => None,
        };
        let (after, earlier_gaps) = place.unzip();
        let request = ListRequest {
            targets,
            view,
            kinds,
            name,
            after,
            size,
        };
        Ok(Self {
            request,
            asked,
            all_cells: wire.include_all_cells,
            earlier_gaps: earlier_gaps.unwrap_or(false),
        })
    }

    /// The answer. A page that is too large for a message ends earlier.
    pub fn answer(&self, answer: ListAnswer) -> proto::ListTrailsResponse {
        let mut room = PAGE_BYTES;
        let mut trails = Vec::with_capacity(answer.trails.len());
        let mut next = answer.next.map(|arn| arn.to_string());
        for trail in answer.trails.into_iter().map(to_wire) {
            let size = trail.encoded_len();
            if size > room && !trails.is_empty() {
                next = trails.last().map(|last: &proto::Trail| last.arn.clone());
                break;
            }
            room = room.saturating_sub(size);
            trails.push(trail);
        }
        let gaps = self.earlier_gaps || !answer.coverage.complete();
        let accounts = answer.described_accounts.iter();
        proto::ListTrailsResponse {
            trails,
            next_page_token: next.map_or_else(String::new, |arn| self.asked.text_token(&arn, gaps)),
            coverage: Some(proto::Coverage {
                earlier_gaps: self.earlier_gaps,
                ..coverage::to_wire(&answer.coverage, answer.stale, self.all_cells)
            }),
            described_account_ids: accounts.map(ToString::to_string).collect(),
        }
    }
}

fn bad_token() -> tonic::Status {
    let mut found = Violations::new();
    found.add("page_token", "is not a token of this listing");
    Failure::new(Reason::InvalidPageToken, found.summary())
        .violations(&found)
        .into_status()
}

fn view(found: &mut Violations, wire: i32) -> View {
    match proto::TrailView::try_from(wire) {
        Ok(proto::TrailView::Unspecified | proto::TrailView::Basic) => View::Basic,
        Ok(proto::TrailView::Full) => View::Full,
        Err(_) => {
            found.add("view", format_args!("{wire} is not a view"));
            View::Basic
        }
    }
}

fn kinds(found: &mut Violations, wire: &[i32]) -> Vec<TrailKind> {
    if !found.at_most("kinds", wire.len(), MAX_KINDS) {
        return Vec::new();
    }
    let read = wire.iter().enumerate().filter_map(|(at, number)| {
        let kind = match proto::TrailKind::try_from(*number) {
            Ok(proto::TrailKind::SingleRegion) => Ok(TrailKind::SingleRegion),
            Ok(proto::TrailKind::MultiRegion) => Ok(TrailKind::MultiRegion),
            Ok(proto::TrailKind::Organization) => Ok(TrailKind::Organization),
            Ok(proto::TrailKind::Unspecified) | Err(_) => {
                Err(format!("{number} is not a kind of trail"))
            }
        };
        found.keep(format!("kinds[{at}]"), kind)
    });
    read.collect()
}

/// Reads a request for one trail.
pub fn get(wire: proto::GetTrailRequest) -> Result<(TrailReference, View), Violations> {
    let mut found = Violations::new();
    let trail = read_reference(&mut found, wire.trail);
    let view = view(&mut found, wire.view);
    found.finish(trail.map(|trail| (trail, view)))
}

/// Reads a request for a trail's status.
pub fn get_status(
    wire: proto::GetTrailStatusRequest,
) -> Result<(TrailReference, Option<Region>), Violations> {
    let mut found = Violations::new();
    let trail = read_reference(&mut found, wire.trail);
    let region = Some(wire.region).filter(|text| !text.is_empty());
    let region = region.and_then(|text| found.keep("region", text.parse::<Region>()));
    found.finish(trail.map(|trail| (trail, region)))
}

/// Reads which trail is meant, in a request that says nothing else.
pub fn reference(wire: Option<proto::TrailReference>) -> Result<TrailReference, Violations> {
    let mut found = Violations::new();
    let trail = read_reference(&mut found, wire);
    found.finish(trail)
}

fn read_reference(
    found: &mut Violations,
    wire: Option<proto::TrailReference>,
) -> Option<TrailReference> {
    let wire = wire.unwrap_or_default();
    let others = [
        ("trail.account_id", &wire.account_id),
        ("trail.home_region", &wire.home_region),
        ("trail.name", &wire.name),
    ];
    if !wire.arn.is_empty() {
        for (field, _) in others.into_iter().filter(|(_, text)| !text.is_empty()) {
            found.add(field, "must be empty beside an ARN, which names it already");
        }
        let arn = found.keep("trail.arn", wire.arn.parse::<TrailArn>());
        return arn.map(TrailReference::Arn);
    }
    if others.iter().all(|(_, text)| text.is_empty()) {
        found.add(
            "trail",
            "names no trail: give its ARN, or account_id and name",
        );
        return None;
    }
    let account = found.keep("trail.account_id", wire.account_id.parse());
    let name = found.keep("trail.name", wire.name.parse());
    if wire.home_region.is_empty() {
        let (account, name) = account.zip(name)?;
        return Some(TrailReference::Named { account, name });
    }
    let region = found.keep("trail.home_region", wire.home_region.parse());
    let ((account, region), name) = account.zip(region).zip(name)?;
    Some(TrailReference::Home {
        account,
        region,
        name,
    })
}

/// Reads a request for tags.
pub fn tagged(wire: &proto::ListTagsRequest) -> Result<Vec<TrailArn>, Violations> {
    let mut found = Violations::new();
    if wire.trail_arns.is_empty() {
        found.add(
            "trail_arns",
            format_args!("is empty; 1 to {MAX_TAGGED} are expected"),
        );
    }
    let mut arns = Vec::new();
    if found.at_most("trail_arns", wire.trail_arns.len(), MAX_TAGGED) {
        let texts = wire.trail_arns.iter().enumerate();
        arns = texts
            .filter_map(|(at, text)| found.keep(format!("trail_arns[{at}]"), text.parse()))
            .collect();
    }
    found.finish(Some(arns))
}

/// Tags for the wire.
pub fn tags(answer: TagsAnswer) -> proto::ListTagsResponse {
    let tags = answer.tags.into_iter().map(|(arn, tags)| proto::TrailTags {
        trail_arn: arn.to_string(),
        tags: tags.into_iter().collect(),
    });
    proto::ListTagsResponse {
        trail_tags: tags.collect(),
        coverage: Some(coverage::to_wire(&answer.coverage, answer.stale, false)),
    }
}

/// A trail for the wire.
pub fn to_wire(found: FoundTrail) -> proto::Trail {
    let parts = found.parts;
    proto::Trail {
        arn: found.arn.to_string(),
        name: found.arn.name().to_string(),
        account_id: found.arn.owner().to_string(),
        home_region: found.arn.home_region().to_string(),
        status: parts.status.map(status),
        event_selectors: parts.event_selectors.map(event_selectors),
        insight_selectors: parts.insight_selectors.map(insight_selectors),
        tags: parts.tags.unwrap_or_default().into_iter().collect(),
        event_configuration: parts.event_configuration.map(event_configuration),
        unread: found.unread.into_iter().map(|p| part(p).into()).collect(),
        ..found.settings.map(settings).unwrap_or_default()
    }
}

fn settings(trail: Trail) -> proto::Trail {
    proto::Trail {
        kind: kind(trail.kind()).into(),
        is_multi_region_trail: trail.regions == RecordedRegions::All,
        is_organization_trail: trail.accounts == RecordedAccounts::Organization,
        s3_bucket_name: trail.bucket,
        s3_key_prefix: trail.prefix.unwrap_or_default(),
        sns_topic_arn: trail.sns_topic_arn.unwrap_or_default(),
        include_global_service_events: trail.global_service_events,
        log_file_validation_enabled: trail.log_file_validation,
        cloud_watch_logs_log_group_arn: trail.log_group_arn.unwrap_or_default(),
        cloud_watch_logs_role_arn: trail.log_role_arn.unwrap_or_default(),
        kms_key_id: trail.kms_key_id.unwrap_or_default(),
        recursive_logging: trail.recursive_logging,
        has_custom_event_selectors: trail.custom_event_selectors,
        has_insight_selectors: trail.insight_selectors.unwrap_or_default(),
        ..proto::Trail::default()
    }
}

fn kind(kind: TrailKind) -> proto::TrailKind {
    match kind {
        TrailKind::SingleRegion => proto::TrailKind::SingleRegion,
        TrailKind::MultiRegion => proto::TrailKind::MultiRegion,
        TrailKind::Organization => proto::TrailKind::Organization,
    }
}

fn part(part: Part) -> proto::TrailPart {
    match part {
        Part::Settings => proto::TrailPart::Settings,
        Part::Status => proto::TrailPart::Status,
        Part::EventSelectors => proto::TrailPart::EventSelectors,
        Part::InsightSelectors => proto::TrailPart::InsightSelectors,
        Part::Tags => proto::TrailPart::Tags,
        Part::EventConfiguration => proto::TrailPart::EventConfiguration,
    }
}

#[cfg(test)]
mod tests;
