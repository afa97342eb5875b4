//! Accounts, and requests for lists of them.

use super::{
    page::{self, Asked},
    selector, time,
};
use crate::{
    api::{
        proto,
        status::{Failure, Reason},
        violations::Violations,
    },
    domain::{Account, AccountId, AccountState, TargetSelector},
    fleet::accounts::{AccountFilter, AccountsPage, Freshness, Refreshed},
};

/// The longest text to look for in names.
const MAX_NAME_CONTAINS: usize = 200;

/// A request for a page of accounts.
pub struct ListRequest {
    /// Which accounts.
    pub filter: AccountFilter,
    /// From here on.
    pub after: Option<AccountId>,
    /// How many at most.
    pub size: usize,
    asked: Asked,
}

impl ListRequest {
    /// Reads the request.
    pub fn parse(wire: proto::ListAccountsRequest) -> Result<Self, tonic::Status> {
        let mut found = Violations::new();
        let size = page::size(&mut found, wire.page_size);
        let token = page::token(&mut found, wire.page_token);
        let organizational_units = selector::units(
            &mut found,
            "organizational_units",
            &wire.organizational_units,
        );
        let account_tags = selector::tags(&mut found, "account_tags", wire.account_tags);
        let states = states(&mut found, &wire.states);
        if wire.name_contains.chars().count() > MAX_NAME_CONTAINS {
            let limit = format_args!("has more than {MAX_NAME_CONTAINS} characters");
            found.add("name_contains", limit);
        }
        let filter = AccountFilter {
            selector: TargetSelector {
                organizational_units,
                account_tags,
                ..TargetSelector::default()
            },
            states,
            name_contains: (!wire.name_contains.is_empty()).then_some(wire.name_contains),
        };
        let size = found.finish(size)?;
        let asked = Asked::default().with(&format!("{filter:?}"));
        let after = token.map(|token| asked.after(&token).ok_or_else(bad_token));
        Ok(Self {
            after: after.transpose()?,
            filter,
            size,
            asked,
        })
    }

    /// The answer.
    pub fn answer(&self, found: AccountsPage) -> proto::ListAccountsResponse {
        proto::ListAccountsResponse {
            accounts: found.accounts.iter().map(|a| to_wire(a)).collect(),
            next_page_token: found
                .next
                .map_or_else(String::new, |after| self.asked.token(after)),
            total_size: u32::try_from(found.total).unwrap_or(u32::MAX),
            freshness: Some(freshness(&found.freshness)),
            narrowed_by_policy: found.narrowed,
        }
    }
}

fn bad_token() -> tonic::Status {
    let mut found = Violations::new();
    found.add("page_token", "is not a token of this listing");
    Failure::new(Reason::InvalidPageToken, found.summary())
        .violations(&found)
        .into_status()
}

/// Reads an account id.
pub fn account_id(wire: &str) -> Result<AccountId, Violations> {
    let mut found = Violations::new();
    let parsed = found.keep("account_id", wire.parse());
    found.finish(parsed)
}

fn states(found: &mut Violations, wire: &[i32]) -> Vec<AccountState> {
    if !found.at_most("states", wire.len(), 10) {
        return Vec::new();
    }
    let read = wire.iter().enumerate().filter_map(|(at, number)| {
        let state = proto::AccountState::try_from(*number).ok();
        let state = state.and_then(|state| match state {
            proto::AccountState::Unspecified => None,
            proto::AccountState::PendingActivation => Some(AccountState::PendingActivation),
            proto::AccountState::Active => Some(AccountState::Active),
            proto::AccountState::Suspended => Some(AccountState::Suspended),
            proto::AccountState::PendingClosure => Some(AccountState::PendingClosure),
            proto::AccountState::Closed => Some(AccountState::Closed),
        });
        found.keep(
            format!("states[{at}]"),
            state.ok_or_else(|| format!("{number} is not an account state")),
        )
    });
    read.collect()
}

/// A state for the wire.
pub fn state(state: AccountState) -> proto::AccountState {
    match state {
        AccountState::PendingActivation => proto::AccountState::PendingActivation,
        AccountState::Active => proto::AccountState::Active,
        AccountState::Suspended => proto::AccountState::Suspended,
        AccountState::PendingClosure => proto::AccountState::PendingClosure,
        AccountState::Closed => proto::AccountState::Closed,
        AccountState::Unknown => proto::AccountState::Unspecified,
    }
}

/// An account for the wire.
pub fn to_wire(account: &Account) -> proto::Account {
    let units = account.units.iter().map(|unit| proto::OrganizationalUnit {
        id: unit.id.to_string(),
        name: unit.name.to_string(),
    });
    proto::Account {
        account_id: account.id.to_string(),
        name: account.name.to_string(),
        email: account.email.as_deref().unwrap_or_default().to_owned(),
        state: state(account.state).into(),
        organizational_units: units.collect(),
        path: if account.units.is_empty() {
            String::new()
        } else {
            account.path()
        },
        tags: account
            .tags
            .clone()
            .unwrap_or_default()
            .into_iter()
            .collect(),
        tags_known: account.tags.is_some(),
        management: account.management,
        role_arn: account
            .role
            .as_ref()
            .map(ToString::to_string)
            .unwrap_or_default(),
    }
}

/// How fresh a list is.
pub fn freshness(fresh: &Freshness) -> proto::FleetFreshness {
    proto::FleetFreshness {
        discovered_at: fresh.discovered_at.map(time::to_wire),
        stale: fresh.stale.is_some(),
        stale_reason: fresh
            .stale
            .as_ref()
            .map_or_else(String::new, |stale| stale.error.to_string()),
    }
}

/// What a refresh brought.
pub fn refreshed(refreshed: &Refreshed) -> proto::RefreshAccountsResponse {
    let ids = |ids: &[AccountId]| ids.iter().map(ToString::to_string).collect();
    proto::RefreshAccountsResponse {
        total: u32::try_from(refreshed.total).unwrap_or(u32::MAX),
        added_account_ids: ids(&refreshed.changes.added),
        removed_account_ids: ids(&refreshed.changes.removed),
        changed_account_ids: ids(&refreshed.changes.changed),
        freshness: Some(freshness(&refreshed.freshness)),
    }
}

#[cfg(test)]
mod tests {
    use tonic_types::StatusExt;

    use super::*;

    fn wire() -> proto::ListAccountsRequest {
        proto::ListAccountsRequest {
            organizational_units: vec!["/Prod".into()],
            states: vec![proto::AccountState::Active.into()],
            name_contains: "pay".into(),
            ..Default::default()
        }
    }

    #[test]
    fn a_page_goes_on_where_the_one_before_ended() {
        let first = ListRequest::parse(wire()).unwrap_or_else(|s| panic!("{s}"));
        assert_eq!((first.size, first.after), (50, None));
        let token = first.asked.token("111111111111".parse().unwrap());
        let with_token = |mut wire: proto::ListAccountsRequest| {
            wire.page_token.clone_from(&token);
            ListRequest::parse(wire)
        };
        let second = with_token(wire()).unwrap_or_else(|s| panic!("{s}"));
        assert_eq!(second.after, "111111111111".parse().ok());
        let mut other = wire();
        other.name_contains = "data".into();
        let status = with_token(other).err().unwrap();
        let details = status.get_error_details();
        assert_eq!(details.error_info().unwrap().reason, "INVALID_PAGE_TOKEN");
    }

    #[test]
    fn everything_wrong_is_told_at_once() {
        let status = ListRequest::parse(proto::ListAccountsRequest {
            page_size: -1,
            page_token: "x".repeat((512 << 10) + 1),
            organizational_units: vec!["Prod".into()],
            states: vec![0, 99],
            name_contains: "x".repeat(201),
            ..Default::default()
        });
        let details = status.err().unwrap().get_error_details();
        let listed = &details.bad_request().unwrap().field_violations;
        let fields: Vec<_> = listed.iter().map(|v| &*v.field).collect();
        assert_eq!(
            fields,
            [
                "page_size",
                "page_token",
                "organizational_units[0]",
                "states[0]",
                "states[1]",
                "name_contains"
            ]
        );
    }
}
