//! The writer on paused time, with a disk that does what a test says.

use std::{
    collections::VecDeque,
    io,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::{
    task::JoinHandle,
    time::{Instant, timeout},
};

use super::*;
use crate::{
    audit::{
        Open,
        record::{Request, Torn},
        seal::hex,
        tests::{deed, ended},
        verify::{Report, Spot, Verifier},
    },
    domain::Timestamp,
};

/// What happens to an append.
#[derive(Debug, Clone, Copy)]
enum Fate {
    /// It takes this long.
    Takes(Duration),
    /// It fails when so many of its lines are there, and half of another if `torn`.
    Fails { lines: usize, torn: bool },
    /// All is there, and it fails.
    Unsynced,
}

#[derive(Debug, Default)]
struct Disk {
    bytes: Vec<u8>,
    appends: usize,
    fates: VecDeque<Fate>,
}

/// A disk, which a test holds too.
#[derive(Debug, Clone, Default)]
struct Shelf(Arc<Mutex<Disk>>);

impl Shelf {
    fn disk(&self) -> std::sync::MutexGuard<'_, Disk> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn will(&self, fates: &[Fate]) {
        self.disk().fates.extend(fates);
    }

    fn text(&self) -> String {
        String::from_utf8(self.disk().bytes.clone()).unwrap()
    }

    fn report(&self) -> Report {
        let mut verifier = Verifier::new(Seal::new(None), None);
        for (line, number) in self.text().split_inclusive('\n').zip(1..) {
            let spot = Spot {
                file: "f".to_owned(),
                line: number,
            };
            let bare = line.strip_suffix('\n');
            verifier.line(&spot, bare.unwrap_or(line).as_bytes(), bare.is_some());
        }
        verifier.finish(false)
    }
}

impl Sink for Shelf {
    async fn look(&mut self) -> io::Result<Found> {
        let disk = self.disk();
        let tail = crate::audit::file::Tail::in_bytes(&disk.bytes, &Seal::new(None));
        Ok(Found {
            last: tail.last,
            torn: tail.torn,
            set_aside: None,
        })
    }

    async fn turn(&mut self, _: u64) -> io::Result<bool> {
        Ok(false)
    }

    async fn append(&mut self, lines: String) -> io::Result<Option<String>> {
        let fate = self.disk().fates.pop_front();
        if let Some(Fate::Takes(time)) = fate {
            sleep(time).await;
        }
        let mut disk = self.disk();
        disk.appends += 1;
        if disk.bytes.last().is_some_and(|last| *last != b'\n') {
            disk.bytes.push(b'\n');
        }
        let full = || Err(io::Error::from(io::ErrorKind::StorageFull));
        match fate {
            None | Some(Fate::Takes(_)) => {
                disk.bytes.extend(lines.as_bytes());
                Ok(None)
            }
            Some(Fate::Unsynced) => {
                disk.bytes.extend(lines.as_bytes());
                full()
            }
            Some(Fate::Fails { lines: there, torn }) => {
                let mut each = lines.split_inclusive('\n');
                for line in each.by_ref().take(there) {
                    disk.bytes.extend(line.as_bytes());
                }
                if let (true, Some(line)) = (torn, each.next()) {
                    disk.bytes.extend(&line.as_bytes()[..line.len() / 2]);
                }
                full()
            }
        }
    }
}

struct Rig {
    audit: Audit,
    shelf: Shelf,
    end: CancellationToken,
    task: JoinHandle<()>,
}

const FULL: Fate = Fate::Fails {
    lines: 0,
    torn: false,
};

impl Rig {
    async fn new(fates: &[Fate]) -> Self {
        let shelf = Shelf::default();
        shelf.will(fates);
        Self::on(shelf).await
    }

    async fn on(shelf: Shelf) -> Self {
        let clock: WallClock = Arc::new(|| Timestamp::from_nanos(0));
        let opened = Writer::open(shelf.clone(), Seal::new(None), clock).await;
        let (audit, writer) = opened.unwrap();
        let end = CancellationToken::new();
        let task = tokio::spawn(writer.run(end.clone()));
        Self {
            audit,
            shelf,
            end,
            task,
        }
    }

    async fn intent(&self) -> Result<Open, Unavailable> {
        self.audit.intent(deed(), &["a:B".to_owned()]).await
    }

    fn read(&self) {
        let second = Duration::from_secs(1);
        self.audit.read(Request::new("x", "y", "OK", second, None));
    }

    /// Ends it, and tells what was written.
    async fn finish(self) -> Report {
        self.end.cancel();
        timeout(Duration::from_secs(60), self.task)
            .await
            .unwrap()
            .unwrap();
        self.shelf.report()
    }
}

#[tokio::test(start_paused = true)]
async fn an_intent_is_there_before_it_is_told_and_its_outcome_after() {
    let rig = Rig::new(&[]).await;
    let open = rig.intent().await.unwrap();
    assert!(rig.shelf.text().contains("\"kind\":\"intent\""));
    open.ended(&ended());
    let report = rig.finish().await;
    assert!(report.is_good() && report.open_intents == 0, "{report}");
    let kinds: Vec<(&str, u64)> = report.kinds.iter().map(|(k, n)| (&**k, *n)).collect();
    assert_eq!(
        kinds,
        [("end", 1), ("intent", 1), ("outcome", 1), ("start", 1)]
    );
    assert!(report.notes.is_empty());
}

/// Ten at the same time cost two waits for the disk, not ten.
#[tokio::test(start_paused = true)]
async fn what_comes_while_the_disk_works_is_written_together() {
    let slow = Fate::Takes(Duration::from_secs(1));
    let rig = Rig::new(&[slow, slow, slow, slow]).await;
    let begun = Instant::now();
    let all = futures_util::future::join_all((0..10).map(|_| rig.intent())).await;
    assert!(all.iter().all(Result::is_ok));
    // The process's own first line, and one for all.
    assert_eq!(rig.shelf.disk().appends, 2);
    assert_eq!(begun.elapsed(), Duration::from_secs(2));
    drop(all);
    let report = rig.finish().await;
    assert_eq!(report.kinds["intent"], 10);
    assert!(report.is_good() && report.open_intents == 0, "{report}");
}

#[tokio::test(start_paused = true)]
async fn without_room_intents_are_refused_and_it_goes_on_when_there_is_some() {
    let rig = Rig::new(&[Fate::Takes(Duration::ZERO), FULL, FULL]).await;
    let refused = rig.intent().await.unwrap_err();
    assert!(refused.reason().contains("no storage space"), "{refused}");
    assert!(rig.audit.ready().is_err());
    assert!(rig.audit.status().unwrap().failing.is_some());
    let begun = Instant::now();
    // At once: nobody waits for a disk that is known to be full.
    assert!(rig.intent().await.is_err());
    assert_eq!(begun.elapsed(), Duration::ZERO);
    sleep(Duration::from_millis(2_100)).await;
    assert!(rig.audit.ready().is_ok());
    rig.intent().await.unwrap().ended(&ended());
    let status = rig.audit.status().unwrap();
    assert_eq!((status.failures, status.failing), (2, None));
    let report = rig.finish().await;
    assert!(report.is_good() && report.open_intents == 0, "{report}");
    assert_eq!((report.kinds["intent"], report.kinds["resume"]), (1, 1));
}

/// Whatever of a batch is there when it fails: each outcome stands once, and no intent that was refused stays open.
#[tokio::test(start_paused = true)]
async fn a_batch_that_is_there_in_part_is_neither_lost_nor_doubled() {
    let part = |lines, torn| Fate::Fails { lines, torn };
    let fates = [
        Fate::Unsynced,
        part(0, true),
        part(1, false),
        part(1, true),
        part(2, true),
        part(3, false),
    ];
    for fate in fates {
        let rig = Rig::new(&[]).await;
        let open = rig.intent().await.unwrap();
        rig.shelf
            .will(&[Fate::Takes(Duration::from_secs(1)), fate, FULL]);
        // The disk is busy with this one, so that the others come together.
        rig.read();
        tokio::task::yield_now().await;
        open.ended(&ended());
        let (refused, ()) = tokio::join!(rig.intent(), async { rig.read() });
        assert!(refused.is_err(), "{fate:?}");
        sleep(5 * RETRY).await;
        let report = rig.finish().await;
        assert!(report.is_good(), "{fate:?} {report}");
        assert_eq!(report.open_intents, 0, "{fate:?} {report}");
        assert_eq!(report.kinds["outcome"], 1, "{fate:?} {report}");
        assert_eq!(report.kinds["read"], 2, "{fate:?} {report}");
    }
}

/// More of them than one line can name.
#[tokio::test(start_paused = true)]
async fn however_many_intents_were_refused_none_of_them_stays_open() {
    let slow = Fate::Takes(Duration::from_secs(1));
    let rig = Rig::new(&[slow, Fate::Unsynced, Fate::Unsynced, FULL]).await;
    let all = futures_util::future::join_all((0..450).map(|_| rig.intent())).await;
    assert!(all.iter().all(Result::is_err));
    sleep(10 * RETRY).await;
    let report = rig.finish().await;
    assert_eq!(report.kinds["intent"], 450);
    assert!(report.is_good() && report.open_intents == 0, "{report}");
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_a_disk_that_does_not_answer_is_refused_in_time() {
    let rig = Rig::new(&[
        Fate::Takes(Duration::ZERO),
        Fate::Takes(Duration::from_secs(30)),
    ])
    .await;
    let begun = Instant::now();
    let refused = rig.intent().await.unwrap_err();
    assert_eq!(begun.elapsed(), PATIENCE, "{refused}");
    sleep(Duration::from_millis(10)).await;
    let status = rig.audit.status().unwrap();
    assert_eq!(status.failing.as_deref(), Some("the disk does not answer"));
    assert!(rig.intent().await.is_err());
    sleep(Duration::from_secs(30)).await;
    // It was written after all: its outcome says that nothing was begun.
    assert!(rig.audit.ready().is_ok());
    let report = rig.finish().await;
    assert!(report.is_good() && report.open_intents == 0, "{report}");
    assert_eq!((report.kinds["intent"], report.kinds["outcome"]), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn who_stops_waiting_has_not_begun_and_the_record_says_so() {
    let slow = Fate::Takes(Duration::from_secs(1));
    let rig = Rig::new(&[Fate::Takes(Duration::ZERO), slow, slow]).await;
    let half = Duration::from_millis(500);
    assert!(timeout(half, rig.intent()).await.is_err());
    let report = rig.finish().await;
    assert!(report.is_good() && report.open_intents == 0, "{report}");
}

/// Written, and nobody there to hear it.
#[tokio::test(start_paused = true)]
async fn who_leaves_as_the_answer_comes_has_not_begun_either() {
    let rig = Rig::new(&[]).await;
    let mut intent = Box::pin(rig.intent());
    let waits =
        std::future::poll_fn(|cx| std::task::Poll::Ready(intent.as_mut().poll(cx).is_pending()));
    assert!(waits.await);
    sleep(Duration::from_millis(1)).await;
    assert!(rig.shelf.text().contains("\"kind\":\"intent\""));
    drop(intent);
    let report = rig.finish().await;
    assert!(report.is_good() && report.open_intents == 0, "{report}");
    assert_eq!(report.kinds["outcome"], 1);
}

#[tokio::test(start_paused = true)]
async fn who_ends_without_a_word_leaves_an_unknown_outcome() {
    let rig = Rig::new(&[]).await;
    drop(rig.intent().await.unwrap());
    let shelf = rig.shelf.clone();
    rig.finish().await;
    let text = shelf.text();
    assert!(
        text.contains("\"result\":\"unknown\",\"effect\":\"unknown\""),
        "{text}"
    );
}

/// While nothing can be written, records of requests are dropped beyond a bound, and the record tells how many.
#[tokio::test(start_paused = true)]
async fn what_waits_is_bounded_and_what_was_dropped_is_told() {
    let rig = Rig::new(&[Fate::Takes(Duration::from_secs(60))]).await;
    tokio::task::yield_now().await;
    for _ in 0..5_000 {
        rig.read();
    }
    assert_eq!(rig.audit.status().unwrap().lost, 5_000 - 4096);
    sleep(Duration::from_secs(61)).await;
    let report = rig.finish().await;
    assert!(report.is_good(), "{report}");
    assert_eq!((report.kinds["read"], report.lost), (4096, 904));
}

/// An outcome holds the end of the process up; records of requests do not.
#[tokio::test(start_paused = true)]
async fn an_outcome_is_tried_until_it_is_written() {
    let rig = Rig::new(&[]).await;
    let open = rig.intent().await.unwrap();
    rig.shelf.will(&[FULL, FULL, FULL]);
    open.ended(&ended());
    let begun = Instant::now();
    let report = rig.finish().await;
    assert_eq!(begun.elapsed(), 3 * RETRY);
    assert!(report.is_good() && report.kinds["outcome"] == 1, "{report}");

    let rig = Rig::new(&[]).await;
    sleep(Duration::from_millis(1)).await;
    rig.shelf.will(&[FULL; 100]);
    rig.read();
    let begun = Instant::now();
    let report = rig.finish().await;
    assert_eq!(begun.elapsed(), Duration::ZERO);
    assert!(
        report.is_good() && !report.kinds.contains_key("read"),
        "{report}"
    );
}

#[tokio::test(start_paused = true)]
async fn the_next_process_goes_on_where_the_last_was_cut() {
    let rig = Rig::new(&[]).await;
    drop(rig.intent().await.unwrap());
    sleep(Duration::from_millis(1)).await;
    let shelf = rig.shelf.clone();
    rig.task.abort();
    shelf.disk().bytes.extend(b"{\"v\":1,");
    let torn = Torn {
        bytes: 7,
        sha256: hex(&<sha2::Sha256 as sha2::Digest>::digest(b"{\"v\":1,")),
    };
    let rig = Rig::on(shelf.clone()).await;
    let report = rig.finish().await;
    assert!(report.is_good(), "{report}");
    assert!(shelf.text().contains(&torn.sha256));
}

#[tokio::test(start_paused = true)]
async fn after_its_end_nothing_can_be_intended() {
    let rig = Rig::new(&[]).await;
    let audit = rig.audit.clone();
    let report = rig.finish().await;
    assert_eq!(report.kinds["end"], 1);
    let refused = audit.intent(deed(), &[]).await.unwrap_err();
    assert!(refused.reason().contains("ending"), "{refused}");
}

/// Places come back with outcomes, whatever way an intent ends.
#[tokio::test(start_paused = true)]
async fn no_place_is_lost() {
    let rig = Rig::new(&[Fate::Takes(Duration::ZERO), FULL]).await;
    assert!(rig.intent().await.is_err());
    sleep(Duration::from_secs(2)).await;
    let places = |rig: &Rig| rig.audit.places();
    assert_eq!(places(&rig), 4096);
    let open = rig.intent().await.unwrap();
    assert_eq!(places(&rig), 4095);
    open.ended(&ended());
    sleep(Duration::from_millis(1)).await;
    assert_eq!(places(&rig), 4096);
    rig.finish().await;
}
