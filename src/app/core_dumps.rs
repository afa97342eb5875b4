//! No core dumps: the memory of this process holds credentials of every account, and a dump outlives it on a disk.

use rustix::process::{Resource, Rlimit, setrlimit};

/// Switches them off, for good: the hard limit cannot be raised again.
pub(super) fn off() {
    let none = Rlimit {
        current: Some(0),
        maximum: Some(0),
    };
    if let Err(error) = setrlimit(Resource::Core, none) {
        tracing::warn!(%error, "core dumps cannot be switched off; one would hold credentials");
    }
}
