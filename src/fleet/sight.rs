//! What a request may do in which accounts, as the fleet knows them now.

use std::sync::Arc;

use tokio::sync::watch;

use super::Directory;
use crate::domain::{Account, AccountId, Authority, Deed, Region};

/// The accounts, seen by one request. It looks at what the fleet and the rules are when it is asked.
#[derive(Clone)]
pub struct Sight {
    directory: watch::Receiver<Arc<Directory>>,
    authority: Authority,
}

impl Sight {
    pub(super) fn new(directory: watch::Receiver<Arc<Directory>>, authority: Authority) -> Self {
        Self {
            directory,
            authority,
        }
    }

    /// Whether it may do this in the account, in this Region or as a whole. An account that is none of the fleet's has
    /// an id and nothing else to judge by.
    pub fn may(&self, deed: Deed, account: AccountId, region: Option<&Region>) -> bool {
        let directory = Arc::clone(&self.directory.borrow());
        match directory.account(account) {
            Some(known) => self.authority.allows(deed, known, region),
            None => self
                .authority
                .allows(deed, &Account::stranger(account), region),
        }
    }
}

impl std::fmt::Debug for Sight {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Sight({:?})", self.authority)
    }
}
