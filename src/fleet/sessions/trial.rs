//! Assuming a role only to see whether it can be: the session may do nothing, and is thrown away.

use super::{Sessions, writing::LIFE};
use crate::{
    aws::{AwsError, RoleRequest, SessionName, SessionPolicy, SourceIdentity},
    budget::{RequestContext, Tally},
    domain::{Permissions, SessionTags},
    fleet::settings::AssumableRole,
};

/// What is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trial {
    /// Whether it goes without the external id, as whoever knows the role's name and not the id would try.
    WithoutExternalId,
    /// Whether it goes in the caller's name and with the session tags, as each change does it.
    InTheCallersName,
}

impl Sessions {
    /// Tries it, by one AssumeRole that nobody shares.
    ///
    /// # Errors
    ///
    /// That it does not go.
    pub async fn try_role(
        &self,
        ctx: &RequestContext,
        tally: &Tally,
        role: &AssumableRole,
        trial: Trial,
    ) -> Result<(), AwsError> {
        let inner = &self.inner;
        let request = RoleRequest {
            role: role.arn.clone(),
            external_id: None,
            session_name: SessionName::of(&inner.settings.name),
            duration: LIFE,
            source_identity: None,
            tags: SessionTags::default(),
            policy: Some(SessionPolicy::allowing(&Permissions::none())),
        };
        let request = match trial {
            Trial::WithoutExternalId => request,
            Trial::InTheCallersName => RoleRequest {
                external_id: role.external_id.clone(),
                source_identity: Some(SourceIdentity::of(ctx.caller.as_str())),
                tags: inner.settings.tags.clone(),
                ..request
            },
        };
        let below = self.below(role);
        let assumed = inner.assume(ctx, tally, &*below, &request, 0).await;
        assumed.map(|_| ())
    }

    /// Whether sessions that write have tags.
    pub fn has_tags(&self) -> bool {
        !self.inner.settings.tags.is_empty()
    }
}
