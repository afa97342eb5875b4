//! What is read account by account: tags and Regions, in the background, a few at a time.

use std::collections::{BTreeMap, HashSet, VecDeque};

use futures_util::{
    StreamExt,
    future::{BoxFuture, pending},
    stream::FuturesUnordered,
};

use crate::{
    aws::{AwsError, FailureKind},
    domain::{AccountId, Region},
    fleet::{directory::Known, discovery::Reader},
};

/// Calls of one kind at the same time. The budget sets the pace; this only keeps slow calls from it.
const AT_ONCE: usize = 4;

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

    /// Reads no more tags for now.
    pub fn forget_tags(&mut self) {
        self.tags.clear();
    }

    /// Reads no more Regions for now.
    pub fn forget_regions(&mut self) {
        self.regions.clear();
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
                    Detail::Tags(..) => self.tags.reading -= 1,
                    Detail::Regions(..) => self.regions.reading -= 1,
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

    fn clear(&mut self) {
        self.waiting.clear();
        self.queued.clear();
    }
}

/// Whether the error means that no account can be read; then `known` says so, if nothing was read yet.
pub fn denied<K, V>(error: &AwsError, known: &mut Known<std::collections::HashMap<K, V>>) -> bool {
    let denied = matches!(
        error.kind,
        FailureKind::AccessDenied | FailureKind::ServiceControlPolicy | FailureKind::Unsupported
    );
    match known {
        Known::Known(read) if denied && read.is_empty() => {
            *known = Known::Failed(error.to_string().into());
            true
        }
        Known::Failed(_) => denied,
        Known::Known(_) | Known::Pending => false,
    }
}
