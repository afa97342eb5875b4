//! Which files are found, opened, and still to be read.

use std::{sync::Arc, time::Duration};

use tokio_util::task::AbortOnDropHandle;

use crate::{
    budget::RequestContext,
    domain::{TimeWindow, Timestamp},
    logs::{
        read::{
            line::Line,
            reader::Reader,
            scout::{Direction, Look, Scout},
        },
        shelves::as_keeper,
    },
};

use super::{AT_A_TIME, Driver};

impl Driver {
    /// Sends the scout, if there is room for what it finds.
    pub(super) fn look_out(&mut self) {
        let done = self.scout.as_ref().is_none_or(|s| s.direction.done());
        if done || self.queue.len() >= AT_A_TIME {
            return;
        }
        if let Some(scout) = self.scout.take() {
            self.unfound = scout.direction.unread();
            let (logs, ctx) = (self.logs.clone(), self.ctx.clone());
            let look = scout.look(logs, ctx, self.request.clone(), self.spot.clone());
            self.looking = Some(AbortOnDropHandle::new(tokio::spawn(look)));
        }
    }

    /// Takes what the scout found.
    pub(super) fn found(&mut self, look: Look) {
        if let Some(cells) = look.cells {
            self.cells = cells;
            self.begun = true;
        }
        for ((cell, bucket), ended) in &look.looked {
            self.cells.looked(cell, bucket, ended);
        }
        if let Some(shelves) = &look.scout.shelves {
            self.shelves = shelves.clone();
        }
        self.unfound = look.scout.direction.unread();
        self.scout = Some(look.scout);
        self.counts.known += look.files.len() as u64;
        self.queue.extend(look.files);
    }

    /// Begins to read files, as many as may be read at a time.
    pub(super) fn open_files(&mut self) {
        while self.opened.len() < AT_A_TIME {
            let Some(file) = self.queue.pop_front() else {
                return;
            };
            if self.enough.contains(&file.place.cell()) {
                self.counts.known -= 1;
                continue;
            }
            let Some(region) = self.shelves.region(&file).cloned() else {
                self.cells.defect(&file.place.cell());
                continue;
            };
            let cancel = self.ctx.cancel.child_token();
            let (number, credit) = self.opened.open(file.clone(), cancel.clone());
            let ctx = as_keeper(&self.ctx);
            let reader = Reader {
                door: self.logs.door.clone(),
                who: self.logs.fleet.credentials(file.reader),
                region,
                ctx: RequestContext { cancel, ..ctx },
                file,
                wants: Arc::clone(&self.wants),
                bounds: self.logs.settings.bounds,
                unpacking: Arc::clone(&self.logs.unpacking),
                credit,
                number,
                out: self.tell.clone(),
            };
            self.readers.add(number, reader.run());
        }
    }

    /// Newest first: what was let go for want of memory is read again, once all before it has gone.
    pub(super) fn begin_again(&mut self) {
        let unread = self.unread();
        let Line::Newest(newest) = &mut self.line else {
            return;
        };
        if let Some(files) = newest.begin_again(unread) {
            self.looking = None;
            self.queue.clear();
            self.opened.close_all();
            let direction = Direction::back_from(files);
            self.unfound = direction.unread();
            self.scout = Some(Scout {
                shelves: Some(self.shelves.clone()),
                direction,
            });
        }
    }

    /// The time of the newest file that was not read to its end yet.
    pub(super) fn unread(&self) -> Option<Timestamp> {
        let queued = self.queue.iter().map(|file| file.place.time).max();
        self.unfound.max(queued).max(self.opened.newest())
    }

    /// Whether all files were found and read.
    pub(super) fn finished(&self) -> bool {
        let found = self.scout.as_ref().is_some_and(|s| s.direction.done());
        found && self.queue.is_empty() && self.opened.len() == 0
    }

    /// Newest first: of what everything was sent.
    pub(super) fn covered(&self) -> Option<TimeWindow> {
        let Line::Newest(newest) = &self.line else {
            return None;
        };
        let from = newest.sent_down_to(self.unread())?;
        TimeWindow::new(from.plus(Duration::from_nanos(1)), self.spot.window.end())
    }
}
