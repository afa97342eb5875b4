//! What a caller hears who did not prove who it is. Which check failed is said in a word; nothing of a token is.

use tonic::Status;

use crate::{
    api::status::{Failure, Reason},
    issuers::Unverified,
};

/// Nothing was shown.
pub(super) fn nameless(tokens: bool) -> Status {
    let by = match tokens {
        false => "connect with a client certificate",
        true => "send a bearer token, or connect with a client certificate if it takes them",
    };
    let message = format!("this server must know who calls: {by}");
    Failure::new(Reason::CredentialsMissing, message).into_status()
}

/// The header is not one bearer token.
pub(super) fn unclear(why: &'static str) -> Status {
    invalid(why, "send one authorization header, with one bearer token")
}

/// The token was not believed.
pub(super) fn unverified(why: Unverified) -> Status {
    match why {
        Unverified::Refused(refusal) => invalid(
            refusal.as_str(),
            &format!("the bearer token proves nothing: {}", refusal.explain()),
        ),
        Unverified::NoKeys {
            issuer,
            retry_after,
        } => Failure::new(
            Reason::KeysUnavailable,
            "the keys of the token's issuer have not been read yet, so it cannot be verified",
        )
        .with("issuer", issuer)
        .retry_after(retry_after)
        .into_status(),
    }
}

fn invalid(check: &str, message: &str) -> Status {
    tracing::debug!(check, "credentials were refused");
    Failure::new(Reason::CredentialsInvalid, message)
        .with("check", check)
        .into_status()
}
