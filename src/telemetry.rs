//! Logs and metrics. Metrics are data in one file.
