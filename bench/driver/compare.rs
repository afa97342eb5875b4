//! The two programs of `bench/compare` that are in Rust: our client, and the bare SDK.

mod read;
mod sdk;

pub use read::read;
pub use sdk::sdk;

use std::{
    fs::File,
    io::{BufWriter, Write},
    path::PathBuf,
};

use serde::Deserialize;

use crate::{Failure, Measured};

/// What to read, as `bench/compare.d` writes it into a file.
#[derive(Debug, Deserialize)]
pub struct Job {
    accounts: Vec<String>,
    regions: Vec<String>,
    role: String,
    external_id: String,
    /// Seconds since 1970, both inclusive.
    start: i64,
    end: i64,
    /// Where the ids of the events go, one a line.
    out: PathBuf,
}

impl Job {
    /// The job that this argument of the command line names.
    fn read(argument: usize) -> Result<Self, Failure> {
        let path = std::env::args().nth(argument).ok_or("no job is named")?;
        Ok(serde_json::from_str(&std::fs::read_to_string(path)?)?)
    }

    /// A file for the ids of events that no other task writes to.
    fn ids(&self, name: &str) -> Result<Ids, Failure> {
        let file = File::create(self.out.join(format!("{name}.ids")))?;
        Ok(Ids(BufWriter::new(file)))
    }
}

/// The ids of the events that were read.
struct Ids(BufWriter<File>);

impl Ids {
    fn note(&mut self, id: &str) -> Measured {
        Ok(writeln!(self.0, "{id}")?)
    }

    fn close(mut self) -> Measured {
        Ok(self.0.flush()?)
    }
}
