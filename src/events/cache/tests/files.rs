//! The file on disk: opened again, killed, damaged, of somebody else, of another version, in use, impossible.

use std::{
    fs,
    io::{BufRead as _, BufReader, Write as _},
    process::{Command, Stdio},
};

use redb::{Database, TableDefinition};

use super::*;

const BYTES: u64 = 64 << 20;

/// A directory with a cache file that knows 0..=999, with 100 events in each hundred seconds.
async fn used() -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    let cache = EventCache::on_disk(directory.path(), BYTES).unwrap();
    for number in 0..10 {
        let seconds = span(number * 100, number * 100 + 99);
        cache.put(&whole(), seconds, noise(seconds));
    }
    cache.flush().await;
    directory
}

/// Opens what should have been moved aside: it is empty and works.
async fn assert_begun_anew(directory: &Path) {
    let cache = EventCache::on_disk(directory, BYTES).unwrap();
    assert_eq!(cache.known_seconds(&whole(), span(0, 999)), 0);
    assert!(directory.join("events.redb.aside").exists());
    let seconds = span(0, 99);
    cache.put(&whole(), seconds, noise(seconds));
    cache.flush().await;
    assert_eq!(ask(&cache, &whole(), seconds).await.1.len(), 100);
}

#[tokio::test]
async fn what_was_known_is_known_when_opened_again() {
    use std::os::unix::fs::PermissionsExt as _;
    let directory = used().await;
    let cache = EventCache::on_disk(directory.path(), BYTES).unwrap();
    let (seconds, events) = ask(&cache, &whole(), span(0, 999)).await;
    assert_eq!((seconds.len(), events.len()), (1_000, 1_000));
    assert_eq!(cache.stats().events, 1_000);
    let file = fs::metadata(disk::file_in(directory.path())).unwrap();
    assert_eq!(
        file.permissions().mode() & 0o777,
        0o600,
        "records are not for everybody"
    );
}

#[tokio::test]
async fn a_foreign_file_is_moved_aside() {
    let directory = tempfile::tempdir().unwrap();
    let file = disk::file_in(directory.path());
    fs::write(&file, "all kinds of things ".repeat(1_000)).unwrap();
    assert_begun_anew(directory.path()).await;
}

#[tokio::test]
async fn a_file_of_another_schema_is_moved_aside() {
    let directory = used().await;
    let about: TableDefinition<'_, &str, u64> = TableDefinition::new("about");
    let other = Database::open(disk::file_in(directory.path())).unwrap();
    let write = other.begin_write().unwrap();
    write
        .open_table(about)
        .unwrap()
        .insert("schema", 2)
        .unwrap();
    write.commit().unwrap();
    drop(other);
    assert_begun_anew(directory.path()).await;
}

#[tokio::test]
async fn somebody_elses_tables_are_moved_aside() {
    let directory = tempfile::tempdir().unwrap();
    let theirs: TableDefinition<'_, &str, &str> = TableDefinition::new("theirs");
    let other = Database::create(disk::file_in(directory.path())).unwrap();
    let write = other.begin_write().unwrap();
    write.open_table(theirs).unwrap().insert("a", "b").unwrap();
    write.commit().unwrap();
    drop(other);
    assert_begun_anew(directory.path()).await;
}

#[tokio::test]
async fn a_truncated_file_is_moved_aside() {
    let directory = used().await;
    let file = disk::file_in(directory.path());
    let length = fs::metadata(&file).unwrap().len();
    let opened = fs::OpenOptions::new().write(true).open(&file).unwrap();
    opened.set_len(length / 3).unwrap();
    drop(opened);
    assert_begun_anew(directory.path()).await;
}

/// Wherever the damage is: the cache opens, and what it says it knows is right.
#[tokio::test]
async fn a_damaged_file_loses_only_knowledge() {
    use std::os::unix::fs::FileExt as _;
    let pristine = used().await;
    let whole_file = fs::read(disk::file_in(pristine.path())).unwrap();
    let mut lost = 0;
    for round in 0..12usize {
        let directory = tempfile::tempdir().unwrap();
        let file = disk::file_in(directory.path());
        fs::write(&file, &whole_file).unwrap();
        let opened = fs::OpenOptions::new().write(true).open(&file).unwrap();
        for hit in 0..20usize {
            let at = (round * 7_919 + hit * 104_729 + round * hit * 31_013) % whole_file.len();
            opened.write_all_at(&[0xA5, 0x5A, 0xFF], at as u64).unwrap();
        }
        drop(opened);
        let cache = EventCache::on_disk(directory.path(), BYTES).unwrap();
        let (seconds, events) = ask(&cache, &whole(), span(0, 999)).await;
        assert_eq!(seconds.len(), events.len());
        lost += 1_000 - seconds.len();
        cache.put(&whole(), span(0, 999), noise(span(0, 999)));
        cache.flush().await;
    }
    assert!(lost > 0, "the damage was none");
}

#[tokio::test]
async fn a_damaged_block_is_a_gap_and_can_be_put_again() {
    let directory = used().await;
    let blocks: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("blocks");
    let other = Database::open(disk::file_in(directory.path())).unwrap();
    let write = other.begin_write().unwrap();
    {
        let mut blocks = write.open_table(blocks).unwrap();
        let ids: Vec<u64> = redb::ReadableTable::iter(&blocks)
            .unwrap()
            .map(|row| row.unwrap().0.value())
            .collect();
        let first = ids.first().unwrap();
        blocks
            .insert(first, b"nothing that was packed".as_slice())
            .unwrap();
        blocks.remove(ids.last().unwrap()).unwrap();
    }
    write.commit().unwrap();
    drop(other);
    let cache = EventCache::on_disk(directory.path(), BYTES).unwrap();
    assert_eq!(cache.stats().events, 1_000);
    let (seconds, events) = ask(&cache, &whole(), span(0, 999)).await;
    assert!(seconds.len() < 1_000);
    assert_eq!(seconds.len(), events.len());
    cache.put(&whole(), span(0, 999), noise(span(0, 999)));
    cache.flush().await;
    assert_eq!(ask(&cache, &whole(), span(0, 999)).await.1.len(), 1_000);
}

#[tokio::test]
async fn of_blocks_that_a_crash_left_doubled_the_later_counts() {
    let directory = used().await;
    let metas: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("metas");
    let other = Database::open(disk::file_in(directory.path())).unwrap();
    let write = other.begin_write().unwrap();
    let later = Meta {
        id: 1_000_000,
        strand: Arc::new(whole()),
        span: span(0, 999),
        events: 0,
        bytes: 0,
    };
    write
        .open_table(metas)
        .unwrap()
        .insert(later.id, later.encode().as_slice())
        .unwrap();
    write.commit().unwrap();
    drop(other);
    for _ in 0..2 {
        let cache = EventCache::on_disk(directory.path(), BYTES).unwrap();
        assert_eq!(cache.stats().blocks, 1);
        assert_eq!(ask(&cache, &whole(), span(0, 999)).await.1, []);
        cache.flush().await;
    }
}

#[tokio::test]
async fn one_process_at_a_time() {
    let directory = used().await;
    let first = EventCache::on_disk(directory.path(), BYTES).unwrap();
    let second = EventCache::on_disk(directory.path(), BYTES);
    assert!(
        matches!(second, Err(CacheError::InUse { .. })),
        "{second:?}"
    );
    assert!(!directory.path().join("events.redb.aside").exists());
    drop(first);
    EventCache::on_disk(directory.path(), BYTES).unwrap();
}

#[test]
fn a_directory_that_cannot_be_is_an_error() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("file");
    fs::write(&file, "").unwrap();
    for impossible in [&file, &file.join("below"), Path::new("/proc/cache")] {
        let error = EventCache::on_disk(impossible, BYTES).unwrap_err();
        assert!(matches!(error, CacheError::Directory { .. }), "{error:?}");
    }
}

/// Writes until it is killed, in a process of its own: see the test below.
#[test]
#[ignore = "not a test: what another test kills"]
fn victim() {
    let Some(directory) = std::env::var_os("CACHE_VICTIM") else {
        return;
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let cache = EventCache::on_disk(Path::new(&directory), 1 << 20).unwrap();
    for number in 0.. {
        let seconds = span(number * 100, number * 100 + 99);
        cache.put(&whole(), seconds, noise(seconds));
        // Most of the time it is killed in the middle of writing; that something was written at all is told.
        if number % 4 == 3 {
            runtime.block_on(cache.flush());
            println!("flushed {}", seconds.to());
            std::io::stdout().flush().unwrap();
        }
    }
}

#[tokio::test]
async fn a_killed_writer_leaves_a_file_that_opens() {
    let directory = tempfile::tempdir().unwrap();
    let mut before = 0;
    for round in 1..=3 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args([
                "events::cache::tests::files::victim",
                "--exact",
                "--ignored",
                "--nocapture",
            ])
            .env("CACHE_VICTIM", directory.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let told = BufReader::new(child.stdout.take().unwrap())
            .lines()
            .map_while(Result::ok);
        let flushed = told.filter_map(|line| Some(line.split_once("flushed ")?.1.to_owned()));
        let last = flushed.take(round * 3).last();
        child.kill().unwrap();
        child.wait().unwrap();
        let flushed: i64 = last.expect("it flushed").parse().unwrap();
        let cache = EventCache::on_disk(directory.path(), 1 << 20).unwrap();
        assert!(!directory.path().join("events.redb.aside").exists());
        let stats = cache.stats();
        assert!(stats.events > 0 && stats.bytes <= 1 << 20, "{stats:?}");
        // What was flushed last is there, if it was put after what an earlier round left.
        if flushed > before {
            let (seconds, events) = ask(&cache, &whole(), span(flushed - 99, flushed)).await;
            assert_eq!((seconds.len(), events.len()), (100, 100));
        }
        let (seconds, events) = ask(&cache, &whole(), span(0, flushed + 10_000)).await;
        assert_eq!(seconds.len(), events.len());
        before = seconds.last().copied().unwrap_or(0);
    }
}
