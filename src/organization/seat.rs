//! Where we sit: whose credentials call Organizations, and for which organization.

use std::sync::Arc;

use super::{Organization, error::OrganizationError, reads::Reads};
use crate::{
    aws::{self, CredentialSource, FeatureSet},
    budget::{RequestContext, Tally},
    domain::AccountId,
};

/// The account that Organizations is called from, and its organization.
pub(super) struct Seat {
    pub(super) who: Arc<dyn CredentialSource>,
    pub(super) account: AccountId,
    pub(super) organization: aws::Organization,
}

impl Organization {
    /// Where we sit.
    ///
    /// # Errors
    ///
    /// If no organization is configured, the account is in none, or it cannot be read.
    pub(super) async fn seat(
        &self,
        ctx: &RequestContext,
        tally: &Tally,
    ) -> Result<Seat, OrganizationError> {
        let who = self.fleet.organization_credentials();
        let who = who.ok_or(OrganizationError::NotConfigured)?;
        let reads = Reads {
            door: &self.door,
            ctx,
            tally,
            who: &*who,
        };
        let organization = reads.organization().await?;
        // Asked after the call: only then it is known that the session is good.
        let account = who.session(ctx).await?.account();
        Ok(Seat {
            who,
            account,
            organization,
        })
    }
}

impl Seat {
    /// # Errors
    ///
    /// If another account manages the organization.
    pub(super) fn must_manage(&self) -> Result<(), OrganizationError> {
        let (caller, management) = (self.account, self.organization.management);
        if caller == management {
            return Ok(());
        }
        Err(OrganizationError::NotManagement { caller, management })
    }

    /// # Errors
    ///
    /// If the organization has consolidated billing only.
    pub(super) fn must_have_all_features(&self) -> Result<(), OrganizationError> {
        match self.organization.features {
            // One that we do not know is AWS's to judge.
            FeatureSet::All | FeatureSet::Unknown => Ok(()),
            FeatureSet::ConsolidatedBilling => Err(OrganizationError::FeaturesMissing(
                self.organization.id.clone(),
            )),
        }
    }

    /// The organization's ARN, or its id where AWS gives none.
    pub(super) fn arn(&self) -> &str {
        let organization = &self.organization;
        organization.arn.as_deref().unwrap_or(&organization.id)
    }
}
