//! Changing trails. Each write looks and changes under one lock, on the newest state, and changes nothing if it fails.

pub mod create;
pub mod life;
pub mod parts;
mod settings;
pub mod tags;
pub mod update;

use super::{Asking, store::Trails, target, trail::Trail, view};
use crate::sandbox::{org_state::OrgFacts, wire::ApiError};

/// What a write that says nothing answers.
const NOTHING: &str = "{}";

impl Asking<'_> {
    /// Changes all trails in one step.
    fn write<R>(
        &self,
        change: impl FnOnce(&mut Trails, &OrgFacts) -> Result<R, ApiError>,
    ) -> Result<R, ApiError> {
        let organization = self.world.org_state.facts();
        let now = self.world.elapsed_nanos();
        self.world
            .trails
            .write(now, |trails| change(trails, &organization))
    }

    /// Changes the trail that the request names, if the caller may.
    fn change<R>(
        &self,
        name: Option<&str>,
        change: impl FnOnce(&mut Trail) -> Result<R, ApiError>,
    ) -> Result<R, ApiError> {
        self.write(|trails, organization| {
            let trail = target::find(trails, self.viewer, organization, name)?;
            let arn = trail.arn.clone();
            let trail = trails.get_mut(&arn);
            change(trail.ok_or_else(|| view::unknown(&arn, self.viewer.account))?)
        })
    }
}
