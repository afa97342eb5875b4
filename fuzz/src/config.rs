//! The configuration file, for a service and for the sandbox.
//!
//! It is taken, or every complaint is one that can be read.

use std::path::Path;

use trailplane::config::{Config, Flags, Purpose};

/// See the module.
pub fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    for purpose in [Purpose::Service, Purpose::Sandbox] {
        let file = Some((Path::new("trailplane.yaml"), text));
        let nothing = std::iter::empty();
        if let Err(errors) = Config::parse(purpose, file, nothing, Flags::default()) {
            assert!(!errors.to_string().trim().is_empty());
        }
    }
}
