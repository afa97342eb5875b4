//! What CloudTrail refuses. Each file knows the rules of one thing; none changes anything.

pub mod advanced;
pub mod basic;
pub mod count;
pub mod delivery;
pub mod insights;
pub mod name;
pub mod organization;
pub mod settings;
pub mod tags;
