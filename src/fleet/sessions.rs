//! Sessions in the accounts: one AssumeRole an account, whatever the number of Regions and callers.

pub mod cache;
