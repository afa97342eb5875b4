//! Trusted access: whether CloudTrail may act in all accounts.

use super::{
    Organization,
    act::Act,
    change::{Asked, Changed},
    error::OrganizationError,
    facts::CLOUDTRAIL,
    wish::{Cost, Wish},
};
use crate::budget::RequestContext;

impl Organization {
    /// Gives CloudTrail trusted access.
    ///
    /// # Errors
    ///
    /// If we do not sit in the management account, the organization lacks features, or AWS refuses.
    pub async fn enable_trusted_access(
        &self,
        ctx: &RequestContext,
        asked: &Asked,
    ) -> Result<Changed, OrganizationError> {
        self.must_be_recorded(asked)?;
        let cost = Cost::none();
        let seat = self.seat(ctx, &cost.tally).await?;
        seat.must_manage()?;
        seat.must_have_all_features()?;
        let trusted = self.reads(ctx, &cost.tally, &seat).trusted().await?;
        let wish = Wish {
            act: (!trusted).then_some(Act::EnableTrustedAccess),
            account: seat.account,
            resource: CLOUDTRAIL.to_owned(),
            field: "organization.trusted_access_enabled",
            before: trusted.to_string(),
            after: true.to_string(),
        };
        self.fulfil(ctx, asked, &seat, wish, &cost).await
    }
}
