//! `trailplane lookup`: events of all accounts and Regions, page by page, streamed to the end, or only planned.

mod events;
mod plan;
mod request;
mod stream;

use clap::Args;
use jiff::Timestamp;

use super::{
    Ending, LARGEST_PAGE,
    common::Common,
    coverage::Gaps,
    error::ClientError,
    filters::Filters,
    output::Output,
    service::{At, Service},
    targets::{Lane, Targets},
    when::{Length, When},
};

pub(in crate::client) use events::{TITLES, rows};
use request::Question;

/// Which events, and how many.
#[derive(Debug, Args)]
pub struct Lookup {
    /// Events of the last so long, such as 2d or 1h30m.
    #[arg(long, value_name = "DURATION", conflicts_with_all = ["start", "end"])]
    since: Option<Length>,
    /// The earliest time: 2d (ago), 2026-11-27, 2026-11-27T08:00 (in the zone that times are shown in) or with a zone,
    /// 2026-11-27T08:00:00Z. Without it: 90 days ago.
    #[arg(long, value_name = "TIME")]
    start: Option<When>,
    /// The latest time. Without it: now.
    #[arg(long, value_name = "TIME")]
    end: Option<When>,
    /// So many events at most.
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..))]
    limit: u32,
    /// Every event, streamed as it is found, however many there are.
    #[arg(long, conflicts_with = "limit")]
    all: bool,
    /// With --all: as the accounts answer, newest first in each, instead of newest first of all.
    #[arg(long, requires = "all")]
    unordered: bool,
    /// Tell what it would cost and how long it would take, and spend nothing.
    #[arg(long, conflicts_with_all = ["cursor", "unordered"])]
    plan: bool,
    /// Go on where an earlier command with the same arguments stopped.
    #[arg(long, value_name = "CURSOR")]
    cursor: Option<String>,
    /// Show the whole records.
    #[arg(long)]
    raw: bool,
    /// Leave out the Region that global services record in, unless --region names it.
    #[arg(long)]
    exclude_global_region: bool,
    /// Give an account and Region up after so many records.
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true, value_parser = clap::value_parser!(i64).range(0..))]
    scan_limit: i64,
    /// How urgent it is: interactive, standard, batch or background.
    #[arg(long, value_enum, value_name = "LANE", hide_possible_values = true)]
    lane: Option<Lane>,
    #[command(flatten)]
    filters: Filters,
    #[command(flatten)]
    targets: Targets,
    #[command(flatten)]
    pub common: Common,
}

/// Asks.
pub async fn run(asked: &Lookup, at: &At, output: &mut Output) -> Result<Ending, ClientError> {
    let question = Question::of(asked, Timestamp::now(), &output.zone)?;
    let service = at.connect().await?;
    match (asked.plan, asked.all) {
        (true, whole) => plan::run(&question, whole, &service, output).await,
        (false, true) => stream::run(&question, &service, output).await,
        (false, false) => pages(&question, asked.limit, &service, output).await,
    }
}

async fn pages(
    question: &Question,
    limit: u32,
    service: &Service,
    output: &mut Output,
) -> Result<Ending, ClientError> {
    let mut table = output.table(TITLES);
    let mut gaps = Gaps::default();
    let mut left = limit;
    let mut cursor = question.cursor.clone();
    loop {
        output.progress.waiting("looking events up");
        let size = left.min(LARGEST_PAGE.into());
        let request = service.request(question.page(size, &cursor));
        let answer = service.events().lookup_events(request).await;
        let page = answer
            .inspect_err(|_| goes_on(question, &cursor, output))?
            .into_inner();
        output.progress.clear();
        events::page(&page, question, &mut table, output)?;
        gaps.add(page.coverage.as_ref());
        // A page may have fewer events than asked for, and never more.
        left = left.saturating_sub(u32::try_from(page.events.len()).unwrap_or(u32::MAX));
        cursor = page.next_page_token;
        if left == 0 || cursor.is_empty() {
            break;
        }
    }
    output.note(&gaps.summary());
    goes_on(question, &cursor, output);
    Ok(gaps.ending())
}

/// Tells how to go on, if there is more.
fn goes_on(question: &Question, cursor: &str, output: &Output) {
    if !cursor.is_empty() && question.goes_on {
        output.note(&format!("more: {}", question.continued(cursor)));
    }
}
