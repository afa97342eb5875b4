//! Which trails deliver the log files of which cells, and where to. Pure.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use crate::{
    domain::{AccountId, Cell, OrganizationId, Region, Trail, TrailArn, trail::RecordedAccounts},
    fleet::TargetCell,
    trails::FoundTrail,
};

use super::name::{Folder, LogFileName, Root};

/// A bucket, and by whose role it is read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bucket {
    /// Its name.
    pub name: Arc<str>,
    /// The account whose role reads it.
    pub reader: AccountId,
}

/// A folder of one bucket: one cell's files of a sort.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Source {
    /// The cell.
    pub cell: Cell,
    /// The bucket.
    pub bucket: Bucket,
    /// Under what.
    pub root: Root,
    /// What is in it.
    pub folder: Folder,
}

impl Source {
    /// What its keys begin with.
    pub fn prefix(&self) -> String {
        self.root
            .folder(self.cell.account, self.folder, &self.cell.region)
    }
}

/// The trails that deliver to one source.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Deliverers {
    /// Those that are asked for.
    pub asked: BTreeSet<TrailArn>,
    /// Whether there are others, or several: then the name of a file with events does not tell whose it is.
    pub mixed: bool,
}

impl Deliverers {
    fn add(&mut self, arn: &TrailArn, asked: bool) {
        self.mixed |= !asked || self.asked.iter().any(|other| other != arn);
        if asked {
            self.asked.insert(arn.clone());
        }
    }

    /// The trail that delivered this file, as far as its name tells it; `None` inside if it does not. Nothing if it is none
    /// of those that are asked for.
    pub fn of(&self, name: &LogFileName) -> Option<Option<&TrailArn>> {
        let super::name::Detail::Digest {
            trail, home_region, ..
        } = &name.detail
        else {
            return Some(self.asked.first().filter(|_| !self.mixed));
        };
        let same = |arn: &&TrailArn| arn.name() == trail && arn.home_region() == home_region;
        self.asked.iter().find(same).map(Some)
    }
}

/// Why nothing can be said of a cell's log files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Without {
    /// No trail records the cell.
    NoTrail,
    /// None of those that are asked for does.
    NotAsked,
    /// The organization's trail does, and the keys of its files have the organization's id, which is not known.
    NoOrganization,
}

/// What trails deliver of the cells of a request.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Deliveries {
    /// The folders to look into, each once.
    pub sources: BTreeMap<Source, Deliverers>,
    /// The home Regions of trails that deliver to a bucket: where it most likely is.
    pub likely: BTreeMap<Bucket, Region>,
    /// Cells without any.
    pub without: BTreeMap<Cell, Without>,
    /// Cells that a trail records whose settings could not be read.
    pub unread: BTreeSet<Cell>,
}

/// What is asked for, and what is known besides the trails.
pub struct Question<'a> {
    /// The cells.
    pub cells: &'a [TargetCell],
    /// Only files of these trails; empty for all.
    pub trails: &'a BTreeSet<TrailArn>,
    /// What sorts of files.
    pub folders: &'a BTreeSet<Folder>,
    /// The organization.
    pub organization: Option<&'a OrganizationId>,
    /// The accounts that certain buckets are read by.
    pub readers: &'a BTreeMap<String, AccountId>,
}

impl Question<'_> {
    /// What these trails deliver.
    pub fn answer(&self, trails: &[FoundTrail]) -> Deliveries {
        let mut out = Deliveries::default();
        for target in self.cells {
            let without = match self.trails.is_empty() {
                true => Without::NoTrail,
                false => Without::NotAsked,
            };
            out.without.insert(target.cell.clone(), without);
        }
        for found in trails {
            match &found.settings {
                Some(trail) => self.add(&mut out, found, trail),
                None => out.unread.extend(self.cells_of(found, None)),
            }
        }
        out.sources.retain(|_, trails| !trails.asked.is_empty());
        for source in out.sources.keys() {
            out.without.remove(&source.cell);
        }
        out
    }

    fn add(&self, out: &mut Deliveries, found: &FoundTrail, trail: &Trail) {
        let asked = self.trails.is_empty() || self.trails.contains(&found.arn);
        let organization = match trail.accounts {
            RecordedAccounts::Owner => None,
            RecordedAccounts::Organization => match self.organization {
                Some(id) => Some(id.clone()),
                None if asked => {
                    let cells = self.cells_of(found, Some(trail));
                    let without = cells.map(|cell| (cell, Without::NoOrganization));
                    return out.without.extend(without);
                }
                None => return,
            },
        };
        let root = Root {
            prefix: trail
                .prefix
                .as_deref()
                .filter(|prefix| !prefix.is_empty())
                .map(Into::into),
            organization,
        };
        let reader = self.readers.get(&trail.bucket).copied();
        let bucket = Bucket {
            name: trail.bucket.as_str().into(),
            reader: reader.unwrap_or(found.arn.owner()),
        };
        let home = found.arn.home_region().clone();
        out.likely.entry(bucket.clone()).or_insert(home);
        for cell in self.cells_of(found, Some(trail)) {
            for folder in self.folders {
                let source = Source {
                    cell: cell.clone(),
                    bucket: bucket.clone(),
                    root: root.clone(),
                    folder: *folder,
                };
                out.sources
                    .entry(source)
                    .or_default()
                    .add(&found.arn, asked);
            }
        }
    }

    /// The cells that the trail records; all that it may record where its settings are not known.
    fn cells_of<'a>(
        &'a self,
        found: &'a FoundTrail,
        trail: Option<&'a Trail>,
    ) -> impl Iterator<Item = Cell> + 'a {
        let records = move |cell: &&Cell| match trail {
            None => found.shown_by.contains(&cell.account),
            Some(trail) => {
                let account = match trail.accounts {
                    RecordedAccounts::Owner => cell.account == found.arn.owner(),
                    RecordedAccounts::Organization => found.shown_by.contains(&cell.account),
                };
                account && trail.shows_in(&cell.region)
            }
        };
        self.cells
            .iter()
            .map(|target| &target.cell)
            .filter(records)
            .cloned()
    }
}

#[cfg(test)]
mod tests;
