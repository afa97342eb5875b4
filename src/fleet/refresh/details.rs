//! What is read account by account: tags and Regions, in the background, a few at a time.

use std::collections::{BTreeMap, HashSet, VecDeque};

use futures_util::{
    StreamExt,
    future::{BoxFuture, pending},
    stream::FuturesUnordered,
};

use crate::{
    aws::AwsError,
    domain::{AccountId, Region},
    fleet::{discovery::Reader, sessions::is_refusal},
};

/// Calls of one kind at the same time. The budget sets the pace; this only keeps slow calls from it.
const AT_ONCE: usize = 4;

/// Refusals in a row after which no more are asked for.
const TELLING: usize = 8;

/// One thing read about one account.
pub enum Detail {
    /// Its tags.
    Tags(AccountId, Result<BTreeMap<String, String>, AwsError>),
    /// Its disabled Regions.
    Regions(AccountId, Result<Vec<Region>, AwsError>),
}

/// The accounts still to be read, each at most once in each queue.
pub struct Details {
    reader: Reader,
    tags: Queue,
    regions: Queue,
    reading: FuturesUnordered<BoxFuture<'static, Detail>>,
}

#[derive(Default)]
struct Queue {
    wanted: bool,
    waiting: VecDeque<AccountId>,
    queued: HashSet<AccountId>,
    reading: usize,
    refusals: usize,
}

impl Details {
    /// Nothing to read yet; of the kinds not wanted there never is.
    pub fn new(reader: Reader, tags: bool, regions: bool) -> Self {
        let queue = |wanted| Queue {
            wanted,
            ..Queue::default()
        };
        Self {
            reader,
            tags: queue(tags),
            regions: queue(regions),
            reading: FuturesUnordered::new(),
        }
    }

    /// Reads the account's tags when its turn comes.
    pub fn queue_tags(&mut self, account: AccountId) {
        self.tags.add(account);
    }

    /// Reads the account's Regions when its turn comes.
    pub fn queue_regions(&mut self, account: AccountId) {
        self.regions.add(account);
    }

    /// Hears that tags could not be read. True if it now is plain that none can be: then no more are read
    /// until they are queued again.
    pub fn refused_tags(&mut self, error: &AwsError) -> bool {
        self.tags.refused(error)
    }

    /// The same of Regions.
    pub fn refused_regions(&mut self, error: &AwsError) -> bool {
        self.regions.refused(error)
    }

    /// Whether there is nothing to read and nothing being read.
    pub fn idle(&self) -> bool {
        self.reading.is_empty() && self.tags.waiting.is_empty() && self.regions.waiting.is_empty()
    }

    /// The next thing read; never, while there is nothing to read. Safe to drop half-way.
    pub async fn next(&mut self) -> Detail {
        self.fill();
        match self.reading.next().await {
            Some(detail) => {
                match &detail {
                    Detail::Tags(_, outcome) => self.tags.landed(outcome.is_ok()),
                    Detail::Regions(_, outcome) => self.regions.landed(outcome.is_ok()),
                }
                detail
            }
            None => pending().await,
        }
    }

    fn fill(&mut self) {
        while let Some(account) = self.tags.take() {
            let reader = self.reader.clone();
            self.reading.push(Box::pin(async move {
                Detail::Tags(account, reader.tags(account).await)
            }));
        }
        while let Some(account) = self.regions.take() {
            let reader = self.reader.clone();
            self.reading.push(Box::pin(async move {
                Detail::Regions(account, reader.disabled_regions(account).await)
            }));
        }
    }
}

impl Queue {
    fn add(&mut self, account: AccountId) {
        if self.wanted && self.queued.insert(account) {
            self.waiting.push_back(account);
        }
    }

    fn take(&mut self) -> Option<AccountId> {
        if self.reading >= AT_ONCE {
            return None;
        }
        let account = self.waiting.pop_front()?;
        self.queued.remove(&account);
        self.reading += 1;
        Some(account)
    }

    fn landed(&mut self, ok: bool) {
        self.reading = self.reading.saturating_sub(1);
        if ok {
            self.refusals = 0;
        }
    }

    /// One account may be refused by itself; [`TELLING`] in a row are all.
    fn refused(&mut self, error: &AwsError) -> bool {
        self.refusals += usize::from(is_refusal(error.kind));
        let all = self.refusals >= TELLING.min(self.refusals + self.waiting.len() + self.reading)
            && is_refusal(error.kind);
        if all {
            self.refusals = 0;
            self.waiting.clear();
            self.queued.clear();
        }
        all
    }
}
