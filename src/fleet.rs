//! The accounts of the organization, their units, Regions and roles, and the sessions in them.

pub mod sessions;
