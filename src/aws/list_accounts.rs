//! Organizations ListAccounts: one page of the organization's accounts.

use std::sync::Arc;

use aws_sdk_organizations::{config::Builder as Override, types};

use crate::{
    budget::{RequestContext, Tally},
    domain::{AccountId, AccountState, Api, OrganizationalUnitId},
};

use super::{AwsError, CredentialSource, Door, call::Call, error::RawFailure};

/// The most that Organizations puts on a page.
pub(super) const LARGEST_PAGE: i32 = 20;

/// A page of a listing. It may be short or empty and still have a token: only no token is the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// What is on it.
    pub items: Vec<T>,
    /// The token of the next page.
    pub token: Option<String>,
}

impl<T> Page<T> {
    pub(super) fn new(items: Vec<T>, token: Option<String>) -> Self {
        Self {
            items,
            token: token.filter(|t| !t.is_empty()),
        }
    }
}

/// An account as Organizations lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedAccount {
    /// Its id.
    pub id: AccountId,
    /// Its name.
    pub name: Arc<str>,
    /// Its owner's e-mail address.
    pub email: Option<Arc<str>>,
    /// `State`, or else what the retired `Status` says.
    pub state: AccountState,
    /// The state's word, where this version does not know it.
    pub unknown_state: Option<String>,
    /// The unit directly above it, where AWS says so (`Paths`).
    pub parent: Option<OrganizationalUnitId>,
}

impl Door {
    /// Asks for one page of accounts.
    ///
    /// # Errors
    ///
    /// Whatever remains after retries; see [`AwsError`].
    pub async fn list_accounts(
        &self,
        ctx: &RequestContext,
        tally: &Tally,
        who: &dyn CredentialSource,
        token: Option<&str>,
    ) -> Result<Page<ListedAccount>, AwsError> {
        let client = self.clients().organizations();
        let region = self.global_region();
        let call = Call::new(ctx, tally, who, Api::ListAccounts, &region);
        let page = self.call(call, |session| {
            let request = client
                .list_accounts()
                .max_results(LARGEST_PAGE)
                .set_next_token(token.map(str::to_owned))
                .customize()
                .config_override(
                    Override::new().credentials_provider(session.credentials().clone()),
                );
            Box::pin(async move {
                let answer = request.send().await.map_err(|e| RawFailure::from_sdk(&e))?;
                let accounts = answer.accounts.unwrap_or_default().into_iter();
                Ok(Page::new(
                    accounts.map(listed).collect::<Result<_, _>>()?,
                    answer.next_token,
                ))
            })
        });
        page.await
    }
}

/// An account without an id cannot be told from one that is missing: rather than lose it, the page is an error.
pub(super) fn account_id(id: Option<&str>) -> Result<AccountId, RawFailure> {
    id.and_then(|id| id.parse().ok())
        .ok_or_else(|| RawFailure::malformed("usable account Id"))
}

fn listed(account: types::Account) -> Result<ListedAccount, RawFailure> {
    let (state, unknown_state) = state(account.state.as_ref(), account.status.as_ref());
    Ok(ListedAccount {
        id: account_id(account.id.as_deref())?,
        name: account.name.unwrap_or_default().into(),
        email: account.email.map(Into::into),
        state,
        unknown_state,
        parent: account
            .paths
            .as_deref()
            .and_then(|paths| paths.first())
            .and_then(|path| parent(path)),
    })
}

/// `State` first. `Status` was retired on 2026-09-09; older endpoints and emulators send nothing else.
pub(super) fn state(
    state: Option<&types::AccountState>,
    status: Option<&types::AccountStatus>,
) -> (AccountState, Option<String>) {
    let word = match (state, status) {
        (Some(state), _) => state.as_str(),
        (None, Some(status)) => status.as_str(),
        (None, None) => "",
    };
    match word {
        "PENDING_ACTIVATION" => (AccountState::PendingActivation, None),
        "ACTIVE" => (AccountState::Active, None),
        "SUSPENDED" => (AccountState::Suspended, None),
        "PENDING_CLOSURE" => (AccountState::PendingClosure, None),
        "CLOSED" => (AccountState::Closed, None),
        other => (AccountState::Unknown, Some(other.to_owned())),
    }
}

/// The last unit on a path such as `o-a1b2c3d4e5/r-ab12/ou-ab12-11111111/123456789012/`.
fn parent(path: &str) -> Option<OrganizationalUnitId> {
    path.split('/')
        .filter_map(|part| part.parse().ok())
        .next_back()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn state_comes_before_status_and_the_unknown_is_kept() {
        let read = |new: Option<&str>, old: Option<&str>| {
            let (new, old) = (
                new.map(types::AccountState::from),
                old.map(types::AccountStatus::from),
            );
            state(new.as_ref(), old.as_ref())
        };
        assert_eq!(
            read(Some("CLOSED"), Some("ACTIVE")),
            (AccountState::Closed, None)
        );
        assert_eq!(
            read(None, Some("SUSPENDED")),
            (AccountState::Suspended, None)
        );
        assert_eq!(
            read(Some("FROZEN"), Some("ACTIVE")),
            (AccountState::Unknown, Some("FROZEN".into()))
        );
        assert_eq!(
            read(None, None),
            (AccountState::Unknown, Some(String::new()))
        );
    }

    #[test]
    fn the_last_unit_on_the_path_is_the_parent() {
        let text = |path| parent(path).map(|unit| unit.to_string());
        let deep = "o-a1b2c3d4e5/r-ab12/ou-ab12-11111111/ou-ab12-22222222/123456789012/";
        assert_eq!(text(deep).as_deref(), Some("ou-ab12-22222222"));
        assert_eq!(
            text("o-a1b2c3d4e5/r-ab12/123456789012").as_deref(),
            Some("r-ab12")
        );
        assert_eq!(text(""), None);
    }
}
