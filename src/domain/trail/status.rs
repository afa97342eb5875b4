//! Whether a trail is logging, and how its deliveries go.

use crate::domain::Timestamp;

/// What GetTrailStatus tells, without the members that AWS no longer uses.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TrailStatus {
    /// Whether it is logging.
    pub logging: bool,
    /// When logging was last started.
    pub started: Option<Timestamp>,
    /// When logging was last stopped.
    pub stopped: Option<Timestamp>,
    /// Delivery of log files to S3.
    pub delivery: Delivery,
    /// Telling the topic.
    pub notification: Delivery,
    /// Sending events to CloudWatch Logs.
    pub log_group: Delivery,
    /// Delivery of digest files to S3.
    pub digest: Delivery,
}

/// How one way out of a trail goes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Delivery {
    /// When it last succeeded.
    pub latest: Option<Timestamp>,
    /// Why it last failed, if it did.
    pub error: Option<String>,
}
