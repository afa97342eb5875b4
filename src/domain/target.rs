//! What a request is aimed at: a selector, and the cells that it comes down to.

use std::{collections::BTreeMap, fmt};

use super::{AccountId, OrganizationalUnitId, Region};

/// One account in one Region: the unit of fan-out, of budgets and of coverage.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cell {
    /// The account.
    pub account: AccountId,
    /// The Region.
    pub region: Region,
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.account, self.region)
    }
}

impl fmt::Debug for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// An organizational unit as a caller names it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum UnitRef {
    /// By id, of a unit or a root.
    Id(OrganizationalUnitId),
    /// By its path of names from the root, without the leading slash: `["Prod", "Payments"]`.
    Path(Vec<String>),
}

/// Which accounts and Regions a request is for. The empty selector is every active account in every
/// configured Region that it has enabled. Units are recursive; tags must all match; exclusion wins.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct TargetSelector {
    /// These accounts. An id that the fleet does not know is an error, not an empty answer.
    pub account_ids: Vec<AccountId>,
    /// The accounts below these units.
    pub organizational_units: Vec<UnitRef>,
    /// Only accounts that have all of these tags.
    pub account_tags: BTreeMap<String, String>,
    /// Never these accounts.
    pub exclude_account_ids: Vec<AccountId>,
    /// Only these Regions; empty for all that are configured.
    pub regions: Vec<Region>,
}
