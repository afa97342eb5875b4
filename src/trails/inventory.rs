//! Listing the trails of many accounts and Regions, each once.
//!
//! First every account is asked which trails it shows: one call an account, whatever its Regions. Then the trails
//! of the page, and only they, are read in their home Regions: one call for the settings of all trails that an
//! account has in a Region, and for a full view one each for status, event selectors and, if there are any, insight
//! selectors, and one for the tags of 20.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    time::Duration,
};

use tokio::time::Instant;

use crate::{
    budget::{Interrupted, RequestContext},
    domain::{
        AccountId, Cell, Coverage, Region, TargetSelector, Trail, TrailArn, TrailName,
        trail::TrailKind,
    },
    fanout::{self, Ended},
};

use super::{
    FoundTrail, Part, Parts, TrailError, Trails, View,
    details::{Described, Group},
    report::Reports,
    sightings::{Sightings, in_scope},
    survey::{AccountCells, Outcome, Survey},
};

/// A request for a page of trails.
#[derive(Debug, Clone)]
pub struct ListRequest {
    /// Where.
    pub targets: TargetSelector,
    /// How much of each.
    pub view: View,
    /// Only these kinds; empty for all.
    pub kinds: Vec<TrailKind>,
    /// Only those with this name.
    pub name: Option<TrailName>,
    /// Only those after this ARN.
    pub after: Option<String>,
    /// How many at most.
    pub size: usize,
}

/// A page of trails.
#[derive(Debug)]
pub struct ListAnswer {
    /// The trails, in order of ARN.
    pub trails: Vec<FoundTrail>,
    /// The trail to go on after; `None` at the end.
    pub next: Option<TrailArn>,
    /// What the answer covers.
    pub coverage: Coverage,
    /// Whether the accounts come from an older copy.
    pub stale: bool,
    /// Accounts that deny ListTrails and were read Region by Region.
    pub described_accounts: Vec<AccountId>,
}

/// A listing under way.
struct Listing {
    sightings: Sightings,
    /// What is known of trails without asking for it, and by which account.
    known: HashMap<TrailArn, (AccountId, Trail)>,
    /// Of each account: the Regions that are asked, and the one that answered for the account.
    accounts: HashMap<AccountId, (BTreeSet<Region>, Region)>,
    described_accounts: BTreeSet<AccountId>,
    reports: Reports,
}

/// A trail of the page, and by which account it is read.
struct Row {
    arn: TrailArn,
    reader: AccountId,
    settings: Option<Trail>,
    shown_by: Vec<AccountId>,
}

impl Trails {
    /// Lists a page of trails.
    ///
    /// # Errors
    ///
    /// If the request has no answer at all. What cannot be read is in the coverage.
    pub async fn list(
        &self,
        ctx: &RequestContext,
        request: &ListRequest,
    ) -> Result<ListAnswer, TrailError> {
        let ctx = ctx.answering();
        let targets = self.fleet.resolve(&ctx, &request.targets).await?;
        let mut listing = Listing {
            sightings: Sightings::default(),
            known: HashMap::new(),
            accounts: HashMap::new(),
            described_accounts: BTreeSet::new(),
            reports: Reports::new(&targets.cells, &targets.left_out),
        };
        // An account that hangs must leave the others time to be read.
        let half = ctx.by(halfway(ctx.deadline));
        let surveys = fanout::run(AccountCells::group(&targets.cells), |account| {
            let (this, ctx) = (self.clone(), half.clone());
            async move { this.survey(&ctx, &account).await }
        });
        for (account, ended) in surveys.await {
            listing.take(&account, ended);
        }
        let (rows, next) = self.page(&ctx, request, &mut listing).await;
        let trails = match request.view {
            View::Basic => rows.into_iter().map(Row::basic).collect(),
            View::Full => self.full(&ctx, rows, &mut listing).await,
        };
        if ctx.cancel.is_cancelled() {
            return Err(Interrupted::Cancelled.into());
        }
        Ok(ListAnswer {
            trails,
            next,
            coverage: listing.reports.into_coverage(),
            stale: targets.stale,
            described_accounts: listing.described_accounts.into_iter().collect(),
        })
    }

    /// The trails of the page. Which of the candidates belong on it may depend on their settings, so they are read
    /// until the page is full.
    async fn page(
        &self,
        ctx: &RequestContext,
        request: &ListRequest,
        listing: &mut Listing,
    ) -> (Vec<Row>, Option<TrailArn>) {
        let candidates = listing
            .sightings
            .after(request.after.as_deref(), request.name.as_ref());
        let mut candidates = candidates.into_iter().peekable();
        let size = request.size.max(1);
        let mut rows: Vec<Row> = Vec::new();
        while rows.len() < size && candidates.peek().is_some() {
            let chunk: Vec<TrailArn> = candidates.by_ref().take(size - rows.len()).collect();
            let unknown: Vec<TrailArn> = chunk
                .iter()
                .filter(|arn| !listing.known.contains_key(*arn))
                .cloned()
                .collect();
            let sightings = &listing.sightings;
            let described = self
                .describe(ctx, &unknown, |arn| sightings.readers(arn))
                .await;
            listing.note(described);
            rows.extend(
                chunk
                    .into_iter()
                    .filter_map(|arn| listing.row(arn, &request.kinds)),
            );
        }
        let more = candidates.peek().is_some();
        let next = rows.last().filter(|_| more).map(|row| row.arn.clone());
        (rows, next)
    }

    /// Reads the parts of the page's trails.
    async fn full(
        &self,
        ctx: &RequestContext,
        rows: Vec<Row>,
        listing: &mut Listing,
    ) -> Vec<FoundTrail> {
        let mut groups: BTreeMap<Group, Vec<TrailArn>> = BTreeMap::new();
        for row in &rows {
            let group = (row.reader, row.arn.home_region().clone());
            groups.entry(group).or_default().push(row.arn.clone());
        }
        let wanted = rows.iter().map(|row| {
            let insights = row.settings.as_ref().and_then(|s| s.insight_selectors);
            (row.reader, row.arn.clone(), insights)
        });
        let parts = self.read_all_parts(ctx, wanted.collect());
        let (mut parts, tags) = tokio::join!(parts, self.read_tags(ctx, groups));
        let mut all_tags = BTreeMap::new();
        for ((reader, home), ended) in tags {
            match ended {
                Ended::Done(read) => {
                    let cell = listing.cell(reader, &home);
                    listing.reports.spent(&cell, &read.tally);
                    for (_, error) in &read.failed {
                        listing.reports.incomplete(&cell, error);
                    }
                    all_tags.extend(read.found);
                }
                Ended::Panicked => {
                    let cell = listing.cell(reader, &home);
                    listing.reports.defect(&cell);
                }
            }
        }
        let found = rows.into_iter().map(|row| {
            let cell = listing.cell(row.reader, row.arn.home_region());
            let mut read = match parts.remove(&row.arn) {
                Some((_, read)) => read.parts_noted(listing, &cell),
                None => {
                    listing.reports.defect(&cell);
                    Parts::default()
                }
            };
            read.tags = all_tags.remove(&row.arn);
            row.full(read)
        });
        found.collect()
    }
}

impl super::details::PartsRead {
    /// The parts, with what they cost and what is missing noted in the coverage.
    fn parts_noted(self, listing: &mut Listing, cell: &Cell) -> Parts {
        listing.reports.spent(cell, &self.tally);
        for (_, error) in &self.failed {
            listing.reports.incomplete(cell, error);
        }
        self.parts
    }
}

impl Row {
    fn basic(self) -> FoundTrail {
        let unread = self.settings.is_none().then_some(Part::Settings);
        FoundTrail {
            arn: self.arn,
            settings: self.settings,
            parts: Parts::default(),
            unread: unread.into_iter().collect(),
            shown_by: self.shown_by,
        }
    }

    fn full(self, parts: Parts) -> FoundTrail {
        let missing = [
            (Part::Status, parts.status.is_none()),
            (Part::EventSelectors, parts.event_selectors.is_none()),
            (Part::InsightSelectors, parts.insight_selectors.is_none()),
            (Part::Tags, parts.tags.is_none()),
        ];
        let mut found = self.basic();
        let missing = missing.into_iter().filter(|(_, missing)| *missing);
        found.unread.extend(missing.map(|(part, _)| part));
        found.parts = parts;
        found
    }
}

impl Listing {
    /// What one account's survey brought.
    fn take(&mut self, account: &AccountCells, ended: Ended<Survey>) {
        let cells = || account.cells.iter().map(|target| &target.cell);
        let Ended::Done(survey) = ended else {
            cells().for_each(|cell| self.reports.defect(cell));
            return;
        };
        for (region, tally) in &survey.spent {
            let cell = Cell {
                account: account.account,
                region: region.clone(),
            };
            self.reports.spent(&cell, tally);
        }
        let regions: BTreeSet<Region> = cells().map(|cell| cell.region.clone()).collect();
        let mut asked = regions.first().cloned();
        match survey.outcome {
            Outcome::Listed { region, arns } => {
                cells().for_each(|cell| self.reports.covered(cell));
                self.sightings.add(account.account, arns);
                asked = Some(region);
            }
            Outcome::Described { trails, failed } => {
                cells().for_each(|cell| self.reports.covered(cell));
                for (region, error) in failed {
                    let cell = Cell {
                        account: account.account,
                        region,
                    };
                    match error {
                        Some(error) => self.reports.failed(&cell, &error),
                        None => self.reports.defect(&cell),
                    }
                }
                self.sightings.add(account.account, trails.keys().cloned());
                for (arn, trail) in trails {
                    let owned = arn.owner() == account.account;
                    if owned || !self.known.contains_key(&arn) {
                        self.known.insert(arn, (account.account, trail));
                    }
                }
                self.described_accounts.insert(account.account);
            }
            Outcome::Failed(error) => cells().for_each(|cell| self.reports.failed(cell, &error)),
        }
        if let Some(asked) = asked {
            self.accounts.insert(account.account, (regions, asked));
        }
    }

    /// The cell in which reading a trail of this home Region by this account is told: the home Region's, or, if
    /// that is none of the request's, the one that answered for the account.
    fn cell(&self, reader: AccountId, home: &Region) -> Cell {
        let home = Cell {
            account: reader,
            region: home.clone(),
        };
        match self.accounts.get(&reader) {
            Some((_, asked)) if !self.reports.asks(&home) => Cell {
                account: reader,
                region: asked.clone(),
            },
            _ => home,
        }
    }

    /// What reading settings brought.
    fn note(&mut self, described: Described) {
        for ((reader, home), tally) in &described.spent {
            let cell = self.cell(*reader, home);
            self.reports.spent(&cell, tally);
        }
        for (arn, (reader, error)) in &described.failed {
            let cell = self.cell(*reader, arn.home_region());
            match error {
                Some(error) => self.reports.incomplete(&cell, error),
                None => self.reports.defect(&cell),
            }
        }
        self.known.extend(described.found);
    }

    /// The trail, if it belongs into the answer.
    fn row(&self, arn: TrailArn, kinds: &[TrailKind]) -> Option<Row> {
        let readers = self.sightings.readers(&arn);
        let known = self.known.get(&arn);
        let settings = known.map(|(_, trail)| trail.clone());
        let asked = readers
            .iter()
            .filter_map(|reader| self.accounts.get(reader));
        let asked = asked.flat_map(|(regions, _)| regions.iter());
        let in_scope = in_scope(&arn, settings.as_ref(), asked).unwrap_or(false);
        let kind = settings.as_ref().map(Trail::kind);
        let of_kind = kinds.is_empty() || kind.is_some_and(|kind| kinds.contains(&kind));
        let reader = known
            .map(|(reader, _)| *reader)
            .or(readers.first().copied())?;
        (in_scope && of_kind).then_some(Row {
            arn,
            reader,
            settings,
            shown_by: readers,
        })
    }
}

fn halfway(deadline: Instant) -> Instant {
    let left: Duration = deadline.saturating_duration_since(Instant::now());
    deadline - left / 2
}
