//! Changing trails: the use cases over the simulated AWS, compared with what it holds afterwards.

mod faults;
mod life;
mod meanwhile;
mod organization;
mod reference;
mod rollout;

use std::{num::NonZeroUsize, time::Duration};

use trailplane::{
    budget::RequestContext,
    domain::{
        CellReason, TargetSelector, TrailArn,
        trail::{
            AdvancedEventSelector, Desired, DesiredSettings, EventSelectors, FieldSelector,
            Presence,
        },
    },
    fanout::rollout::Rollout,
    trails::change::{ChangeItem, ChangeRequest, Changes, Outcome, Summary, TargetResult, Where},
};

use super::world::{World, account, region};
use crate::support::rig::request;

/// What became of a change.
pub struct Ended {
    pub results: Vec<TargetResult>,
    pub summary: Summary,
}

impl Ended {
    /// The outcomes in order of target.
    pub fn outcomes(&self) -> Vec<Outcome> {
        let mut results: Vec<_> = self.results.iter().collect();
        results.sort_by_key(|result| (result.account, result.arn.clone()));
        results.iter().map(|result| result.outcome).collect()
    }

    /// The only result.
    pub fn only(&self) -> &TargetResult {
        assert_eq!(self.results.len(), 1, "{:?}", self.results);
        &self.results[0]
    }

    /// The reason of the only result.
    pub fn reason(&self) -> Option<CellReason> {
        self.only().failure.as_ref().map(|failure| failure.reason)
    }
}

impl World {
    /// Makes the change, to its end.
    pub async fn change(&self, change: ChangeRequest) -> Ended {
        let changes = self.begin(&request(Duration::from_secs(60)), change).await;
        to_the_end(changes).await
    }

    /// Begins the change.
    pub async fn begin(&self, ctx: &RequestContext, change: ChangeRequest) -> Changes {
        self.trails.change(ctx, change).await.unwrap()
    }
}

/// Reads a change to its end: each target once, then the summary, which counts them.
pub async fn to_the_end(mut changes: Changes) -> Ended {
    let mut results = Vec::new();
    while let Some(item) = changes.next().await {
        match item {
            ChangeItem::Result(result) => results.push(*result),
            ChangeItem::Summary(summary) => {
                assert!(changes.next().await.is_none(), "the summary is the last");
                let counted: u32 = summary.counts.iter().map(|(_, count)| count).sum();
                assert_eq!(usize::try_from(counted).unwrap(), results.len());
                let summary = *summary;
                return Ended { results, summary };
            }
        }
    }
    panic!("a change ended without its summary");
}

pub fn accounts(ids: &[&str]) -> TargetSelector {
    TargetSelector {
        account_ids: ids.iter().map(|id| account(id)).collect(),
        ..TargetSelector::default()
    }
}

/// The trail `audit` of each account at home there; everything at once, whatever fails.
pub fn wish(ids: &[&str], homes: &[&str], presence: Presence, desired: Desired) -> ChangeRequest {
    let name = "audit".parse().unwrap();
    let targets = accounts(ids);
    ChangeRequest {
        trails: match presence {
            Presence::New | Presence::Ensured => Where::At {
                targets,
                homes: homes.iter().map(|name| region(name)).collect(),
                name,
            },
            Presence::Existing | Presence::Absent => Where::Named { targets, name },
        },
        desired,
        presence,
        validate_only: false,
        request_id: "test".into(),
        rollout: Rollout {
            max_parallel: NonZeroUsize::new(100).unwrap(),
            canary: 0,
            max_failures: None,
        },
        allow_reduced_logging: true,
    }
}

/// A trail that logs into `logs`, and nothing else.
pub fn plain() -> Desired {
    Desired {
        settings: DesiredSettings {
            bucket: Some("logs".to_owned()),
            ..DesiredSettings::default()
        },
        ..Desired::default()
    }
}

/// That it logs, or does not.
pub fn logging(on: bool) -> Desired {
    Desired {
        logging: Some(on),
        ..Desired::default()
    }
}

/// Advanced selectors that take what every trail takes that nobody changed.
pub fn advanced() -> EventSelectors {
    let category = FieldSelector {
        field: "eventCategory".to_owned(),
        equals: vec!["Management".to_owned()],
        ..FieldSelector::default()
    };
    EventSelectors::Advanced(vec![AdvancedEventSelector {
        name: Some("all management events".to_owned()),
        fields: vec![category],
    }])
}

pub fn audit(owner: &str, home: &str) -> TrailArn {
    let arn = format!("arn:aws:cloudtrail:{home}:{owner}:trail/audit");
    arn.parse().unwrap()
}
