//! `trailplane accounts check`: each account and Region tried, as it is known.

use crate::{
    api::proto::{CellAccess, CheckAccessRequest, check_access_response::Message},
    client::{
        Ending,
        coverage::Gaps,
        error::ClientError,
        output::{Form, Output},
        service::Service,
        table::Table,
        targets::Lane,
        words,
    },
};

use super::{Check, rows};

/// Tries all of them. Exit code: partial where a reachable cell was expected and is not.
pub async fn run(
    asked: &Check,
    service: &Service,
    output: &mut Output,
) -> Result<Ending, ClientError> {
    output.progress.waiting("trying accounts and Regions");
    let request = service.request(CheckAccessRequest {
        targets: asked.targets.to_wire(),
        lane: Lane::to_wire(asked.lane),
    });
    let mut stream = service.accounts().check_access(request).await?.into_inner();
    let mut table = output.table(rows::CHECKED);
    let (mut tried, mut summary) = (0_u64, None);
    while let Some(message) = service.next(&mut stream).await? {
        if output.form == Form::Json {
            output.message(&message)?;
        }
        match message.message {
            Some(Message::Cell(cell)) => {
                tried += 1;
                show(&cell, asked.every, &mut table, output)?;
                output
                    .progress
                    .waiting(format!("{} tried", words::count(tried, "cell")));
            }
            Some(Message::Summary(last)) => summary = Some(last),
            // Of a newer version.
            None => {}
        }
    }
    output.progress.clear();
    let summary = summary.ok_or(ClientError::BrokeOff)?;
    let mut gaps = Gaps::default();
    gaps.add(summary.coverage.as_ref());
    let reachable = words::count(summary.reachable, "cell");
    output.note(&format!("{}; {reachable} reachable", gaps.summary()));
    Ok(gaps.ending())
}

fn show(
    cell: &CellAccess,
    every: bool,
    table: &mut Table,
    output: &mut Output,
) -> Result<(), ClientError> {
    match output.form {
        Form::Json => Ok(()),
        Form::Ndjson => output.message(cell),
        Form::Table if every || !cell.reachable => output.rows(table, &[rows::checked(cell)]),
        Form::Table => Ok(()),
    }
}
