//! `CreateTrail`.

use std::collections::BTreeMap;

use super::settings::{Wanted, initial};
use crate::{
    domain::Region,
    sandbox::{
        cloudtrail::{
            Asking, answer,
            trail::{Logging, Trail, arn},
            validate::{count, delivery, name, organization, tags},
        },
        wire::Answer,
    },
};

/// `CreateTrail`. The trail does not log until it is told to. An organization's trail belongs to the management
/// account, also when a delegated administrator creates it.
pub fn create_trail(asking: Asking<'_>) -> Answer {
    let wanted: Wanted = asking.call.json()?;
    let (caller, home) = (asking.viewer.account, asking.viewer.region);
    let name = wanted.name.as_deref().unwrap_or_default();
    name::name(name)?;
    let settings = wanted.over(&initial(), asking, home)?;
    let tags = tags::with(&BTreeMap::new(), &wanted.tags_list)?;
    asking.write(|trails, facts| {
        let owner = if settings.organization {
            organization::may_create(asking.world, facts, asking.viewer)?;
            asking.world.directory.management()
        } else {
            caller
        };
        count::name_is_free(trails, owner, home, name, settings.multi_region)?;
        let regions = asking.world.directory.regions().iter();
        let shows = |region: &&Region| settings.multi_region || *region == home;
        count::room(trails, owner, regions.filter(shows))?;
        let trail = Trail {
            arn: arn(owner, home, name),
            name: name.to_owned(),
            owner,
            home: home.clone(),
            settings,
            tags,
            selectors: None,
            insights: Vec::new(),
            aggregations: Vec::new(),
            logging: Logging::never(),
            delivery_error: None,
            generation: 1,
        };
        delivery::check(&asking.world.resources, &trail, &trail.settings)?;
        let body = answer::settings(&trail).to_string();
        trails.add(trail);
        Ok(body)
    })
}
