//! The log files that trails deliver to S3: how they are named, and what that says. Pure so far.
//!
//! Owns the layout of buckets. Knows nothing of gRPC.

pub mod name;
