//! CloudTrail ListPublicKeys: one page of the keys that a Region's digests were signed with.

use aws_sdk_cloudtrail::{config::Builder as Override, types};
use aws_smithy_types::DateTime;

use crate::{
    budget::{RequestContext, Tally},
    domain::{Api, Region, TimeWindow},
};

use super::{AwsError, CredentialSource, Door, call::Call, error::RawFailure, list_accounts::Page};

/// A key that verifies digests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey {
    /// What digests name it by.
    pub fingerprint: String,
    /// The RSA key: PKCS #1, in DER.
    pub der: Vec<u8>,
}

impl Door {
    /// Asks for one page of the public keys whose private halves this Region may have signed digests with in this window.
    /// Every account gets the same.
    ///
    /// # Errors
    ///
    /// Whatever remains after retries; see [`AwsError`].
    pub async fn list_public_keys(
        &self,
        ctx: &RequestContext,
        tally: &Tally,
        who: &dyn CredentialSource,
        region: &Region,
        window: TimeWindow,
        token: Option<&str>,
    ) -> Result<Page<PublicKey>, AwsError> {
        let client = self.clients().cloudtrail(region);
        let call = Call::new(ctx, tally, who, Api::ListPublicKeys, region);
        let answer = self.call(call, |session| {
            let request = client
                .list_public_keys()
                .start_time(DateTime::from_secs(window.start().seconds()))
                .end_time(DateTime::from_secs(window.end().seconds_up()))
                .set_next_token(token.map(str::to_owned))
                .customize()
                .config_override(
                    Override::new().credentials_provider(session.credentials().clone()),
                );
            Box::pin(async move {
                let answer = request.send().await.map_err(|e| RawFailure::from_sdk(&e))?;
                let keys = answer.public_key_list.unwrap_or_default();
                let keys = keys.into_iter().map(public_key).collect::<Result<_, _>>()?;
                Ok(Page::new(keys, answer.next_token))
            })
        });
        answer.await
    }
}

fn public_key(key: types::PublicKey) -> Result<PublicKey, RawFailure> {
    let (Some(fingerprint), Some(der)) = (key.fingerprint, key.value) else {
        return Err(RawFailure::malformed("fingerprint and value of a key"));
    };
    Ok(PublicKey {
        fingerprint,
        der: der.into_inner(),
    })
}
