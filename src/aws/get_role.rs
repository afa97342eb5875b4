//! IAM GetRole: a role, and who may assume it.

use aws_sdk_iam::config::Builder as Override;

use crate::{
    budget::{RequestContext, Tally},
    domain::Api,
};

use super::{AwsError, CredentialSource, Door, call::Call, error::RawFailure};

/// A role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    /// Its ARN.
    pub arn: String,
    /// Its trust policy.
    pub trust: Option<String>,
}

impl Door {
    /// Asks for a role of the credentials' account, by its name without path.
    ///
    /// # Errors
    ///
    /// Whatever remains after retries; see [`AwsError`].
    pub async fn get_role(
        &self,
        ctx: &RequestContext,
        tally: &Tally,
        who: &dyn CredentialSource,
        name: &str,
    ) -> Result<Role, AwsError> {
        let client = self.clients().iam();
        let region = self.global_region();
        let call = Call::new(ctx, tally, who, Api::GetRole, &region);
        let answer = self.call(call, |session| {
            let request = client
                .get_role()
                .role_name(name)
                .customize()
                .config_override(
                    Override::new().credentials_provider(session.credentials().clone()),
                );
            Box::pin(async move {
                let answer = request.send().await.map_err(|e| RawFailure::from_sdk(&e))?;
                let found = answer.role.ok_or_else(|| RawFailure::malformed("Role"))?;
                Ok(Role {
                    arn: found.arn,
                    trust: found.assume_role_policy_document.as_deref().map(document),
                })
            })
        });
        answer.await
    }
}

/// A policy as IAM answers with it: percent-encoded, as URLs are. One that is JSON as it stands stays.
pub(super) fn document(answered: &str) -> String {
    if answered.trim_start().starts_with('{') {
        return answered.to_owned();
    }
    let (mut decoded, mut rest) = (Vec::with_capacity(answered.len()), answered.as_bytes());
    while let [first, after @ ..] = rest {
        rest = after;
        match (first, after) {
            (b'%', [high, low, beyond @ ..]) => match (hex(*high), hex(*low)) {
                (Some(high), Some(low)) => {
                    decoded.push(high << 4 | low);
                    rest = beyond;
                }
                _ => decoded.push(b'%'),
            },
            (byte, _) => decoded.push(*byte),
        }
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit)
        .to_digit(16)
        .and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn policies_are_decoded_as_urls_are() {
        let text = r#"{"Sid":"a+b 100%","Name":"é"}"#;
        let encoded = "%7B%22Sid%22%3A%22a+b%20100%25%22%2C%22Name%22%3A%22%C3%A9%22%7D";
        assert_eq!(document(encoded), text);
        assert_eq!(document(text), text);
        assert_eq!(document("%7b%2"), "{%2");
        assert_eq!(document("%zz%7D%"), "%zz}%");
    }
}
