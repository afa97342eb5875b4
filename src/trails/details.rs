//! Reading trails by their ARNs, in their home Regions.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use crate::{
    aws::{AwsError, FailureKind},
    budget::{RequestContext, Tally},
    domain::{AccountId, Api, Region, Trail, TrailArn},
    fanout::{self, Ended},
};

use super::{Part, Parts, Trails};

/// So many accounts are asked for a trail of the organization, one after the other, before it is given up.
const MOST_READERS: usize = 3;

/// A group of trails that one call can be about: read by one account, at home in one Region.
pub type Group = (AccountId, Region);

/// What reading settings came to.
#[derive(Debug, Default)]
pub struct Described {
    /// The settings, and which account read them.
    pub found: HashMap<TrailArn, (AccountId, Trail)>,
    /// The account that was asked last, and why in vain; no reason is a defect of ours.
    pub failed: HashMap<TrailArn, (AccountId, Option<AwsError>)>,
    /// The calls spent.
    pub spent: Vec<(Group, Tally)>,
}

/// What reading the parts of one trail came to.
#[derive(Debug, Default)]
pub struct PartsRead {
    /// The parts.
    pub parts: Parts,
    /// What could not be read, and why.
    pub failed: Vec<(Part, AwsError)>,
    /// The calls spent.
    pub tally: Tally,
}

impl Trails {
    /// Reads the settings of trails, one call a group. `readers` are the accounts by which a trail can be read, in
    /// the order in which they are tried.
    pub(super) async fn describe(
        &self,
        ctx: &RequestContext,
        wanted: &[TrailArn],
        readers: impl Fn(&TrailArn) -> Vec<AccountId>,
    ) -> Described {
        let mut out = Described::default();
        for round in 0..MOST_READERS {
            let mut groups: BTreeMap<Group, Vec<TrailArn>> = BTreeMap::new();
            for arn in wanted.iter().filter(|arn| !out.found.contains_key(*arn)) {
                if let Some(reader) = readers(arn).get(round) {
                    let group = (*reader, arn.home_region().clone());
                    groups.entry(group).or_default().push(arn.clone());
                }
            }
            if groups.is_empty() {
                break;
            }
            let looks = fanout::run(groups, |((reader, region), arns)| {
                let (this, ctx) = (self.clone(), ctx.clone());
                async move {
                    let (who, tally) = (this.fleet.credentials(reader), Tally::default());
                    let look = this
                        .door
                        .describe_trails(&ctx, &tally, &*who, &region, &arns);
                    let look = look.await;
                    (tally, look)
                }
            });
            for ((group, arns), ended) in looks.await {
                out.take(group, arns, ended);
            }
        }
        out
    }

    /// Reads the parts of one trail, all at once. The call for insights is spared if the settings say that there
    /// are none.
    pub(super) async fn read_parts(
        &self,
        ctx: &RequestContext,
        reader: AccountId,
        arn: &TrailArn,
        insights: Option<bool>,
        configuration: bool,
    ) -> PartsRead {
        let mut read = PartsRead::default();
        let (who, home) = (self.fleet.credentials(reader), arn.home_region());
        let (door, tally, who) = (&self.door, &read.tally, &*who);
        let insights = async {
            match insights {
                Some(false) => Ok(Vec::new()),
                _ => door.get_insight_selectors(ctx, tally, who, home, arn).await,
            }
        };
        let configuration = async {
            match configuration {
                true => door
                    .get_event_configuration(ctx, tally, who, home, arn)
                    .await
                    .map(Some),
                false => Ok(None),
            }
        };
        let (status, selectors, insights, configuration) = tokio::join!(
            door.get_trail_status(ctx, tally, who, home, arn),
            door.get_event_selectors(ctx, tally, who, home, arn),
            insights,
            configuration,
        );
        let failed = &mut read.failed;
        read.parts.status = keep(failed, Part::Status, status);
        read.parts.event_selectors = keep(failed, Part::EventSelectors, selectors);
        read.parts.insight_selectors = keep(failed, Part::InsightSelectors, insights);
        read.parts.event_configuration =
            keep(failed, Part::EventConfiguration, configuration).flatten();
        read
    }

    /// Reads the parts of trails, each on its own. A trail that is not in the answer met a defect of ours.
    pub(super) async fn read_all_parts(
        &self,
        ctx: &RequestContext,
        trails: Vec<(AccountId, TrailArn, Option<bool>)>,
    ) -> HashMap<TrailArn, (AccountId, PartsRead)> {
        let shared = Arc::new(ctx.clone());
        let reads = fanout::run(trails, |(reader, arn, insights)| {
            let (this, ctx) = (self.clone(), Arc::clone(&shared));
            async move { this.read_parts(&ctx, reader, &arn, insights, false).await }
        });
        let done = reads
            .await
            .into_iter()
            .filter_map(|((reader, arn, _), ended)| match ended {
                Ended::Done(read) => Some((arn, (reader, read))),
                Ended::Panicked => None,
            });
        done.collect()
    }
}

type Look = (Tally, Result<Vec<Trail>, AwsError>);

impl Described {
    fn take(&mut self, group: Group, arns: Vec<TrailArn>, ended: Ended<Look>) {
        let (reader, region) = group.clone();
        let why = match ended {
            Ended::Done((tally, Ok(trails))) => {
                self.spent.push((group, tally));
                for trail in trails.into_iter().filter(|trail| arns.contains(&trail.arn)) {
                    self.failed.remove(&trail.arn);
                    self.found.insert(trail.arn.clone(), (reader, trail));
                }
                Some(gone(reader, region))
            }
            Ended::Done((tally, Err(error))) => {
                self.spent.push((group, tally));
                Some(error)
            }
            Ended::Panicked => None,
        };
        for arn in arns.into_iter().filter(|arn| !self.found.contains_key(arn)) {
            self.failed.insert(arn, (reader, why.clone()));
        }
    }
}

/// DescribeTrails leaves out what it does not find. The trail was listed a moment ago: most likely it was deleted.
fn gone(account: AccountId, region: Region) -> AwsError {
    AwsError {
        api: Api::DescribeTrails,
        account,
        region,
        kind: FailureKind::NotFound,
        code: None,
        message: String::new(),
        request_id: None,
        remembered_for: None,
    }
}

fn keep<T>(failed: &mut Vec<(Part, AwsError)>, part: Part, read: Result<T, AwsError>) -> Option<T> {
    read.map_err(|error| failed.push((part, error))).ok()
}
