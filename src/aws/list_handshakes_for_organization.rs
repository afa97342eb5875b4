//! Organizations ListHandshakesForOrganization: who has agreed to what.

use aws_sdk_organizations::{config::Builder as Override, types};

use crate::{
    budget::{RequestContext, Tally},
    domain::Api,
};

use super::{
    AwsError, CredentialSource, Door,
    call::Call,
    error::RawFailure,
    handshake::{Handshake, handshake},
    list_accounts::{LARGEST_PAGE, Page},
};

/// Which handshakes are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HandshakesOf<'a> {
    /// Those by which all features are asked for.
    EnablingAllFeatures,
    /// Those that belong to this one: of enabling all features, one an account that must agree.
    Parent(&'a str),
}

impl HandshakesOf<'_> {
    fn filter(self) -> types::HandshakeFilter {
        let filter = types::HandshakeFilter::builder();
        match self {
            Self::EnablingAllFeatures => filter.action_type(types::ActionType::EnableAllFeatures),
            Self::Parent(id) => filter.parent_handshake_id(id),
        }
        .build()
    }
}

impl Door {
    /// Asks for one page of the handshakes that the organization has sent. One that ended is kept for 30 days.
    ///
    /// # Errors
    ///
    /// Whatever remains after retries; see [`AwsError`].
    pub async fn list_handshakes_for_organization(
        &self,
        ctx: &RequestContext,
        tally: &Tally,
        who: &dyn CredentialSource,
        of: HandshakesOf<'_>,
        token: Option<&str>,
    ) -> Result<Page<Handshake>, AwsError> {
        let client = self.clients().organizations();
        let of = of.filter();
        let region = self.global_region();
        let call = Call::new(ctx, tally, who, Api::ListHandshakesForOrganization, &region);
        let answer = self.call(call, |session| {
            let request = client
                .list_handshakes_for_organization()
                .filter(of.clone())
                .max_results(LARGEST_PAGE)
                .set_next_token(token.map(str::to_owned))
                .customize()
                .config_override(
                    Override::new().credentials_provider(session.credentials().clone()),
                );
            Box::pin(async move {
                let answer = request.send().await.map_err(|e| RawFailure::from_sdk(&e))?;
                let listed = answer.handshakes.unwrap_or_default();
                let listed = listed.into_iter().map(handshake);
                Ok(Page::new(
                    listed.collect::<Result<_, _>>()?,
                    answer.next_token,
                ))
            })
        });
        answer.await
    }
}
