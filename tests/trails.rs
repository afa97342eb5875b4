//! Reading trails: over the simulated AWS, over ministack, and through the real server.

mod changes;
mod edge;
mod inventory;
mod ministack;
mod ministack_changes;
mod ministack_faults;
mod moto;
mod refused;
mod server;
mod single;
mod tags;
mod world;
mod writes_edge;
