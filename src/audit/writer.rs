//! The one task that writes. What came while it wrote is written together and made safe at once, so that many intents cost
//! one wait for the disk.
//!
//! When it cannot write it refuses who waits, keeps what must not be lost, and tries again: it looks where the record
//! really ends, and goes on from there.

use std::sync::Arc;

use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::{
    PATIENCE, RETRY,
    chain::{Chain, Link},
    file::{Found, OpenError},
    handle::{Audit, Unavailable},
    outputs::{Outputs, Sink},
    queue::Item,
    record::{Ended, Entry},
    seal::Seal,
    status::Shared,
};
use crate::domain::WallClock;

/// Names of intents in a line of the writer's own: some 40 bytes each.
const IN_A_LINE: usize = 200;

/// See the module.
pub struct Writer<S = Outputs> {
    sink: S,
    shared: Arc<Shared>,
    chain: Chain,
    clock: WallClock,
    /// The last line that is certainly there.
    last: Link,
    /// Lines that may be there: writing them failed.
    unsure: Vec<(Link, Unsure)>,
    /// What was found, and is told in the next line of the writer's own.
    found: Found,
    /// Intents that are there and were refused; told in that line as well.
    withdrawn: Vec<String>,
    /// Whether the process's first line is written.
    begun: bool,
}

/// What stands in a line that may be there.
enum Unsure {
    /// An intent that was refused.
    Refused(String),
    /// Something that is to be written again if it is not there.
    Kept(Box<Item>),
    /// A line of the writer's own, and the intents that it tells of.
    Mark(Vec<String>),
}

impl<S: Sink> Writer<S> {
    /// Opens the outputs.
    pub(super) async fn open(
        mut sink: S,
        seal: Seal,
        clock: WallClock,
    ) -> Result<(Audit, Self), OpenError> {
        let failed = |error| OpenError::of("the audit's file".to_owned(), error);
        let found = sink.look().await.map_err(failed)?;
        let last = found.last.clone().unwrap_or_else(Link::none);
        let id = format!("{:032x}", rand::random::<u128>());
        let shared = Arc::new(Shared::new(id.clone(), last.clone()));
        let writer = Self {
            sink,
            shared: Arc::clone(&shared),
            chain: Chain::new(id, seal),
            clock,
            last,
            unsure: Vec::new(),
            found,
            withdrawn: Vec::new(),
            begun: false,
        };
        Ok((Audit::new(shared), writer))
    }

    /// Writes until `end` fires and everything is written.
    pub async fn run(mut self, end: CancellationToken) {
        let shared = Arc::clone(&self.shared);
        let mut well = self.mark().await;
        loop {
            tokio::select! {
                biased;
                () = shared.queue.some(), if well => {
                    let batch = shared.queue.take();
                    well = self.write(batch).await;
                }
                () = end.cancelled() => break,
                () = sleep(RETRY), if !well => well = self.again().await,
            }
        }
        self.finish(well).await;
    }

    /// Writes what is left, and the last line. An outcome is worth waiting for, for as long as the process is let; a
    /// request's record is not.
    async fn finish(&mut self, mut well: bool) {
        let shared = Arc::clone(&self.shared);
        loop {
            if !well {
                if !self.owes() {
                    tracing::error!("the audit cannot be written, and the process ends");
                    break;
                }
                sleep(RETRY).await;
                well = self.again().await;
                continue;
            }
            let mut batch = shared.queue.take();
            let last = batch.is_empty();
            if last {
                batch.push(Item::Mark(Entry::End));
            }
            well = self.write(batch).await;
            if last && well {
                break;
            }
        }
        shared.queue.close();
    }

    /// Whether an outcome is not written yet; that of an intent that was refused, and may stand there, as well.
    fn owes(&self) -> bool {
        let owed = |unsure: &Unsure| match unsure {
            Unsure::Refused(_) => true,
            Unsure::Kept(item) => matches!(**item, Item::Outcome { .. }),
            Unsure::Mark(_) => false,
        };
        self.shared.queue.outcomes() > 0
            || !self.withdrawn.is_empty()
            || self.unsure.iter().any(|(_, unsure)| owed(unsure))
    }

    /// Writes these together, in a new file if it is time for one.
    async fn write(&mut self, mut batch: Vec<Item>) -> bool {
        match patiently(&self.shared, self.sink.turn(self.last.seq)).await {
            Ok(false) => {}
            Ok(true) => {
                let seal = self.chain.seal().name();
                batch.insert(0, Item::Mark(Entry::File { seal }));
            }
            Err(error) => {
                // None of it was written.
                let refused =
                    self.failed(&error, batch.into_iter().map(|item| (Link::none(), item)));
                self.put_back(refused);
                return false;
            }
        }
        self.append(batch).await
    }

    async fn append(&mut self, batch: Vec<Item>) -> bool {
        let mut last = self.last.clone();
        let mut lines = String::new();
        let mut sealed = Vec::with_capacity(batch.len());
        for item in batch {
            match self.chain.line(&last, (self.clock)(), item.entry()) {
                Ok((line, link)) => {
                    lines.push_str(&line);
                    last = link.clone();
                    sealed.push((link, item));
                }
                // Dropping it refuses who waits for it.
                Err(error) => tracing::error!(error, "a record could not be made"),
            }
        }
        match patiently(&self.shared, self.sink.append(lines)).await {
            Ok(copy) => {
                self.last = last;
                self.shared.copied(copy);
                self.shared.well(&self.last, sealed.len());
                sealed.into_iter().for_each(|(_, item)| self.written(item));
                true
            }
            Err(error) => {
                self.unsure = self.failed(&error, sealed.into_iter());
                false
            }
        }
    }

    /// Tells who waits. Who has gone meanwhile has not begun.
    fn written(&self, item: Item) {
        if let Item::Intent { entry, permit, ack } = item
            && let Err(Ok(permit)) = ack.send(Ok(permit))
            && let Some(entry) = entry.outcome_of(&Ended::not_started("cancelled"))
        {
            self.shared.queue.push(Item::Outcome { entry, permit });
        }
    }

    /// Refuses who waits, and keeps the rest.
    fn failed(
        &self,
        error: &std::io::Error,
        items: impl Iterator<Item = (Link, Item)>,
    ) -> Vec<(Link, Unsure)> {
        let why = error.to_string();
        self.shared.fails(&why);
        let why = Unavailable::new(&why);
        let each = items.filter_map(|(link, item)| {
            let unsure = match item {
                Item::Intent { entry, ack, .. } => {
                    let _ = ack.send(Err(why.clone()));
                    Unsure::Refused(entry.intent_id()?.to_owned())
                }
                Item::Mark(entry) => Unsure::Mark(entry.withdrawn().to_vec()),
                kept @ (Item::Outcome { .. } | Item::Loose(_)) => Unsure::Kept(Box::new(kept)),
            };
            Some((link, unsure))
        });
        each.collect()
    }

    /// Tries to go on after a failure.
    async fn again(&mut self) -> bool {
        match patiently(&self.shared, self.sink.look()).await {
            Ok(found) => {
                self.resolve(found);
                self.mark().await
            }
            Err(error) => {
                self.shared.fails(&error.to_string());
                false
            }
        }
    }

    /// By what was found: which of the lines are there whose writing failed. The rest is to be written again, and intents
    /// that are there and were refused are answered for.
    fn resolve(&mut self, found: Found) {
        let unsure = std::mem::take(&mut self.unsure);
        let there = unsure
            .iter()
            .position(|(link, _)| Some(link) == found.last.as_ref());
        let mut missing = Vec::new();
        for (place, (link, unsure)) in unsure.into_iter().enumerate() {
            if there.is_none_or(|last| place > last) {
                missing.push((link, unsure));
                continue;
            }
            self.last = link;
            match unsure {
                Unsure::Refused(intent) => self.withdrawn.push(intent),
                Unsure::Mark(told) => {
                    self.begun = true;
                    self.withdrawn.retain(|intent| !told.contains(intent));
                }
                Unsure::Kept(_) => {}
            }
        }
        self.put_back(missing);
        self.found = found;
    }

    fn put_back(&self, missing: Vec<(Link, Unsure)>) {
        let kept = missing.into_iter().filter_map(|(_, unsure)| match unsure {
            Unsure::Kept(item) => Some(*item),
            Unsure::Refused(_) | Unsure::Mark(_) => None,
        });
        self.shared
            .queue
            .put_back(kept.collect::<Vec<_>>().into_iter());
    }

    /// Writes lines of its own: that a process begins, or goes on.
    async fn mark(&mut self) -> bool {
        let mut torn = self.found.torn.clone();
        let mut marks = Vec::new();
        if !self.begun {
            marks.push(Entry::Start {
                version: env!("CARGO_PKG_VERSION"),
                seal: self.chain.seal().name(),
                torn: torn.take(),
                set_aside: self.found.set_aside.clone(),
            });
        }
        let mut withdrawn = self.withdrawn.chunks(IN_A_LINE);
        // There is always one when it goes on, and the first of them tells what is torn.
        let first = self.begun.then(|| withdrawn.next().unwrap_or_default());
        marks.extend(
            first
                .into_iter()
                .chain(withdrawn)
                .map(|some| Entry::Resume {
                    torn: torn.take(),
                    withdrawn: some.to_vec(),
                }),
        );
        let written = self.append(marks.into_iter().map(Item::Mark).collect());
        let written = written.await;
        if written {
            self.begun = true;
            self.withdrawn.clear();
            self.found = Found::default();
        }
        written
    }
}

/// Waits for the disk. After a while who waits for it is refused; the writer itself has no choice.
async fn patiently<T>(shared: &Shared, work: impl Future<Output = T>) -> T {
    tokio::pin!(work);
    match timeout(PATIENCE, &mut work).await {
        Ok(done) => done,
        Err(_) => {
            shared.fails("the disk does not answer");
            work.await
        }
    }
}

#[cfg(test)]
mod tests;
