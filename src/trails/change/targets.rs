//! From what a request names to targets, in order of account and ARN; and what was left out, and why.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use crate::{
    aws::AwsError,
    budget::RequestContext,
    domain::{
        AccountId, AccountState, CellReason, Coverage, Region, TargetSelector, TrailArn, TrailName,
        trail::{Desired, RecordedAccounts},
    },
    fanout::{self, Ended},
    fleet::{Directory, TargetCell, Targets},
    trails::{
        TrailError, Trails,
        report::Reports,
        survey::{AccountCells, Outcome, Survey},
    },
};

use super::{
    request::Where,
    target::{NoTrail, Target},
};

/// What a change comes down to.
pub struct Located {
    /// The targets, in the order in which they are started.
    pub targets: Vec<Target>,
    /// What was left out beforehand.
    pub coverage: Coverage,
    /// Whether the accounts come from an older copy.
    pub stale: bool,
    /// The calls spent on finding the trails.
    pub calls: u64,
}

impl Trails {
    /// Finds the targets.
    pub(super) async fn targets(
        &self,
        ctx: &RequestContext,
        trails: &Where,
        desired: &Desired,
    ) -> Result<Located, TrailError> {
        match trails {
            Where::At {
                targets,
                homes,
                name,
            } => {
                let all = desired.settings.accounts == Some(RecordedAccounts::Organization);
                match (all, homes.first()) {
                    (true, Some(home)) => self.of_organization(ctx, targets, home, name).await,
                    _ => self.at(ctx, targets, homes, name).await,
                }
            }
            Where::Named { targets, name } => self.named(ctx, targets, name).await,
            Where::Arns { targets, arns } => self.by_arn(ctx, targets, arns).await,
        }
    }

    /// The trail that each account has or is to have in each Region.
    async fn at(
        &self,
        ctx: &RequestContext,
        selector: &TargetSelector,
        homes: &[Region],
        name: &TrailName,
    ) -> Result<Located, TrailError> {
        let selector = TargetSelector {
            regions: homes.to_vec(),
            ..selector.clone()
        };
        let resolved = self.fleet.resolve(ctx, &selector).await?;
        let target = |cell: &TargetCell| Target {
            account: cell.cell.account,
            account_name: Arc::clone(&cell.account_name),
            actor: cell.cell.account,
            trail: Ok(TrailArn::of(
                cell.cell.account,
                cell.cell.region.clone(),
                name.clone(),
            )),
        };
        let targets = resolved.cells.iter().map(target).collect();
        Ok(located(&resolved, targets))
    }

    /// The organization's trail: one target, its owner. Where the selector leaves the owner out and names one account,
    /// that is an administrator that the owner delegated to.
    async fn of_organization(
        &self,
        ctx: &RequestContext,
        selector: &TargetSelector,
        home: &Region,
        name: &TrailName,
    ) -> Result<Located, TrailError> {
        let selector = TargetSelector {
            regions: vec![home.clone()],
            ..selector.clone()
        };
        let resolved = self.fleet.resolve(ctx, &selector).await?;
        let directory = self.fleet.directory();
        let owner = management(&directory).ok_or(TrailError::NoManagementAccount)?;
        let own = resolved.cells.iter().find(|t| t.cell.account == owner);
        let actor = match (own, resolved.cells.as_slice()) {
            (Some(own), _) => own,
            (None, [delegate]) => delegate,
            (None, _) => return Err(TrailError::OrganizationTrailElsewhere(owner)),
        };
        let target = Target {
            account: owner,
            account_name: name_of(&directory, owner),
            actor: actor.cell.account,
            trail: Ok(TrailArn::of(owner, home.clone(), name.clone())),
        };
        let only = Targets {
            cells: vec![actor.clone()],
            skipped: Vec::new(),
            ..resolved
        };
        Ok(located(&only, vec![target]))
    }

    /// The trails of this name that the accounts own.
    async fn named(
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
            reports: Reports::new(&resolved.cells, &resolved.skipped),
            found: BTreeMap::new(),
            calls: 0,
        };
        let mut unsure = Vec::new();
        for (cells, ended) in surveys.await {
            unsure.extend(looking.take(&cells, ended));
        }
        self.settle(ctx, &mut looking, unsure).await;
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
                Some((_, trail)) if looking.regions.iter().any(|r| trail.shows_in(r)) => {
                    Ok(arn.clone())
                }
                Some(_) => Err(NoTrail::NoSuchTrail),
                None => Err(match described.failed.remove(&arn) {
                    Some((_, Some(error))) => NoTrail::Unreadable(error),
                    _ => NoTrail::Defect,
                }),
            };
            looking.keep(&cells, trail);
        }
    }

    /// Exactly these trails.
    async fn by_arn(
        &self,
        ctx: &RequestContext,
        selector: &TargetSelector,
        arns: &[TrailArn],
    ) -> Result<Located, TrailError> {
        let resolved = self.fleet.resolve(ctx, selector).await?;
        let directory = self.fleet.directory();
        let places = || arns.iter().enumerate();
        let unknown: Vec<_> = places()
            .filter(|(_, arn)| directory.account(arn.owner()).is_none())
            .map(|(at, arn)| (at, arn.owner()))
            .collect();
        if !unknown.is_empty() {
            return Err(TrailError::UnknownOwners(unknown));
        }
        let inside = |arn: &TrailArn| {
            let regions = &selector.regions;
            let account = |id| id == arn.owner();
            let skipped = &resolved.skipped;
            (regions.is_empty() || regions.contains(arn.home_region()))
                && (resolved.cells.iter().any(|t| account(t.cell.account))
                    || skipped.iter().any(|report| account(report.cell.account)))
        };
        let outside: Vec<_> = places()
            .filter(|(_, arn)| !inside(arn))
            .map(|(at, arn)| (at, arn.clone()))
            .collect();
        if !outside.is_empty() {
            return Err(TrailError::OutsideTargets(outside));
        }
        let once: BTreeSet<&TrailArn> = arns.iter().collect();
        let targets = once
            .into_iter()
            .map(|arn| exactly(&directory, arn))
            .collect();
        // The request is about the trails and nothing else: no account is left out of it.
        let nothing = Targets {
            cells: Vec::new(),
            skipped: Vec::new(),
            ..resolved
        };
        Ok(located(&nothing, targets))
    }
}

fn exactly(directory: &Directory, arn: &TrailArn) -> Target {
    let account = arn.owner();
    let active = directory
        .account(account)
        .is_some_and(|a| a.state == AccountState::Active);
    Target {
        account,
        account_name: name_of(directory, account),
        actor: account,
        trail: match active {
            true => Ok(arn.clone()),
            false => Err(NoTrail::NotActive),
        },
    }
}

fn name_of(directory: &Directory, account: AccountId) -> Arc<str> {
    let known = directory.account(account);
    known.map_or_else(|| Arc::from(""), |account| Arc::clone(&account.name))
}

fn management(directory: &Directory) -> Option<AccountId> {
    directory
        .accounts()
        .iter()
        .find(|a| a.management)
        .map(|a| a.id)
}

/// Targets of which nothing had to be found out.
fn located(resolved: &Targets, targets: Vec<Target>) -> Located {
    let mut reports = Reports::new(&resolved.cells, &resolved.skipped);
    for target in &resolved.cells {
        reports.covered(&target.cell);
    }
    Located {
        targets,
        coverage: reports.into_coverage(),
        stale: resolved.stale,
        calls: 0,
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
                if !self.selected.contains(&arn.owner()) {
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
