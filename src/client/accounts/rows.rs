//! Accounts, and how they can be reached, as rows. Pure.

use crate::{
    api::proto::{AccessVerdict, Account, AccountState, CellAccess},
    client::{
        table::{Row, Tone},
        words,
    },
};

/// The columns of many accounts.
pub const TITLES: &[&str] = &["ACCOUNT", "NAME", "STATE", "PATH", "TAGS"];
/// The columns of one.
pub const FIELDS: &[&str] = &["FIELD", "VALUE"];
/// The columns of a check.
pub const CHECKED: &[&str] = &["ACCOUNT", "REGION", "REACHABLE", "REASON", "DENIED"];

/// An account among many. One that takes no part in a fan-out stands out.
pub fn row(account: &Account) -> Row {
    let tone = match account.state() {
        AccountState::Active => Tone::Usual,
        _ => Tone::Warning,
    };
    let name = match account.management {
        true => format!("{} (management)", account.name),
        false => account.name.clone(),
    };
    let cells = [
        account.account_id.clone(),
        name,
        state(account),
        account.path.clone(),
        tags(account),
    ];
    Row::new(cells).toned(tone)
}

/// All of an account, a field a row.
pub fn fields(account: &Account) -> Vec<Row> {
    let units = account
        .organizational_units
        .iter()
        .map(|unit| unit.id.as_str());
    let fields = [
        ("account", account.account_id.clone()),
        ("name", account.name.clone()),
        ("e-mail", account.email.clone()),
        ("state", state(account)),
        ("path", account.path.clone()),
        ("units", units.collect::<Vec<_>>().join(", ")),
        ("tags", tags(account)),
        (
            "management",
            if account.management { "yes" } else { "no" }.to_owned(),
        ),
        ("role", account.role_arn.clone()),
    ];
    let said = fields.into_iter().filter(|(_, value)| !value.is_empty());
    said.map(|(name, value)| Row::new([name, &value])).collect()
}

/// The verdict on a cell.
pub fn checked(access: &CellAccess) -> Row {
    let cell = access.cell.clone().unwrap_or_default();
    let denied = access
        .actions
        .iter()
        .filter(|action| action.verdict() == AccessVerdict::Denied);
    let denied: Vec<&str> = denied.map(|action| action.action.as_str()).collect();
    let (reachable, tone) = match access.reachable {
        true => ("yes", Tone::Usual),
        false => ("no", Tone::Bad),
    };
    let reason = match access.reason {
        0 => String::new(),
        reason => words::reason(reason),
    };
    Row::new([
        &words::account(&cell.account_id, &access.account_name),
        &cell.region,
        reachable,
        &reason,
        &denied.join(", "),
    ])
    .toned(tone)
}

fn state(account: &Account) -> String {
    let known = AccountState::try_from(account.state).ok();
    words::short(
        known.map(|state| state.as_str_name()),
        "ACCOUNT_STATE_",
        account.state,
    )
}

fn tags(account: &Account) -> String {
    if !account.tags_known {
        return "(not read yet)".to_owned();
    }
    let mut tags: Vec<_> = account.tags.iter().collect();
    tags.sort_unstable();
    let tags: Vec<String> = tags
        .iter()
        .map(|(key, value)| format!("{key}={value}"))
        .collect();
    tags.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        api::proto::{ActionAccess, Cell},
        client::table::Table,
    };

    fn text(titles: &'static [&'static str], rows: &[Row]) -> String {
        let text = Table::new(titles, None).text(rows);
        anstream::adapter::strip_str(&text).to_string()
    }

    #[test]
    fn accounts_are_a_table() {
        let account = Account {
            account_id: "100000000001".to_owned(),
            name: "root\u{7}".to_owned(),
            state: AccountState::Suspended.into(),
            path: "/Prod".to_owned(),
            tags: [
                ("b".to_owned(), "2".to_owned()),
                ("a".to_owned(), "1".to_owned()),
            ]
            .into(),
            tags_known: true,
            management: true,
            ..Account::default()
        };
        assert_eq!(
            text(TITLES, &[row(&account)]),
            "\
ACCOUNT       NAME                    STATE      PATH   TAGS
100000000001  root\\u{7} (management)  SUSPENDED  /Prod  a=1, b=2
"
        );
        assert!(text(FIELDS, &fields(&account)).contains("\nmanagement  yes\n"));
    }

    #[test]
    fn a_verdict_names_what_is_denied() {
        let action = |action: &str, verdict: AccessVerdict| ActionAccess {
            action: action.to_owned(),
            verdict: verdict.into(),
            ..ActionAccess::default()
        };
        let access = CellAccess {
            cell: Some(Cell {
                account_id: "100000000001".to_owned(),
                region: "eu-west-1".to_owned(),
            }),
            reason: 2,
            actions: vec![
                action("sts:AssumeRole", AccessVerdict::Allowed),
                action("cloudtrail:LookupEvents", AccessVerdict::Denied),
            ],
            ..CellAccess::default()
        };
        assert_eq!(
            text(CHECKED, &[checked(&access)]),
            "\
ACCOUNT       REGION     REACHABLE  REASON         DENIED
100000000001  eu-west-1  no         ACCESS_DENIED  cloudtrail:LookupEvents
"
        );
    }
}
