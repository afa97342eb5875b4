//! The configuration: read, overridden by the environment, checked whole, before any socket opens.
//! One struct a concern. Knows nothing of who uses it.
