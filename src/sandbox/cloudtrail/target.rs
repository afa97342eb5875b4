//! Which trail a write means, and whether the caller may change it from where it calls.

use super::{
    store::Trails,
    trail::Trail,
    validate::{name::Named, organization},
    view::{self, Viewer},
};
use crate::sandbox::{org_state::OrgFacts, wire::ApiError};

/// The trail that this name or ARN means, if the caller may change it from this Region: an organization's trail only
/// as its management account or as CloudTrail's delegated administrator, and any trail only in its home Region.
pub fn find<'t>(
    trails: &'t Trails,
    caller: Viewer<'_>,
    organization: &OrgFacts,
    text: Option<&str>,
) -> Result<&'t Trail, ApiError> {
    let text = text.unwrap_or_default();
    let named = Named::read(text)?;
    let mut seen = trails.iter().filter(|trail| caller.has(trail));
    let trail = seen
        .find(|trail| caller.means(&named, trail) || is_copy_here(caller, &named, trail))
        .ok_or_else(|| view::unknown(text, caller.account))?;
    may_change(caller, organization, trail)?;
    Ok(trail)
}

/// Whether a name means a copy, in this Region, of a trail that the caller owns. Reads do not find it so; writes do,
/// to say where its home is.
fn is_copy_here(caller: Viewer<'_>, named: &Named<'_>, trail: &Trail) -> bool {
    matches!(named, Named::Name(name) if trail.name == *name)
        && trail.owner == caller.account
        && caller.shows_here(trail)
}

/// Whether the caller may change this trail from its Region.
pub fn may_change(
    caller: Viewer<'_>,
    organization: &OrgFacts,
    trail: &Trail,
) -> Result<(), ApiError> {
    if trail.settings.organization && trail.owner != caller.account {
        organization::administers(organization, caller.account)?;
    }
    if trail.home != *caller.region {
        let message = format!(
            "The trail {} was created in {}; it can only be changed there, not in {}.",
            trail.arn, trail.home, caller.region
        );
        return Err(ApiError::new("InvalidHomeRegionException", message));
    }
    Ok(())
}
