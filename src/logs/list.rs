//! Listing the log files of many cells, in one order, a page at a time.
//!
//! First the trails tell which folders of which buckets hold the files of which cells; then each folder is listed from
//! the first minute on that can matter, all side by side, until no more of it can be on the page.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use sha2::{Digest, Sha256};
use tokio::time::Instant;

use crate::{
    aws::AwsError,
    budget::{Interrupted, RequestContext, Tally},
    domain::{Authority, Coverage, Region, TargetSelector, TimeWindow, Timestamp, TrailArn},
    events::{CursorKeys, cursor::RequestHash},
    fanout::{self, Ended, FanOut},
    fleet::Targets,
    trails::{ListAnswer, ListRequest, View},
};

use super::{
    LogError, LogFile, Logs,
    best::Best,
    cells::Cells,
    deliveries::{Bucket, Deliveries, Question},
    kind::Kind,
    place::{Place, Position},
    scan::{Reading, Wanted},
};

/// A request for a page of log files.
#[derive(Debug, Clone)]
pub struct FilesRequest {
    /// Where.
    pub targets: TargetSelector,
    /// The earliest time of events in them.
    pub start: Timestamp,
    /// The latest; `None` for now.
    pub end: Option<Timestamp>,
    /// Of these kinds. Never empty.
    pub kinds: BTreeSet<Kind>,
    /// Only files of these trails; empty for all.
    pub trails: BTreeSet<TrailArn>,
    /// How many at most.
    pub size: usize,
    /// Where an earlier page of the same request ended.
    pub page_token: Option<String>,
}

/// A page of log files.
#[derive(Debug)]
pub struct FilesAnswer {
    /// The files, in order.
    pub files: Vec<LogFile>,
    /// The token of the next page.
    pub next: Option<String>,
    /// What the answer covers.
    pub coverage: Coverage,
    /// Whether an earlier page has gaps.
    pub earlier_gaps: bool,
    /// Whether the accounts come from an older copy.
    pub stale: bool,
}

impl FilesRequest {
    /// The hash of all that decides the answer, and of who asks.
    fn hash(&self, ctx: &RequestContext) -> RequestHash {
        let Self {
            targets,
            start,
            end,
            kinds,
            trails,
            size: _,
            page_token: _,
        } = self;
        let caller = ctx.caller.proved_name();
        let parts = format!(
            "trailplane.v1.log_files {targets:?} {start:?} {end:?} {kinds:?} {trails:?} {caller:?}"
        );
        RequestHash(Sha256::digest(parts).into())
    }
}

/// What a page and the one after it have in common.
struct GoingOn {
    hash: RequestHash,
    window: TimeWindow,
    gaps: bool,
}

impl GoingOn {
    /// What a page covers that ends with this file, or with all there are.
    fn covered(&self, last: Option<&Place>) -> TimeWindow {
        let (start, end) = (self.window.start(), self.window.end());
        let to = last.map_or(end, |last| last.time.clamp(start, end));
        TimeWindow::new(start, to).unwrap_or(self.window)
    }

    /// The token of the page that follows this file.
    fn token(&self, keys: &CursorKeys, after: Place, coverage: &Coverage) -> String {
        let position = Position {
            window: self.window,
            after,
            gaps: self.gaps || !coverage.complete(),
        };
        position.encode(keys, self.hash)
    }
}

impl Logs {
    /// Lists a page of log files.
    ///
    /// # Errors
    ///
    /// If the request has no answer at all. What cannot be listed is in the coverage.
    pub async fn list(
        &self,
        ctx: &RequestContext,
        request: &FilesRequest,
    ) -> Result<FilesAnswer, LogError> {
        let hash = request.hash(ctx);
        let token = request.page_token.as_deref();
        let position = token.map(|token| Position::decode(&self.keys, token, hash));
        let position = position.transpose()?;
        let window = match &position {
            Some(position) => position.window,
            None => {
                let now = (self.clock)();
                let (start, end) = (request.start, request.end.unwrap_or(now).min(now));
                TimeWindow::new(start, end).ok_or(LogError::Backwards { start, end })?
            }
        };
        let going_on = GoingOn {
            hash,
            window,
            gaps: position.as_ref().is_some_and(|position| position.gaps),
        };
        let ctx = ctx.answering();
        let targets = self.fleet.resolve(&ctx, &request.targets).await?;
        let wanted = Wanted {
            window,
            lag: self.settings.delivery_lag,
            kinds: request.kinds.iter().copied().collect(),
            after: position.map(|position| position.after),
            limit: request.size.max(1),
        };
        let (deliveries, mut cells) = self.deliveries(&ctx, request, &targets).await?;
        let (files, more) = self.scan(&ctx, deliveries, wanted, &mut cells).await;
        if ctx.cancel.is_cancelled() {
            return Err(Interrupted::Cancelled.into());
        }
        let last = files.last().filter(|_| more).map(|file| file.place.clone());
        let coverage = cells.into_coverage(going_on.covered(last.as_ref()));
        Ok(FilesAnswer {
            files,
            next: last.map(|last| going_on.token(&self.keys, last, &coverage)),
            coverage,
            earlier_gaps: going_on.gaps,
            stale: targets.stale,
        })
    }

    /// Which folders hold the files of the targets, as their trails are now.
    async fn deliveries(
        &self,
        ctx: &RequestContext,
        request: &FilesRequest,
        targets: &Targets,
    ) -> Result<(Deliveries, Cells), LogError> {
        let listing = ListRequest {
            targets: request.targets.clone(),
            view: View::Basic,
            kinds: Vec::new(),
            name: None,
            after: None,
            size: usize::MAX,
        };
        // What is left is for the buckets.
        let half = ctx.by(halfway(ctx.deadline));
        let ListAnswer {
            trails, coverage, ..
        } = self.trails.list(&half, &listing).await?;
        let folders = request.kinds.iter().map(|kind| kind.folder()).collect();
        let directory = self.fleet.directory();
        let question = Question {
            cells: &targets.cells,
            trails: &request.trails,
            folders: &folders,
            organization: directory.organization(),
            readers: &self.settings.buckets,
        };
        let deliveries = question.answer(&trails);
        let cells = Cells::new(coverage, &deliveries);
        Ok((deliveries, cells))
    }

    /// The first files of all sources, and whether there are more.
    async fn scan(
        &self,
        ctx: &RequestContext,
        deliveries: Deliveries,
        wanted: Wanted,
        cells: &mut Cells,
    ) -> (Vec<LogFile>, bool) {
        // Whoever may see a cell may see its files, and needs no permission of its own for the account that keeps them: all
        // that is listed are folders of the request's cells.
        let ctx = &RequestContext {
            authority: Authority::unlimited(),
            ..ctx.clone()
        };
        let mut regions = self.bucket_regions(ctx, &deliveries).await;
        let shared = Arc::new((ctx.clone(), Mutex::new(Best::new(wanted.limit)), wanted));
        let mut running = FanOut::none();
        for (source, trails) in deliveries.sources {
            let (cell, bucket) = (source.cell.clone(), source.bucket.clone());
            match regions.get_mut(&bucket) {
                Some((found, spent)) => {
                    // A bucket is looked for once: the first of its cells tells the call.
                    cells.spent(&cell, &std::mem::take(spent));
                    match found {
                        Ok(region) => {
                            let reading = Reading {
                                door: self.door.clone(),
                                who: self.fleet.credentials(bucket.reader),
                                region: region.clone(),
                                source,
                                trails,
                            };
                            let shared = Arc::clone(&shared);
                            running.add((cell, bucket), async move {
                                let (ctx, best, wanted) = &*shared;
                                reading.run(ctx, wanted, best).await
                            });
                        }
                        Err(error) => cells.refused(&cell, &bucket, error),
                    }
                }
                None => cells.defect(&cell),
            }
        }
        while let Some(((cell, bucket), ended)) = running.next().await {
            match ended {
                Ended::Done(scanned) => cells.take(&cell, &bucket, &scanned),
                Ended::Panicked => cells.defect(&cell),
            }
        }
        let (_, best, _) = &*shared;
        let best = &mut *best.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(best, Best::new(0)).into_files()
    }

    /// Where the buckets are that are to be listed. One that is missing met a defect of ours.
    async fn bucket_regions(
        &self,
        ctx: &RequestContext,
        deliveries: &Deliveries,
    ) -> BTreeMap<Bucket, (Result<Region, AwsError>, Tally)> {
        let asked: BTreeSet<&Bucket> = deliveries.sources.keys().map(|s| &s.bucket).collect();
        let asked = asked.into_iter().filter_map(|bucket| {
            let likely = deliveries.likely.get(bucket)?;
            Some((bucket.clone(), likely.clone()))
        });
        let looks = fanout::run(asked, |(bucket, likely)| {
            let (door, ctx) = (self.door.clone(), ctx.clone());
            let who = self.fleet.credentials(bucket.reader);
            async move {
                let tally = Tally::default();
                let found = door
                    .head_bucket(&ctx, &tally, &*who, &likely, &bucket.name)
                    .await;
                (found, tally)
            }
        });
        let found = looks
            .await
            .into_iter()
            .filter_map(|((bucket, _), ended)| match ended {
                Ended::Done(found) => Some((bucket, found)),
                Ended::Panicked => None,
            });
        found.collect()
    }
}

fn halfway(deadline: Instant) -> Instant {
    let left: Duration = deadline.saturating_duration_since(Instant::now());
    deadline - left / 2
}
