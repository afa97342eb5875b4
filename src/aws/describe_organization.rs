//! Organizations DescribeOrganization: which organization this is, and whose.

use aws_sdk_organizations::{config::Builder as Override, types::OrganizationFeatureSet};

use crate::{
    budget::{RequestContext, Tally},
    domain::{AccountId, Api},
};

use super::{AwsError, CredentialSource, Door, call::Call, error::RawFailure};

/// The organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Organization {
    /// Its id: `o-` and 10 to 32 letters and digits.
    pub id: String,
    /// Its ARN, which has the partition.
    pub arn: Option<String>,
    /// What it can do besides one bill.
    pub features: FeatureSet,
    /// Its management account.
    pub management: AccountId,
}

/// What an organization can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FeatureSet {
    /// Everything: policies, trusted access, organization trails.
    All,
    /// One bill, and no more.
    ConsolidatedBilling,
    /// One that this version does not know.
    Unknown,
}

impl Door {
    /// Asks which organization the credentials' account is in. Any member may.
    ///
    /// # Errors
    ///
    /// Whatever remains after retries; see [`AwsError`].
    pub async fn describe_organization(
        &self,
        ctx: &RequestContext,
        tally: &Tally,
        who: &dyn CredentialSource,
    ) -> Result<Organization, AwsError> {
        let client = self.clients().organizations();
        let region = self.global_region();
        let call = Call::new(ctx, tally, who, Api::DescribeOrganization, &region);
        let organization = self.call(call, |session| {
            let request = client.describe_organization().customize().config_override(
                Override::new().credentials_provider(session.credentials().clone()),
            );
            Box::pin(async move {
                let answer = request.send().await.map_err(|e| RawFailure::from_sdk(&e))?;
                let found = answer
                    .organization
                    .ok_or_else(|| RawFailure::malformed("Organization"))?;
                let management = found
                    .master_account_id
                    .as_deref()
                    .and_then(|id| id.parse().ok());
                Ok(Organization {
                    id: found.id.unwrap_or_default(),
                    arn: found.arn,
                    features: match found.feature_set {
                        Some(OrganizationFeatureSet::All) => FeatureSet::All,
                        Some(OrganizationFeatureSet::ConsolidatedBilling) => {
                            FeatureSet::ConsolidatedBilling
                        }
                        _ => FeatureSet::Unknown,
                    },
                    management: management
                        .ok_or_else(|| RawFailure::malformed("MasterAccountId"))?,
                })
            })
        });
        organization.await
    }
}
