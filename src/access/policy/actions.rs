//! The actions of the schema that are no RPC's.

use crate::domain::Deed;

/// What a deed is called where it is not the RPC itself.
pub(super) fn of_deed(deed: Deed, rpc: &'static str) -> &'static str {
    match deed {
        Deed::Call => rpc,
        Deed::ReduceLogging => "ReduceLogging",
        Deed::SeeSecrets => "SeeSecrets",
    }
}

/// How urgent work may be, the most urgent first. What is in no lane of these is nobody's to forbid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rank {
    /// A person waits.
    Interactive,
    /// A program waits.
    Standard,
    /// A long answer.
    Batch,
}

impl Rank {
    /// The action by which a policy forbids it.
    pub(super) fn action(self) -> &'static str {
        match self {
            Self::Interactive => "UseInteractiveLane",
            Self::Standard => "UseStandardLane",
            Self::Batch => "UseBatchLane",
        }
    }
}

/// Lanes are allowed unless they are forbidden: a service that quietly works in its slowest lane, because its policies do
/// not speak of lanes, would be a riddle.
pub(super) const LANES: &str = r#"
@id("built-in: lanes are allowed unless forbidden")
permit (principal, action in Action::"Lanes", resource);
"#;
