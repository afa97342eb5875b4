//! OrganizationService over simulated organizations: as its use cases, and through the real program.

mod changes;
mod faults;
mod moto;
mod page;
mod readiness;
mod server;
mod world;
