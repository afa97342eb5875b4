//! Blocks on disk: one file of the engine `redb` (docs/adr/0014 says why this one).

use std::{
    fs,
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
};

use bytes::Bytes;
use redb::{
    Database, Durability, ReadableDatabase as _, ReadableTable as _, TableDefinition,
    TableHandle as _,
};

use super::{
    CacheError,
    shelf::{Changes, Shelf, ShelfError},
    strand::Meta,
};

/// Which version of the tables and of what is in them; a file of another one is moved aside.
const SCHEMA: u64 = 1;
/// What the file is called.
const FILE: &str = "events.redb";
/// The last file that could not be used, for whoever wants to know why.
const ASIDE: &str = "events.redb.aside";
/// Pages that the engine keeps in memory: those of its trees. Blocks are read once and not worth it.
const ENGINE_MEMORY: usize = 8 << 20;
/// The engine's page.
const PAGE: u64 = 4096;

const ABOUT: TableDefinition<'_, &str, u64> = TableDefinition::new("about");
const METAS: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("metas");
const BLOCKS: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("blocks");

/// Blocks on disk.
pub(super) struct DiskShelf(Database);

/// What an opened file holds.
pub(super) struct Opened {
    pub(super) shelf: DiskShelf,
    /// All blocks, the latest first.
    pub(super) metas: Vec<Meta>,
    /// Blocks of which nothing can be made out.
    pub(super) doomed: Vec<u64>,
}

/// Why a file is not opened.
enum Unopened {
    /// Another process has it.
    InUse,
    /// It cannot be reached at all.
    Io(std::io::Error),
    /// It is not what we wrote, or not any more.
    Unusable(String),
}

/// Opens the file in this directory, or begins one. What cannot be used is moved aside.
pub(super) fn open(directory: &Path) -> Result<Opened, CacheError> {
    let failed = |source| CacheError::Directory {
        path: directory.to_owned(),
        source,
    };
    // Records are not for everybody on the machine.
    let mut builder = fs::DirBuilder::new();
    builder
        .recursive(true)
        .mode(0o700)
        .create(directory)
        .map_err(failed)?;
    let path = directory.join(FILE);
    let first = match open_file(&path) {
        Err(Unopened::Unusable(why)) => {
            let aside = directory.join(ASIDE);
            tracing::warn!(
                file = %path.display(), moved_to = %aside.display(), reason = why,
                "the cached events cannot be used: the file is moved aside and a new one begun"
            );
            fs::rename(&path, &aside).map_err(failed)?;
            open_file(&path)
        }
        first => first,
    };
    first.map_err(|error| match error {
        Unopened::InUse => CacheError::InUse { path },
        Unopened::Io(source) => failed(source),
        Unopened::Unusable(why) => failed(std::io::Error::other(why)),
    })
}

fn open_file(path: &Path) -> Result<Opened, Unopened> {
    let mut options = fs::OpenOptions::new();
    let touched = options
        .create(true)
        .write(true)
        .truncate(false)
        .mode(0o600)
        .open(path);
    drop(touched.map_err(Unopened::Io)?);
    guarded(|| load(path)).map_err(|error| match error {
        redb::Error::DatabaseAlreadyOpen => Unopened::InUse,
        redb::Error::Io(error) if error.kind() != std::io::ErrorKind::InvalidData => {
            Unopened::Io(error)
        }
        error => Unopened::Unusable(error.to_string()),
    })
}

fn load(path: &Path) -> Result<Opened, redb::Error> {
    let mut builder = Database::builder();
    let shelf = DiskShelf(builder.set_cache_size(ENGINE_MEMORY).create(path)?);
    let read = shelf.0.begin_read()?;
    let tables: Vec<String> = read
        .list_tables()?
        .map(|table| table.name().to_owned())
        .collect();
    if tables.is_empty() {
        shelf.begin()?;
        let (metas, doomed) = (Vec::new(), Vec::new());
        return Ok(Opened {
            shelf,
            metas,
            doomed,
        });
    }
    let schema = read
        .open_table(ABOUT)?
        .get("schema")?
        .map(|schema| schema.value());
    if schema != Some(SCHEMA) {
        let why = format!("its schema is {schema:?}, ours is {SCHEMA}");
        return Err(redb::Error::Corrupted(why));
    }
    let (mut metas, mut doomed) = (Vec::new(), Vec::new());
    for row in read.open_table(METAS)?.iter()?.rev() {
        let (id, meta) = row?;
        match Meta::decode(id.value(), meta.value()) {
            Some(meta) => metas.push(meta),
            None => doomed.push(id.value()),
        }
    }
    // The blocks' table is there too, or this fails.
    read.open_table(BLOCKS)?;
    drop(read);
    Ok(Opened {
        shelf,
        metas,
        doomed,
    })
}

/// Runs the engine. What it does not expect of a damaged file it may answer with a panic, and that is an error too.
fn guarded<T>(run: impl FnOnce() -> Result<T, redb::Error>) -> Result<T, redb::Error> {
    catch_unwind(AssertUnwindSafe(run))
        .unwrap_or_else(|_| Err(redb::Error::Corrupted("the engine panicked".to_owned())))
}

impl DiskShelf {
    /// Lays out a new file.
    fn begin(&self) -> Result<(), redb::Error> {
        let write = self.0.begin_write()?;
        write.open_table(ABOUT)?.insert("schema", SCHEMA)?;
        write.open_table(METAS)?;
        write.open_table(BLOCKS)?;
        write.commit()?;
        Ok(())
    }

    fn change(&self, changes: &Changes, sync: bool) -> Result<(), redb::Error> {
        let mut write = self.0.begin_write()?;
        let durability = if sync {
            Durability::Immediate
        } else {
            Durability::None
        };
        write
            .set_durability(durability)
            .map_err(|error| redb::Error::Io(std::io::Error::other(error)))?;
        // After a crash the file opens at once, however large it is.
        write.set_quick_repair(sync);
        {
            let mut metas = write.open_table(METAS)?;
            let mut blocks = write.open_table(BLOCKS)?;
            for (meta, bytes) in &changes.put {
                metas.insert(meta.id, meta.encode().as_slice())?;
                if let Some(bytes) = bytes {
                    blocks.insert(meta.id, bytes.as_ref())?;
                }
            }
            for id in &changes.remove {
                metas.remove(id)?;
                blocks.remove(id)?;
            }
        }
        write.commit()?;
        Ok(())
    }
}

impl Shelf for DiskShelf {
    fn apply(&self, changes: &Changes, sync: bool) -> Result<(), ShelfError> {
        guarded(|| self.change(changes, sync)).map_err(|error| ShelfError(error.to_string()))
    }

    fn get(&self, id: u64) -> Result<Option<Bytes>, ShelfError> {
        let get = || {
            let blocks = self.0.begin_read()?.open_table(BLOCKS)?;
            let found = blocks.get(id)?;
            Ok(found.map(|found| Bytes::copy_from_slice(found.value())))
        };
        guarded(get).map_err(|error| ShelfError(error.to_string()))
    }

    fn cost(&self, bytes: u32) -> u64 {
        // The engine's pages are powers of two, and a block larger than half of the least one has one for itself.
        let with_head = u64::from(bytes) + 64;
        match with_head > PAGE / 2 {
            true => with_head.next_power_of_two().max(PAGE),
            false => with_head,
        }
    }

    fn waits(&self) -> bool {
        true
    }
}

/// The file in a directory, for tests that damage it.
#[cfg(test)]
pub(super) fn file_in(directory: &Path) -> std::path::PathBuf {
    directory.join(FILE)
}
