//! Reading trails: over the simulated AWS, over ministack, and through the real server.

mod changes;
mod inventory;
mod ministack;
mod server;
mod single;
mod tags;
mod world;
