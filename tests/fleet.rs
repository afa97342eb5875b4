//! The fleet against Organizations and STS as others believe them to be, over sockets.

mod moto;
mod quotas;
mod sandbox;
mod sessions;
