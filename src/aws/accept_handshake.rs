//! Organizations AcceptHandshake: what was asked for is agreed to.

use aws_sdk_organizations::config::Builder as Override;

use crate::{
    budget::{RequestContext, Tally},
    domain::Api,
};

use super::{AwsError, CredentialSource, Door, Written, call::Call, error::RawFailure};

impl Door {
    /// Accepts a handshake. The management account finishes the change to all features by it.
    ///
    /// # Errors
    ///
    /// Whatever remains after retries; [`AwsError::effect`] tells whether it may have happened all the same.
    pub async fn accept_handshake(
        &self,
        ctx: &RequestContext,
        tally: &Tally,
        who: &dyn CredentialSource,
        id: &str,
    ) -> Result<Written, AwsError> {
        let client = self.clients().organizations();
        let region = self.global_region();
        let call = Call::new(ctx, tally, who, Api::AcceptHandshake, &region);
        let answer = self.call(call, |session| {
            let request = client
                .accept_handshake()
                .handshake_id(id)
                .customize()
                .config_override(
                    Override::new().credentials_provider(session.credentials().clone()),
                );
            Box::pin(async move {
                let answer = request.send().await.map_err(|e| RawFailure::from_sdk(&e))?;
                Ok(Written::of((), &answer))
            })
        });
        answer.await
    }
}
