//! `UpdateTrail`.

use super::settings::Wanted;
use crate::{
    domain::Region,
    sandbox::{
        cloudtrail::{
            Asking, answer, target,
            validate::{count, delivery, organization},
            view,
        },
        wire::Answer,
    },
};

/// `UpdateTrail`: what the request does not say stays.
pub fn update_trail(asking: Asking<'_>) -> Answer {
    let wanted: Wanted = asking.call.json()?;
    let caller = asking.viewer.account;
    asking.write(|trails, facts| {
        let trail = target::find(trails, asking.viewer, facts, wanted.name.as_deref())?;
        let (arn, owner, home) = (trail.arn.clone(), trail.owner, trail.home.clone());
        let settings = wanted.over(&trail.settings, asking, &home)?;
        if settings.organization != trail.settings.organization {
            organization::may_convert(asking.world, facts, asking.viewer)?;
        }
        if settings.multi_region && !trail.settings.multi_region {
            let elsewhere = |region: &&Region| **region != home;
            let regions = asking.world.directory.regions().iter();
            count::name_is_free_elsewhere(trails, trail)?;
            count::room(trails, owner, regions.filter(elsewhere))?;
        }
        delivery::check(&asking.world.resources, trail, &settings)?;
        let trail = trails.get_mut(&arn);
        let trail = trail.ok_or_else(|| view::unknown(&arn, caller))?;
        trail.settings = settings;
        Ok(answer::settings(trail).to_string())
    })
}
