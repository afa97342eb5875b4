//! What operators see of this process in a browser: which cells answer, which are denied or throttled, who waits for
//! whose budget, which lookups run.
//!
//! Owns the picture and its page. Knows neither AWS nor gRPC: what happened is told to the [`Board`], and what stands
//! elsewhere (accounts, budgets) is given to whoever draws the [`Picture`].

mod board;
mod changes;
pub mod page;
pub mod picture;
mod text;
mod updates;

pub use board::{Board, Happened, Running, Throttle};
pub use changes::Changes;
pub use picture::{Facts, Picture, Queue};
pub use updates::{Busy, Viewers, updates};
