//! Who may call AWS when: one bucket per (account of the credentials, endpoint Region, API operation),
//! never above its quota, never idle while work waits. Knows nothing of AWS's SDK or of what the calls are for.

pub mod context;

pub use context::{CallerId, Lane, RequestContext, Tally};
