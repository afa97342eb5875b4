//! What a reading tells of itself: progress, problems, the end.

use crate::logs::{
    LogError, LogFile,
    read::{FileProblem, ReadItem, ReadProgress, ReadSummary, Trouble, spot::Spot},
};

use super::{Driver, Gone, PROBLEMS};

impl Driver {
    pub(super) async fn tell_progress(&mut self) -> Result<(), Gone> {
        let progress = ReadProgress {
            counts: self.counts,
            cursor: self.cursor(),
        };
        self.send(ReadItem::Progress(progress)).await
    }

    /// A file is not wholly in the answer, and so its cell is not.
    pub(super) async fn problem(
        &mut self,
        file: &LogFile,
        trouble: Trouble,
        records: u64,
    ) -> Result<(), Gone> {
        let place = &file.place;
        let mut error = trouble.error.clone();
        error.message = format!("s3://{}/{}: {}", place.bucket, place.key, error.message);
        self.cells.lacks(&place.cell(), trouble.reason, error);
        if self.told.contains(place) {
            return Ok(());
        }
        if self.told.len() < PROBLEMS {
            self.told.insert(place.clone());
        }
        self.counts.problems += 1;
        let problem = FileProblem {
            place: place.clone(),
            trouble,
            records,
        };
        self.send(ReadItem::Problem(Box::new(problem))).await
    }

    pub(super) fn cursor(&self) -> String {
        let window = self.spot.window;
        let spot = Spot {
            window,
            gaps: self.spot.gaps || self.cells.have_gaps(),
            after: self.line.after(self.unread(), window.start()),
        };
        spot.encode(&self.logs.keys, self.hash)
    }

    pub(super) fn summary(&mut self) -> ReadSummary {
        let cells = std::mem::take(&mut self.cells);
        ReadSummary {
            coverage: cells.into_coverage(self.spot.window),
            earlier_gaps: self.spot.gaps,
            stale: self.stale,
            counts: self.counts,
            window: self.spot.window,
        }
    }

    /// There is no answer at all.
    pub(super) async fn fail(&mut self, error: LogError) -> Result<(), Gone> {
        self.send(ReadItem::Failed(error)).await
    }

    pub(super) async fn send(&mut self, item: ReadItem) -> Result<(), Gone> {
        self.out.send(item).await.map_err(|_| Gone)
    }
}
