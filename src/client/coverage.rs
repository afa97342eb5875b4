//! What an answer does not cover, in one line. Pure.

use std::collections::BTreeMap;

use crate::api::proto::{CellCounts, CellCoverage, Coverage};

use super::{Ending, escape::plain, words};

/// How many accounts of one reason are named.
const NAMED: usize = 3;

/// The coverage of one answer, or of all pages of it. What one page misses is missing in the whole.
#[derive(Debug, Default)]
pub struct Gaps {
    cells: BTreeMap<(String, String), i32>,
    counts: Option<CellCounts>,
    incomplete: bool,
    stale: bool,
    earlier: bool,
}

impl Gaps {
    /// Adds a page's.
    pub fn add(&mut self, coverage: Option<&Coverage>) {
        let Some(coverage) = coverage else {
            // An answer that does not say what it covers covers nothing for certain.
            self.incomplete = true;
            return;
        };
        self.incomplete |= !coverage.complete;
        self.stale |= coverage.accounts_stale;
        self.earlier |= coverage.earlier_gaps;
        self.counts = coverage.counts;
        self.add_cells(&coverage.cells);
    }

    /// Adds those of these cells that leave a gap.
    pub fn add_cells(&mut self, cells: &[CellCoverage]) {
        for cell in cells.iter().filter(|cell| cell.gap) {
            let place = (cell.account_id.clone(), cell.region.clone());
            self.cells.insert(place, cell.reason);
            self.incomplete = true;
        }
    }

    /// A cell has no gap any more.
    pub fn heal(&mut self, account: &str, region: &str) {
        self.cells.remove(&(account.to_owned(), region.to_owned()));
    }

    /// How many cells leave a gap.
    pub fn len(&self) -> usize {
        self.cells.len()
    }

    /// What the exit code says of it.
    pub fn ending(&self) -> Ending {
        Ending::of(!self.incomplete && !self.earlier)
    }

    /// In one line.
    pub fn summary(&self) -> String {
        let mut parts = Vec::new();
        if let Some(counts) = self.counts.filter(|counts| counts.total > 0) {
            parts.push(format!(
                "{} of {} complete",
                counts.complete,
                words::count(counts.total, "cell")
            ));
        }
        if !self.cells.is_empty() {
            parts.push(format!("missing: {}", self.missing()));
        }
        if self.earlier {
            parts.push("the part before the cursor had gaps".to_owned());
        }
        if self.stale {
            parts.push("the list of accounts is an old copy".to_owned());
        }
        let verdict = match self.ending() {
            Ending::Complete => "complete",
            _ => "partial",
        };
        format!("coverage: {verdict}; {}", parts.join("; "))
            .trim_end_matches("; ")
            .to_owned()
    }

    /// The cells that leave a gap, by reason.
    pub fn missing(&self) -> String {
        let mut by_reason: BTreeMap<i32, Vec<&(String, String)>> = BTreeMap::new();
        for (cell, reason) in &self.cells {
            by_reason.entry(*reason).or_default().push(cell);
        }
        let reasons = by_reason.into_iter().map(|(reason, cells)| {
            let reason = words::reason(reason);
            match accounts(&cells) {
                places if places.is_empty() => reason,
                places => format!("{} {reason} ({places})", cells.len()),
            }
        });
        reasons.collect::<Vec<_>>().join(", ")
    }
}

/// The accounts, and the Region of one that misses only that. What permissions left out has no name.
fn accounts(cells: &[&(String, String)]) -> String {
    let mut regions: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (account, region) in cells {
        regions.entry(account).or_default().push(region);
    }
    regions.remove("");
    let total = regions.len();
    let named = regions.into_iter().take(NAMED).map(|(account, regions)| {
        let account = plain(account);
        match regions.as_slice() {
            [region] => format!("{account} {}", plain(region)),
            _ => account.into_owned(),
        }
    });
    let mut named: Vec<String> = named.collect();
    if total > NAMED {
        named.push(format!(
            "{} more",
            words::count((total - NAMED) as u64, "account")
        ));
    }
    named.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(account: &str, region: &str, reason: i32) -> CellCoverage {
        CellCoverage {
            account_id: account.to_owned(),
            region: region.to_owned(),
            reason,
            gap: true,
            ..CellCoverage::default()
        }
    }

    fn coverage(cells: Vec<CellCoverage>) -> Coverage {
        let counts = CellCounts {
            total: 200,
            complete: 200 - u32::try_from(cells.len()).unwrap(),
            ..CellCounts::default()
        };
        Coverage {
            complete: cells.is_empty(),
            counts: Some(counts),
            cells,
            ..Coverage::default()
        }
    }

    fn summary(pages: &[Coverage]) -> (String, Ending) {
        let mut gaps = Gaps::default();
        for page in pages {
            gaps.add(Some(page));
        }
        (gaps.summary(), gaps.ending())
    }

    #[test]
    fn a_whole_answer_says_so() {
        let (text, ending) = summary(&[coverage(vec![])]);
        assert_eq!(text, "coverage: complete; 200 of 200 cells complete");
        assert_eq!(ending, Ending::Complete);
    }

    #[test]
    fn gaps_are_grouped_by_reason() {
        let mut cells = vec![cell("100000000002", "eu-west-1", 4)];
        for account in 3..9 {
            cells.push(cell(&format!("10000000000{account}"), "eu-west-1", 1));
            cells.push(cell(&format!("10000000000{account}"), "us-east-1", 1));
        }
        let (text, ending) = summary(&[coverage(cells)]);
        assert_eq!(
            text,
            "coverage: partial; 187 of 200 cells complete; missing: 12 ROLE_NOT_ASSUMABLE (100000000003, 100000000004, \
             100000000005, 3 accounts more), 1 REGION_DISABLED (100000000002 eu-west-1)"
        );
        assert_eq!(ending, Ending::Partial);
    }

    #[test]
    fn what_one_page_misses_is_missing_in_the_whole() {
        let first = coverage(vec![cell("100000000002", "eu-west-1", 7)]);
        let (text, ending) = summary(&[first, coverage(vec![])]);
        assert!(
            text.contains("1 DEADLINE_EXCEEDED (100000000002 eu-west-1)"),
            "{text}"
        );
        assert_eq!(ending, Ending::Partial);
    }

    #[test]
    fn what_permissions_left_out_has_no_name() {
        let mut narrowed = coverage(vec![]);
        narrowed.complete = false;
        narrowed.cells.push(cell("", "", 11));
        let (text, ending) = summary(&[narrowed]);
        assert!(text.ends_with("missing: NOT_AUTHORIZED"), "{text}");
        assert_eq!(ending, Ending::Partial);
    }

    #[test]
    fn without_a_coverage_nothing_is_certain() {
        let mut gaps = Gaps::default();
        gaps.add(None);
        assert_eq!(gaps.ending(), Ending::Partial);
        assert_eq!(gaps.summary(), "coverage: partial");
    }
}
