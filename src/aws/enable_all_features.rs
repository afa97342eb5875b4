//! Organizations EnableAllFeatures: asks every invited account to agree to all features.

use aws_sdk_organizations::{
    config::Builder as Override, operation::enable_all_features::EnableAllFeaturesError,
};

use crate::{
    budget::{RequestContext, Tally},
    domain::Api,
};

use super::{
    AwsError, CredentialSource, Door, Written,
    call::Call,
    error::RawFailure,
    handshake::{Handshake, handshake},
};

impl Door {
    /// Begins to enable all features of the organization. It has them once each account that was invited has agreed; where
    /// none was, at once.
    ///
    /// # Errors
    ///
    /// Whatever remains after retries; [`AwsError::effect`] tells whether it may have happened all the same.
    pub async fn enable_all_features(
        &self,
        ctx: &RequestContext,
        tally: &Tally,
        who: &dyn CredentialSource,
    ) -> Result<Written<Handshake>, AwsError> {
        let client = self.clients().organizations();
        let region = self.global_region();
        let call = Call::new(ctx, tally, who, Api::EnableAllFeatures, &region);
        let answer = self.call(call, |session| {
            let request = client.enable_all_features().customize().config_override(
                Override::new().credentials_provider(session.credentials().clone()),
            );
            Box::pin(async move {
                let answer = request.send().await.map_err(|e| {
                    let raw = RawFailure::from_sdk(&e);
                    raw.because(e.as_service_error().and_then(constraint))
                })?;
                let begun = answer
                    .handshake
                    .clone()
                    .ok_or_else(|| RawFailure::malformed("Handshake"))?;
                Ok(Written::of(handshake(begun)?, &answer))
            })
        });
        answer.await
    }
}

fn constraint(error: &EnableAllFeaturesError) -> Option<&str> {
    match error {
        EnableAllFeaturesError::HandshakeConstraintViolationException(e) => {
            e.reason().map(|reason| reason.as_str())
        }
        EnableAllFeaturesError::ConstraintViolationException(e) => {
            e.reason().map(|reason| reason.as_str())
        }
        _ => None,
    }
}
