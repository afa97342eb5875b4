//! Identifiers as AWS writes them. Each is parsed once, at the edge, and is right from then on.

mod account_id;
mod external_id;
mod organization_id;
mod organizational_unit_id;
mod region;
mod role_arn;

pub use account_id::AccountId;
pub use external_id::ExternalId;
pub use organization_id::OrganizationId;
pub use organizational_unit_id::OrganizationalUnitId;
pub use region::{Partition, Region};
pub use role_arn::RoleArn;

/// A text that is not the identifier it was offered as.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{found:?} is not {expected}")]
pub struct InvalidId {
    /// What was offered, cut to 64 characters so that an error can be shown whole.
    pub found: String,
    /// The shape that was expected, as a phrase: "an account id: 12 digits".
    pub expected: &'static str,
}

impl InvalidId {
    pub(super) fn new(found: &str, expected: &'static str) -> Self {
        Self {
            found: found.chars().take(64).collect(),
            expected,
        }
    }
}
