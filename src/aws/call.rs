//! What a call is: where it goes, for whom, and what is counted.

use crate::{
    budget::{RequestContext, Tally},
    domain::{AccountId, Api, Region},
};

use super::{AwsError, CredentialSource, FailureKind, Session, error::RawFailure};

/// One call to AWS, however often it is tried. Whether it is a write is the operation's own ([`Api::effect`]).
#[derive(Clone, Copy)]
pub(super) struct Call<'a> {
    pub(super) ctx: &'a RequestContext,
    pub(super) tally: &'a Tally,
    pub(super) who: &'a dyn CredentialSource,
    pub(super) api: Api,
    pub(super) region: &'a Region,
    about: Option<AccountId>,
}

impl<'a> Call<'a> {
    /// A call of this operation to its endpoint in this Region.
    pub(super) fn new(
        ctx: &'a RequestContext,
        tally: &'a Tally,
        who: &'a dyn CredentialSource,
        api: Api,
        region: &'a Region,
    ) -> Self {
        Self {
            ctx,
            tally,
            who,
            api,
            region,
            about: None,
        }
    }

    /// The same about another account than the credentials' own (AssumeRole: the role's).
    pub(super) fn naming(self, account: AccountId) -> Self {
        let about = Some(account);
        Self { about, ..self }
    }

    /// The account that it is about: the one to name in errors.
    pub(super) fn about(&self, session: &Session) -> AccountId {
        self.about.unwrap_or_else(|| session.account())
    }

    /// What one attempt failed with.
    pub(super) fn error(
        &self,
        session: &Session,
        kind: FailureKind,
        raw: Option<RawFailure>,
    ) -> AwsError {
        let (code, message, request_id) = raw.map_or((None, String::new(), None), |raw| {
            let message = match raw.reason {
                Some(reason) => format!("{reason}: {}", raw.message),
                None => raw.message,
            };
            (raw.code, message, raw.request_id)
        });
        AwsError {
            api: self.api,
            account: self.about(session),
            region: self.region.clone(),
            kind,
            code: code.map(Into::into),
            message,
            request_id: request_id.map(Into::into),
            remembered_for: None,
        }
    }
}
