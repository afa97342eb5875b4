//! KMS DescribeKey: which key is meant, and whether it can be used.

use aws_sdk_kms::{
    config::Builder as Override,
    types::{KeyManagerType, KeySpec},
};

use crate::{
    budget::{RequestContext, Tally},
    domain::{Api, Region},
};

use super::{AwsError, CredentialSource, Door, call::Call, error::RawFailure};

/// A key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// Its ARN, whatever name it was asked for by.
    pub arn: String,
    /// Whether it can be used.
    pub enabled: bool,
    /// Its state in KMS's word, such as `PendingDeletion`.
    pub state: Option<String>,
    /// Whether AWS manages it: its policy cannot be changed.
    pub by_aws: bool,
    /// Whether it is of the kind that CloudTrail takes.
    pub symmetric: bool,
}

impl Door {
    /// Asks for a key by its id, ARN, alias name or alias ARN, in its Region.
    ///
    /// # Errors
    ///
    /// Whatever remains after retries; see [`AwsError`].
    pub async fn describe_key(
        &self,
        ctx: &RequestContext,
        tally: &Tally,
        who: &dyn CredentialSource,
        region: &Region,
        key: &str,
    ) -> Result<Key, AwsError> {
        let client = self.clients().kms(region);
        let call = Call::new(ctx, tally, who, Api::DescribeKey, region);
        let answer = self.call(call, |session| {
            let request = client
                .describe_key()
                .key_id(key)
                .customize()
                .config_override(
                    Override::new().credentials_provider(session.credentials().clone()),
                );
            Box::pin(async move {
                let answer = request.send().await.map_err(|e| RawFailure::from_sdk(&e))?;
                let found = answer
                    .key_metadata
                    .ok_or_else(|| RawFailure::malformed("KeyMetadata"))?;
                Ok(Key {
                    arn: found.arn.ok_or_else(|| RawFailure::malformed("key Arn"))?,
                    enabled: found.enabled,
                    state: found.key_state.map(|state| state.as_str().to_owned()),
                    by_aws: found.key_manager == Some(KeyManagerType::Aws),
                    symmetric: found
                        .key_spec
                        .is_none_or(|spec| spec == KeySpec::SymmetricDefault),
                })
            })
        });
        answer.await
    }
}
