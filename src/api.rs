//! The gRPC edge: parse, call a use case, convert. One file a service; cross-cutting work is one layer a file.
//! The only room that sees generated proto types.

pub mod proto;
