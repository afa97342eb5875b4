//! How fast a bucket goes below its quota, learnt from throttles alone. Pure: moments are arguments.
//!
//! AWS publishes neither how it counts nor who else spends a quota. Two causes, two time-scales:
//!
//! * **A neighbour.** Somebody else spends the same quota for a while. Cut, leave the quota alone for a second, and climb
//!   back in about ten, slowly at first, so that the neighbour gets through. While one is known, climb for longer.
//! * **A strict server.** It allows no jitter, and throttles whenever the pace comes near to the quota. Lower the ceiling
//!   by a few percent, stay there, and forget slowly.
//!
//! A throttle near the ceiling may be either. What tells them apart is a test: some seconds at a pace that no strict
//! server minds and a neighbour would not allow. The numbers were found by simulating 40,000 calls against each of the four
//! models that AWS may count by, alone and with neighbours (ADR 0010).

mod wire;

use super::slots::Micros;

const SECOND: Micros = 1_000_000;

/// At most one cut in this time: throttles come in bursts, and one burst is one piece of news.
const CUT_AT_MOST_EVERY: Micros = SECOND;
/// After a throttle nothing is sent for this long.
pub const QUIET: Micros = SECOND;
/// What is left of the pace after a first throttle: less than what a neighbour with half of the quota leaves.
const CUT: f64 = 0.30;
/// The climb back to the ceiling.
const CLIMB: Micros = 10 * SECOND;
/// The climb while a neighbour is known: each time the ceiling is reached too early costs both a throttle.
const CLIMB_BESIDE_NEIGHBOUR: Micros = 30 * SECOND;
/// For how long a neighbour that has shown itself is reckoned with.
const NEIGHBOUR_IS_KNOWN: Micros = 300 * SECOND;
/// However many throttles, a tenth of the quota stays: without it nobody would learn that it is free again.
const FLOOR: f64 = 0.1;
/// A throttle at this part of the ceiling or above is near it.
const NEAR: f64 = 0.93;
/// A throttle within this time of reaching the ceiling belongs to reaching it.
const SOON: Micros = 10 * SECOND;
/// The test: a pace that no strict server throttles, for long enough that a neighbour shows.
const TEST: f64 = 0.85;
const TEST_FOR: Micros = 6 * SECOND;
/// The ceiling comes down by this when a strict server throttles soon after it was reached …
const STEP: f64 = 0.97;
/// … and by this when it throttles later: then it is nearly right.
const SMALL_STEP: f64 = 0.99;
/// Right after a step, for this long, a little below the ceiling.
const BELOW: f64 = 0.97;
const BELOW_FOR: Micros = 3 * SECOND;
/// No server is stricter than this: a bucket of depth 1 throttles 0.08 % at 0.90 (simulated).
const LOWEST_CEILING: f64 = 0.85;
/// So many steps within so long are no strict server, which would have been content: take them back.
const STEPS_TO_DOUBT: usize = 4;
const DOUBT_WITHIN: Micros = 20 * SECOND;
/// The ceiling rises by this part of the quota in a second: 1 % in ten minutes.
const FORGET: f64 = 0.005 / 300.0;

/// What the pace is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Back to the ceiling after a cut.
    Climbing,
    /// Finding out whether a neighbour or the server throttles.
    Testing,
    /// Just below a new, lower ceiling.
    Stepping,
}

/// The factor on a quota, and what was learnt to come to it. Never above 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pace {
    phase: Phase,
    /// The ceiling as it was set, and when.
    ceiling: f64,
    ceiling_at: Micros,
    /// The factor right after the last cut, when that was, and how long the way back takes.
    base: f64,
    cut_at: Micros,
    span: Micros,
    /// When a neighbour last showed itself.
    neighbour_at: Option<Micros>,
    /// When the ceiling was last lowered, newest first.
    steps: [Option<Micros>; STEPS_TO_DOUBT],
}

impl Pace {
    /// The pace after a first throttle.
    pub fn cut(now: Micros) -> Self {
        Self {
            phase: Phase::Climbing,
            ceiling: 1.0,
            ceiling_at: now,
            base: CUT,
            cut_at: now,
            span: CLIMB,
            neighbour_at: None,
            steps: [None; STEPS_TO_DOUBT],
        }
    }

    /// The factor now.
    pub fn factor(&self, now: Micros) -> f64 {
        let ceiling = self.ceiling(now);
        let since = now.saturating_sub(self.cut_at);
        if since >= self.span {
            return ceiling;
        }
        match self.phase {
            Phase::Testing => ceiling * TEST,
            Phase::Stepping => ceiling * BELOW,
            // Slowly at first: a neighbour that is still there is met late, and at little excess.
            Phase::Climbing => {
                let way = ratio(since, self.span).powi(3);
                (self.base + (ceiling - self.base) * way).clamp(FLOOR, ceiling)
            }
        }
    }

    /// How high the factor may go now: below 1 if the server is strict.
    pub fn ceiling(&self, now: Micros) -> f64 {
        let forgotten = ratio(now.saturating_sub(self.ceiling_at), SECOND) * FORGET;
        (self.ceiling + forgotten).min(1.0)
    }

    /// What others seem to spend, as a part of the quota: what the cut leaves them, until the climb takes it back.
    pub fn foreign(&self, now: Micros) -> f64 {
        match self.phase {
            Phase::Climbing => (self.ceiling(now) - self.factor(now)).max(0.0),
            Phase::Testing | Phase::Stepping => 0.0,
        }
    }

    /// When AWS last throttled, as far as it changed the pace.
    pub fn cut_at(&self) -> Micros {
        self.cut_at
    }

    /// Whether a slot that was given under the pace cut then (`None`: under none) was given under an older pace than this. A
    /// throttle of its attempt says nothing of this one. The moments may come from two clocks' views of one cut, and cuts
    /// are a second apart.
    pub fn is_newer_than(&self, cut_at: Option<Micros>) -> bool {
        cut_at.is_none_or(|at| at + CUT_AT_MOST_EVERY / 2 < self.cut_at)
    }

    /// Whether all of it is forgotten: the ceiling is the quota again and nobody else is known.
    pub fn forgotten(&self, now: Micros) -> bool {
        self.factor(now) >= 1.0 && !self.knows_neighbour(now)
    }

    /// Takes note of a throttle; `false` if it belongs to one already noted.
    pub fn throttled(&mut self, now: Micros) -> bool {
        if now.saturating_sub(self.cut_at) < CUT_AT_MOST_EVERY {
            return false;
        }
        let (ceiling, factor) = (self.ceiling(now), self.factor(now));
        let near = factor >= NEAR * ceiling;
        let soon = now < self.cut_at + self.span + SOON;
        let may_be_strict = near && !self.knows_neighbour(now);
        let tested = self.phase == Phase::Testing && soon;
        if may_be_strict && (ceiling < 0.999 || tested) {
            self.step_down(now, ceiling, soon);
        } else if may_be_strict && soon && self.phase == Phase::Climbing {
            self.phase = Phase::Testing;
            self.span = TEST_FOR;
        } else {
            if !near {
                self.neighbour_at = Some(now);
            }
            self.give_way(now, if near && !soon { 1.0 } else { factor });
        }
        self.cut_at = now;
        true
    }

    fn knows_neighbour(&self, now: Micros) -> bool {
        self.neighbour_at
            .is_some_and(|at| now.saturating_sub(at) < NEIGHBOUR_IS_KNOWN)
    }

    /// A strict server: a lower ceiling. One that is never low enough was a neighbour all along.
    fn step_down(&mut self, now: Micros, ceiling: f64, soon: bool) {
        let doubtful = |at: &Option<Micros>| at.is_some_and(|at| now - at < DOUBT_WITHIN);
        if self.steps.iter().all(doubtful) {
            self.ceiling = 1.0;
            self.neighbour_at = Some(now);
            self.steps = [None; STEPS_TO_DOUBT];
            self.give_way(now, 1.0);
        } else {
            self.steps.rotate_right(1);
            if let Some(first) = self.steps.first_mut() {
                *first = Some(now);
            }
            let step = if soon { STEP } else { SMALL_STEP };
            self.ceiling = (ceiling * step).max(LOWEST_CEILING);
            self.phase = Phase::Stepping;
            self.span = BELOW_FOR;
        }
        self.ceiling_at = now;
    }

    fn give_way(&mut self, now: Micros, factor: f64) {
        self.phase = Phase::Climbing;
        self.base = (factor / 2.0).clamp(FLOOR, CUT);
        self.span = match self.knows_neighbour(now) {
            true => CLIMB_BESIDE_NEIGHBOUR,
            false => CLIMB,
        };
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "microseconds of hours are far below 2^53"
)]
fn ratio(part: Micros, whole: Micros) -> f64 {
    part as f64 / whole.max(1) as f64
}

#[cfg(test)]
mod tests;
