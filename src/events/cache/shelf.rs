//! Where blocks lie: what a store must be able to do, and the one in memory.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use bytes::Bytes;

use super::strand::Meta;

/// A store of blocks by id. One writer changes it; many read.
pub(super) trait Shelf: Send + Sync {
    /// Makes all these changes, or none. With `sync` they, and all before them, outlive the machine.
    fn apply(&self, changes: &Changes, sync: bool) -> Result<(), ShelfError>;

    /// The bytes of a block.
    fn get(&self, id: u64) -> Result<Option<Bytes>, ShelfError>;

    /// What so many bytes of a block take here.
    fn cost(&self, bytes: u32) -> u64;

    /// Whether `get` may wait for a disk.
    fn waits(&self) -> bool;
}

/// What is to be changed together.
#[derive(Debug, Default)]
pub(super) struct Changes {
    /// Blocks with their bytes. `None`: it has no events, or its bytes are here already.
    pub(super) put: Vec<(Meta, Option<Bytes>)>,
    /// The ids of blocks that are not needed any more.
    pub(super) remove: Vec<u64>,
}

/// A store that does not work (any more).
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct ShelfError(pub(super) String);

/// Blocks in memory.
#[derive(Default)]
pub(super) struct MemoryShelf(Mutex<HashMap<u64, Bytes>>);

impl Shelf for MemoryShelf {
    fn apply(&self, changes: &Changes, _sync: bool) -> Result<(), ShelfError> {
        let mut blocks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for (meta, bytes) in &changes.put {
            if let Some(bytes) = bytes {
                blocks.insert(meta.id, bytes.clone());
            }
        }
        for id in &changes.remove {
            blocks.remove(id);
        }
        Ok(())
    }

    fn get(&self, id: u64) -> Result<Option<Bytes>, ShelfError> {
        let blocks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(blocks.get(&id).cloned())
    }

    fn cost(&self, bytes: u32) -> u64 {
        u64::from(bytes)
    }

    fn waits(&self) -> bool {
        false
    }
}
