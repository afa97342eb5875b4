//! When a failure that repeats is worth a log line: at first, when it changes, and now and then while it lasts.

use std::{
    mem::{Discriminant, discriminant},
    time::Duration,
};

use tokio::time::Instant;

use crate::aws::{AwsError, FailureKind};

/// While a failure lasts, a line comes this often at most.
const REMIND_EVERY: Duration = Duration::from_secs(15 * 60);

/// What was complained of last, if it lasts.
#[derive(Debug, Default)]
pub(super) struct Complaint {
    last: Option<Told>,
}

#[derive(Debug)]
struct Told {
    kind: Discriminant<FailureKind>,
    code: Option<Box<str>>,
    at: Instant,
}

impl Complaint {
    /// Whether this failure should be logged; if so, it counts as logged.
    pub(super) fn due(&mut self, error: &AwsError) -> bool {
        let kind = discriminant(&error.kind);
        let told = self.last.as_ref().is_some_and(|told| {
            (told.kind, &told.code) == (kind, &error.code) && told.at.elapsed() < REMIND_EVERY
        });
        if !told {
            self.last = Some(Told {
                kind,
                code: error.code.clone(),
                at: Instant::now(),
            });
        }
        !told
    }

    /// It is over; whether there was anything.
    pub(super) fn over(&mut self) -> bool {
        self.last.take().is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{AccountId, Api};

    fn error(kind: FailureKind, code: Option<&str>) -> AwsError {
        AwsError {
            api: Api::ListAccounts,
            account: AccountId::from_u64(1).unwrap(),
            region: "us-east-1".parse().unwrap(),
            kind,
            code: code.map(Into::into),
            message: String::new(),
            request_id: None,
            remembered_for: None,
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_failure_is_told_once_and_again_when_it_changes_lasts_or_comes_back() {
        let mut complaint = Complaint::default();
        let away = error(FailureKind::Transient, None);
        let denied = error(FailureKind::AccessDenied, Some("AccessDenied"));
        assert!(complaint.due(&away));
        assert!(!complaint.due(&away));
        assert!(complaint.due(&denied));
        assert!(!complaint.due(&denied));
        tokio::time::advance(REMIND_EVERY).await;
        assert!(complaint.due(&denied));
        assert!(complaint.over());
        assert!(!complaint.over());
        assert!(complaint.due(&denied));
    }
}
