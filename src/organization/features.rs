//! From consolidated billing to all features: it is asked for, invited accounts approve, and it is finished. Each call
//! takes the one step that can be taken now.

use super::{
    Organization,
    act::Act,
    change::{AllFeatures, Asked, FeaturesChanged, Outcome},
    error::OrganizationError,
    seat::Seat,
    wish::{Cost, Wish},
};
use crate::{
    aws::AwsError,
    budget::{RequestContext, Tally},
};

impl Organization {
    /// Takes the next step to all features: asks for them, or finishes what all have approved.
    ///
    /// # Errors
    ///
    /// If we do not sit in the management account, or AWS refuses.
    pub async fn enable_all_features(
        &self,
        ctx: &RequestContext,
        asked: &Asked,
    ) -> Result<FeaturesChanged, OrganizationError> {
        self.must_be_recorded(asked)?;
        let cost = Cost::none();
        let seat = self.seat(ctx, &cost.tally).await?;
        seat.must_manage()?;
        let before = self.progress(ctx, &cost.tally, &seat).await?;
        let (act, to) = match &before {
            AllFeatures::NotBegun => (Some(Act::BeginAllFeatures), "REQUESTED"),
            AllFeatures::Ready { handshake, .. } => {
                let handshake = handshake.clone();
                (Some(Act::FinishAllFeatures { handshake }), "ALL")
            }
            AllFeatures::Waiting { .. } | AllFeatures::Enabled => (None, ""),
        };
        let wish = Wish {
            act,
            account: seat.account,
            resource: seat.arn().to_owned(),
            field: "organization.feature_set",
            before: "\"CONSOLIDATED_BILLING\"".to_owned(),
            after: format!("{to:?}"),
        };
        let changed = self.fulfil(ctx, asked, &seat, wish, &cost).await?;
        let progress = match changed.outcome {
            Outcome::Planned | Outcome::NotApplied => Some(before),
            // Somebody else may have taken the step that we were about to.
            Outcome::Applied | Outcome::Unchanged | Outcome::Unknown => {
                self.progress_now(ctx, &cost.tally, &seat).await.ok()
            }
        };
        Ok(FeaturesChanged { changed, progress })
    }

    /// The same, with the organization read again. That it fails takes nothing from what became of the change.
    async fn progress_now(
        &self,
        ctx: &RequestContext,
        tally: &Tally,
        seat: &Seat,
    ) -> Result<AllFeatures, AwsError> {
        let reads = self.reads(ctx, tally, seat);
        reads
            .all_features(reads.organization().await?.features)
            .await
    }

    async fn progress(
        &self,
        ctx: &RequestContext,
        tally: &Tally,
        seat: &Seat,
    ) -> Result<AllFeatures, OrganizationError> {
        let reads = self.reads(ctx, tally, seat);
        Ok(reads.all_features(seat.organization.features).await?)
    }
}
