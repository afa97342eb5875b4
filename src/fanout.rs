//! Runs one use case over many cells, each on its own: one that fails, hangs or panics changes nothing for the others.
