//! Which cells a tail cannot follow now, as its heartbeats tell it. Pure.

use crate::{api::proto::TailHeartbeat, client::coverage::Gaps};

/// What is followed, and what is not.
#[derive(Debug, Default)]
pub struct Health {
    gaps: Gaps,
    /// There are cells that the caller may not see.
    narrowed: bool,
    /// The last message was a part of a heartbeat, and another part follows.
    within: bool,
    /// What was said last.
    told: String,
}

impl Health {
    /// Takes a heartbeat in, or a part of one. At its end: what to say, if that has changed.
    pub fn hear(&mut self, beat: &TailHeartbeat) -> Option<String> {
        // Cells that are no targets any more are in none of its parts.
        if beat.whole && !self.within {
            self.gaps = Gaps::default();
        }
        let marks = beat.watermarks.iter();
        for cell in marks.filter_map(|mark| mark.cell.as_ref()) {
            self.gaps.heal(&cell.account_id, &cell.region);
        }
        self.gaps.add_cells(&beat.failing);
        self.narrowed = beat.narrowed_by_policy;
        self.within = beat.cursor.is_empty();
        let now = self.missing();
        if self.within || now == self.told {
            return None;
        }
        self.told.clone_from(&now);
        let said = if now.is_empty() { "nothing" } else { &now };
        Some(format!("not followed: {said}"))
    }

    /// The stream broke; the next one begins with a heartbeat.
    pub fn broke(&mut self) {
        self.within = false;
    }

    /// How many cells cannot be followed.
    pub fn failing(&self) -> usize {
        self.gaps.len()
    }

    /// Everything that was asked for is followed.
    pub fn is_good(&self) -> bool {
        self.gaps.len() == 0 && !self.narrowed
    }

    /// What is not, by reason.
    pub fn missing(&self) -> String {
        let cells = self.gaps.missing();
        match (self.narrowed, cells.is_empty()) {
            (false, _) => cells,
            (true, true) => "NOT_AUTHORIZED".to_owned(),
            (true, false) => format!("{cells}, NOT_AUTHORIZED"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::proto::{Cell, CellCoverage, TailWatermark};

    fn failing(account: &str) -> CellCoverage {
        CellCoverage {
            account_id: account.to_owned(),
            region: "eu-west-1".to_owned(),
            reason: 2,
            gap: true,
            ..CellCoverage::default()
        }
    }

    fn beat(whole: bool, cursor: &str, cells: &[&str]) -> TailHeartbeat {
        TailHeartbeat {
            whole,
            cursor: cursor.to_owned(),
            failing: cells.iter().map(|account| failing(account)).collect(),
            ..TailHeartbeat::default()
        }
    }

    #[test]
    fn what_changes_is_said_once_and_at_the_end_of_a_heartbeat() {
        let mut health = Health::default();
        assert_eq!(health.hear(&beat(true, "", &["1"])), None);
        let said = health.hear(&beat(true, "c", &["2"]));
        assert_eq!(
            said.as_deref(),
            Some("not followed: 2 ACCESS_DENIED (1 eu-west-1, 2 eu-west-1)")
        );
        assert_eq!(health.hear(&beat(false, "d", &[])), None);
        assert!(!health.is_good());
    }

    #[test]
    fn a_cell_that_has_a_watermark_again_or_is_no_target_any_more_is_not_missing() {
        let mut health = Health::default();
        health.hear(&beat(true, "c", &["1", "2"]));
        let mark = TailWatermark {
            cell: Some(Cell {
                account_id: "1".to_owned(),
                region: "eu-west-1".to_owned(),
            }),
            ..TailWatermark::default()
        };
        let healed = TailHeartbeat {
            watermarks: vec![mark],
            ..beat(false, "d", &[])
        };
        assert_eq!(
            health.hear(&healed).as_deref(),
            Some("not followed: 1 ACCESS_DENIED (2 eu-west-1)")
        );
        assert_eq!(
            health.hear(&beat(true, "e", &[])).as_deref(),
            Some("not followed: nothing")
        );
        assert!(health.is_good());
    }

    #[test]
    fn what_permissions_leave_out_is_missing() {
        let mut health = Health::default();
        let narrowed = TailHeartbeat {
            narrowed_by_policy: true,
            ..beat(true, "c", &[])
        };
        assert_eq!(
            health.hear(&narrowed).as_deref(),
            Some("not followed: NOT_AUTHORIZED")
        );
        assert!(!health.is_good());
    }
}
