//! The services that are built, one file each. RPCs that are not are answered by a layer.

pub mod accounts;
pub mod events;

/// The use cases that the services call.
#[derive(Clone, Default)]
pub struct Services {}
