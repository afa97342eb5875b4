//! Reads one file: gets it, unpacks it away from the async workers, and tells what it finds, a step for each credit.

use std::sync::Arc;

use tokio::{
    sync::{Semaphore, mpsc},
    task::spawn_blocking,
    time::Instant,
};

use crate::{
    aws::{AwsError, CredentialSource, Door, FailureKind, ObjectBody},
    budget::{Interrupted, RequestContext, Tally},
    domain::{CellReason, Region, coverage::CellError},
    logs::{LogFile, cells::of_ours},
};

use super::{
    gunzip::Bounds,
    unpack::{Flaw, Step, Unpacker},
    wants::Wants,
};

/// Bytes of a file that are unpacked at once, about.
const CHUNK: usize = 128 << 10;
/// A file whose bytes stop coming is asked for so often.
const TRIES: usize = 3;

/// Why a file is not wholly in the answer, for its cell and for people.
#[derive(Debug, Clone, PartialEq)]
pub struct Trouble {
    /// Why.
    pub reason: CellReason,
    /// In words.
    pub error: CellError,
}

impl From<&AwsError> for Trouble {
    fn from(error: &AwsError) -> Self {
        Self {
            reason: error.reason(),
            error: error.cell_error(),
        }
    }
}

impl From<&Flaw> for Trouble {
    fn from(flaw: &Flaw) -> Self {
        Self {
            reason: CellReason::Unreadable,
            error: of_ours(&format!("the file {flaw}")),
        }
    }
}

/// What a reader tells.
#[derive(Debug)]
pub enum News {
    /// More of the file.
    Step(Step),
    /// The end of the file.
    End {
        /// What it cost.
        tally: Tally,
        /// What is wrong with it.
        trouble: Option<Trouble>,
    },
}

/// One file to be read.
pub struct Reader {
    pub door: Door,
    pub who: Arc<dyn CredentialSource>,
    pub region: Region,
    pub ctx: RequestContext,
    pub file: LogFile,
    pub wants: Arc<Wants>,
    pub bounds: Bounds,
    /// Shared by all that unpack.
    pub unpacking: Arc<Semaphore>,
    /// One permit, one step.
    pub credit: Arc<Semaphore>,
    /// Which of the files under way it is.
    pub number: u64,
    pub out: mpsc::Sender<(u64, News)>,
}

/// Why a try ended before the file did.
enum Stop {
    Aws(AwsError),
    Flaw(Flaw),
    /// Nobody wants more.
    Gone,
}

impl From<Interrupted> for Stop {
    fn from(_: Interrupted) -> Self {
        Self::Gone
    }
}

impl Reader {
    /// Reads to the end of the file, or as far as it is good.
    pub async fn run(self) {
        let tally = Tally::default();
        let mut told = 0;
        let mut tries = TRIES;
        let trouble = loop {
            tries -= 1;
            match self.read(&tally, &mut told).await {
                Ok(()) => break None,
                Err(Stop::Gone) => return,
                Err(Stop::Flaw(flaw)) => break Some(Trouble::from(&flaw)),
                // The driver keeps the same time, and says so of all that is not read.
                Err(Stop::Aws(_)) if self.is_over() => return,
                Err(Stop::Aws(error)) if tries > 0 && may_be_better(&error) => {}
                Err(Stop::Aws(error)) => break Some(Trouble::from(&error)),
            }
        };
        // Whoever does not hear it has gone.
        let _ = self.tell(News::End { tally, trouble }).await;
    }

    /// One try; records up to `told` have been told before.
    async fn read(&self, tally: &Tally, told: &mut u64) -> Result<(), Stop> {
        let (place, cell) = (&self.file.place, self.file.place.cell());
        let object = self.door.get_object(
            &self.ctx,
            tally,
            &*self.who,
            &self.region,
            &place.bucket,
            &place.key,
            self.bounds.text,
        );
        let mut body = object.await.map_err(Stop::Aws)?.body;
        let mut unpacker = Box::new(Unpacker::new(cell, Arc::clone(&self.wants), self.bounds));
        while let Some(chunk) = chunk(&mut body).await.map_err(Stop::Aws)? {
            unpacker.feed(chunk);
            while !unpacker.hungry() {
                let credit = self.ctx.race(self.credit.acquire()).await?;
                credit.map_err(|_| Stop::Gone)?.forget();
                let (back, mut step, end) = self.unpack(unpacker).await?;
                unpacker = back;
                step.found.retain(|found| found.number >= *told);
                *told = step.records.max(*told);
                step.records = *told;
                self.tell(News::Step(step)).await?;
                end.map_err(Stop::Flaw)?;
            }
        }
        unpacker.finish().map_err(Stop::Flaw)
    }

    /// One step, on a thread that may be busy. Only so many are at a time, whoever asks.
    async fn unpack(
        &self,
        mut unpacker: Box<Unpacker>,
    ) -> Result<(Box<Unpacker>, Step, Result<(), Flaw>), Stop> {
        let unpacking = Arc::clone(&self.unpacking).acquire_owned();
        let place = self.ctx.race(unpacking).await?.map_err(|_| Stop::Gone)?;
        let work = spawn_blocking(move || {
            let (step, end) = unpacker.step();
            drop(place);
            (unpacker, step, end)
        });
        match work.await {
            Ok(done) => Ok(done),
            // A panic goes on to whoever owns this task, and is that file's failure.
            Err(failed) if failed.is_panic() => std::panic::resume_unwind(failed.into_panic()),
            // The runtime ends.
            Err(_) => Err(Stop::Gone),
        }
    }

    fn is_over(&self) -> bool {
        self.ctx.cancel.is_cancelled() || Instant::now() >= self.ctx.deadline
    }

    async fn tell(&self, news: News) -> Result<(), Stop> {
        let told = self.out.send((self.number, news)).await;
        told.map_err(|_| Stop::Gone)
    }
}

/// The next bytes of the file; `None` at its end.
async fn chunk(body: &mut ObjectBody) -> Result<Option<Vec<u8>>, AwsError> {
    let mut chunk = Vec::new();
    while chunk.len() < CHUNK {
        match body.next().await? {
            Some(bytes) => chunk.extend_from_slice(&bytes),
            None => break,
        }
    }
    Ok((!chunk.is_empty()).then_some(chunk))
}

/// Whether bytes that stopped coming may come another time. What the door could not get, it has tried again itself.
fn may_be_better(error: &AwsError) -> bool {
    matches!(error.kind, FailureKind::Transient | FailureKind::Timeout)
}
