//! The composition root: names the concrete parts, starts them, drains them.
