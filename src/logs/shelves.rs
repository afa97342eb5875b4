//! The folders that hold the files of a request, found once, and looked through as often as it takes.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use crate::{
    aws::AwsError,
    budget::{RequestContext, Tally},
    domain::{Authority, Cell, Region, TargetSelector, TrailArn},
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
    scan::{Reading, Scanned, Wanted},
};

/// Whose files, and which.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// Whose.
    pub targets: &'a TargetSelector,
    /// Of these kinds.
    pub kinds: &'a BTreeSet<Kind>,
    /// Only of these trails; empty for all.
    pub trails: &'a BTreeSet<TrailArn>,
}

/// The folders that can be looked through. Cloning shares them.
#[derive(Clone, Default)]
pub struct Shelves {
    readings: Arc<[Reading]>,
    regions: Arc<BTreeMap<Bucket, Region>>,
}

/// What looking through each folder came to.
pub type Looked = Vec<((Cell, Bucket), Ended<Scanned>)>;

/// Whoever may see a cell may see its files, and needs no permission of its own for the account that keeps them: all that is
/// looked at are folders of the request's cells.
pub fn as_keeper(ctx: &RequestContext) -> RequestContext {
    RequestContext {
        authority: Authority::unlimited(),
        ..ctx.clone()
    }
}

impl Logs {
    /// The folders of the targets, as their trails are now, and what finding them has come to.
    ///
    /// # Errors
    ///
    /// If the trails cannot be found at all.
    pub(super) async fn shelves(
        &self,
        ctx: &RequestContext,
        asked: Asked<'_>,
        targets: &Targets,
    ) -> Result<(Shelves, Cells), LogError> {
        let (deliveries, mut cells) = self.deliveries(ctx, asked, targets).await?;
        let mut regions = self.bucket_regions(&as_keeper(ctx), &deliveries).await;
        let mut readings = Vec::new();
        for (source, trails) in deliveries.sources {
            let Some((found, spent)) = regions.get_mut(&source.bucket) else {
                cells.defect(&source.cell);
                continue;
            };
            // A bucket is looked for once: the first of its cells tells the call.
            cells.spent(&source.cell, &std::mem::take(spent));
            match found {
                Err(error) => cells.refused(&source.cell, &source.bucket, error),
                Ok(region) => readings.push(Reading {
                    door: self.door.clone(),
                    who: self.fleet.credentials(source.bucket.reader),
                    region: region.clone(),
                    source,
                    trails,
                }),
            }
        }
        let found = regions.into_iter();
        let regions = found.filter_map(|(bucket, (found, _))| Some((bucket, found.ok()?)));
        let shelves = Shelves {
            readings: readings.into(),
            regions: Arc::new(regions.collect()),
        };
        Ok((shelves, cells))
    }

    /// Which folders hold the files of the targets, as their trails are now.
    async fn deliveries(
        &self,
        ctx: &RequestContext,
        asked: Asked<'_>,
        targets: &Targets,
    ) -> Result<(Deliveries, Cells), LogError> {
        let listing = ListRequest {
            targets: asked.targets.clone(),
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
        let folders = asked.kinds.iter().map(|kind| kind.folder()).collect();
        let directory = self.fleet.directory();
        let question = Question {
            cells: &targets.cells,
            trails: asked.trails,
            folders: &folders,
            organization: directory.organization(),
            readers: &self.settings.buckets,
        };
        let deliveries = question.answer(&trails);
        let cells = Cells::new(coverage, &deliveries);
        Ok((deliveries, cells))
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

impl Shelves {
    /// The first files of all folders, whether there are more, and what each folder came to.
    pub async fn scan(&self, ctx: &RequestContext, wanted: Wanted) -> (Vec<LogFile>, bool, Looked) {
        let best = Mutex::new(Best::new(wanted.limit));
        let shared = Arc::new((as_keeper(ctx), best, wanted));
        let mut running = FanOut::none();
        for reading in self.readings.iter() {
            let (reading, shared) = (reading.clone(), Arc::clone(&shared));
            let source = &reading.source;
            let place = (source.cell.clone(), source.bucket.clone());
            running.add(place, async move {
                let (ctx, best, wanted) = &*shared;
                reading.run(ctx, wanted, best).await
            });
        }
        let mut looked = Vec::new();
        while let Some(ended) = running.next().await {
            looked.push(ended);
        }
        let (_, best, _) = &*shared;
        let best = &mut *best.lock().unwrap_or_else(PoisonError::into_inner);
        let (files, more) = std::mem::replace(best, Best::new(0)).into_files();
        (files, more, looked)
    }

    /// The Region of this file's bucket.
    pub fn region(&self, file: &LogFile) -> Option<&Region> {
        self.regions.get(&Bucket {
            name: (&*file.place.bucket).into(),
            reader: file.reader,
        })
    }
}

fn halfway(deadline: Instant) -> Instant {
    let left: Duration = deadline.saturating_duration_since(Instant::now());
    deadline - left / 2
}
