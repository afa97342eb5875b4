//! Lookups over the simulated AWS, compared event by event with what the sandbox computes must come.

mod built_in;
mod coverage;
mod faults;
pub mod organization;
mod pages;
mod sharing;
mod streams;
mod tail;
mod warm_up;
mod windows;
