//! Warns when the process may open fewer files than its settings can ask for: sockets are files.

use crate::config::Config;

/// Sockets of callers who have not come in yet (512), of probes, and files.
const OTHERS: usize = 1024;

/// Warns if every call in flight on a connection of its own, and every caller, would not fit. Where the limit can't be read,
/// says nothing.
pub(super) fn check(config: &Config) {
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let ours = config.aws.most_in_flight();
    let wanted = ours
        .saturating_add(config.grpc.max_connections)
        .saturating_add(OTHERS);
    if let Some(allowed) = soft_limit(&limits).filter(|allowed| *allowed < wanted) {
        tracing::warn!(
            allowed,
            wanted,
            "the limit of open files (ulimit -n) is below what aws.max_in_flight, \
             aws.max_stragglers and grpc.max_connections can need; raise it or lower them"
        );
    }
}

/// The soft limit of open files; `None` if there is none.
fn soft_limit(limits: &str) -> Option<usize> {
    let line = limits
        .lines()
        .find_map(|line| line.strip_prefix("Max open files"))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_soft_limit_is_the_first_number() {
        let text = "Limit                     Soft Limit           Hard Limit           Units\n\
                    Max processes             95905                95905                processes\n\
                    Max open files            1024                 524288               files\n";
        assert_eq!(soft_limit(text), Some(1024));
        assert_eq!(
            soft_limit("Max open files  unlimited unlimited files"),
            None
        );
        assert_eq!(soft_limit(""), None);
    }
}
