//! `trailplane policy`: what policies say, without a service that serves.

use std::{collections::BTreeMap, fmt::Write as _, io, path::PathBuf, sync::Arc};

use clap::{Args, Subcommand, ValueEnum};

use crate::{
    access::{
        Identity,
        policy::{LoadError, Question, Rules, Verdict},
    },
    domain::{
        Account, AccountId, OrganizationalUnit, OrganizationalUnitId, Region, authority::Place,
    },
};

/// Allowed, or the policies are good.
pub const ALLOWED: u8 = 0;
/// Denied.
pub const DENIED: u8 = 3;

/// What to do with policies.
#[derive(Debug, Subcommand)]
pub enum PolicyCommand {
    /// Decide one question by the policies of a directory, and explain it. Without a question: tell what is wrong with
    /// them, if anything is.
    Check(Box<Check>),
    /// Print the schema that policies are checked against.
    Schema,
}

/// By what the caller has proved its name.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum By {
    /// A client certificate.
    Certificate,
    /// A bearer token.
    Token,
    /// Nothing.
    Anonymous,
}

/// A question.
#[derive(Debug, Args)]
pub struct Check {
    /// The directory with `*.cedar` and `groups.json`.
    #[arg(long, value_name = "DIRECTORY")]
    directory: PathBuf,
    /// Who calls: `spiffe://example.org/ns/audit/sa/reader`, `corp:ann@example.org`, `CN=ops,O=Example`.
    #[arg(long, value_name = "NAME", requires = "action")]
    caller: Option<String>,
    /// By what the name was proved.
    #[arg(long, value_enum, default_value_t = By::Certificate)]
    by: By,
    /// A group that the caller's token names, as `<issuer>:<group>`; may be repeated. Those of groups.json are added.
    #[arg(long = "group", value_name = "GROUP")]
    groups: Vec<String>,
    /// What it wants to do: the name of an RPC, or ReduceLogging, SeeSecrets, UseInteractiveLane …
    #[arg(long, value_name = "ACTION", requires = "caller")]
    action: Option<String>,
    /// In which account. Without it: to the organization.
    #[arg(long, value_name = "ID")]
    account: Option<AccountId>,
    /// The account's name.
    #[arg(long, value_name = "NAME", default_value = "", requires = "account")]
    account_name: String,
    /// The account's organizational unit, as a path.
    #[arg(long, value_name = "PATH", default_value = "/", requires = "account")]
    unit: String,
    /// A tag of the account; may be repeated.
    #[arg(long = "tag", value_name = "KEY=VALUE", value_parser = tag, requires = "account")]
    tags: Vec<(String, String)>,
    /// It is the management account.
    #[arg(long, requires = "account")]
    management: bool,
    /// In which Region. Without it: in the account as a whole.
    #[arg(long, value_name = "REGION", requires = "account")]
    region: Option<Region>,
}

fn tag(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').ok_or("expected KEY=VALUE")?;
    Ok((key.to_owned(), value.to_owned()))
}

impl Check {
    /// Answers on `out`, and with an exit code.
    ///
    /// # Errors
    /// The policies cannot be used.
    pub fn run(&self, out: &mut impl io::Write) -> Result<u8, LoadError> {
        let rules = Rules::load(&self.directory)?;
        let (text, code) = match (&self.caller, &self.action) {
            (Some(caller), Some(action)) => self.decide(&rules, caller, action),
            _ => (format!("{} policies: ok\n", rules.len()), ALLOWED),
        };
        // A closed pipe is not worth another error.
        let _ = out.write_all(text.as_bytes());
        Ok(code)
    }

    fn decide(&self, rules: &Rules, caller: &str, action: &str) -> (String, u8) {
        let who = rules.groups().who(&self.identity(caller));
        let account = self.account.map(|id| self.account(id));
        let verdict = rules.decide(&Question {
            who: &who,
            action,
            place: account.as_ref().map(|account| Place {
                account,
                region: self.region.as_ref(),
            }),
        });
        let groups: Vec<&str> = who.groups.iter().map(|group| &**group).collect();
        let mut text = explain(&verdict);
        let groups = match groups.is_empty() {
            true => "none".to_owned(),
            false => groups.join(", "),
        };
        let _ = writeln!(text, "groups of the caller: {groups}");
        let code = if verdict.allowed { ALLOWED } else { DENIED };
        (text, code)
    }

    fn identity(&self, name: &str) -> Identity {
        let groups = self.groups.iter().map(|group| Arc::from(group.as_str()));
        match self.by {
            By::Certificate => Identity::certified(name),
            By::Token => Identity::bearer(name, groups.collect()),
            By::Anonymous => Identity::unproved(name),
        }
    }

    /// The account as it is described. Its units have no ids: a policy that names one by id is not heard here.
    fn account(&self, id: AccountId) -> Account {
        let names = self.unit.split('/').filter(|name| !name.is_empty());
        let unit = |name: &str| {
            let id: OrganizationalUnitId = "ou-none-00000000".parse().ok()?;
            let name = name.into();
            Some(OrganizationalUnit { id, name })
        };
        let tags: BTreeMap<_, _> = self.tags.iter().cloned().collect();
        Account {
            name: self.account_name.as_str().into(),
            units: [""].into_iter().chain(names).filter_map(unit).collect(),
            tags: Some(tags),
            management: self.management,
            ..Account::stranger(id)
        }
    }
}

fn explain(verdict: &Verdict) -> String {
    let by = verdict.by.join(", ");
    let mut text = match (verdict.allowed, by.is_empty()) {
        (true, _) => format!("ALLOWED by {by}\n"),
        (false, true) => "DENIED: no policy permits it\n".to_owned(),
        (false, false) if verdict.errors.is_empty() => format!("DENIED: forbidden by {by}\n"),
        (false, false) => format!("DENIED, though {by} decided: there were errors\n"),
    };
    for error in &verdict.errors {
        let _ = writeln!(text, "error: {error}");
    }
    text
}

#[cfg(test)]
mod tests;
