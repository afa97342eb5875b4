//! What a request is aimed at: a selector, and the cells that it comes down to.

use std::{collections::BTreeMap, fmt, str::FromStr};

use super::{AccountId, InvalidId, OrganizationalUnitId, Region};

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

/// Organizations allows units five levels deep below the root.
const MAX_DEPTH: usize = 5;

/// The longest name of a unit.
const MAX_NAME: usize = 128;

/// A text that names no unit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidUnit {
    /// It is no id, and does not begin like a path.
    #[error("{0}, nor a path such as /Prod/Payments")]
    Id(#[from] InvalidId),
    /// It begins like a path, and is none.
    #[error(
        "a path has at most {MAX_DEPTH} names of 1 to {MAX_NAME} characters, such as /Prod/Payments"
    )]
    Path,
}

impl UnitRef {
    /// What it looks like.
    pub const SHAPE: &str = "the id of an organizational unit such as ou-ab12-34cd56ef, or its path such as /Prod/Payments";
}

/// A unit is named by its id or, beginning with a slash, by its path from the root.
impl FromStr for UnitRef {
    type Err = InvalidUnit;

    fn from_str(text: &str) -> Result<Self, InvalidUnit> {
        let Some(path) = text.strip_prefix('/') else {
            return Ok(Self::Id(text.parse()?));
        };
        let names: Vec<String> = match path.strip_suffix('/').unwrap_or(path) {
            "" => Vec::new(),
            path => path.split('/').map(str::to_owned).collect(),
        };
        let named = |name: &String| (1..=MAX_NAME).contains(&name.chars().count());
        if names.len() <= MAX_DEPTH && names.iter().all(named) {
            Ok(Self::Path(names))
        } else {
            Err(InvalidUnit::Path)
        }
    }
}

impl fmt::Display for UnitRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(id) => fmt::Display::fmt(id, f),
            Self::Path(names) => write!(f, "/{}", names.join("/")),
        }
    }
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
