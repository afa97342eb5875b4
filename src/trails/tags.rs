//! The tags of trails, in as few calls as AWS allows.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    aws::{AwsError, CredentialSource, FailureKind, list_tags::LARGEST_BATCH},
    budget::{RequestContext, Tally},
    domain::{AccountState, Cell, CellReason, CellReport, Coverage, LeftOut, Region, TrailArn},
    fanout::{self, Ended},
    fleet::{SelectError, TargetCell},
};

use super::{TrailError, Trails, details::Group, report::Reports};

/// The tags of one trail.
pub type Tags = BTreeMap<String, String>;

/// The tags of trails.
#[derive(Debug)]
pub struct TagsAnswer {
    /// By trail, in order of ARN. A trail that is not here could not be read.
    pub tags: BTreeMap<TrailArn, Tags>,
    /// By owner and home Region.
    pub coverage: Coverage,
    /// Whether the accounts come from an older copy.
    pub stale: bool,
}

/// What reading the tags of a group came to.
#[derive(Debug, Default)]
pub struct TagsRead {
    /// The tags.
    pub found: BTreeMap<TrailArn, Tags>,
    /// What could not be read, and why.
    pub failed: Vec<(TrailArn, AwsError)>,
    /// The calls spent.
    pub tally: Tally,
}

impl Trails {
    /// Reads the tags of these trails by their owners' accounts.
    ///
    /// # Errors
    ///
    /// If an owner is not known, or the request ended first. What cannot be read is in the coverage.
    pub async fn list_tags(
        &self,
        ctx: &RequestContext,
        arns: &[TrailArn],
    ) -> Result<TagsAnswer, TrailError> {
        let ctx = ctx.answering();
        let (mut groups, mut reports) = self.by_owner(&ctx, arns).await?;
        groups.retain(|(account, region), _| {
            let cell = Cell {
                account: *account,
                region: region.clone(),
            };
            reports.asks(&cell)
        });
        let mut tags = BTreeMap::new();
        for ((account, region), ended) in self.read_tags(&ctx, groups).await {
            let cell = Cell { account, region };
            match ended {
                Ended::Done(read) => {
                    reports.settle(&cell, &read);
                    tags.extend(read.found);
                }
                Ended::Panicked => reports.defect(&cell),
            }
        }
        if ctx.cancel.is_cancelled() {
            return Err(crate::budget::Interrupted::Cancelled.into());
        }
        Ok(TagsAnswer {
            tags,
            coverage: reports.into_coverage(),
            stale: self.fleet.directory().stale().is_some(),
        })
    }

    /// The trails by owner and home Region, and the reports of these cells.
    async fn by_owner(
        &self,
        ctx: &RequestContext,
        arns: &[TrailArn],
    ) -> Result<(BTreeMap<Group, Vec<TrailArn>>, Reports), TrailError> {
        let mut groups: BTreeMap<Group, BTreeSet<TrailArn>> = BTreeMap::new();
        for arn in arns {
            let group = (arn.owner(), arn.home_region().clone());
            groups.entry(group).or_default().insert(arn.clone());
        }
        let (mut unknown, mut cells, mut skipped) = (Vec::new(), Vec::new(), Vec::new());
        for (account, region) in groups.keys() {
            let cell = Cell {
                account: *account,
                region: region.clone(),
            };
            match self.fleet.get_account(ctx, *account, Some(region)).await {
                Ok((known, _)) if known.state == AccountState::Active => cells.push(TargetCell {
                    cell,
                    account_name: known.name.clone(),
                    named: true,
                }),
                Ok((known, _)) => skipped.push(CellReport::skipped(
                    cell,
                    known.name.clone(),
                    CellReason::AccountNotActive,
                    true,
                )),
                Err(SelectError::Invalid(_)) => {
                    let places = arns.iter().enumerate();
                    let places = places.filter(|(_, arn)| arn.owner() == *account);
                    unknown.extend(places.map(|(at, _)| (at, *account)));
                }
                Err(error) => return Err(error.into()),
            }
        }
        if !unknown.is_empty() {
            unknown.sort_unstable();
            unknown.dedup();
            return Err(TrailError::UnknownOwners(unknown));
        }
        let groups = groups.into_iter();
        let groups = groups.map(|(group, arns)| (group, arns.into_iter().collect()));
        let left_out = LeftOut {
            cells: skipped,
            narrowed: false,
        };
        Ok((groups.collect(), Reports::new(&cells, &left_out)))
    }

    /// Reads the tags of all groups at once.
    pub(super) async fn read_tags(
        &self,
        ctx: &RequestContext,
        groups: BTreeMap<Group, Vec<TrailArn>>,
    ) -> Vec<(Group, Ended<TagsRead>)> {
        let reads = fanout::run(groups, |((account, region), arns)| {
            let (this, ctx) = (self.clone(), ctx.clone());
            async move {
                let who = this.fleet.credentials(account);
                this.tags_of_group(&ctx, &*who, &region, arns).await
            }
        });
        let ended = reads.await.into_iter();
        ended.map(|((group, _), ended)| (group, ended)).collect()
    }

    /// One trail that does not exist fails its whole batch: the batch is then halved, so that the others do not
    /// suffer for it.
    async fn tags_of_group(
        &self,
        ctx: &RequestContext,
        who: &dyn CredentialSource,
        region: &Region,
        arns: Vec<TrailArn>,
    ) -> TagsRead {
        let mut read = TagsRead::default();
        let mut batches: Vec<Vec<TrailArn>> = arns
            .chunks(LARGEST_BATCH)
            .map(<[TrailArn]>::to_vec)
            .collect();
        while let Some(mut batch) = batches.pop() {
            let tags = self
                .door
                .list_trail_tags(ctx, &read.tally, who, region, &batch);
            match tags.await {
                Ok(mut tags) => {
                    for arn in batch {
                        let own = tags.remove(&arn).unwrap_or_default();
                        read.found.insert(arn, own);
                    }
                }
                Err(error) if error.kind == FailureKind::NotFound && batch.len() > 1 => {
                    batches.push(batch.split_off(batch.len() / 2));
                    batches.push(batch);
                }
                Err(error) => {
                    let failed = batch.into_iter().map(|arn| (arn, error.clone()));
                    read.failed.extend(failed);
                }
            }
        }
        read
    }
}

impl Reports {
    /// A cell whose trails' tags were read, or some of them, or none.
    fn settle(&mut self, cell: &Cell, read: &TagsRead) {
        self.spent(cell, &read.tally);
        match read.failed.first() {
            Some((_, error)) if read.found.is_empty() => self.failed(cell, error),
            Some((_, error)) => {
                self.covered(cell);
                self.incomplete(cell, error);
            }
            None => self.covered(cell),
        }
    }
}
