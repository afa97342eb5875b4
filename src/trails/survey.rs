//! Which trails one account shows: one listing for all of its Regions, or, where that is denied, a look into each.

use std::{collections::BTreeMap, sync::Arc};

use crate::{
    aws::{AwsError, CredentialSource, FailureKind},
    budget::{RequestContext, Tally},
    domain::{AccountId, Region, Trail, TrailArn},
    fanout::{self, Ended},
    fleet::TargetCell,
};

use super::Trails;

/// ListTrails answers for the whole account in any Region. If one Region cannot be used, so many more are tried.
const MORE_REGIONS: usize = 2;

/// One account of a request, and its cells in order of Region. There is at least one.
#[derive(Debug, Clone)]
pub struct AccountCells {
    /// The account.
    pub account: AccountId,
    /// Its cells.
    pub cells: Arc<[TargetCell]>,
}

impl AccountCells {
    /// The cells of a request by account.
    pub fn group(cells: &[TargetCell]) -> Vec<Self> {
        let accounts = cells.chunk_by(|a, b| a.cell.account == b.cell.account);
        let group = |cells: &[TargetCell]| {
            let account = cells.first()?.cell.account;
            Some(Self {
                account,
                cells: cells.into(),
            })
        };
        accounts.filter_map(group).collect()
    }

    /// The Regions, in the order in which they are asked: the global one first, since every account has it.
    fn regions(&self, global: &Region) -> Vec<Region> {
        let mut regions: Vec<Region> = self.cells.iter().map(|t| t.cell.region.clone()).collect();
        regions.sort_by_key(|region| region != global);
        regions
    }
}

/// What was found out about one account.
#[derive(Debug)]
pub struct Survey {
    /// How it was found out, and what.
    pub outcome: Outcome,
    /// The calls spent by Region.
    pub spent: Vec<(Region, Tally)>,
}

/// What a survey came to.
#[derive(Debug)]
pub enum Outcome {
    /// ListTrails answered for the whole account.
    Listed {
        /// The Region that was asked.
        region: Region,
        /// The trails.
        arns: Vec<TrailArn>,
    },
    /// ListTrails is denied; DescribeTrails was asked in each Region.
    Described {
        /// The trails, with their settings.
        trails: BTreeMap<TrailArn, Trail>,
        /// The Regions that could not be read, and why; no reason is a defect of ours.
        failed: Vec<(Region, Option<AwsError>)>,
    },
    /// Nothing could be read.
    Failed(AwsError),
}

impl Trails {
    /// Finds out which trails the account shows.
    pub(super) async fn survey(&self, ctx: &RequestContext, account: &AccountCells) -> Survey {
        let who = self.fleet.credentials(account.account);
        let regions = account.regions(&self.door.global_region());
        let mut spent = Vec::new();
        let mut last = None;
        for region in regions.iter().take(1 + MORE_REGIONS) {
            let tally = Tally::default();
            let listed = self.list_all(ctx, &tally, &*who, region).await;
            spent.push((region.clone(), tally));
            match listed {
                Ok(arns) => {
                    let region = region.clone();
                    let outcome = Outcome::Listed { region, arns };
                    return Survey { outcome, spent };
                }
                Err(error) if denied(&error) => {
                    let outcome = self.look_into_each(ctx, &who, &regions, &mut spent).await;
                    return Survey { outcome, spent };
                }
                Err(error) if elsewhere(&error) => last = Some(error),
                Err(error) => {
                    let outcome = Outcome::Failed(error);
                    return Survey { outcome, spent };
                }
            }
        }
        let outcome = match last {
            Some(error) => Outcome::Failed(error),
            // Without a Region there is nothing to find.
            None => Outcome::Described {
                trails: BTreeMap::new(),
                failed: Vec::new(),
            },
        };
        Survey { outcome, spent }
    }

    async fn list_all(
        &self,
        ctx: &RequestContext,
        tally: &Tally,
        who: &dyn CredentialSource,
        region: &Region,
    ) -> Result<Vec<TrailArn>, AwsError> {
        let mut arns = Vec::new();
        let mut token: Option<String> = None;
        loop {
            let page = self
                .door
                .list_trails(ctx, tally, who, region, token.as_deref());
            let page = page.await?;
            arns.extend(page.items);
            match page.token {
                Some(next) => token = Some(next),
                None => return Ok(arns),
            }
        }
    }

    /// DescribeTrails in the first Region, then in all others at once; not in the others if the role lacks the
    /// permission, which it then lacks everywhere.
    async fn look_into_each(
        &self,
        ctx: &RequestContext,
        who: &Arc<dyn CredentialSource>,
        regions: &[Region],
        spent: &mut Vec<(Region, Tally)>,
    ) -> Outcome {
        let mut trails = BTreeMap::new();
        let mut failed = Vec::new();
        let mut keep = |region: Region, tally: Tally, look: Result<Vec<Trail>, AwsError>| {
            spent.push((region.clone(), tally));
            match look {
                Ok(found) => {
                    trails.extend(found.into_iter().map(|trail| (trail.arn.clone(), trail)))
                }
                Err(error) => failed.push((region, Some(error))),
            }
        };
        let Some((first, others)) = regions.split_first() else {
            return Outcome::Described { trails, failed };
        };
        let (tally, look) = self.look(ctx, who, first).await;
        if let Err(error) = &look
            && error.kind == FailureKind::AccessDenied
        {
            spent.push((first.clone(), tally));
            return Outcome::Failed(error.clone());
        }
        keep(first.clone(), tally, look);
        let looks = fanout::run(others.iter().cloned(), |region| {
            let (this, ctx, who) = (self.clone(), ctx.clone(), Arc::clone(who));
            async move { this.look(&ctx, &who, &region).await }
        });
        let mut panicked = Vec::new();
        for (region, ended) in looks.await {
            match ended {
                Ended::Done((tally, look)) => keep(region, tally, look),
                Ended::Panicked => panicked.push((region, None)),
            }
        }
        failed.append(&mut panicked);
        Outcome::Described { trails, failed }
    }

    async fn look(
        &self,
        ctx: &RequestContext,
        who: &Arc<dyn CredentialSource>,
        region: &Region,
    ) -> (Tally, Result<Vec<Trail>, AwsError>) {
        let tally = Tally::default();
        let look = self.door.describe_trails(ctx, &tally, &**who, region, &[]);
        let look = look.await;
        (tally, look)
    }
}

/// The role may not list, or a policy forbids it: DescribeTrails is another permission.
fn denied(error: &AwsError) -> bool {
    matches!(
        error.kind,
        FailureKind::AccessDenied | FailureKind::ServiceControlPolicy | FailureKind::Unsupported
    )
}

/// The Region is at fault, so another may answer.
fn elsewhere(error: &AwsError) -> bool {
    matches!(
        error.kind,
        FailureKind::RegionUnavailable
            | FailureKind::Throttled
            | FailureKind::Transient
            | FailureKind::Timeout
    )
}
