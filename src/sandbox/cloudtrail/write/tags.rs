//! Tags of trails, by ARN only.

use serde::Deserialize;

use super::NOTHING;
use crate::sandbox::{
    cloudtrail::{
        Asking, target,
        trail::Trail,
        validate::{
            name,
            tags::{self, Tag},
        },
    },
    wire::{Answer, ApiError},
};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Request {
    resource_id: Option<String>,
    #[serde(default)]
    tags_list: Vec<Tag>,
}

/// `AddTags`: new keys are added, the values of known ones replaced.
pub fn add_tags(asking: Asking<'_>) -> Answer {
    let request: Request = asking.call.json()?;
    change(asking, &request, |trail| {
        trail.tags = tags::with(&trail.tags, &request.tags_list)?;
        Ok(())
    })
}

/// `RemoveTags`: by key; keys that are not there are no error.
pub fn remove_tags(asking: Asking<'_>) -> Answer {
    let request: Request = asking.call.json()?;
    change(asking, &request, |trail| {
        for key in tags::keys(&request.tags_list)? {
            trail.tags.remove(key);
        }
        Ok(())
    })
}

fn change(
    asking: Asking<'_>,
    request: &Request,
    change: impl FnOnce(&mut Trail) -> Result<(), ApiError>,
) -> Answer {
    let arn = request.resource_id.as_deref().unwrap_or_default();
    name::trail_arn(arn)?;
    let missing = || {
        ApiError::new(
            "ResourceNotFoundException",
            format!("{arn} does not exist."),
        )
    };
    asking.write(|trails, organization| {
        let trail = trails.get(arn).filter(|trail| asking.viewer.has(trail));
        target::may_change(asking.viewer, organization, trail.ok_or_else(missing)?)?;
        change(trails.get_mut(arn).ok_or_else(missing)?)?;
        Ok(NOTHING.to_owned())
    })
}
