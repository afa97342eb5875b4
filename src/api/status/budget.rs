//! What a budget refused: whose, for which call, and when to come back.

use std::time::Duration;

use super::{Failure, Reason};
use crate::{
    domain::{AccountId, Api, Region},
    events::Exhausted,
};

impl Failure {
    /// Says which budget refused a call: QuotaFailure with account, Region and operation as its subject.
    #[must_use]
    pub(super) fn budget(
        self,
        account: AccountId,
        region: &Region,
        api: Api,
        wait: Option<Duration>,
    ) -> Self {
        let when = match wait {
            Some(wait) => format!("its turn would come in {:.1} s", wait.as_secs_f64()),
            None => "its turn would come too late".to_owned(),
        };
        self.quota(format!("{account}/{region}/{api}"), when)
    }
}

impl From<Exhausted> for Failure {
    fn from(exhausted: Exhausted) -> Self {
        let failure = Self::new(Reason::BudgetExhausted, exhausted.to_string())
            .retry_after(exhausted.retry_after)
            .with("cells", exhausted.cells.to_string());
        let calls = exhausted.calls.iter();
        let failure = calls.fold(failure, |failure, call| {
            failure.budget(call.account, &call.region, call.api, Some(call.wait))
        });
        match exhausted.cells.saturating_sub(exhausted.calls.len()) {
            0 => failure,
            more => failure.quota("", format!("and {more} more")),
        }
    }
}

#[cfg(test)]
mod tests {
    use tonic::Code;
    use tonic_types::StatusExt;

    use super::*;
    use crate::events::RefusedCall;

    #[test]
    fn thirty_are_named_and_the_rest_counted_and_it_fits_into_trailers() {
        let call = |at: u64| RefusedCall {
            account: AccountId::from_u64(100_000_000_000 + at).unwrap(),
            region: "ap-southeast-1".parse().unwrap(),
            api: Api::LookupEvents,
            wait: Duration::from_millis(123_456 + at),
        };
        let status = Failure::from(Exhausted {
            cells: 8_500,
            calls: (0..30).map(call).collect(),
            retry_after: Duration::from_millis(123_456),
        })
        .into_status();
        assert_eq!(status.code(), Code::ResourceExhausted);
        let details = status.get_error_details();
        assert_eq!(details.error_info().unwrap().reason, "BUDGET_EXHAUSTED");
        let quota = &details.quota_failure().unwrap().violations;
        assert_eq!(quota.len(), 31);
        assert_eq!(
            quota[0].subject,
            "100000000000/ap-southeast-1/CloudTrail:LookupEvents"
        );
        assert_eq!(quota[30].description, "and 8470 more");
        let retry = details.retry_info().unwrap().retry_delay;
        assert_eq!(retry, Some(Duration::from_millis(123_456)));
        // In base64 it is a third longer, and clients take 8 KiB of trailers.
        assert!(status.details().len() * 4 / 3 < 7_000);
    }
}
