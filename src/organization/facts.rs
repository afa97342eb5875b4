//! What an organization is, and what an account is in it.

/// CloudTrail's service principal: what is given trusted access, and whom policies name.
pub const CLOUDTRAIL: &str = "cloudtrail.amazonaws.com";

/// Delegated administrators of CloudTrail that an organization may have (CloudTrail user guide, "Quotas").
pub const MOST_ADMINISTRATORS: usize = 3;

/// What an account is in its organization.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// It manages the others.
    Management,
    /// It administers CloudTrail for all.
    DelegatedAdministrator,
    /// Any other.
    Member,
}
