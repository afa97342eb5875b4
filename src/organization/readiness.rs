//! Whether a trail of the whole organization can be created, asked of AWS as it is now.

use std::time::Duration;

use tokio::time::Instant;

use super::{
    Organization, check::check, error::OrganizationError, evidence::OrganizationTrail,
    gather::Gather, prerequisite::Prerequisite,
};
use crate::{
    budget::{RequestContext, Tally},
    domain::Authority,
    policies::{RequiredPolicies, required},
};

/// What a trail of the organization needs, and how it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Readiness {
    /// Each prerequisite, in the order of their kinds.
    pub prerequisites: Vec<Prerequisite>,
    /// The policies that the trail needs elsewhere, ready to paste.
    pub policies: RequiredPolicies,
    /// AWS calls spent.
    pub calls: u32,
}

impl Readiness {
    /// Whether every prerequisite is met or does not apply, and that is known.
    pub fn ready(&self) -> bool {
        self.prerequisites.iter().all(Prerequisite::holds)
    }

    /// What stands in the way: what is known not to be met. What is not known does not.
    pub fn missing(&self) -> impl Iterator<Item = &Prerequisite> {
        self.prerequisites.iter().filter(|one| one.blocks())
    }
}

impl Organization {
    /// Checks everything that this trail of the organization needs. What could not be read by the deadline, or at all,
    /// is unknown in the answer; only what the organization itself is must be readable.
    ///
    /// # Errors
    ///
    /// If there is no organization, or it cannot be read.
    pub async fn ready_for(
        &self,
        ctx: &RequestContext,
        trail: &OrganizationTrail,
    ) -> Result<Readiness, OrganizationError> {
        let ctx = answering(ctx);
        let tally = Tally::default();
        let seat = self.seat(&ctx, &tally).await?;
        let gather = Gather::new(self, &ctx, &tally, &seat, trail);
        let evidence = gather.evidence().await;
        Ok(Readiness {
            prerequisites: check(trail, &evidence),
            policies: required(gather.deliveries()),
            calls: tally.calls(),
        })
    }
}

/// The same request, with a little time kept for the answer: better some unknowns than none at all.
///
/// The evidence lies in accounts that own buckets, keys and topics. Who may prepare a trail of the organization may hear
/// what it lacks there, and needs no permission of its own for them.
fn answering(ctx: &RequestContext) -> RequestContext {
    let left = ctx.deadline.saturating_duration_since(Instant::now());
    RequestContext {
        authority: Authority::unlimited(),
        span: tracing::Span::none(),
        ..ctx.by(ctx.deadline - (left / 10).min(Duration::from_millis(500)))
    }
}
