//! Which trails an account sees where, and which one a name or an ARN means: shadow copies in other Regions, an
//! organization's trail in its members. Whether the caller may change what it finds is decided in `target`.

use super::{store::Trails, trail::Trail, validate::name::Named};
use crate::{
    domain::{AccountId, Region},
    sandbox::wire::ApiError,
};

/// One account in one Region, looking at trails.
#[derive(Debug, Clone, Copy)]
pub struct Viewer<'a> {
    /// The account.
    pub account: AccountId,
    /// The Region.
    pub region: &'a Region,
}

impl Viewer<'_> {
    /// Whether the account has the trail at all: its own, or the organization's.
    pub fn has(self, trail: &Trail) -> bool {
        trail.settings.organization || trail.owner == self.account
    }

    /// Whether the trail shows in this Region.
    pub fn shows_here(self, trail: &Trail) -> bool {
        trail.settings.multi_region || trail.home == *self.region
    }

    /// Whether what shows here is the trail itself and no copy.
    pub fn is_home(self, trail: &Trail) -> bool {
        trail.home == *self.region && trail.owner == self.account
    }

    /// Whether this name or ARN means the trail: ARNs count everywhere, names only in the home Region and for the
    /// owner.
    pub fn means(self, named: &Named<'_>, trail: &Trail) -> bool {
        match named {
            Named::Arn(arn) => trail.arn == *arn,
            Named::Name(name) => trail.name == *name && self.is_home(trail),
        }
    }

    /// The trail that is meant, if the account sees it.
    pub fn find<'t>(self, trails: &'t Trails, text: Option<&str>) -> Result<&'t Trail, ApiError> {
        let text = text.unwrap_or_default();
        let named = Named::read(text)?;
        trails
            .iter()
            .find(|trail| self.has(trail) && self.means(&named, trail))
            .ok_or_else(|| unknown(text, self.account))
    }
}

/// There is no such trail for this account.
pub fn unknown(text: &str, account: AccountId) -> ApiError {
    let message = format!("Unknown trail: {text} for the user: {account}");
    ApiError::new("TrailNotFoundException", message)
}
