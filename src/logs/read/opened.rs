//! The files that are being read: what they have told and was not taken yet, and which may be taken. Pure.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
};

use tokio::sync::Semaphore;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::{
    domain::{Cell, Timestamp},
    logs::LogFile,
};

use super::reader::News;

/// One file under way. Dropping it ends its reader.
pub struct Open {
    /// The file.
    pub file: LogFile,
    /// One permit, one step.
    pub credit: Arc<Semaphore>,
    /// Records that were told of.
    pub records: u64,
    /// Of those, how many were left out.
    pub left_out: u64,
    told: VecDeque<News>,
    _cancel: DropGuard,
}

/// All that are under way, by their numbers: in the order in which they are to be taken.
#[derive(Default)]
pub struct Opened {
    files: BTreeMap<u64, Open>,
    next: u64,
}

impl Opened {
    /// One more; its number, and its credit.
    pub fn open(&mut self, file: LogFile, cancel: CancellationToken) -> (u64, Arc<Semaphore>) {
        let number = self.next;
        self.next += 1;
        let credit = Arc::new(Semaphore::new(1));
        let open = Open {
            file,
            credit: Arc::clone(&credit),
            records: 0,
            left_out: 0,
            told: VecDeque::new(),
            _cancel: cancel.drop_guard(),
        };
        self.files.insert(number, open);
        (number, credit)
    }

    /// What a reader has told. One whose file is not under way any more is not listened to.
    pub fn hear(&mut self, number: u64, news: News) {
        if let Some(open) = self.files.get_mut(&number) {
            open.told.push_back(news);
        }
    }

    /// The next news, of the first file alone or of any.
    pub fn take(&mut self, first_alone: bool) -> Option<(u64, News)> {
        let many = if first_alone { 1 } else { usize::MAX };
        let mut files = self.files.iter_mut().take(many);
        files.find_map(|(number, open)| Some((*number, open.told.pop_front()?)))
    }

    /// A file under way.
    pub fn get_mut(&mut self, number: u64) -> Option<&mut Open> {
        self.files.get_mut(&number)
    }

    /// Ends a file.
    pub fn close(&mut self, number: u64) -> Option<Open> {
        self.files.remove(&number)
    }

    /// Ends all files of this cell; how many there were.
    pub fn close_cell(&mut self, cell: &Cell) -> u64 {
        let before = self.files.len();
        self.files.retain(|_, open| open.file.place.cell() != *cell);
        (before - self.files.len()) as u64
    }

    /// Ends all.
    pub fn close_all(&mut self) {
        self.files.clear();
    }

    /// How many are under way.
    pub fn len(&self) -> usize {
        self.files.len()
    }

    /// The time of the newest.
    pub fn newest(&self) -> Option<Timestamp> {
        self.files.values().map(|open| open.file.place.time).max()
    }
}
