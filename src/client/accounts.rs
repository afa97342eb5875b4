//! `trailplane accounts`: which accounts there are, and whether they can be reached.

mod check;
mod rows;

use clap::{Args, Subcommand};

use crate::api::proto::{GetAccountRequest, ListAccountsRequest, ListAccountsResponse};

use super::{
    Ending, LARGEST_PAGE,
    common::Common,
    error::ClientError,
    escape::plain,
    output::{Form, Output},
    service::{At, Service},
    targets::{Lane, Targets},
};

/// What to show of accounts.
#[derive(Debug, Subcommand)]
pub enum Accounts {
    /// All accounts of the organization.
    List(Box<List>),
    /// One account.
    Get(Box<Get>),
    /// Try each account and Region: can the role be assumed, and is each call allowed.
    Check(Box<Check>),
}

/// Which accounts. All conditions must hold.
#[derive(Debug, Args)]
pub struct List {
    /// Accounts below this organizational unit: an id, or a path such as /Prod/Payments; may be repeated.
    #[arg(long = "ou", value_name = "UNIT")]
    units: Vec<String>,
    /// Only accounts with this tag; may be repeated, and all must hold.
    #[arg(long = "tag", value_name = "KEY=VALUE", value_parser = super::targets::tag)]
    tags: Vec<(String, String)>,
    /// Only accounts whose name has this text in it.
    #[arg(long, value_name = "TEXT")]
    name: Option<String>,
    #[command(flatten)]
    common: Common,
}

/// Which account.
#[derive(Debug, Args)]
pub struct Get {
    /// Its id, 12 digits.
    #[arg(value_name = "ID")]
    account: String,
    #[command(flatten)]
    common: Common,
}

/// What to try.
#[derive(Debug, Args)]
pub struct Check {
    /// Show what can be reached too.
    #[arg(long)]
    every: bool,
    /// How urgent it is: interactive, standard, batch or background.
    #[arg(long, value_enum, value_name = "LANE", hide_possible_values = true)]
    lane: Option<Lane>,
    #[command(flatten)]
    targets: Targets,
    #[command(flatten)]
    common: Common,
}

impl Accounts {
    pub(super) fn common(&self) -> &Common {
        match self {
            Self::List(asked) => &asked.common,
            Self::Get(asked) => &asked.common,
            Self::Check(asked) => &asked.common,
        }
    }
}

/// Asks.
pub async fn run(asked: &Accounts, at: &At, output: &mut Output) -> Result<Ending, ClientError> {
    let service = at.connect().await?;
    match asked {
        Accounts::List(asked) => list(asked, &service, output).await,
        Accounts::Get(asked) => get(asked, &service, output).await,
        Accounts::Check(asked) => check::run(asked, &service, output).await,
    }
}

async fn list(asked: &List, service: &Service, output: &mut Output) -> Result<Ending, ClientError> {
    let mut table = output.table(rows::TITLES);
    let mut request = asked.request();
    loop {
        output.progress.waiting("reading accounts");
        let answer = service
            .accounts()
            .list_accounts(service.request(request.clone()))
            .await;
        let page = answer?.into_inner();
        output.progress.clear();
        match output.form {
            Form::Json => output.message(&page)?,
            Form::Ndjson => page
                .accounts
                .iter()
                .try_for_each(|account| output.message(account))?,
            Form::Table => {
                let rows: Vec<_> = page.accounts.iter().map(rows::row).collect();
                output.rows(&mut table, &rows)?;
            }
        }
        request.page_token.clone_from(&page.next_page_token);
        if request.page_token.is_empty() {
            output.note(&summary(&page));
            return Ok(Ending::of(!page.narrowed_by_policy));
        }
    }
}

impl List {
    fn request(&self) -> ListAccountsRequest {
        ListAccountsRequest {
            page_size: LARGEST_PAGE.into(),
            organizational_units: self.units.clone(),
            account_tags: self.tags.iter().cloned().collect(),
            name_contains: self.name.clone().unwrap_or_default(),
            ..ListAccountsRequest::default()
        }
    }
}

/// An old list is whole as far as anybody knows; one that permissions narrowed is not.
fn summary(page: &ListAccountsResponse) -> String {
    let verdict = match page.narrowed_by_policy {
        true => "partial; missing: NOT_AUTHORIZED",
        false => "complete",
    };
    let total = super::words::count(page.total_size, "account");
    let freshness = page.freshness.as_ref().filter(|freshness| freshness.stale);
    let stale = freshness.map(|stale| format!("; an old copy: {}", plain(&stale.stale_reason)));
    format!("coverage: {verdict}; {total}{}", stale.unwrap_or_default())
}

async fn get(asked: &Get, service: &Service, output: &mut Output) -> Result<Ending, ClientError> {
    let request = service.request(GetAccountRequest {
        account_id: asked.account.clone(),
    });
    let answer = service.accounts().get_account(request).await?.into_inner();
    let account = answer.account.clone().unwrap_or_default();
    match output.form {
        Form::Json => output.message(&answer)?,
        Form::Ndjson => output.message(&account)?,
        Form::Table => {
            let mut table = output.table(rows::FIELDS);
            output.rows(&mut table, &rows::fields(&account))?;
        }
    }
    Ok(Ending::Complete)
}
