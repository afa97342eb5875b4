//! How many trails an account may have in a Region, and that their names do not meet.

use crate::{
    domain::{AccountId, Region},
    sandbox::{
        cloudtrail::{store::Trails, trail::Trail},
        wire::ApiError,
    },
};

/// Trails in a Region at most, copies of multi-Region trails included.
pub const TRAILS_PER_REGION: usize = 5;

/// Whether a trail still fits into each Region where it would show. `trails` has it not, or not there. Only trails
/// that the account owns count: an organization's trail comes to a member whatever the member has.
pub fn room<'r>(
    trails: &Trails,
    owner: AccountId,
    mut regions: impl Iterator<Item = &'r Region>,
) -> Result<(), ApiError> {
    let full = regions.find(|region| {
        let shown = |trail: &&Trail| {
            trail.owner == owner && (trail.settings.multi_region || trail.home == **region)
        };
        trails.iter().filter(shown).count() >= TRAILS_PER_REGION
    });
    match full {
        None => Ok(()),
        Some(region) => Err(ApiError::new(
            "MaximumNumberOfTrailsExceededException",
            format!(
                "User: {owner} already has {TRAILS_PER_REGION} trails in {region}, the maximum."
            ),
        )),
    }
}

/// Whether a new trail of this name would stand beside another of the same name in some Region.
pub fn name_is_free(
    trails: &Trails,
    owner: AccountId,
    home: &Region,
    name: &str,
    multi_region: bool,
) -> Result<(), ApiError> {
    let meets = |trail: &Trail| {
        trail.owner == owner
            && trail.name == name
            && (multi_region || trail.settings.multi_region || trail.home == *home)
    };
    if !trails.iter().any(meets) {
        return Ok(());
    }
    let message = format!("Trail {name} already exists for customer: {owner}");
    Err(ApiError::new("TrailAlreadyExistsException", message))
}

/// Whether a trail of one Region can show in all: not where its owner has another of the same name. (UpdateTrail's
/// model has no code for that, so it is the general one.)
pub fn name_is_free_elsewhere(trails: &Trails, trail: &Trail) -> Result<(), ApiError> {
    let (owner, name) = (trail.owner, &trail.name);
    let meets =
        |other: &Trail| other.owner == owner && other.name == *name && other.arn != trail.arn;
    if !trails.iter().any(meets) {
        return Ok(());
    }
    let message = format!("Customer {owner} has another trail {name} in another Region.");
    Err(ApiError::new("OperationNotPermittedException", message))
}
