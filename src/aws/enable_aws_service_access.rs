//! Organizations EnableAWSServiceAccess: trusted access of a service.

use aws_sdk_organizations::{
    config::Builder as Override, operation::enable_aws_service_access::EnableAWSServiceAccessError,
};

use crate::{
    budget::{RequestContext, Tally},
    domain::Api,
};

use super::{AwsError, CredentialSource, Door, Written, call::Call, error::RawFailure};

impl Door {
    /// Lets a service, by its principal (`cloudtrail.amazonaws.com`), act in the organization. One that may already goes on.
    ///
    /// # Errors
    ///
    /// Whatever remains after retries; [`AwsError::effect`] tells whether it may have happened all the same.
    pub async fn enable_aws_service_access(
        &self,
        ctx: &RequestContext,
        tally: &Tally,
        who: &dyn CredentialSource,
        principal: &str,
    ) -> Result<Written, AwsError> {
        let client = self.clients().organizations();
        let region = self.global_region();
        let call = Call::new(ctx, tally, who, Api::EnableAWSServiceAccess, &region);
        let answer = self.call(call, |session| {
            let request = client
                .enable_aws_service_access()
                .service_principal(principal)
                .customize()
                .config_override(
                    Override::new().credentials_provider(session.credentials().clone()),
                );
            Box::pin(async move {
                let answer = request.send().await.map_err(|e| {
                    let raw = RawFailure::from_sdk(&e);
                    raw.because(e.as_service_error().and_then(constraint))
                })?;
                Ok(Written::of((), &answer))
            })
        });
        answer.await
    }
}

fn constraint(error: &EnableAWSServiceAccessError) -> Option<&str> {
    match error {
        EnableAWSServiceAccessError::ConstraintViolationException(e) => {
            e.reason().map(|reason| reason.as_str())
        }
        _ => None,
    }
}
