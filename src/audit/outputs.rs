//! Where lines go: the file, standard output, or both. The blocking work is done on threads for such.

use std::{
    io::{self, Write},
    sync::{Arc, Mutex, PoisonError},
};

use tokio::task::spawn_blocking;

use super::{
    Copied, Settings,
    file::{Found, OpenError, RecordFile},
    seal::Seal,
};

/// What the writer writes to.
pub trait Sink: Send {
    /// Opens it anew, and finds out where the record ends.
    fn look(&mut self) -> impl Future<Output = io::Result<Found>> + Send;

    /// Begins a new file if it is time to; `last` is the number of the last line.
    fn turn(&mut self, last: u64) -> impl Future<Output = io::Result<bool>> + Send;

    /// Adds whole lines, and ends when they are safe. Answers with what went wrong with a copy that nobody relies on.
    fn append(&mut self, lines: String) -> impl Future<Output = io::Result<Option<String>>> + Send;
}

/// The outputs of the configuration.
pub struct Outputs {
    /// Used by one blocking call at a time.
    file: Option<Arc<Mutex<RecordFile>>>,
    stdout: bool,
    copy: Option<Copied>,
}

impl Outputs {
    /// As configured. Nothing is opened yet.
    pub fn new(settings: &Settings, seal: Seal) -> Self {
        let file = settings.file.clone();
        let file = file.map(|path| RecordFile::new(path, settings.rotate_at, seal));
        Self {
            file: file.map(|file| Arc::new(Mutex::new(file))),
            stdout: settings.stdout,
            copy: settings.copy.clone(),
        }
    }

    /// Gives copies of what is written.
    fn copied(&self, lines: &str) {
        if let Some(Copied(copy)) = &self.copy {
            lines.lines().for_each(|line| copy(line));
        }
    }

    /// Does something with the file, if there is one.
    async fn on_file<T: Default + Send + 'static>(
        &self,
        work: impl FnOnce(&mut RecordFile) -> io::Result<T> + Send + 'static,
    ) -> io::Result<T> {
        let Some(file) = self.file.clone() else {
            return Ok(T::default());
        };
        blocking(move || work(&mut file.lock().unwrap_or_else(PoisonError::into_inner))).await
    }
}

impl Sink for Outputs {
    async fn look(&mut self) -> io::Result<Found> {
        self.on_file(RecordFile::look).await
    }

    async fn turn(&mut self, last: u64) -> io::Result<bool> {
        self.on_file(move |file| file.turn(last)).await
    }

    async fn append(&mut self, lines: String) -> io::Result<Option<String>> {
        let lines: Arc<str> = lines.into();
        let written = Arc::clone(&lines);
        self.on_file(move |file| file.append(written.as_bytes()))
            .await?;
        let printed = match self.stdout {
            false => Ok(()),
            true => {
                let lines = Arc::clone(&lines);
                blocking(move || print(&lines)).await
            }
        };
        let told = match (printed, &self.file) {
            (Ok(()), _) => None,
            (Err(error), Some(_)) => Some(error.to_string()),
            (Err(error), None) => return Err(error),
        };
        self.copied(&lines);
        Ok(told)
    }
}

fn print(lines: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(lines.as_bytes())?;
    out.flush()
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    let done = spawn_blocking(work).await;
    done.unwrap_or_else(|_| Err(io::Error::other("writing ended in a defect")))
}

impl OpenError {
    /// For the outputs as configured.
    pub(super) fn of(what: String, source: io::Error) -> Self {
        Self { path: what, source }
    }
}
