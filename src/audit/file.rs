//! The file: where its record ends, lines added to it, and a new file when it was renamed or has grown too large.

mod tail;

use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{self, Write},
    os::unix::fs::{MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use super::{chain::Link, record::Torn, seal::Seal};

pub use tail::Tail;

/// Why the audit cannot be opened.
#[derive(Debug, thiserror::Error)]
#[error("{path}")]
pub struct OpenError {
    /// The file.
    pub path: String,
    /// Why.
    #[source]
    pub source: io::Error,
}

/// What was found of the record so far.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// The last whole line.
    pub last: Option<Link>,
    /// What stands after it.
    pub torn: Option<Torn>,
    /// A file that could not be read was put aside under this name.
    pub set_aside: Option<String>,
}

/// See the module. Everything here blocks.
#[derive(Debug)]
pub struct RecordFile {
    path: PathBuf,
    rotate_at: u64,
    seal: Seal,
    open: Option<Opened>,
}

#[derive(Debug)]
struct Opened {
    file: File,
    /// Device and number, by which a file is known that was renamed.
    id: (u64, u64),
    bytes: u64,
    /// Neither a pipe nor a device.
    regular: bool,
    /// The last line has no end yet.
    unended: bool,
}

impl RecordFile {
    /// This file, which need not be there yet.
    pub fn new(path: PathBuf, rotate_at: u64, seal: Seal) -> Self {
        Self {
            path,
            rotate_at,
            seal,
            open: None,
        }
    }

    /// Opens it anew, and finds out where its record ends.
    pub fn look(&mut self) -> io::Result<Found> {
        self.open = None;
        let (mut opened, mut tail) = self.opened()?;
        let mut set_aside = None;
        if tail.is_foreign() {
            let aside = self.put_aside()?;
            set_aside = Some(aside);
            (opened, tail) = self.opened()?;
        } else if tail.is_empty()
            && let Some(before) = self.predecessor()?
        {
            tail = Tail {
                unended: false,
                ..before
            };
        }
        opened.unended = tail.unended;
        self.open = Some(opened);
        Ok(Found {
            last: tail.last,
            torn: tail.torn,
            set_aside,
        })
    }

    /// Adds whole lines, and waits until they are on the disk. After an error nothing is known until the next look.
    pub fn append(&mut self, lines: &[u8]) -> io::Result<()> {
        let mut opened = self.open.take().ok_or_else(not_open)?;
        if opened.unended {
            opened.file.write_all(b"\n")?;
        }
        opened.file.write_all(lines)?;
        if opened.regular {
            opened.file.sync_data()?;
        }
        opened.unended = false;
        opened.bytes += u64::try_from(lines.len()).unwrap_or(u64::MAX);
        self.open = Some(opened);
        Ok(())
    }

    /// Begins a new file if this one was renamed, or is as large as it may be. `last` is the number of its last line.
    pub fn turn(&mut self, last: u64) -> io::Result<bool> {
        let opened = self.open.as_ref().ok_or_else(not_open)?;
        let there = match std::fs::metadata(&self.path) {
            Ok(there) => Some(id(&there)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        if there == Some(opened.id) {
            if opened.bytes < self.rotate_at || !opened.regular {
                return Ok(false);
            }
            rename(&self.path, &beside(&self.path, &format!("{last:012}")))?;
        }
        self.open = None;
        let (opened, _) = self.opened()?;
        self.open = Some(opened);
        Ok(true)
    }

    fn opened(&self) -> io::Result<(Opened, Tail)> {
        let file = OpenOptions::new()
            .read(true)
            .append(true)
            .create(true)
            .mode(0o600)
            .open(&self.path)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(io::Error::other("another process writes to it"));
            }
            Err(TryLockError::Error(error)) => return Err(error),
        }
        let data = file.metadata()?;
        let tail = match data.is_file() {
            true => Tail::of(&file, &self.seal)?,
            // A pipe, or a device.
            false => Tail::default(),
        };
        self.name_is_safe();
        let opened = Opened {
            file,
            id: id(&data),
            bytes: data.len(),
            regular: data.is_file(),
            unended: tail.unended,
        };
        Ok((opened, tail))
    }

    /// That the file is there is safe on the disk only once its directory is; not every file system has a need for it.
    fn name_is_safe(&self) {
        let folder = self
            .path
            .parent()
            .filter(|path| !path.as_os_str().is_empty());
        let folder = File::open(folder.unwrap_or(Path::new(".")));
        if let Err(error) = folder.and_then(|folder| folder.sync_all()) {
            tracing::debug!(%error, "the audit's directory cannot be synced");
        }
    }

    /// A file without a line that we can read: another key closed them, or it is something else.
    fn put_aside(&self) -> io::Result<String> {
        let free = (0..1000)
            .map(|number| beside(&self.path, &format!("aside-{number}")))
            .find(|path| !path.exists());
        let aside = free.ok_or_else(|| io::Error::other("too many files were put aside"))?;
        rename(&self.path, &aside)?;
        tracing::warn!(
            file = %aside.display(),
            "the audit file had no line that the configured key can verify: it was put aside, and a new chain begins"
        );
        let name = aside.file_name().unwrap_or_default();
        Ok(name.to_string_lossy().into_owned())
    }

    /// The end of the file before this one: the newest whose name is this one's and a number.
    fn predecessor(&self) -> io::Result<Option<Tail>> {
        let newest = siblings(&self.path)?.into_iter().max();
        let Some((_, path)) = newest else {
            return Ok(None);
        };
        let tail = Tail::of(&File::open(path)?, &self.seal)?;
        Ok(Some(tail).filter(|tail| !tail.is_foreign()))
    }
}

/// The files `NAME.NUMBER` beside it, with their time of change.
fn siblings(path: &Path) -> io::Result<Vec<(std::time::SystemTime, PathBuf)>> {
    let folder = path.parent().filter(|path| !path.as_os_str().is_empty());
    let stem = path.file_name().unwrap_or_default().to_string_lossy();
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder.unwrap_or(Path::new(".")))? {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        let number = name
            .strip_prefix(&*stem)
            .and_then(|rest| rest.strip_prefix('.'));
        let numbered = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        if number.is_some_and(numbered) {
            found.push((entry.metadata()?.modified()?, entry.path()));
        }
    }
    Ok(found)
}

fn rename(from: &Path, to: &Path) -> io::Result<()> {
    if to.exists() {
        return Err(io::Error::other(format!(
            "{} is there already",
            to.display()
        )));
    }
    std::fs::rename(from, to)
}

fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(end);
    name.into()
}

fn id(data: &std::fs::Metadata) -> (u64, u64) {
    (data.dev(), data.ino())
}

fn not_open() -> io::Error {
    io::Error::other("the file is not open")
}

#[cfg(test)]
mod tests;
