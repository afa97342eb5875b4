//! What callers may do: Cedar policies of the operator's, read from a directory, checked against our schema, and asked for
//! each account and Region before a call is spent there. What no policy permits is denied; so is what cannot be decided.
//!
//! Owns the policies and the decisions. Knows no RPC: what is to be decided comes in the words of the schema.

mod actions;
mod classes;
mod decide;
mod entities;
mod judge;
mod load;
mod mentions;
mod watch;
mod who;

pub use self::{
    actions::Rank,
    decide::{Question, Verdict},
    load::{Fault, LoadError, Rules},
    watch::{Policy, PolicySettings, PolicyStatus},
    who::{Groups, Who},
};

/// The schema that every policy is checked against, as it is shipped.
pub const SCHEMA: &str = include_str!("policy/schema.cedarschema");

#[cfg(test)]
mod tests;
