//! From what a request names to targets, in order of account and ARN; and what was left out, and why.

use std::{collections::BTreeSet, sync::Arc};

use crate::{
    budget::RequestContext,
    domain::{
        AccountId, AccountState, Coverage, Deed, LeftOut, Region, TargetSelector, TrailArn,
        TrailName,
        trail::{Desired, Presence, RecordedAccounts},
    },
    fleet::{Directory, Sight, TargetCell, Targets},
    trails::{TrailError, Trails, report::Reports},
};

use super::{
    request::{ChangeRequest, Where},
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

impl Located {
    /// A request that is about nobody is a mistake in it, most likely a mistyped tag or name, and must not look like
    /// success; only what is to be gone may be gone everywhere.
    pub fn nobody(&self, request: &ChangeRequest) -> Option<TrailError> {
        if !self.targets.is_empty() {
            return None;
        }
        match &request.trails {
            _ if self.coverage.cells.is_empty() => Some(TrailError::NoTargets),
            Where::Named { name, .. } if request.presence == Presence::Existing => {
                Some(TrailError::NobodyHas(name.clone()))
            }
            _ => None,
        }
    }
}

impl Trails {
    /// Finds the targets. Where the caller may not do all of `deeds`, a target says so.
    pub(super) async fn targets(
        &self,
        ctx: &RequestContext,
        trails: &Where,
        desired: &Desired,
        deeds: &[Deed],
    ) -> Result<Located, TrailError> {
        let mut located = self.locate_targets(ctx, trails, desired).await?;
        let sight = self.fleet.sight(ctx);
        for target in &mut located.targets {
            if !target.allowed(&sight, deeds) {
                target.trail = Err(NoTrail::NotAuthorized);
            }
        }
        Ok(located)
    }

    async fn locate_targets(
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
            left_out: LeftOut::default(),
            ..resolved
        };
        Ok(located(&only, vec![target]))
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
        let elsewhere: Vec<_> = places()
            .filter(|(_, arn)| arn.home_region().partition() != resolved.partition)
            .map(|(at, arn)| (at, arn.clone()))
            .collect();
        if !elsewhere.is_empty() {
            return Err(TrailError::OtherPartition(elsewhere));
        }
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
            let skipped = &resolved.left_out.cells;
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
            left_out: LeftOut::default(),
            ..resolved
        };
        Ok(located(&nothing, targets))
    }
}

impl Target {
    /// Whether the caller may do these in the account that owns the trail, in the trail's home Region.
    fn allowed(&self, sight: &Sight, deeds: &[Deed]) -> bool {
        let Ok(arn) = &self.trail else { return true };
        let (owner, home) = (arn.owner(), Some(arn.home_region()));
        deeds.iter().all(|deed| sight.may(*deed, owner, home))
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

/// The account that manages the others.
pub fn management(directory: &Directory) -> Option<AccountId> {
    directory
        .accounts()
        .iter()
        .find(|a| a.management)
        .map(|a| a.id)
}

/// Targets of which nothing had to be found out.
fn located(resolved: &Targets, targets: Vec<Target>) -> Located {
    let mut reports = Reports::new(&resolved.cells, &resolved.left_out);
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
