//! One cell being followed: what to read next, what of it is new, and up to when everything has been sent. Pure; times
//! are whole seconds since 1970, CloudTrail's resolution.
//!
//! That each event is sent once rests on two things alone. `through` only moves over seconds that are settled and were
//! read to the end in one look, all of whose new events are sent in the same step. And what is sent of later seconds is
//! remembered until `through` passes it. Everything else (looks at the newest seconds, looks that were cut off, events
//! that found no room to be remembered) may be lost and repeated at will: it only decides how soon an event is sent.

use std::{collections::BTreeSet, sync::Arc};

use sha2::{Digest, Sha256};

use crate::{domain::Event, events::cursor::TailCell};

use super::rules::Rules;

/// Records a second, until more is known of a cell: a page in a quarter of an hour.
const GUESS: f64 = 0.05;
/// More seconds than there are in any history.
const FOREVER: i64 = 1 << 40;
/// Seconds that weigh as much as what is known of the density.
const MEMORY: f64 = 300.0;

/// What a look is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Depth {
    /// Everything from the watermark on.
    Whole,
    /// Only what has settled, from the watermark on.
    Settled,
    /// Only the newest, as far back as a look reaches: CloudTrail tells of most events some minutes after they happened,
    /// so that a look at only what is new by the clock would find next to nothing.
    Newest,
}

/// A window to be read, both ends inclusive, newest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Look {
    pub(super) depth: Depth,
    pub(super) from: i64,
    pub(super) to: i64,
    /// When it was decided on: nothing that it reads is older.
    pub(super) began: i64,
    /// Records that it may read; with the page that comes to it, it ends.
    pub(super) most: u64,
}

/// What a look has found.
#[derive(Debug)]
pub(super) struct Found {
    /// What was asked for, in any order.
    pub(super) events: Vec<Arc<Event>>,
    /// Records read.
    pub(super) scanned: u64,
    /// If it ended before its window's start: the second in which it did.
    pub(super) cut_at: Option<i64>,
}

/// What comes of a look.
#[derive(Debug, Default)]
pub(super) struct News {
    /// To be sent, oldest first.
    pub(super) events: Vec<Arc<Event>>,
    /// A second that holds more than can be held at once: it is not sent.
    pub(super) too_full: Option<i64>,
}

/// Where one cell is.
#[derive(Debug, Clone)]
pub(super) struct Followed {
    through: i64,
    sent: BTreeSet<(i64, u64)>,
    /// Records a second.
    density: f64,
}

impl Followed {
    /// A cell of which nothing was sent; it begins with this second.
    pub(super) fn since(second: i64) -> Self {
        Self::at(TailCell {
            through: second - 1,
            sent: Vec::new(),
        })
    }

    /// A cell that goes on from here.
    pub(super) fn at(place: TailCell) -> Self {
        Self {
            through: place.through,
            sent: place.sent.into_iter().collect(),
            density: GUESS,
        }
    }

    /// Where it is, for a cursor.
    pub(super) fn place(&self) -> TailCell {
        TailCell {
            through: self.through,
            sent: self.sent.iter().copied().collect(),
        }
    }

    /// The second up to which everything has been sent.
    pub(super) fn through(&self) -> i64 {
        self.through
    }

    /// Events that are remembered.
    pub(super) fn remembered(&self) -> usize {
        self.sent.len()
    }

    /// Seconds that are settled and not sent.
    pub(super) fn behind(&self, rules: &Rules, now: i64) -> i64 {
        (rules.settled(now) - self.through).max(0)
    }

    /// Whether settled seconds should be read at once, rather than in the cell's own time.
    pub(super) fn is_behind(&self, rules: &Rules, now: i64) -> bool {
        self.behind(rules, now) >= rules.deep
    }

    /// Records that a look would read, about.
    pub(super) fn expected(&self, look: &Look) -> u64 {
        let expected = self.records(look.to - look.from + 1);
        if expected < 1.0 {
            1
        } else {
            whole(expected).min(look.most)
        }
    }

    /// What to read now; `None` if there is nothing that was not read.
    pub(super) fn look(&self, rules: &Rules, now: i64) -> Option<Look> {
        let from = self.through.saturating_add(1);
        let reach = self.reach(rules);
        let (depth, from, to) = if now - self.through <= reach {
            (Depth::Whole, from, now)
        } else if self.is_behind(rules, now) {
            let to = rules.settled(now).min(self.through.saturating_add(reach));
            (Depth::Settled, from, to)
        } else {
            (Depth::Newest, from.max(now - reach + 1), now)
        };
        let most = if from == to {
            rules.most_in_a_second
        } else {
            rules.most
        };
        (from <= to).then_some(Look {
            depth,
            from,
            to,
            began: now,
            most,
        })
    }

    /// Takes what a look has found. So many events more may be remembered.
    pub(super) fn take(&mut self, rules: &Rules, look: &Look, found: Found, room: usize) -> News {
        self.learn(look, &found);
        let passed = match (look.depth, found.cut_at) {
            (Depth::Whole | Depth::Settled, None) => rules.settled(look.began).min(look.to),
            (Depth::Settled, Some(_)) if look.from == look.to => {
                self.pass(look.to);
                return News {
                    events: Vec::new(),
                    too_full: Some(look.to),
                };
            }
            // What it read is sent when a shorter look has read it to the end.
            (Depth::Settled, Some(_)) => return News::default(),
            (Depth::Whole, Some(_)) | (Depth::Newest, _) => self.through,
        };
        let passed = passed.max(self.through);
        let mut events = found.events;
        events.sort_by(|a, b| b.key.cmp(&a.key));
        let mut room = room;
        events.retain(|event| self.is_news(event, passed, &mut room));
        self.pass(passed);
        News {
            events,
            too_full: None,
        }
    }

    /// Leaves everything up to this second out: the seconds that are left out.
    pub(super) fn skip(&mut self, to: i64) -> Option<(i64, i64)> {
        let from = self.through.saturating_add(1);
        self.pass(to);
        (from <= to).then_some((from, to))
    }

    /// Whether the event is to be sent, when everything up to `passed` is. If it is beyond, it is remembered, or else it
    /// has to wait until it is not.
    fn is_news(&mut self, event: &Event, passed: i64, room: &mut usize) -> bool {
        let second = event.key.time.seconds();
        let entry = (second, print(&event.key.event_id));
        if second <= self.through || self.sent.contains(&entry) {
            return false;
        }
        if second <= passed {
            // Within one look an id may come twice where a page token was lost; it is passed at the end.
            return self.sent.insert(entry);
        }
        if *room == 0 {
            return false;
        }
        *room -= 1;
        self.sent.insert(entry)
    }

    fn pass(&mut self, second: i64) {
        if second > self.through {
            self.through = second;
            self.sent = self.sent.split_off(&(second + 1, 0));
        }
    }

    /// How many seconds a look should take: half of its bound, because what is expected is an average.
    fn reach(&self, rules: &Rules) -> i64 {
        let seconds = float_u(rules.most) / 2.0 / self.density.max(1e-6);
        i64::try_from(whole(seconds)).map_or(FOREVER, |seconds| seconds.clamp(1, FOREVER))
    }

    fn records(&self, seconds: i64) -> f64 {
        self.density * float(seconds.max(0))
    }

    /// A look that was cut off shows how dense its part was, by its bound at least, so that the next one is shorter.
    fn learn(&mut self, look: &Look, found: &Found) {
        let read_from = found.cut_at.unwrap_or(look.from);
        let seconds = float((look.to - read_from + 1).max(1));
        if found.cut_at.is_some() {
            let seen = float_u(found.scanned.max(look.most)) / seconds;
            self.density = self.density.max(seen);
            return;
        }
        let seen = float_u(found.scanned) / seconds;
        let weight = seconds / (seconds + MEMORY);
        self.density += (seen - self.density) * weight;
    }
}

/// A number that stands for an event's id: 8 bytes of its SHA-256.
///
/// An event is lost only if it meets another one of its own cell and second with the same number, and less than a few
/// thousand are remembered of one second: less than one event in 10^15.
fn print(id: &str) -> u64 {
    let hash = Sha256::digest(id);
    hash.first_chunk()
        .map_or(0, |bytes| u64::from_be_bytes(*bytes))
}

#[expect(
    clippy::cast_precision_loss,
    reason = "seconds and records: far below 2^53"
)]
fn float(seconds: i64) -> f64 {
    seconds as f64
}

#[expect(
    clippy::cast_precision_loss,
    reason = "seconds and records: far below 2^53"
)]
fn float_u(records: u64) -> f64 {
    records as f64
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "saturates, and is never negative"
)]
fn whole(number: f64) -> u64 {
    number.ceil() as u64
}

#[cfg(test)]
mod tests;
