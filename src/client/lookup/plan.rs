//! `trailplane lookup --plan`: what it would cost.

use crate::{
    api::proto::{EventAttribute, PlanLookupResponse},
    client::{
        Ending,
        coverage::Gaps,
        error::ClientError,
        escape::plain,
        output::{Form, Output},
        service::Service,
        table::Row,
        when, words,
    },
};

use super::{LARGEST_PAGE, Question};

const TITLES: &[&str] = &["SLOWEST", "REGION", "CALLS", "TAKES"];

/// Plans. What is left out beforehand makes the answer a partial one, as it would the lookup's.
pub async fn run(
    question: &Question,
    whole: bool,
    service: &Service,
    output: &mut Output,
) -> Result<Ending, ClientError> {
    let request = service.request(question.plan(LARGEST_PAGE.into(), whole));
    let plan = service.events().plan_lookup(request).await?.into_inner();
    let mut gaps = Gaps::default();
    gaps.add(plan.coverage.as_ref());
    match output.form {
        Form::Json | Form::Ndjson => output.message(&plan)?,
        Form::Table => shown(&plan, output)?,
    }
    output.note(&gaps.summary());
    Ok(gaps.ending())
}

fn shown(plan: &PlanLookupResponse, output: &mut Output) -> Result<(), ClientError> {
    output.say(&overview(plan))?;
    if !plan.binding_cells.is_empty() {
        let rows: Vec<Row> = plan.binding_cells.iter().map(cell).collect();
        let mut table = output.table(TITLES);
        output.say("\n")?;
        output.rows(&mut table, &rows)?;
    }
    let suggestions = plan.suggestions.iter();
    let text: String = suggestions
        .map(|text| format!("- {}\n", plain(text)))
        .collect();
    match text.is_empty() {
        true => Ok(()),
        false => output.say(&format!("\nCheaper:\n{text}")),
    }
}

fn overview(plan: &PlanLookupResponse) -> String {
    let takes = plan
        .estimated_duration
        .as_ref()
        .map_or("unknown".to_owned(), when::length);
    let pushed = match plan.pushed_down() {
        EventAttribute::Unspecified => "nothing".to_owned(),
        attribute => words::short(Some(attribute.as_str_name()), "EVENT_ATTRIBUTE_", 0),
    };
    format!(
        "{} would be read, by {} to {} calls, in about {takes}. AWS would filter by {pushed}.\n",
        words::count(plan.cells, "cell"),
        plan.calls_min,
        plan.calls_max,
    )
}

fn cell(planned: &crate::api::proto::PlannedCell) -> Row {
    let cell = planned.cell.clone().unwrap_or_default();
    Row::new([
        cell.account_id,
        cell.region,
        planned.calls.to_string(),
        planned
            .estimated_duration
            .as_ref()
            .map(when::length)
            .unwrap_or_default(),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_is_a_sentence() {
        let plan = PlanLookupResponse {
            cells: 196,
            calls_min: 196,
            calls_max: 2_000,
            estimated_duration: Some(prost_types::Duration {
                seconds: 605,
                nanos: 0,
            }),
            pushed_down: EventAttribute::EventName.into(),
            ..PlanLookupResponse::default()
        };
        assert_eq!(
            overview(&plan),
            "196 cells would be read, by 196 to 2000 calls, in about 10 min 5 s. AWS would filter by EVENT_NAME.\n"
        );
    }
}
