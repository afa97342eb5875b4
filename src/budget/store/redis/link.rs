//! The way to the store that all calls share: the connection of the moment, the epoch of each tag, what we stand at.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use redis::{Cmd, ErrorKind, RedisError, ServerErrorKind, Value};
use tokio::{
    sync::{Notify, watch},
    time::Instant,
};

use super::{
    super::super::slots::{Micros, micros},
    connection::Connection,
    script::{self, Answer, BEAT_SCRIPT, Heard, Purpose, Text},
    settings::{RedisSettings, Topology},
    sight::Sight,
    standing::{Call, Standing},
};

/// In a cluster, buckets are spread over so many tags, each on one server.
const TAGS_IN_CLUSTER: usize = 16;

/// Added to what the store's clock may show when a call's time is over.
const SLACK: Duration = Duration::from_millis(20);

/// Why a call failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum CallError {
    #[error("is not connected")]
    Unconnected,
    #[error("gave no answer in {0:?}")]
    Timeout(Duration),
    #[error("answered what this version does not understand")]
    Strange,
    #[error("found the call too late by its clock")]
    Late,
    #[error("has lost what it knew, and is being told anew")]
    Stale,
    #[error("failed: {0}")]
    Redis(#[from] RedisError),
}

/// An epoch of one tag.
#[derive(Debug)]
pub(super) struct Epoch {
    pub(super) id: String,
    pub(super) script: Text,
}

/// All keys of a tag are on one server.
pub(super) struct Tag {
    /// What its keys begin with.
    pub(super) name: String,
    epoch: watch::Sender<Option<Arc<Epoch>>>,
}

pub(super) struct Link {
    pub(super) settings: RedisSettings,
    pub(super) tags: Vec<Tag>,
    /// This replica, unlike any other and any before.
    id: String,
    /// When our clock began.
    origin: Instant,
    connection: Mutex<Option<Connection>>,
    standing: Mutex<Standing>,
    /// Wakes the keeper: something is wrong that it can mend.
    pub(super) trouble: Notify,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Link {
    pub(super) fn new(settings: RedisSettings, origin: Instant) -> Self {
        let tag = |name: String| Tag {
            name,
            epoch: watch::Sender::new(None),
        };
        let prefix = &settings.key_prefix;
        let tags = match settings.topology {
            Topology::Cluster => (0..TAGS_IN_CLUSTER)
                .map(|i| tag(format!("{{{prefix}:{i}}}")))
                .collect(),
            Topology::Single | Topology::Sentinel { .. } => vec![tag(format!("{{{prefix}}}"))],
        };
        let now = micros(origin.elapsed());
        Self {
            tags,
            id: format!("{:032x}", rand::random::<u128>()),
            origin,
            connection: Mutex::new(None),
            standing: Mutex::new(Standing::new(settings.replicas, now)),
            trouble: Notify::new(),
            settings,
        }
    }

    pub(super) fn now(&self) -> Micros {
        micros(self.origin.elapsed())
    }

    /// Looks at, or changes, what we stand at.
    pub(super) fn standing<T>(&self, with: impl FnOnce(&mut Standing) -> T) -> T {
        with(&mut lock(&self.standing))
    }

    pub(super) fn connected(&self) -> bool {
        lock(&self.connection).is_some()
    }

    /// Opens a new connection in place of any before.
    pub(super) async fn connect(&self) -> Result<(), CallError> {
        *lock(&self.connection) = None;
        let opened = Connection::open(&self.settings).await?;
        *lock(&self.connection) = Some(opened);
        Ok(())
    }

    /// Notes that a call failed. What is wrong with the connection the keeper mends.
    pub(super) fn failed(&self, call: Call, error: &CallError) {
        match error {
            // It works; only its clock or its memory is another, and the next beat learns which.
            CallError::Late | CallError::Stale => {
                self.trouble.notify_one();
                return;
            }
            CallError::Redis(error) if error.is_timeout() || mends_itself(error) => {}
            CallError::Redis(_) => *lock(&self.connection) = None,
            CallError::Unconnected | CallError::Timeout(_) | CallError::Strange => {}
        }
        let now = self.now();
        if self.standing(|standing| standing.failed(call, now)) {
            tracing::warn!(
                error = %error,
                "the budget store does not answer: reads go on in this replica's share of each quota, writes are refused"
            );
        }
        self.trouble.notify_one();
    }

    /// Sends a command within the time of a call.
    async fn ask(&self, command: &Cmd) -> Result<Value, CallError> {
        let connection = lock(&self.connection).clone();
        let mut connection = connection.ok_or(CallError::Unconnected)?;
        let limit = self.settings.timeout;
        match tokio::time::timeout(limit, connection.ask(command)).await {
            Ok(answer) => Ok(answer?),
            Err(_) => Err(CallError::Timeout(limit)),
        }
    }

    /// The latest that the store's clock can show while a call that leaves now is still waited for; 0 if unknown.
    fn not_after(&self, now: Micros) -> Micros {
        let limit = micros(self.settings.timeout) + micros(SLACK);
        let sight = self.standing(|standing| standing.sight());
        sight.map_or(0, |sight| sight.latest(now + limit))
    }

    /// One beat in one tag. Of the first tag's clock the others are told.
    pub(super) async fn beat(
        &self,
        index: usize,
        purpose: Purpose,
        rank: Option<u32>,
    ) -> Result<Heard, CallError> {
        let tag = self.tags.get(index).ok_or(CallError::Strange)?;
        let sent = self.now();
        if matches!(purpose, Purpose::Member | Purpose::Told) {
            let until = sent + micros(self.settings.timeout) + 2 * micros(SLACK);
            self.standing(|standing| standing.beat_leaves(until));
        }
        let arguments = |mut command: Cmd| {
            let sight = self.standing(|standing| standing.sight());
            let reference = sight.filter(|_| index > 0);
            command
                .arg(1)
                .arg(format!("{}fleet", tag.name))
                .arg(&self.id)
                .arg(self.settings.replicas)
                .arg(rank.map_or(-1, i64::from))
                .arg(purpose.word())
                .arg(self.not_after(sent))
                .arg(reference.map_or(0, |sight| sight.store(sent)));
            command
        };
        let answer = match self.ask(&arguments(BEAT_SCRIPT.by_name())).await {
            Err(CallError::Redis(error)) if unknown_script(&error) => {
                self.ask(&arguments(BEAT_SCRIPT.whole())).await?
            }
            answer => answer?,
        };
        let came = self.now();
        match script::heard(&answer).ok_or(CallError::Strange)? {
            Answer::Done(heard) => {
                self.saw(index, sent, came, heard.now);
                tag.enter(&heard.epoch);
                Ok(heard)
            }
            Answer::Late { now } => {
                self.saw(index, sent, came, now);
                Err(CallError::Late)
            }
            Answer::Stale => Err(CallError::Strange),
        }
    }

    /// Clocks of other tags follow the first's.
    pub(super) fn saw(&self, tag: usize, sent: Micros, came: Micros, store: Micros) {
        if tag == 0 {
            self.standing(|standing| standing.saw(Sight::of(sent, came, store)));
        }
    }

    /// Calls the reservation script of this tag's epoch, by its name, and if the server does not know it, by its text.
    pub(super) async fn reserve(
        &self,
        epoch: &Epoch,
        fill: impl Fn(&mut Cmd, &str, Micros, bool),
        sent: Micros,
    ) -> Result<Value, CallError> {
        let command = |mut command: Cmd, check: bool| {
            fill(&mut command, &epoch.id, self.not_after(sent), check);
            command
        };
        match self.ask(&command(epoch.script.by_name(), false)).await {
            Err(CallError::Redis(error)) if unknown_script(&error) => {
                self.ask(&command(epoch.script.whole(), true)).await
            }
            answer => answer,
        }
    }

    /// Holds a bucket that nobody spends, for a moment: whether reservations work, writing included.
    pub(super) async fn probe(&self, index: usize) -> Result<(), CallError> {
        let tag = self.tags.get(index).ok_or(CallError::Strange)?;
        let epoch = tag.epoch().ok_or(CallError::Stale)?;
        let fill = |command: &mut Cmd, id: &str, not_after: Micros, _: bool| {
            command
                .arg(2)
                .arg(format!("{}fleet", tag.name))
                .arg(format!("{}b:probe", tag.name))
                .arg(id)
                .arg(not_after)
                // The server is asked who it is.
                .arg(1)
                .arg(&["h", "1"]);
        };
        let answer = self.reserve(&epoch, fill, self.now()).await?;
        match script::given(&answer).ok_or(CallError::Strange)? {
            Answer::Done(_) => Ok(()),
            Answer::Late { .. } => Err(CallError::Late),
            Answer::Stale => Err(CallError::Stale),
        }
    }
}

impl Tag {
    pub(super) fn epoch(&self) -> Option<Arc<Epoch>> {
        self.epoch.borrow().clone()
    }

    /// Waits for another epoch than this one.
    pub(super) async fn other_than(&self, old: &Epoch) -> Option<Arc<Epoch>> {
        let mut epochs = self.epoch.subscribe();
        let other = |now: &Option<Arc<Epoch>>| now.as_ref().is_some_and(|now| now.id != old.id);
        epochs.wait_for(other).await.ok()?.clone()
    }

    fn enter(&self, id: &str) {
        self.epoch.send_if_modified(|epoch| {
            let new = epoch.as_ref().is_none_or(|epoch| epoch.id != id);
            if new {
                *epoch = Some(Arc::new(Epoch {
                    id: id.to_owned(),
                    script: script::reserving(id),
                }));
            }
            new
        });
    }
}

fn unknown_script(error: &RedisError) -> bool {
    error.kind() == ErrorKind::Server(ServerErrorKind::NoScript)
}

/// Whether the connection is as good as any other that could be opened now.
fn mends_itself(error: &RedisError) -> bool {
    matches!(
        error.kind(),
        ErrorKind::Server(ServerErrorKind::ResponseError | ServerErrorKind::BusyLoading)
    )
}
