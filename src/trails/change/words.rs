//! Why a target is not as wanted, in words that a caller can act on.

use crate::{
    aws::{AwsError, FailureKind},
    domain::{AccountId, CellReason, TrailArn, coverage::CellError},
};

use super::{
    plan::Impossible,
    request::{ChangeFailure, FieldChange},
    target::NoTrail,
};

/// A failure in our own words.
pub fn failure(reason: CellReason, message: String) -> ChangeFailure {
    ChangeFailure {
        reason,
        error: CellError {
            message,
            aws_code: None,
            aws_message: None,
            request_id: None,
            remembered_for: None,
        },
        preconditions: Vec::new(),
    }
}

/// Less would be recorded, and the request does not allow it.
pub fn reduced() -> ChangeFailure {
    let words = "less would be recorded, and `allow_reduced_logging` is not set";
    ChangeFailure {
        preconditions: vec![words.to_owned()],
        ..failure(CellReason::Precondition, words.to_owned())
    }
}

impl From<&AwsError> for ChangeFailure {
    fn from(error: &AwsError) -> Self {
        let preconditions = match error.reason() {
            CellReason::Precondition if !error.message.is_empty() => vec![error.message.clone()],
            _ => Vec::new(),
        };
        Self {
            reason: match error.kind {
                FailureKind::NotFound => CellReason::TrailNotFound,
                _ => error.reason(),
            },
            error: error.cell_error(),
            preconditions,
        }
    }
}

impl NoTrail {
    /// As the target's failure.
    pub fn failure(&self, account: AccountId) -> ChangeFailure {
        match self {
            Self::Unreadable(error) => error.into(),
            Self::NoSuchTrail => failure(
                CellReason::TrailNotFound,
                format!("account {account} has no trail of this name"),
            ),
            Self::Organizations(arn) => failure(
                CellReason::Refused,
                format!(
                    "{arn} is the organization's trail; it is changed for all accounts at once, \
                     with account {} among the targets",
                    arn.owner()
                ),
            ),
            Self::NotActive => failure(
                CellReason::AccountNotActive,
                format!("account {account} is not active"),
            ),
            Self::NotAuthorized => failure(
                CellReason::NotAuthorized,
                format!("the caller may not do this in account {account}; nothing was sent"),
            ),
            Self::Defect => failure(
                CellReason::Internal,
                "reading the account's trails failed in Trailplane itself".to_owned(),
            ),
        }
    }
}

impl Impossible {
    /// As the target's failure.
    pub fn failure(self, arn: &TrailArn) -> ChangeFailure {
        match self {
            Self::NoSuchTrail => failure(
                CellReason::TrailNotFound,
                format!("there is no trail {arn}"),
            ),
            Self::Differs(changes) => failure(
                CellReason::AlreadyExists,
                format!("{arn} exists, with other settings: {}", differing(&changes)),
            ),
            Self::NoBucket => failure(
                CellReason::Refused,
                format!("{arn} does not exist, and no bucket is named to create it with"),
            ),
        }
    }
}

fn differing(changes: &[FieldChange]) -> String {
    let each = |change: &FieldChange| {
        let or_nothing = |text: &str| match text {
            "" => "nothing".to_owned(),
            text => text.to_owned(),
        };
        let (path, before) = (&change.path, or_nothing(&change.before));
        format!("{path} is {before}, not {}", or_nothing(&change.after))
    };
    changes.iter().map(each).collect::<Vec<_>>().join("; ")
}
