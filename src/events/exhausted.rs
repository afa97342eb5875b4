//! An answer that no cell's budget could serve: nothing was read, so there is nothing to cover. Pure.

use std::time::Duration;

use crate::{
    aws::FailureKind,
    domain::{AccountId, Api, Region},
    fanout::Ended,
};

use super::cell::{CellEnd, Why};

/// Calls that are told one by one.
const TOLD: usize = 30;

/// A call that its budget refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedCall {
    /// The account whose quota it is.
    pub account: AccountId,
    /// The Region.
    pub region: Region,
    /// The operation.
    pub api: Api,
    /// When its turn would come, from then on.
    pub wait: Duration,
}

/// Every cell that was attempted was refused by its budget.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "the call budgets of all {cells} cells can't serve the request before its deadline; nothing was sent"
)]
pub struct Exhausted {
    /// All cells that were refused.
    pub cells: usize,
    /// What was refused in the first of them.
    pub calls: Vec<RefusedCall>,
    /// The shortest of all waits.
    pub retry_after: Duration,
}

impl Exhausted {
    /// What comes of these cells' ends; `None` if any was not refused, or was read before.
    pub(super) fn of<'a>(ends: impl Iterator<Item = &'a Ended<CellEnd>>) -> Option<Self> {
        let mut all: Option<Self> = None;
        for end in ends {
            let call = refused(end)?;
            let all = all.get_or_insert_with(|| Self {
                cells: 0,
                calls: Vec::new(),
                retry_after: call.wait,
            });
            all.cells += 1;
            all.retry_after = all.retry_after.min(call.wait);
            if all.calls.len() < TOLD {
                all.calls.push(call);
            }
        }
        all
    }
}

fn refused(end: &Ended<CellEnd>) -> Option<RefusedCall> {
    let Ended::Done(end) = end else {
        return None;
    };
    let Why::Failed(error) = &end.why else {
        return None;
    };
    let FailureKind::BudgetExhausted { retry_after } = error.kind else {
        return None;
    };
    let nothing = end.progress.pages == 0 && end.progress.scanned == 0 && end.calls == 0;
    nothing.then(|| RefusedCall {
        account: error.account,
        region: error.region.clone(),
        api: error.api,
        wait: retry_after,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{aws::AwsError, domain::Timestamp, events::reader::Progress};

    fn end(kind: FailureKind, pages: u64) -> Ended<CellEnd> {
        let progress = Progress {
            pages,
            ..Default::default()
        };
        Ended::Done(CellEnd {
            progress,
            start: Timestamp::from_seconds(0),
            matched: 0,
            calls: 0,
            throttles: 0,
            why: Why::Failed(AwsError {
                api: Api::LookupEvents,
                account: "111111111111".parse().unwrap(),
                region: "eu-west-1".parse().unwrap(),
                kind,
                code: None,
                message: String::new(),
                remembered_for: None,
                request_id: None,
            }),
        })
    }

    fn after(seconds: u64) -> FailureKind {
        FailureKind::BudgetExhausted {
            retry_after: Duration::from_secs(seconds),
        }
    }

    #[test]
    fn only_if_nothing_at_all_was_read() {
        let refused = |seconds| end(after(seconds), 0);
        let all = Exhausted::of([refused(5), refused(3), refused(9)].iter()).unwrap();
        assert_eq!((all.cells, all.calls.len()), (3, 3));
        assert_eq!(all.retry_after, Duration::from_secs(3));
        assert_eq!(Exhausted::of([].iter()), None);
        for other in [
            end(FailureKind::DeadlineExceeded, 0),
            end(after(1), 1),
            Ended::Panicked,
        ] {
            assert_eq!(Exhausted::of([refused(5), other].iter()), None);
        }
    }

    #[test]
    fn many_are_counted_and_few_told() {
        let many: Vec<_> = (0..8_500).map(|at| end(after(at + 7), 0)).collect();
        let all = Exhausted::of(many.iter()).unwrap();
        assert_eq!((all.cells, all.calls.len()), (8_500, TOLD));
        assert_eq!(all.retry_after, Duration::from_secs(7));
    }
}
