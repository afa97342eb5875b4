//! What the rest of the service holds of the audit.

use std::{sync::Arc, time::Duration};

use tokio::{sync::oneshot, time::timeout};

use super::{
    PATIENCE, RETRY,
    queue::{Item, Permit},
    record::{Deed, Ended, Entry, Request},
    status::{Shared, Status},
};

/// An intent could not be written: what was to be done must not be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the audit cannot be written, so that nothing is changed: {reason}")]
pub struct Unavailable {
    reason: Arc<str>,
}

impl Unavailable {
    pub(super) fn new(reason: &str) -> Self {
        Self {
            reason: reason.into(),
        }
    }

    /// Why, for operators.
    pub fn reason(&self) -> &str {
        &self.reason
    }

    /// When it is worth asking again.
    pub fn retry_after(&self) -> Duration {
        RETRY
    }
}

/// The audit, or none. Cloning shares it.
#[derive(Debug, Clone, Default)]
pub struct Audit(Option<Arc<Shared>>);

impl Audit {
    /// Records nothing, and refuses nothing.
    pub fn off() -> Self {
        Self(None)
    }

    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self(Some(shared))
    }

    /// Whether intents can be written, as far as is known: asked before anything is spent on a change.
    ///
    /// # Errors
    ///
    /// The last one could not be written, and none since.
    pub fn ready(&self) -> Result<(), Unavailable> {
        match self.0.as_ref().and_then(|shared| shared.failing()) {
            None => Ok(()),
            Some(why) => Err(why),
        }
    }

    /// Writes what is about to be done to one target. It is safe on the disk when this ends. Whoever stops waiting has not
    /// begun, and the record will say so.
    ///
    /// # Errors
    ///
    /// It cannot be written now: it must not be done.
    pub async fn intent(&self, deed: Deed, actions: &[String]) -> Result<Open, Unavailable> {
        let Some(shared) = &self.0 else {
            return Ok(Open(None));
        };
        self.ready()?;
        let written = timeout(PATIENCE, write(Arc::clone(shared), deed, actions));
        let late = || Unavailable::new("a record was not written in time");
        written.await.unwrap_or_else(|_| Err(late()))
    }

    /// Records a target to which nothing was to be done, so that there was no intent.
    pub fn untouched(&self, deed: &Deed, ended: &Ended) {
        if let Some(shared) = &self.0 {
            let entry = Entry::outcome(None, deed, ended);
            shared.queue.push(Item::Loose(entry));
        }
    }

    /// Records the end of a request that changes nothing.
    pub fn read(&self, request: Request) {
        self.loose(Entry::Read(request));
    }

    /// Records the end of a request that was to change something.
    pub fn write(&self, request: Request) {
        self.loose(Entry::Write(request));
    }

    fn loose(&self, entry: Entry) {
        if let Some(shared) = &self.0 {
            shared.queue.push(Item::Loose(entry));
        }
    }

    /// What there is to say of it; nothing if there is none.
    pub fn status(&self) -> Option<Status> {
        self.0.as_ref().map(|shared| shared.status())
    }

    #[cfg(test)]
    pub(super) fn places(&self) -> usize {
        let shared = self.0.as_ref();
        shared.map_or(0, |shared| shared.places.available_permits())
    }

    /// Whether there is one.
    pub fn is_on(&self) -> bool {
        self.0.is_some()
    }
}

async fn write(shared: Arc<Shared>, deed: Deed, actions: &[String]) -> Result<Open, Unavailable> {
    let ending = || Unavailable::new("the process is ending");
    let place = Arc::clone(&shared.places).acquire_owned().await;
    let permit = place.map_err(|_| ending())?;
    let (ack, written) = oneshot::channel();
    let id = shared.id();
    shared.queue.push(Item::Intent {
        entry: Entry::intent(&id, &deed, actions),
        permit,
        ack,
    });
    let mut opening = Opening {
        intent: Some(Intent { shared, id, deed }),
        written,
    };
    let answer = (&mut opening.written).await;
    let intent = opening.intent.take();
    let permit = answer.unwrap_or_else(|_| Err(ending()))?;
    Ok(Open(intent.map(|intent| (intent, permit))))
}

/// An intent, and all that its outcome repeats of it.
#[derive(Debug)]
struct Intent {
    shared: Arc<Shared>,
    id: String,
    deed: Deed,
}

impl Intent {
    fn ended(self, permit: Permit, ended: &Ended) {
        let entry = Entry::outcome(Some(self.id), &self.deed, ended);
        self.shared.queue.push(Item::Outcome { entry, permit });
    }
}

/// An intent that is being written.
struct Opening {
    intent: Option<Intent>,
    written: oneshot::Receiver<Result<Permit, Unavailable>>,
}

impl Drop for Opening {
    /// Who stopped waiting has done nothing. What had been written by then gets its outcome here, and what will be by the
    /// writer.
    fn drop(&mut self) {
        self.written.close();
        if let (Some(intent), Ok(Ok(permit))) = (self.intent.take(), self.written.try_recv()) {
            intent.ended(permit, &Ended::not_started("cancelled"));
        }
    }
}

/// An intent that is written, and whose outcome is not known yet.
#[derive(Debug)]
#[must_use = "an intent has an outcome"]
pub struct Open(Option<(Intent, Permit)>);

impl Open {
    /// Tells what became of it.
    pub fn ended(mut self, ended: &Ended) {
        self.tell(ended);
    }

    fn tell(&mut self, ended: &Ended) {
        if let Some((intent, permit)) = self.0.take() {
            intent.ended(permit, ended);
        }
    }
}

impl Drop for Open {
    /// Whoever did it panicked, or was cut off.
    fn drop(&mut self) {
        self.tell(&Ended::lost());
    }
}
