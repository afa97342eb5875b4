//! The generated types of `proto/trailplane/v1`, and the descriptors that reflection serves.
#![allow(
    missing_docs,
    clippy::all,
    clippy::large_futures,
    clippy::allow_attributes_without_reason,
    rustdoc::all,
    reason = "generated; its documentation is the proto files' own"
)]

tonic::include_proto!("trailplane.v1");

/// The compiled descriptors of every proto file of ours and of those they import.
pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.binpb"));
