//! `trailplane trails`: which trails there are, what one records, and whether it is logging.

mod rows;

use clap::{Args, Subcommand};

use crate::api::proto::{
    GetTrailRequest, GetTrailStatusRequest, ListTrailsRequest, TrailReference, TrailView,
};

use super::{
    Ending, LARGEST_PAGE,
    common::Common,
    coverage::Gaps,
    error::ClientError,
    output::{Form, Output},
    service::{At, Service},
    targets::{Lane, Targets},
};

/// What to show of trails.
#[derive(Debug, Subcommand)]
pub enum Trails {
    /// All trails, each once, where it lives.
    List(Box<List>),
    /// One trail, with its selectors, insights and tags.
    Get(Box<One>),
    /// Whether one trail is logging, and how its deliveries go.
    Status(Box<One>),
}

/// Which trails.
#[derive(Debug, Args)]
pub struct List {
    /// Only trails of this name.
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Whether each is logging too, and in JSON also selectors, insights and tags; costs more calls a trail.
    #[arg(long)]
    full: bool,
    /// How urgent it is: interactive, standard, batch or background.
    #[arg(long, value_enum, value_name = "LANE", hide_possible_values = true)]
    lane: Option<Lane>,
    #[command(flatten)]
    targets: Targets,
    #[command(flatten)]
    common: Common,
}

/// Which trail.
#[derive(Debug, Args)]
pub struct One {
    /// Its ARN, or its name together with --account.
    #[arg(value_name = "TRAIL")]
    trail: String,
    /// The account that owns it, for one that is named.
    #[arg(long, value_name = "ID")]
    account: Option<String>,
    /// Its home Region, where the account has two trails of that name.
    #[arg(long, value_name = "REGION", requires = "account")]
    home_region: Option<String>,
    #[command(flatten)]
    common: Common,
}

impl Trails {
    pub(super) fn common(&self) -> &Common {
        match self {
            Self::List(asked) => &asked.common,
            Self::Get(asked) | Self::Status(asked) => &asked.common,
        }
    }
}

/// Asks.
pub async fn run(asked: &Trails, at: &At, output: &mut Output) -> Result<Ending, ClientError> {
    match asked {
        Trails::List(asked) => list(asked, &at.connect().await?, output).await,
        Trails::Get(asked) => {
            let trail = asked.reference()?;
            get(trail, &at.connect().await?, output).await
        }
        Trails::Status(asked) => {
            let trail = asked.reference()?;
            status(trail, &at.connect().await?, output).await
        }
    }
}

async fn list(asked: &List, service: &Service, output: &mut Output) -> Result<Ending, ClientError> {
    let mut table = output.table(rows::titles(asked.full));
    let mut gaps = Gaps::default();
    let mut request = asked.request();
    loop {
        output.progress.waiting("reading trails");
        let answer = service
            .trails()
            .list_trails(service.request(request.clone()))
            .await;
        let page = answer?.into_inner();
        output.progress.clear();
        match output.form {
            Form::Json => output.message(&page)?,
            Form::Ndjson => page
                .trails
                .iter()
                .try_for_each(|trail| output.message(trail))?,
            Form::Table => {
                let rows: Vec<_> = page
                    .trails
                    .iter()
                    .map(|trail| rows::row(trail, asked.full))
                    .collect();
                output.rows(&mut table, &rows)?;
            }
        }
        gaps.add(page.coverage.as_ref());
        request.page_token = page.next_page_token;
        if request.page_token.is_empty() {
            break;
        }
    }
    output.note(&gaps.summary());
    Ok(gaps.ending())
}

impl List {
    fn request(&self) -> ListTrailsRequest {
        let view = match self.full {
            true => TrailView::Full,
            false => TrailView::Basic,
        };
        ListTrailsRequest {
            targets: self.targets.to_wire(),
            view: view.into(),
            name: self.name.clone().unwrap_or_default(),
            page_size: LARGEST_PAGE.into(),
            lane: Lane::to_wire(self.lane),
            ..ListTrailsRequest::default()
        }
    }
}

impl One {
    fn reference(&self) -> Result<TrailReference, ClientError> {
        let arn = self.trail.starts_with("arn:");
        match (&self.account, arn) {
            (None, true) => Ok(TrailReference {
                arn: self.trail.clone(),
                ..TrailReference::default()
            }),
            (Some(account), false) => Ok(TrailReference {
                account_id: account.clone(),
                home_region: self.home_region.clone().unwrap_or_default(),
                name: self.trail.clone(),
                ..TrailReference::default()
            }),
            (Some(_), true) => Err(ClientError::Asked(
                "--account: not together with an ARN, which names the account".to_owned(),
            )),
            (None, false) => Err(ClientError::Asked(format!(
                "{:?} is a name: say by --account whose trail it is, or give its ARN",
                self.trail
            ))),
        }
    }
}

/// A part that could not be read is a gap.
async fn get(
    trail: TrailReference,
    service: &Service,
    output: &mut Output,
) -> Result<Ending, ClientError> {
    let request = service.request(GetTrailRequest {
        trail: Some(trail),
        view: TrailView::Full.into(),
    });
    let answer = service.trails().get_trail(request).await?.into_inner();
    let found = answer.trail.clone().unwrap_or_default();
    match output.form {
        Form::Json => output.message(&answer)?,
        Form::Ndjson => output.message(&found)?,
        Form::Table => {
            let mut table = output.table(rows::FIELDS);
            let rows = rows::fields(&found, &output.zone);
            output.rows(&mut table, &rows)?;
        }
    }
    if !found.unread.is_empty() {
        output.note(&format!(
            "coverage: partial; not read: {}",
            rows::unread(&found)
        ));
    }
    Ok(Ending::of(found.unread.is_empty()))
}

async fn status(
    trail: TrailReference,
    service: &Service,
    output: &mut Output,
) -> Result<Ending, ClientError> {
    let request = service.request(GetTrailStatusRequest {
        trail: Some(trail),
        region: String::new(),
    });
    let answer = service
        .trails()
        .get_trail_status(request)
        .await?
        .into_inner();
    match output.form {
        Form::Json | Form::Ndjson => output.message(&answer)?,
        Form::Table => {
            let mut table = output.table(rows::FIELDS);
            let rows = rows::status(&answer.status.unwrap_or_default(), &output.zone);
            output.rows(&mut table, &rows)?;
        }
    }
    Ok(Ending::Complete)
}
