//! Organizations ListOrganizationalUnitsForParent: the units directly below a root or a unit.

use aws_sdk_organizations::config::Builder as Override;

use crate::{
    budget::{RequestContext, Tally},
    domain::{Api, OrganizationalUnitId},
};

use super::{
    AwsError, CredentialSource, Door,
    call::Call,
    error::RawFailure,
    list_accounts::{LARGEST_PAGE, Page},
    list_roots::unit_id,
};

/// A unit directly below the one that was asked about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedUnit {
    /// Its id.
    pub id: OrganizationalUnitId,
    /// Its name.
    pub name: String,
}

impl Door {
    /// Asks for one page of the units directly below `parent`.
    ///
    /// # Errors
    ///
    /// Whatever remains after retries; see [`AwsError`].
    pub async fn list_organizational_units_for_parent(
        &self,
        ctx: &RequestContext,
        tally: &Tally,
        who: &dyn CredentialSource,
        parent: &OrganizationalUnitId,
        token: Option<&str>,
    ) -> Result<Page<ListedUnit>, AwsError> {
        let client = self.clients().organizations();
        let region = self.global_region();
        let call = Call::new(
            ctx,
            tally,
            who,
            Api::ListOrganizationalUnitsForParent,
            &region,
        );
        let page = self.call(call, |session| {
            let request = client
                .list_organizational_units_for_parent()
                .parent_id(parent.as_str())
                .max_results(LARGEST_PAGE)
                .set_next_token(token.map(str::to_owned))
                .customize()
                .config_override(
                    Override::new().credentials_provider(session.credentials().clone()),
                );
            Box::pin(async move {
                let answer = request.send().await.map_err(|e| RawFailure::from_sdk(&e))?;
                let units = answer.organizational_units.unwrap_or_default().into_iter();
                let units = units.map(|unit| {
                    Ok(ListedUnit {
                        id: unit_id(unit.id.as_deref())?,
                        name: unit.name.unwrap_or_default(),
                    })
                });
                Ok(Page::new(
                    units.collect::<Result<_, RawFailure>>()?,
                    answer.next_token,
                ))
            })
        });
        page.await
    }
}
