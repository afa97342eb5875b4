//! Sessions in a member account, for requests that may be made there: what a use case forgets to ask, is asked here.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use tokio::sync::watch;

use crate::{
    aws::{AwsError, CredentialSource, Session},
    budget::RequestContext,
    domain::{AccountId, Deed, Region},
    fleet::{Directory, Sight},
};

/// See the module.
pub struct Permitted {
    inner: Arc<dyn CredentialSource>,
    account: AccountId,
    directory: watch::Receiver<Arc<Directory>>,
}

impl Permitted {
    /// The sessions of `inner`, which are in this account.
    pub fn new(
        inner: Arc<dyn CredentialSource>,
        account: AccountId,
        directory: watch::Receiver<Arc<Directory>>,
    ) -> Self {
        Self {
            inner,
            account,
            directory,
        }
    }
}

impl CredentialSource for Permitted {
    fn session<'a>(&'a self, ctx: &'a RequestContext) -> BoxFuture<'a, Result<Session, AwsError>> {
        self.inner.session(ctx)
    }

    fn reject(&self, session: &Session) {
        self.inner.reject(session);
    }

    fn session_name(&self) -> Option<String> {
        self.inner.session_name()
    }

    fn permits(&self, ctx: &RequestContext, region: &Region) -> bool {
        let sight = Sight::new(self.directory.clone(), ctx.authority.clone());
        sight.may(Deed::Call, self.account, Some(region))
    }
}
