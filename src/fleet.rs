//! The accounts of the organization, their units, Regions and roles, and the sessions in them.

pub mod directory;
pub mod select;
pub mod sessions;
pub mod settings;
pub mod units;
