//! Listing the log files of many cells, in one order, a page at a time.
//!
//! First the trails tell which folders of which buckets hold the files of which cells; then each folder is listed from
//! the first minute on that can matter, all side by side, until no more of it can be on the page.

use std::collections::BTreeSet;

use sha2::{Digest, Sha256};

use crate::{
    budget::{Interrupted, RequestContext},
    domain::{Coverage, TargetSelector, TimeWindow, Timestamp, TrailArn},
    events::{CursorKeys, cursor::RequestHash},
    fanout::Ended,
};

use super::{
    LogError, LogFile, Logs,
    kind::Kind,
    place::{Place, Position},
    scan::Wanted,
    shelves::Asked,
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
        let asked = Asked {
            targets: &request.targets,
            kinds: &request.kinds,
            trails: &request.trails,
        };
        let (shelves, mut cells) = self.shelves(&ctx, asked, &targets).await?;
        let (files, more, looked) = shelves.scan(&ctx, wanted).await;
        for ((cell, bucket), ended) in &looked {
            match ended {
                Ended::Done(scanned) => cells.take(cell, bucket, scanned),
                Ended::Panicked => cells.defect(cell),
            }
        }
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
}
