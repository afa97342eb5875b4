//! What callers may do.

use std::{path::PathBuf, time::Duration};

use super::reader::Section;

/// Where the policies are.
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    /// The directory.
    pub directory: Option<PathBuf>,
    /// How often it is looked at.
    pub reload_interval: Duration,
}

impl Policy {
    pub(super) fn read(s: &mut Section<'_>) -> Self {
        Self {
            directory: s
                .key::<String>("directory", "A directory with Cedar policies (`*.cedar`) and, if there are groups, `groups.json`. What no policy permits is denied. Without it every caller may do everything.")
                .optional("(none: everything is allowed)")
                .map(PathBuf::from),
            reload_interval: s
                .key("reload_interval", "How often the files are looked at. Changed ones are in use at once, for requests that run as well; those that cannot be used are refused, and the old ones stay in use.")
                .within(Duration::from_millis(100)..=Duration::from_secs(3600))
                .or(Duration::from_secs(10)),
        }
    }
}
