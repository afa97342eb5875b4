//! Trails by their name: each account is asked which it shows.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use crate::{
    aws::{AwsError, FailureKind},
    budget::RequestContext,
    domain::{AccountId, CellReason, Region, TargetSelector, TrailArn, TrailName},
    fanout::{self, Ended},
    trails::{
        TrailError, Trails,
        report::Reports,
        survey::{AccountCells, Outcome, Survey},
    },
};

use super::{
    target::{NoTrail, Target},
    targets::Located,
};

impl Trails {
    /// The trails of this name that the accounts own.
    pub(super) async fn named(
        &self,
        ctx: &RequestContext,
        selector: &TargetSelector,
        name: &TrailName,
    ) -> Result<Located, TrailError> {
        let resolved = self.fleet.resolve(ctx, selector).await?;
        let groups = AccountCells::group(&resolved.cells);
        let surveys = fanout::run(groups, |cells| {
            let (this, ctx) = (self.clone(), ctx.clone());
            async move { this.survey(&ctx, &cells).await }
        });
        let mut looking = Looking {
            name,
            regions: &selector.regions,
            selected: resolved.cells.iter().map(|t| t.cell.account).collect(),
            reports: Reports::new(&resolved.cells, &resolved.left_out),
            shared: BTreeSet::new(),
            found: BTreeMap::new(),
            calls: 0,
        };
        let mut unsure = Vec::new();
        for (cells, ended) in surveys.await {
            unsure.extend(looking.take(&cells, ended));
        }
        self.settle(ctx, &mut looking, unsure).await;
        looking.reach_shared();
        let Looking {
            found,
            reports,
            calls,
            ..
        } = looking;
        let mut targets = Vec::new();
        for ((account, _), (account_name, trail)) in found {
            targets.push(Target {
                account,
                account_name,
                actor: account,
                trail,
            });
        }
        Ok(Located {
            targets,
            coverage: reports.into_coverage(),
            stale: resolved.stale,
            calls,
        })
    }

    /// Trails whose home is not among the Regions asked for are meant if they show there: their settings tell.
    async fn settle(
        &self,
        ctx: &RequestContext,
        looking: &mut Looking<'_>,
        unsure: Vec<(AccountCells, TrailArn)>,
    ) {
        let arns: Vec<TrailArn> = unsure.iter().map(|(_, arn)| arn.clone()).collect();
        let mut described = self.describe(ctx, &arns, |arn| vec![arn.owner()]).await;
        for (_, tally) in &described.spent {
            looking.calls += u64::from(tally.calls());
        }
        for (cells, arn) in unsure {
            let trail = match described.found.remove(&arn) {
                Some((_, trail)) if looking.regions.iter().any(|r| trail.shows_in(r)) => Ok(arn),
                Some(_) if looking.has(cells.account) => continue,
                Some(_) => Err(NoTrail::NoSuchTrail),
                None => Err(match described.failed.remove(&arn) {
                    Some((_, Some(error))) => NoTrail::Unreadable(error),
                    _ => NoTrail::Defect,
                }),
            };
            looking.keep(&cells, trail);
        }
    }
}

/// An account's name, and one of its trails, or why there is none.
type Seen = (Arc<str>, Result<TrailArn, NoTrail>);

/// Trails of one name, being looked for.
struct Looking<'a> {
    name: &'a TrailName,
    regions: &'a [Region],
    selected: BTreeSet<AccountId>,
    reports: Reports,
    /// Trails of the organization that members show and whose owner is selected too.
    shared: BTreeSet<TrailArn>,
    /// By account, and then by ARN or what stands for it.
    found: BTreeMap<(AccountId, String), Seen>,
    calls: u64,
}

impl Looking<'_> {
    /// What one account shows. Answers with its trails of which it is not known whether they are meant.
    fn take(
        &mut self,
        cells: &AccountCells,
        ended: Ended<Survey>,
    ) -> Vec<(AccountCells, TrailArn)> {
        let Ended::Done(Survey { outcome, spent }) = ended else {
            self.keep(cells, Err(NoTrail::Defect));
            return Vec::new();
        };
        self.calls += spent
            .iter()
            .map(|(_, tally)| u64::from(tally.calls()))
            .sum::<u64>();
        let arns: Vec<TrailArn> = match outcome {
            Outcome::Listed { arns, .. } => arns,
            Outcome::Failed(error) => {
                self.unreadable(cells, &error);
                return Vec::new();
            }
            Outcome::Described { trails, failed } => match failed.into_iter().next() {
                // The trail may be at home in a Region that was not read.
                Some((_, Some(error))) => {
                    self.unreadable(cells, &error);
                    return Vec::new();
                }
                Some((_, None)) => {
                    self.keep(cells, Err(NoTrail::Defect));
                    return Vec::new();
                }
                None => trails.into_keys().collect(),
            },
        };
        for target in cells.cells.iter() {
            self.reports.covered(&target.cell);
        }
        self.sort_out(cells, arns)
    }

    fn sort_out(
        &mut self,
        cells: &AccountCells,
        arns: Vec<TrailArn>,
    ) -> Vec<(AccountCells, TrailArn)> {
        let mut unsure = Vec::new();
        let mut shown: Vec<TrailArn> = arns.into_iter().filter(|a| a.name() == self.name).collect();
        shown.sort();
        shown.dedup();
        if shown.is_empty() {
            self.keep(cells, Err(NoTrail::NoSuchTrail));
        }
        for arn in shown {
            if arn.owner() != cells.account {
                // A copy of the organization's trail. Its owner's target is the trail itself.
                if self.selected.contains(&arn.owner()) {
                    self.shared.insert(arn);
                } else {
                    self.keep(cells, Err(NoTrail::Organizations(arn)));
                }
            } else if self.regions.is_empty() || self.regions.contains(arn.home_region()) {
                self.keep(cells, Ok(arn));
            } else {
                unsure.push((cells.clone(), arn));
            }
        }
        unsure
    }

    /// Whether the account has a target.
    fn has(&self, account: AccountId) -> bool {
        self.found.keys().any(|(owner, _)| *owner == account)
    }

    /// An owner that we cannot get into may have delegated the organization's trail to us: it is a target all the same.
    fn reach_shared(&mut self) {
        for arn in std::mem::take(&mut self.shared) {
            let owner = (arn.owner(), String::new());
            let closed = match self.found.get(&owner) {
                Some((name, Err(NoTrail::Unreadable(error))))
                    if error.kind == FailureKind::RoleNotAssumable =>
                {
                    Arc::clone(name)
                }
                _ => continue,
            };
            let whole = (arn.owner(), arn.to_string());
            self.found.insert(whole, (closed, Ok(arn)));
        }
        let reached: BTreeSet<AccountId> = self.found.values().filter_map(owner_of).collect();
        self.found.retain(|(account, key), (_, trail)| {
            let closed = key.is_empty() && matches!(trail, Err(NoTrail::Unreadable(_)));
            !(closed && reached.contains(account))
        });
    }

    fn unreadable(&mut self, cells: &AccountCells, error: &AwsError) {
        for target in cells.cells.iter() {
            self.reports.failed(&target.cell, error);
        }
        self.keep(cells, Err(NoTrail::Unreadable(error.clone())));
    }

    /// A target; but an account without such a trail is one only if it was asked for by name.
    fn keep(&mut self, cells: &AccountCells, trail: Result<TrailArn, NoTrail>) {
        let Some(first) = cells.cells.first() else {
            return;
        };
        if matches!(trail, Err(NoTrail::NoSuchTrail)) && !first.named {
            for target in cells.cells.iter() {
                self.reports
                    .left_out(&target.cell, CellReason::TrailNotFound);
            }
            return;
        }
        let key = trail
            .as_ref()
            .map_or_else(|_| String::new(), ToString::to_string);
        let name = Arc::clone(&first.account_name);
        self.found.insert((cells.account, key), (name, trail));
    }
}

fn owner_of((_, trail): &Seen) -> Option<AccountId> {
    trail.as_ref().ok().map(TrailArn::owner)
}
