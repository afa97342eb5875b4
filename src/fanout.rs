//! Runs one use case over many cells, each on its own: one that fails, hangs or panics changes nothing for the others.
//!
//! All cells start at once and are owned by the call: dropping it ends them. A waiting cell is a small task and
//! holds nothing; how many calls are in flight is the door's business, so no cell waits behind another's.

pub mod rollout;

use std::collections::HashMap;

use tokio::task::{Id, JoinSet};
use tracing::error;

/// How one cell's work ended.
#[derive(Debug)]
pub enum Ended<T> {
    /// It ran to its end.
    Done(T),
    /// It panicked: a defect, contained in its cell.
    Panicked,
}

/// Work under way over many cells.
pub struct FanOut<C, T> {
    tasks: JoinSet<T>,
    cells: HashMap<Id, C>,
}

impl<C, T: Send + 'static> FanOut<C, T> {
    /// Starts `work` on every cell.
    pub fn start<F, Fut>(cells: impl IntoIterator<Item = C>, work: F) -> Self
    where
        C: Clone,
        F: Fn(C) -> Fut,
        Fut: Future<Output = T> + Send + 'static,
    {
        let mut tasks = JoinSet::new();
        let mut running = HashMap::new();
        for cell in cells {
            let id = tasks.spawn(work(cell.clone())).id();
            running.insert(id, cell);
        }
        Self {
            tasks,
            cells: running,
        }
    }

    /// None yet.
    pub fn none() -> Self {
        Self {
            tasks: JoinSet::new(),
            cells: HashMap::new(),
        }
    }

    /// Starts work on one more cell.
    pub fn add(&mut self, cell: C, work: impl Future<Output = T> + Send + 'static) {
        let id = self.tasks.spawn(work).id();
        self.cells.insert(id, cell);
    }

    /// How many have not ended.
    pub fn running(&self) -> usize {
        self.cells.len()
    }

    /// The next cell to end; `None` when all have.
    pub async fn next(&mut self) -> Option<(C, Ended<T>)> {
        loop {
            let (id, ended) = match self.tasks.join_next_with_id().await? {
                Ok((id, out)) => (id, Ended::Done(out)),
                Err(failed) => {
                    error!(error = %failed, "the work on one cell panicked");
                    (failed.id(), Ended::Panicked)
                }
            };
            if let Some(cell) = self.cells.remove(&id) {
                return Some((cell, ended));
            }
        }
    }
}

/// Runs `work` on every cell and waits for all.
pub async fn run<C, T, F, Fut>(cells: impl IntoIterator<Item = C>, work: F) -> Vec<(C, Ended<T>)>
where
    C: Clone,
    T: Send + 'static,
    F: Fn(C) -> Fut,
    Fut: Future<Output = T> + Send + 'static,
{
    let mut running = FanOut::start(cells, work);
    let mut all = Vec::new();
    while let Some(ended) = running.next().await {
        all.push(ended);
    }
    all
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn one_that_panics_and_one_that_is_slow_change_nothing_for_the_others() {
        let mut running = FanOut::start(0..10u64, |cell| async move {
            assert!(cell != 3, "a defect in cell 3");
            tokio::time::sleep(Duration::from_secs(if cell == 5 { 3600 } else { 1 })).await;
            cell
        });
        let start = tokio::time::Instant::now();
        let mut quick = Vec::new();
        for _ in 0..9 {
            let (cell, ended) = running.next().await.unwrap();
            assert_eq!(matches!(ended, Ended::Panicked), cell == 3);
            quick.push(cell);
        }
        quick.sort_unstable();
        assert_eq!(quick, [0, 1, 2, 3, 4, 6, 7, 8, 9]);
        assert!(start.elapsed() < Duration::from_secs(2));
        assert!(matches!(running.next().await, Some((5, Ended::Done(5)))));
        assert!(running.next().await.is_none());
    }
}
