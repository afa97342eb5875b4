//! Where trails are kept. Writes see the newest state; reads see it only after the scenario's delay, as AWS's reads
//! may. A write that fails changes nothing.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use super::trail::Trail;

/// All trails of the simulated AWS.
#[derive(Debug)]
pub struct TrailStore {
    delay: u64,
    inner: Mutex<Inner>,
}

#[derive(Debug)]
struct Inner {
    newest: Arc<Trails>,
    shown: Arc<Trails>,
    /// States that reads do not show yet, and when they will: oldest first, in nanoseconds of the sandbox's run.
    coming: VecDeque<(u64, Arc<Trails>)>,
}

/// All trails at one moment, in the order of their creation.
#[derive(Debug, Clone, Default)]
pub struct Trails {
    list: Vec<Arc<Trail>>,
    /// How many trails of each ARN there have been.
    generations: BTreeMap<String, u32>,
}

impl Trails {
    /// Every trail.
    pub fn iter(&self) -> impl Iterator<Item = &Trail> {
        self.list.iter().map(Arc::as_ref)
    }

    /// The trail with this ARN.
    pub fn get(&self, arn: &str) -> Option<&Trail> {
        self.iter().find(|trail| trail.arn == arn)
    }

    /// The trail with this ARN, to change it.
    pub fn get_mut(&mut self, arn: &str) -> Option<&mut Trail> {
        self.list
            .iter_mut()
            .find(|trail| trail.arn == arn)
            .map(Arc::make_mut)
    }

    /// Adds a trail, and counts that it is there once more.
    pub fn add(&mut self, mut trail: Trail) {
        let generation = self.generations.entry(trail.arn.clone()).or_default();
        *generation += 1;
        trail.generation = *generation;
        self.list.push(Arc::new(trail));
    }

    /// Takes a trail away.
    pub fn remove(&mut self, arn: &str) {
        self.list.retain(|trail| trail.arn != arn);
    }
}

impl TrailStore {
    /// A store that begins with these trails and shows each write to reads so much later.
    pub fn new(trails: impl IntoIterator<Item = Trail>, delay: Duration) -> Self {
        let mut first = Trails::default();
        trails.into_iter().for_each(|trail| first.add(trail));
        let first = Arc::new(first);
        Self {
            delay: u64::try_from(delay.as_nanos()).unwrap_or(u64::MAX),
            inner: Mutex::new(Inner {
                newest: Arc::clone(&first),
                shown: first,
                coming: VecDeque::new(),
            }),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What every write has left behind.
    pub fn newest(&self) -> Arc<Trails> {
        Arc::clone(&self.lock().newest)
    }

    /// What reads show at this time (nanoseconds of the sandbox's run).
    pub fn shown(&self, now: u64) -> Arc<Trails> {
        let mut inner = self.lock();
        while inner.coming.front().is_some_and(|(at, _)| *at <= now) {
            if let Some((_, state)) = inner.coming.pop_front() {
                inner.shown = state;
            }
        }
        Arc::clone(&inner.shown)
    }

    /// Changes the newest state, unless `change` fails.
    pub fn write<R, E>(
        &self,
        now: u64,
        change: impl FnOnce(&mut Trails) -> Result<R, E>,
    ) -> Result<R, E> {
        let mut inner = self.lock();
        let mut next = Trails::clone(&inner.newest);
        let result = change(&mut next)?;
        inner.newest = Arc::new(next);
        let state = Arc::clone(&inner.newest);
        if self.delay == 0 {
            inner.shown = state;
        } else {
            // Two writes may have read the clock in the other order: the later state is never shown first.
            let at = now.saturating_add(self.delay);
            let at = inner.coming.back().map_or(at, |(last, _)| at.max(*last));
            inner.coming.push_back((at, state));
        }
        Ok(result)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::scenario;

    fn trail(name: &str) -> Trail {
        let (owner, home) = ("111111111111".parse(), "us-east-1".parse());
        let trail = scenario::Trail::new(name, owner.unwrap(), home.unwrap());
        Trail::from_scenario(&trail, crate::domain::Timestamp::from_seconds(0))
    }

    fn names(trails: &Trails) -> Vec<String> {
        trails.iter().map(|trail| trail.name.clone()).collect()
    }

    fn add(store: &TrailStore, now: u64, name: &str) {
        let added = store.write(now, |trails| {
            trails.add(trail(name));
            Ok::<_, ()>(())
        });
        added.unwrap();
    }

    #[test]
    fn reads_show_each_write_after_the_delay_in_order() {
        let store = TrailStore::new([trail("one")], Duration::from_nanos(100));
        add(&store, 10, "two");
        // The clock of the second write was read before that of the first.
        add(&store, 5, "three");
        assert_eq!(names(&store.newest()), ["one", "two", "three"]);
        assert_eq!(names(&store.shown(109)), ["one"]);
        assert_eq!(names(&store.shown(110)), ["one", "two", "three"]);
    }

    #[test]
    fn without_a_delay_reads_show_the_newest_and_a_failure_shows_nothing() {
        let store = TrailStore::new([], Duration::ZERO);
        add(&store, 1, "one");
        let failed = store.write(2, |trails| {
            trails.add(trail("two"));
            Err::<(), _>("no")
        });
        assert_eq!(failed, Err("no"));
        assert_eq!(names(&store.shown(2)), ["one"]);
        assert_eq!(names(&store.newest()), ["one"]);
    }
}
