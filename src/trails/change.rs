//! Changing trails: every write is one wish over many trails, planned by a pure function, carried out target by target.

pub mod request;

pub use crate::fanout::rollout::{MOST_PARALLEL, Rollout};
pub use request::{
    ChangeFailure, ChangeItem, ChangeRequest, FieldChange, Outcome, PlannedAction, StopReason,
    Summary, TargetResult, Where,
};
