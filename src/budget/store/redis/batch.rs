//! What buckets ask, many in one round trip.

use std::{sync::Arc, time::Duration};

use futures_util::{StreamExt, stream::FuturesUnordered};
use redis::Cmd;
use tokio::{
    sync::{mpsc, oneshot},
    time::Instant,
};
use tokio_util::sync::CancellationToken;

use crate::budget::{
    BucketKey,
    pace::Pace,
    slots::{Ask, Micros, micros},
};

use super::{
    super::{Reservation, StoreError},
    link::{CallError, Epoch, Link, Tag},
    script::{self, Answer, Given, REACH},
    sight::difference,
    standing::Call,
};

/// So many wishes in one call at most: what Redis does in two or three milliseconds, in which it does nothing else.
const BATCH: usize = 256;

/// So many calls at once: one is worked on, one is on its way there and one back, and one is being put together.
const IN_FLIGHT: usize = 4;

/// What may wait to be sent: what 50,000 reservations a second bring in the 50 ms of a call, and as much again of
/// slots that are given back.
pub(super) const QUEUE: usize = 5_000;

/// The most slots of one reservation.
const MOST: u64 = 256;

/// What is wanted of one bucket.
pub(super) struct Wish {
    pub(super) key: BucketKey,
    pub(super) what: What,
}

pub(super) enum What {
    Reserve {
        ask: Ask,
        /// When it was asked: what is older than a call's time is not sent any more.
        at: Instant,
        answer: oneshot::Sender<Result<Reservation, StoreError>>,
    },
    GiveBack {
        due: Micros,
        unused: Micros,
    },
    Slowed {
        hold: Micros,
        /// When the pace that this one was made from was cut.
        before: Option<Micros>,
        pace: Pace,
    },
}

/// So many slots are given for an ask at most: one, or what fits in the reach.
fn most(ask: Ask) -> u64 {
    let reach = 1 + micros(REACH) / ask.interval.max(1);
    reach.min(MOST).min(u64::from(ask.count))
}

/// Sends what comes until `stop`.
pub(super) async fn send(
    link: Arc<Link>,
    mut queue: mpsc::Receiver<Wish>,
    stop: CancellationToken,
) {
    let mut calls = FuturesUnordered::new();
    let mut wishes = Vec::with_capacity(BATCH);
    loop {
        tokio::select! {
            biased;
            () = stop.cancelled() => break,
            Some(left) = calls.next() => {
                if !Vec::is_empty(&left) {
                    calls.push(call(&link, index_of(&link, &left), left));
                }
            }
            count = queue.recv_many(&mut wishes, BATCH), if calls.len() < IN_FLIGHT => {
                if count == 0 {
                    break;
                }
                for (tag, wishes) in by_tag(&link, wishes.drain(..)) {
                    calls.push(call(&link, tag, wishes));
                }
            }
        }
    }
    while calls.next().await.is_some() {}
}

/// Splits a batch by tags. A bucket is always in the same.
fn by_tag(link: &Link, wishes: impl Iterator<Item = Wish>) -> Vec<(usize, Vec<Wish>)> {
    let mut tags: Vec<(usize, Vec<Wish>)> = Vec::new();
    for wish in wishes {
        let tag = tag_of(&wish.key, link.tags.len());
        match tags.iter_mut().find(|(known, _)| *known == tag) {
            Some((_, wishes)) => wishes.push(wish),
            None => tags.push((tag, vec![wish])),
        }
    }
    tags
}

/// The same on every replica and in every version: FNV-1a of the bucket's name.
fn tag_of(key: &BucketKey, tags: usize) -> usize {
    if tags <= 1 {
        return 0;
    }
    let hash = name(key)
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
    usize::try_from(hash % tags as u64).unwrap_or(0)
}

fn index_of(link: &Link, wishes: &[Wish]) -> usize {
    wishes
        .first()
        .map_or(0, |wish| tag_of(&wish.key, link.tags.len()))
}

fn name(key: &BucketKey) -> String {
    format!("{}:{}:{}", key.account, key.region, key.api.as_str())
}

/// One call, and its answers to all who asked. What is left to do comes back: what nobody took is to be given back, and a
/// throttle that the newest pace did not know is to be told to it.
async fn call(link: &Link, index: usize, wishes: Vec<Wish>) -> Vec<Wish> {
    let limit = link.settings.timeout;
    let (live, old): (Vec<Wish>, Vec<Wish>) =
        wishes.into_iter().partition(|wish| !wish.is_old(limit));
    refuse(old, &CallError::Timeout(limit));
    let Some(tag) = link.tags.get(index).filter(|_| !live.is_empty()) else {
        return Vec::new();
    };
    let sent = link.now();
    let within = tokio::time::timeout(2 * limit, reserve(link, index, tag, &live, sent)).await;
    match within.unwrap_or(Err(CallError::Timeout(limit))) {
        Ok((now, given)) => {
            link.standing(|standing| standing.batch_came());
            let ahead = difference(now, link.now());
            let answers = live.into_iter().zip(given);
            let left = answers.filter_map(|(wish, given)| wish.answer(now, ahead, given));
            left.collect()
        }
        Err(error) => {
            link.failed(Call::Reserve, &error);
            refuse(live, &error);
            Vec::new()
        }
    }
}

fn refuse(wishes: Vec<Wish>, error: &CallError) {
    for wish in wishes {
        if let What::Reserve { answer, .. } = wish.what {
            // Who left need not know.
            let _ = answer.send(Err(StoreError(error.to_string())));
        }
    }
}

/// The call itself; once more if the store turns out to be in another epoch.
async fn reserve(
    link: &Link,
    index: usize,
    tag: &Tag,
    wishes: &[Wish],
    sent: Micros,
) -> Result<(Micros, Vec<Option<Given>>), CallError> {
    let mut epoch = tag.epoch().ok_or(CallError::Stale)?;
    loop {
        match in_epoch(link, index, tag, wishes, &epoch).await {
            Err(CallError::Stale) if link.now() < sent + micros(link.settings.timeout) => {
                link.trouble.notify_one();
                epoch = tag.other_than(&epoch).await.ok_or(CallError::Stale)?;
            }
            answer => return answer,
        }
    }
}

async fn in_epoch(
    link: &Link,
    index: usize,
    tag: &Tag,
    wishes: &[Wish],
    epoch: &Epoch,
) -> Result<(Micros, Vec<Option<Given>>), CallError> {
    let sent = link.now();
    let shift = link
        .standing(|standing| standing.sight())
        .map_or(0, |sight| sight.ahead());
    let fill = |command: &mut Cmd, id: &str, not_after: Micros, check: bool| {
        command
            .arg(wishes.len() + 1)
            .arg(format!("{}fleet", tag.name));
        for wish in wishes {
            command.arg(format!("{}b:{}", tag.name, name(&wish.key)));
        }
        command.arg(id).arg(not_after).arg(u8::from(check));
        for wish in wishes {
            wish.words(command, shift);
        }
    };
    let answer = link.reserve(epoch, fill, sent).await?;
    match script::given(&answer).ok_or(CallError::Strange)? {
        Answer::Done(given) => Ok(given),
        Answer::Late { now } => {
            link.saw(index, sent, link.now(), now);
            Err(CallError::Late)
        }
        Answer::Stale => Err(CallError::Stale),
    }
}

/// The news of a throttle for the newest pace, from one who only knew the pace cut `before`. None if the newest was cut
/// since then: what was throttled had left under the older pace.
fn told(newest: Pace, before: Option<Micros>, throttled_at: Micros) -> Option<What> {
    let mut pace = newest;
    let news = !newest.is_newer_than(before) && pace.throttled(throttled_at);
    news.then(|| What::Slowed {
        // The bucket is held already.
        hold: 0,
        before: Some(newest.cut_at()),
        pace,
    })
}

impl Wish {
    fn is_old(&self, limit: Duration) -> bool {
        match &self.what {
            What::Reserve { at, .. } => at.elapsed() >= limit,
            What::GiveBack { .. } | What::Slowed { .. } => false,
        }
    }

    fn words(&self, command: &mut Cmd, shift: i64) {
        match &self.what {
            What::Reserve { ask, .. } => {
                let ask = *ask;
                command.arg("r").arg(most(ask)).arg(ask.interval);
                command.arg(ask.turn).arg(ask.not_before);
            }
            What::GiveBack { due, unused } => {
                command.arg("g").arg(*due).arg(*unused);
            }
            What::Slowed { hold, before, pace } => {
                let there = |at: Micros| difference(at, 0).saturating_add(shift);
                command.arg("s").arg(*hold).arg(before.map_or(0, there));
                command.arg(there(pace.cut_at())).arg(pace.encode(shift));
            }
        }
    }

    /// Hands on what was given at `now` of the store, which is `ahead` of ours, and says what is still to be done.
    fn answer(self, now: Micros, ahead: i64, given: Option<Given>) -> Option<Wish> {
        let answer = match self.what {
            What::Reserve { answer, .. } => answer,
            What::GiveBack { .. } => return None,
            What::Slowed { before, pace, .. } => {
                let newest = Pace::decode(&given?.pace?, ahead)?;
                let what = told(newest, before, pace.cut_at())?;
                return Some(Wish { what, ..self });
            }
        };
        let Some(given) = given else {
            let _ = answer.send(Err(StoreError(CallError::Strange.to_string())));
            return None;
        };
        let due = given.due;
        let unused = given.delays.first().map(|delay| now + delay);
        let reservation = Reservation {
            slots: given.delays,
            due,
            ahead,
            retry_after: Duration::from_micros(given.retry),
            pace: given.pace.and_then(|pace| Pace::decode(&pace, ahead)),
        };
        // What nobody takes is to be given back.
        let left = answer.send(Ok(reservation)).is_err();
        unused.filter(|_| left).map(|unused| Wish {
            key: self.key,
            what: What::GiveBack { due, unused },
        })
    }
}
