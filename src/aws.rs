//! The one door to AWS: every attempt takes a budget token, is made once, and is classified by its code.
//! The only room that sees `aws_sdk_*` types. Knows nothing of who asks or why.
//!
//! One file an operation, each an `impl Door`: build the request, hand it to `Door::call`, convert the answer.

pub mod base;
pub mod classify;
mod clients;
mod describe_trails;
pub mod door;
pub mod error;
mod get_caller_identity;
pub mod lookup_events;
pub mod session;

pub use base::{BaseConfig, BaseIdentity};
pub use door::{AttemptObserver, Door, Outcome, Settings};
pub use error::{AwsError, FailureKind};
pub use lookup_events::{LookupPage, LookupQuery};
pub use session::{CredentialSource, Session};
