//! The words the whole service speaks: accounts, Regions, targets, quotas, coverage, events.
//!
//! Owns types that cannot hold a wrong value, and the pure rules over them. Knows nothing of gRPC, the
//! AWS SDK, tokio, files or clocks, and no other room.

pub mod account;
pub mod arn;
pub mod authority;
pub mod coverage;
pub mod doubling;
pub mod event;
pub mod first;
pub mod ids;
pub mod permissions;
pub mod quota;
pub mod session_tags;
pub mod target;
pub mod timestamp;
pub mod trail;

pub use account::{Account, AccountState, OrganizationalUnit};
pub use arn::Arn;
pub use authority::{Authority, Deed};
pub use coverage::{CellReason, CellReport, CellState, Coverage, LeftOut};
pub use doubling::Doubling;
pub use event::{Event, EventKey, LookupAttribute, LookupAttributeKind, ResourceRef};
pub use first::FirstOf;
pub use ids::{
    AccountId, ExternalId, InvalidId, OrganizationId, OrganizationalUnitId, Partition, Region,
    RoleArn,
};
pub use permissions::Permissions;
pub use quota::{Api, Effect, Service};
pub use session_tags::{InvalidSessionTag, SessionTags};
pub use target::{Cell, TargetSelector};
pub use timestamp::{TimeWindow, Timestamp, WallClock};
pub use trail::{Trail, TrailArn, TrailName};
