//! What a write answers with.

use aws_types::request_id::RequestId;

/// A write that AWS confirmed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written<T = ()> {
    /// What it made, where there is something to tell.
    pub out: T,
    /// AWS's id of the request: what its support and the account's own CloudTrail know it by.
    pub request_id: Option<String>,
}

impl<T> Written<T> {
    pub(super) fn of(out: T, answer: &impl RequestId) -> Self {
        Self {
            out,
            request_id: answer.request_id().map(str::to_owned),
        }
    }
}
