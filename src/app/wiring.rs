//! How each room is filled from the configuration. One file a room; nothing here runs by itself.

pub(super) mod admin;
pub(super) mod audit;
pub(super) mod aws;
pub(super) mod budget;
pub(super) mod clock;
pub(super) mod console;
pub(super) mod events;
pub(super) mod fleet;
pub(super) mod gauges;
pub(super) mod grpc;
pub(super) mod observers;
#[cfg(feature = "sandbox")]
pub(super) mod sandbox;
pub(super) mod telemetry;
pub(super) mod tokens;
