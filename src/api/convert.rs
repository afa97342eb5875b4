//! From the wire to the rooms' own types and back. Parsing collects every violation and makes no AWS call;
//! what it lets through cannot be wrong in itself.

pub mod access;
pub mod accounts;
pub mod budgets;
pub mod changes;
pub mod coverage;
pub mod estimate;
pub mod events;
pub mod filters;
pub mod log_files;
pub mod lookup;
pub mod organization;
pub mod page;
pub mod selector;
pub mod tail;
pub mod time;
pub mod trails;
