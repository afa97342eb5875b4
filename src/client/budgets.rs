//! `trailplane budgets`: how fast AWS may be asked, how fast it is asked, and who waits.

mod rows;

use std::time::Duration;

use clap::{Args, Subcommand};
use jiff::Timestamp;
use tokio::signal;

use crate::api::proto::{Budget, BudgetStore, ListBudgetsRequest, WatchBudgetsRequest};

use super::{
    Ending, LARGEST_PAGE,
    common::Common,
    error::ClientError,
    output::{Form, Output},
    service::{At, Service},
    targets::Targets,
    when::{self, Length},
};

/// What to show of budgets.
#[derive(Debug, Subcommand)]
pub enum Budgets {
    /// All budgets that are in use.
    List(Box<List>),
    /// The same, and then what changes, until Ctrl-C or --timeout.
    Watch(Box<Watch>),
}

/// Which budgets.
#[derive(Debug, Args)]
pub struct List {
    /// Only this operation, such as LookupEvents; may be repeated.
    #[arg(long = "api", value_name = "OPERATION")]
    apis: Vec<String>,
    /// Only budgets that requests wait for.
    #[arg(long)]
    waiting: bool,
    /// Only budgets that were throttled in the last hour.
    #[arg(long)]
    throttled: bool,
    #[command(flatten)]
    targets: Targets,
    #[command(flatten)]
    common: Common,
}

/// Which budgets, and how often.
#[derive(Debug, Args)]
pub struct Watch {
    /// Only this operation, such as LookupEvents; may be repeated.
    #[arg(long = "api", value_name = "OPERATION")]
    apis: Vec<String>,
    /// How often to show what changed.
    #[arg(long, value_name = "DURATION", default_value = "1s")]
    interval: Length,
    #[command(flatten)]
    targets: Targets,
    #[command(flatten)]
    common: Common,
}

impl Budgets {
    pub(super) fn common(&self) -> &Common {
        match self {
            Self::List(asked) => &asked.common,
            Self::Watch(asked) => &asked.common,
        }
    }
}

/// Asks.
pub async fn run(asked: &Budgets, at: &At, output: &mut Output) -> Result<Ending, ClientError> {
    let service = at.connect().await?;
    match asked {
        Budgets::List(asked) => list(asked, &service, output).await,
        Budgets::Watch(asked) => {
            let watched = tokio::select! {
                watched = watch(asked, &service, output) => watched,
                _ = signal::ctrl_c() => Ok(()),
            };
            match watched {
                // That was the time that it was given.
                Err(error) if error.is_deadline() && at.until.is_some() => Ok(Ending::Complete),
                watched => watched.map(|()| Ending::Complete),
            }
        }
    }
}

async fn list(asked: &List, service: &Service, output: &mut Output) -> Result<Ending, ClientError> {
    let mut table = output.table(rows::TITLES);
    let mut request = ListBudgetsRequest {
        targets: asked.targets.to_wire(),
        apis: asked.apis.clone(),
        only_waiting: asked.waiting,
        only_throttled: asked.throttled,
        page_size: LARGEST_PAGE.into(),
        page_token: String::new(),
    };
    loop {
        let answer = service
            .budgets()
            .list_budgets(service.request(request.clone()))
            .await;
        let page = answer?.into_inner();
        match output.form {
            Form::Json => output.message(&page)?,
            Form::Ndjson => page
                .budgets
                .iter()
                .try_for_each(|budget| output.message(budget))?,
            Form::Table => {
                let rows: Vec<_> = page.budgets.iter().map(rows::row).collect();
                output.rows(&mut table, &rows)?;
            }
        }
        request.page_token = page.next_page_token;
        if request.page_token.is_empty() {
            tell_store(page.store, output);
            return Ok(Ending::Complete);
        }
    }
}

async fn watch(asked: &Watch, service: &Service, output: &mut Output) -> Result<(), ClientError> {
    let Length(interval) = asked.interval;
    let request = service.request(WatchBudgetsRequest {
        targets: asked.targets.to_wire(),
        apis: asked.apis.clone(),
        interval: Some(wire_duration(interval)),
    });
    let mut stream = service.budgets().watch_budgets(request).await?.into_inner();
    let mut table = output.table(rows::WATCHED);
    while let Some(message) = service.next(&mut stream).await? {
        tell_store(message.store, output);
        match output.form {
            Form::Json => output.message(&message)?,
            Form::Ndjson => message
                .budgets
                .iter()
                .try_for_each(|budget| output.message(budget))?,
            Form::Table => show(&message.budgets, &mut table, output)?,
        }
    }
    Err(ClientError::BrokeOff)
}

fn show(
    budgets: &[Budget],
    table: &mut super::table::Table,
    output: &mut Output,
) -> Result<(), ClientError> {
    let now = when::shown(Some(&when::to_wire(Timestamp::now())), &output.zone);
    let mut budgets: Vec<&Budget> = budgets.iter().collect();
    budgets.sort_by_key(|budget| (&budget.account_id, &budget.region, &budget.api));
    let rows: Vec<_> = budgets
        .into_iter()
        .map(|budget| rows::watched(budget, &now))
        .collect();
    output.rows(table, &rows)
}

fn tell_store(store: Option<BudgetStore>, output: &Output) {
    if let Some(store) = store {
        output.note(&rows::store(&store));
    }
}

fn wire_duration(duration: Duration) -> prost_types::Duration {
    prost_types::Duration {
        seconds: i64::try_from(duration.as_secs()).unwrap_or(i64::MAX),
        nanos: 0,
    }
}
