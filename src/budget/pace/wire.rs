//! A pace as it travels between replicas: a line of whole numbers, its moments on the store's clock.

use super::{Micros, Pace, Phase, STEPS_TO_DOUBT};

/// The form; one that is not known is not read.
const FORM: i64 = 1;
const MILLIONTHS: f64 = 1e6;

impl Pace {
    /// The pace in words, each moment moved by `shift` (the store's clock minus ours).
    pub fn encode(&self, shift: i64) -> String {
        let moved = |at: Micros| i64::try_from(at).unwrap_or(i64::MAX).saturating_add(shift);
        let maybe = |at: Option<Micros>| at.map_or(i64::MIN, moved);
        let mut words = vec![
            FORM,
            match self.phase {
                Phase::Climbing => 0,
                Phase::Testing => 1,
                Phase::Stepping => 2,
            },
            millionths(self.ceiling),
            moved(self.ceiling_at),
            millionths(self.base),
            moved(self.cut_at),
            i64::try_from(self.span).unwrap_or(i64::MAX),
            maybe(self.neighbour_at),
        ];
        words.extend(self.steps.map(maybe));
        let words: Vec<String> = words.iter().map(i64::to_string).collect();
        words.join(" ")
    }

    /// Reads what [`Pace::encode`] wrote, each moment moved back by `shift`. `None` if it is not in this form.
    pub fn decode(text: &str, shift: i64) -> Option<Self> {
        let words: Vec<i64> = text
            .split(' ')
            .map(str::parse)
            .collect::<Result<_, _>>()
            .ok()?;
        let [
            FORM,
            phase,
            ceiling,
            ceiling_at,
            base,
            cut_at,
            span,
            neighbour_at,
            steps @ ..,
        ] = words.as_slice()
        else {
            return None;
        };
        // A moment before our clock began is its beginning.
        let back = |at: &i64| u64::try_from(at.saturating_sub(shift)).unwrap_or(0);
        let maybe = |at: &i64| (*at != i64::MIN).then(|| back(at));
        let steps: [i64; STEPS_TO_DOUBT] = steps.try_into().ok()?;
        Some(Self {
            phase: match phase {
                0 => Phase::Climbing,
                1 => Phase::Testing,
                2 => Phase::Stepping,
                _ => return None,
            },
            ceiling: part(*ceiling)?,
            ceiling_at: back(ceiling_at),
            base: part(*base)?,
            cut_at: back(cut_at),
            span: u64::try_from(*span).ok()?,
            neighbour_at: maybe(neighbour_at),
            steps: steps.each_ref().map(maybe),
        })
    }
}

#[expect(clippy::cast_possible_truncation, reason = "parts of 1 in millionths")]
fn millionths(part: f64) -> i64 {
    (part * MILLIONTHS).round() as i64
}

#[expect(clippy::cast_precision_loss, reason = "parts of 1 in millionths")]
fn part(millionths: i64) -> Option<f64> {
    (1..=1_000_000)
        .contains(&millionths)
        .then(|| millionths as f64 / MILLIONTHS)
}
