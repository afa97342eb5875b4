//! The audit.

use std::{path::Path, sync::Arc};

use crate::{
    app::{AppError, admin::Condition, error::chain},
    audit::{self, Audit, Key, Writer},
    config,
    domain::WallClock,
    telemetry::{Metrics, Records},
};

/// The audit, and the writer that a task is to run; nothing if it is off.
pub(in crate::app) async fn open(
    config: &config::Audit,
    copies: Option<Records>,
    clock: WallClock,
) -> Result<Option<(Audit, Writer)>, AppError> {
    let settings = audit::Settings {
        file: config.file.clone(),
        rotate_at: u64::try_from(config.max_file_bytes.0).unwrap_or(u64::MAX),
        stdout: config.stdout,
        copy: copies.map(|records| audit::Copied(Arc::new(move |line| records.send(line)))),
        key: config.key_file.as_deref().map(key).transpose()?,
    };
    let opened = audit::open(settings, clock).await;
    opened.map_err(|error| AppError::Start {
        step: "audit (audit.file)",
        message: chain(&error),
    })
}

/// The key in this file.
pub(in crate::app) fn key(path: &Path) -> Result<Key, AppError> {
    let wrong = |message: String| AppError::File {
        path: path.to_owned(),
        message,
    };
    let bytes = std::fs::read(path).map_err(|error| wrong(error.to_string()))?;
    Key::of(&bytes).map_err(|error| wrong(error.to_string()))
}

/// How it stands with the audit; nothing if it is off.
pub(in crate::app) fn condition(audit: &Audit) -> Option<Condition> {
    let status = audit.status()?;
    let message = match (&status.failing, &status.copy_failing) {
        (Some(why), _) => format!("cannot be written, so that changes are refused: {why}"),
        (None, Some(why)) => {
            format!("is written to the file, and not to standard output: {why}")
        }
        (None, None) => format!("is written; the last record is {}", status.seq),
    };
    Some(Condition {
        name: "audit",
        ok: status.failing.is_none() && status.copy_failing.is_none(),
        message,
        details: Some(serde_json::json!({
            "last_seq": status.seq,
            "last_hash": status.hash,
            "records_written": status.written,
            "failures": status.failures,
            "outcomes_waiting": status.waiting,
            "records_lost": status.lost,
        })),
    })
}

/// The same in metrics.
pub(in crate::app) fn record(audit: &Audit, metrics: &Metrics) {
    if let Some(status) = audit.status() {
        let waiting = u64::try_from(status.waiting).unwrap_or(u64::MAX);
        metrics.audit(status.failing.is_some(), status.failures, waiting);
        metrics.audit_records(status.written, status.lost);
    }
}
