//! One source's files, page by page, in the order in which a bucket lists them.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use crate::{
    aws::{AwsError, CredentialSource, Door, ListFrom, ListedObject, Listing},
    budget::{RequestContext, Tally},
    domain::{Region, TimeWindow, Timestamp},
};

use super::{
    LogFile,
    best::Best,
    deliveries::{Deliverers, Source},
    kind::Kind,
    name::{Day, Detail, Folder, LogFileKey, LogFileName},
    place::Place,
};

/// A digest is of the hour before the time in its name, and is written some minutes after it.
const DIGEST_HOUR: Duration = Duration::from_secs(2 * 3600);

/// Which files are wanted.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// With events of this window.
    pub window: TimeWindow,
    /// How late events are delivered.
    pub lag: Duration,
    /// Of these kinds.
    pub kinds: Arc<[Kind]>,
    /// After this file.
    pub after: Option<Place>,
    /// How many.
    pub limit: usize,
}

impl Wanted {
    /// The minute of the first file that may hold events of the window, or that comes after what was had.
    fn first(&self) -> Timestamp {
        let start = self.window.start();
        let floor = Timestamp::from_seconds(start.seconds() - start.seconds().rem_euclid(60));
        self.after
            .as_ref()
            .map_or(floor, |after| after.time.max(floor))
    }

    /// The time of the last file of this folder that may hold events of the window.
    fn last(&self, folder: Folder) -> Timestamp {
        let last = self.window.end().plus(self.lag);
        match folder {
            Folder::Digest => last.plus(DIGEST_HOUR),
            _ => last,
        }
    }

    /// Whether this file is wanted.
    fn wants(&self, place: &Place, name: &LogFileName) -> bool {
        let time = (self.first()..=self.last(name.folder)).contains(&place.time);
        let after = self.after.as_ref().is_none_or(|after| place > after);
        time && after && self.kinds.contains(&Kind::of(name))
    }
}

/// What reading a source came to.
#[derive(Debug, Default)]
pub struct Scanned {
    /// The calls spent.
    pub tally: Tally,
    /// Objects that were listed.
    pub objects: u64,
    /// Those that are wanted.
    pub wanted: u64,
    /// Why there is no more, if not all was read that could matter.
    pub error: Option<AwsError>,
}

/// Where files are read from.
#[derive(Clone)]
pub struct Reading {
    /// The door.
    pub door: Door,
    /// Who reads.
    pub who: Arc<dyn CredentialSource>,
    /// The Region of the bucket.
    pub region: Region,
    /// The folder.
    pub source: Source,
    /// Whose files are in it.
    pub trails: Deliverers,
}

impl Reading {
    /// Offers the files that are wanted, until none that comes later can be among the best.
    pub async fn run(&self, ctx: &RequestContext, wanted: &Wanted, best: &Mutex<Best>) -> Scanned {
        let mut out = Scanned::default();
        let prefix = self.source.prefix();
        let Some(from) = first_key(&self.source, &prefix, wanted.first()) else {
            return out;
        };
        let mut token: Option<String> = None;
        loop {
            let listing = Listing {
                bucket: &self.source.bucket.name,
                prefix: &prefix,
                from: match &token {
                    Some(token) => ListFrom::Token(token),
                    None => ListFrom::After(&from),
                },
                // One more tells whether there is more.
                most: wanted.limit + 1,
            };
            let page = self
                .door
                .list_objects(ctx, &out.tally, &*self.who, &self.region, listing);
            let page = match page.await {
                Ok(page) => page,
                Err(error) => {
                    out.error = Some(error);
                    return out;
                }
            };
            out.objects += page.items.len() as u64;
            let rest = self.take(page.items, wanted, best, &mut out.wanted);
            token = page.token;
            if token.is_none() || !rest {
                return out;
            }
        }
    }

    /// Offers the files of one page. Whether what follows them can still matter.
    fn take(
        &self,
        objects: Vec<ListedObject>,
        wanted: &Wanted,
        best: &Mutex<Best>,
        count: &mut u64,
    ) -> bool {
        let mut best = best.lock().unwrap_or_else(PoisonError::into_inner);
        let mut reached = None;
        for object in objects {
            // Who may write to the bucket may put other things there. They are no log files.
            let Ok(name) = object.key.parse::<LogFileKey>() else {
                continue;
            };
            let place = Place::of(&self.source.bucket.name, &object.key, &name);
            reached = Some(earliest_after(&place, &name));
            let Some(trail) = self.trails.of(&name.name) else {
                continue;
            };
            if wanted.wants(&place, &name.name) {
                *count += 1;
                let trail = trail.cloned();
                best.offer(LogFile {
                    place,
                    name,
                    size: object.size,
                    modified: object.modified,
                    trail,
                    reader: self.source.bucket.reader,
                });
            }
        }
        let last = wanted.last(self.source.folder);
        reached.is_none_or(|time| time <= last && best.wants(time))
    }
}

/// The earliest time that a file listed after this one can have. A day's digests are listed by their trails first.
fn earliest_after(place: &Place, name: &LogFileKey) -> Timestamp {
    match name.name.folder {
        Folder::Digest => name.day.start(),
        _ => place.time,
    }
}

/// A key before all of the source's files of this minute and later, and after all older ones as far as names tell. `None`
/// beyond the calendar.
fn first_key(source: &Source, prefix: &str, first: Timestamp) -> Option<String> {
    let day = Day::of(first)?;
    // What was made the day before, and is in this day's folder, counts as of its first moment.
    if source.folder == Folder::Digest || first == day.start() {
        return Some(format!("{prefix}{day}/"));
    }
    // The point of the ending comes before every mark, letter and digit that a name goes on with.
    let name = LogFileName {
        account: source.cell.account,
        folder: source.folder,
        region: source.cell.region.clone(),
        detail: Detail::Delivered {
            at: first,
            unique: "".into(),
            mark: false,
        },
    };
    Some(format!("{prefix}{day}/{name}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{domain::Cell, logs::deliveries::Bucket};

    fn source(folder: Folder) -> Source {
        Source {
            cell: Cell {
                account: "111122223333".parse().unwrap(),
                region: "eu-west-1".parse().unwrap(),
            },
            bucket: Bucket {
                name: "b".into(),
                reader: "111122223333".parse().unwrap(),
            },
            root: Default::default(),
            folder,
        }
    }

    #[test]
    fn a_listing_begins_before_the_minutes_files_and_after_those_of_the_minute_before() {
        let source = source(Folder::Events);
        let prefix = source.prefix();
        let at: Timestamp = "2026-11-22T08:30:59Z".parse().unwrap();
        let from = first_key(&source, &prefix, at).unwrap();
        let key = |rest: &str| {
            format!("{prefix}2026/11/22/111122223333_CloudTrail_eu-west-1_20261122T{rest}.json.gz")
        };
        assert!(from < key("0830Z_0000000000000000"));
        assert!(from < key("0830Z0000000000000000"));
        assert!(from > key("0829Z_zzzzzzzzzzzzzzzz"));
        assert!(from > key("0829Zzzzzzzzzzzzzzzzz"));
    }

    #[test]
    fn at_a_days_first_moment_all_of_its_folder_is_listed() {
        let source = source(Folder::Events);
        let prefix = source.prefix();
        let midnight: Timestamp = "2026-11-22T00:00:00Z".parse().unwrap();
        let from = first_key(&source, &prefix, midnight).unwrap();
        let late = "111122223333_CloudTrail_eu-west-1_20261121T2359Z_0000000000000000.json.gz";
        assert!(from < format!("{prefix}2026/11/22/{late}"));
    }

    #[test]
    fn a_days_digests_are_all_listed_for_they_are_in_order_of_trails() {
        let source = source(Folder::Digest);
        let prefix = source.prefix();
        let at: Timestamp = "2026-11-22T08:30:59Z".parse().unwrap();
        let day = first_key(&source, &prefix, at).unwrap();
        assert_eq!(day, format!("{prefix}2026/11/22/"));
        let key = format!(
            "{day}111122223333_CloudTrail-Digest_eu-west-1_audit_eu-west-1_20261122T233000Z.json.gz"
        );
        let name: LogFileKey = key.parse().unwrap();
        let place = Place::of("b", &key, &name);
        let midnight: Timestamp = "2026-11-22T00:00:00Z".parse().unwrap();
        assert_eq!(earliest_after(&place, &name), midnight);
    }

    #[test]
    fn what_is_delivered_late_belongs_to_the_window() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let wanted = Wanted {
            window: TimeWindow::new(at("2026-11-22T08:30:30Z"), at("2026-11-22T09:00:00Z"))
                .unwrap(),
            lag: Duration::from_secs(3600),
            kinds: [Kind::Events].into(),
            after: None,
            limit: 1,
        };
        let wants = |minute: &str| {
            let folder = "AWSLogs/111122223333/CloudTrail/eu-west-1/2026/11/22";
            let name = format!(
                "111122223333_CloudTrail_eu-west-1_20261122T{minute}Z_Mu0KsOhtH1ar15ZZ.json.gz"
            );
            let key = format!("{folder}/{name}");
            let parsed: LogFileKey = key.parse().unwrap();
            wanted.wants(&Place::of("b", &key, &parsed), &parsed.name)
        };
        let all = ["0829", "0830", "1000", "1001"].map(wants);
        assert_eq!(all, [false, true, true, false]);
    }
}
