//! Trailplane runs AWS CloudTrail for a whole organization, as one gRPC service.
//!
//! The rooms, and the only arrows between them (a test reads the imports and fails on any other):
//!
//! ```text
//! app ─→ everything          api ─→ access, events, trails, organization, fleet (the use cases), budget, domain
//! api ─→ issuers ─→ access   (the keys by which callers' tokens are verified)
//! trails ─→ organization     events, trails, organization ─→ fleet ─→ fanout ─→ aws ─→ budget ─→ domain
//! config ─→ domain           telemetry ─→ domain           sandbox ─→ domain
//! console ─→ domain
//! api, trails, organization ─→ policies ─→ domain          access ─→ domain
//! api, trails, organization ─→ audit ─→ domain
//! api ─→ logs ─→ trails, events (what filters and page tokens are), fleet ─→ fanout ─→ aws ─→ budget ─→ domain
//! client ─→ api::proto      (the generated messages, and nothing else of ours)
//! ```
//!
//! `ARCHITECTURE.md` walks one lookup through all of them.

pub mod access;
pub mod api;
pub mod app;
pub mod audit;
pub mod aws;
pub mod budget;
pub mod client;
pub mod config;
pub mod console;
pub mod domain;
pub mod events;
pub mod fanout;
pub mod fleet;
pub mod issuers;
pub mod logs;
pub mod organization;
pub mod policies;
#[cfg(feature = "sandbox")]
pub mod sandbox;
pub mod telemetry;
pub mod trails;
