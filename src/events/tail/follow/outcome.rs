//! What comes of a look: events to be sent, trouble, and when the cell is due again. Pure.

use std::{sync::Arc, time::Duration};

use crate::{
    budget::Prospect,
    domain::{Event, TimeWindow, Timestamp},
    events::tail::{
        GapReason, TailGap,
        cell::{Found, Look},
        rules::{rest, rest_after_failure},
    },
    fanout::Ended,
};

use super::{Follow, Looked, Now, Turn};

/// What is to be sent after a look, and how long its cell rests.
#[derive(Default)]
struct Outcome {
    events: Vec<Arc<Event>>,
    too_full: Option<i64>,
    rest: Duration,
}

impl Follow {
    /// Takes what came of a look: the events to be sent, and a hole to be told.
    pub(in crate::events::tail) fn looked(
        &mut self,
        at: usize,
        ended: Ended<Looked>,
        prospect: &Prospect,
        now: Now,
        chance: f64,
    ) -> (Vec<Arc<Event>>, Option<TailGap>) {
        let Some(entry) = self.entries.get_mut(at) else {
            return (Vec::new(), None);
        };
        let Turn::Reading { failing } = entry.turn else {
            return (Vec::new(), None);
        };
        self.under_way = self.under_way.saturating_sub(entry.expected);
        if let Some(looks) = self.looks.get_mut(usize::from(failing)) {
            *looks = looks.saturating_sub(1);
        }
        let cell = entry.target.cell.clone();
        let (before, trouble) = (entry.state.remembered(), entry.trouble.is_some());
        let outcome = self.outcome(at, ended, prospect, now, chance);
        if let Some(entry) = self.entries.get(at) {
            self.remembered = (self.remembered + entry.state.remembered()).saturating_sub(before);
            self.untold |= entry.trouble.is_some() != trouble;
        }
        self.rest(at, now.instant + outcome.rest);
        let gap = outcome.too_full.map(|second| TailGap {
            cell,
            window: TimeWindow::at(Timestamp::from_seconds(second)),
            reason: GapReason::TooManyEvents,
        });
        (outcome.events, gap)
    }

    fn outcome(
        &mut self,
        at: usize,
        ended: Ended<Looked>,
        prospect: &Prospect,
        now: Now,
        chance: f64,
    ) -> Outcome {
        let failure = match ended {
            Ended::Done(looked) => match looked.found {
                Ok(found) => {
                    return self.found(at, &looked.look, found, looked.calls, prospect, now);
                }
                Err(error) => Some((error, looked.calls, looked.throttles)),
            },
            Ended::Panicked => None,
        };
        let Some(entry) = self.entries.get_mut(at) else {
            return Outcome::default();
        };
        entry.failed(
            failure
                .as_ref()
                .map(|(e, calls, throttles)| (e, *calls, *throttles)),
        );
        Outcome {
            rest: rest_after_failure(&self.settings, entry.failures, chance),
            ..Outcome::default()
        }
    }

    /// A cell that is behind is read on at once, and what it spends is paid for when it has caught up. Otherwise it
    /// rests for what it owes, but for no longer than settled seconds may wait.
    fn found(
        &mut self,
        at: usize,
        look: &Look,
        found: Found,
        calls: u32,
        prospect: &Prospect,
        now: Now,
    ) -> Outcome {
        let room = self.settings.remembered.saturating_sub(self.remembered);
        let Some(entry) = self.entries.get_mut(at) else {
            return Outcome::default();
        };
        entry.well();
        entry.owed = entry.owed.saturating_add(calls);
        let news = entry.state.take(&self.rules, look, found, room);
        let left = self.rules.deep - entry.state.behind(&self.rules, now.second());
        let pause = if left > 0 {
            entry.held_before = self.held;
            let pays = rest(&self.settings, &self.rules, entry.owed, prospect);
            let left = Duration::from_secs(left.unsigned_abs());
            let pause = pays.min(left.max(self.settings.shortest));
            entry.pay(pause.div_duration_f64(pays));
            pause
        } else {
            Duration::ZERO
        };
        Outcome {
            events: news.events,
            too_full: news.too_full,
            rest: pause,
        }
    }
}
