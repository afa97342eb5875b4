//! It stays small: in bytes, in blocks, in time, and in what waits.

use super::*;

/// Puts so many spans of a hundred noisy events each, on end, and asks for the first one all the time.
async fn fill(cache: &EventCache, spans: i64) {
    for number in 0..spans {
        let seconds = span(number * 100, number * 100 + 99);
        cache.put(&whole(), seconds, noise(seconds));
        cache.flush().await;
        cache.newest(&whole(), span(0, 99)).await;
    }
}

async fn bounded(cache: &EventCache, most: u64) {
    fill(cache, 60).await;
    let stats = cache.stats();
    assert!(stats.bytes <= most, "{stats:?}");
    assert!(stats.bytes > most / 2, "{stats:?}");
    assert!(stats.evicted > 10, "{stats:?}");
    // What is in use stays; what was put last is there; what was not asked for is gone.
    assert_eq!(cache.known_seconds(&whole(), span(0, 99)), 100);
    assert_eq!(cache.known_seconds(&whole(), span(5_900, 5_999)), 100);
    assert!(cache.known_seconds(&whole(), span(1_000, 1_999)) < 200);
    let (seconds, events) = ask(cache, &whole(), span(0, 5_999)).await;
    assert_eq!(seconds.len(), events.len());
    assert_eq!(events.len() as u64, stats.events);
}

#[tokio::test]
async fn what_is_kept_outlives_what_was_put_later_and_not_asked_for() {
    let cache = EventCache::in_memory(1 << 20);
    let wanted = span(0, 799);
    for number in 0..60 {
        let seconds = span(number * 100, number * 100 + 99);
        cache.put(&whole(), seconds, noise(seconds));
        cache.written(&Arc::new(whole())).await;
        let kept = cache.keep(&whole(), wanted);
        assert_eq!(
            kept.seconds,
            100 * (number.unsigned_abs() + 1).min(8),
            "all of it, at {number}"
        );
        assert!(kept.bytes >= kept.seconds * 400, "{kept:?}");
    }
    assert!(cache.stats().evicted > 10, "{:?}", cache.stats());
    assert_eq!(cache.keep(&named("x"), wanted), Kept::default());
}

#[tokio::test]
async fn what_is_kept_once_a_quarter_outlives_what_was_put_later() {
    let cache = EventCache::in_memory(1 << 20);
    let wanted = span(0, 399);
    cache.put(&whole(), wanted, noise(wanted));
    let mut kept = None;
    let mut told = 0;
    for number in 10..200 {
        let seconds = span(number * 100, number * 100 + 99);
        cache.put(&whole(), seconds, noise(seconds));
        cache.written(&Arc::new(whole())).await;
        if kept.replace(cache.quarters()) != Some(cache.quarters()) {
            cache.keep(&whole(), wanted);
            told += 1;
        }
        assert_eq!(cache.known_seconds(&whole(), wanted), 400, "at {number}");
    }
    assert!(cache.stats().evicted > 100, "{:?}", cache.stats());
    assert!(told < 190, "{told}");
}

#[tokio::test]
async fn gaps_are_what_is_not_known_newest_first() {
    let cache = EventCache::in_memory(1 << 20);
    let all = span(0, 99);
    assert_eq!(cache.gaps(&whole(), all), [all]);
    for known in [span(10, 19), span(50, 50), span(95, 120)] {
        cache.put(&whole(), known, Vec::new());
    }
    cache.written(&Arc::new(whole())).await;
    let gaps = [span(51, 94), span(20, 49), span(0, 9)];
    assert_eq!(cache.gaps(&whole(), all), gaps);
    assert_eq!(cache.gaps(&named("x"), all), gaps);
    assert_eq!(EventCache::off().gaps(&whole(), all), [all]);
}

#[tokio::test]
async fn what_is_in_memory_stays_within_its_bound() {
    bounded(&EventCache::in_memory(1 << 20), 1 << 20).await;
}

#[tokio::test]
async fn what_is_on_disk_stays_within_its_bound_and_so_does_the_file() {
    let directory = tempfile::tempdir().unwrap();
    let cache = EventCache::on_disk(directory.path(), 4 << 20).unwrap();
    bounded_file(&cache, directory.path()).await;
    drop(cache);
    let less = EventCache::on_disk(directory.path(), 1 << 20).unwrap();
    assert!(less.stats().bytes <= 1 << 20, "{:?}", less.stats());
}

async fn bounded_file(cache: &EventCache, directory: &Path) {
    use std::os::unix::fs::MetadataExt as _;
    fill(cache, 200).await;
    let stats = cache.stats();
    assert!(stats.bytes <= 4 << 20, "{stats:?}");
    let file = std::fs::metadata(disk::file_in(directory)).unwrap();
    assert!(
        file.blocks() * 512 < 8 << 20,
        "{} bytes",
        file.blocks() * 512
    );
}

#[tokio::test]
async fn a_tail_asked_each_minute_leaves_few_blocks() {
    let cache = EventCache::in_memory(64 << 20);
    for minute in 0..1_000 {
        let minute_span = span(minute * 60, minute * 60 + 59);
        let events = match minute % 3 {
            0 => vec![Arc::new(event(minute * 60 + 7, &minute.to_string()))],
            _ => Vec::new(),
        };
        cache.put(&whole(), minute_span, events);
    }
    cache.flush().await;
    assert_eq!(cache.known_seconds(&whole(), span(0, 59_999)), 60_000);
    assert_eq!(cache.stats().events, 334);
    assert!(cache.stats().blocks <= 3, "{:?}", cache.stats());
}

#[tokio::test]
async fn seconds_without_events_take_one_block_whichever_way_they_come() {
    let cache = EventCache::in_memory(64 << 20);
    for number in (0..100).rev() {
        cache.put(&whole(), span(number * 10, number * 10 + 9), Vec::new());
    }
    cache.put(&whole(), span(1_010, 1_019), Vec::new());
    cache.put(&whole(), span(1_000, 1_009), Vec::new());
    cache.flush().await;
    assert_eq!(cache.stats().blocks, 1);
}

#[tokio::test]
async fn seconds_without_events_beside_a_full_block_are_its() {
    let cache = EventCache::in_memory(64 << 20);
    cache.put(&whole(), span(100, 599), noise(span(100, 599)));
    let blocks = |cache: &EventCache| cache.stats().blocks;
    cache.flush().await;
    let before = blocks(&cache);
    for (from, to) in [(600, 609), (90, 99), (610, 619), (80, 89)] {
        cache.put(&whole(), span(from, to), Vec::new());
    }
    cache.flush().await;
    assert_eq!(blocks(&cache), before);
    assert_eq!(ask(&cache, &whole(), span(80, 619)).await.0.len(), 540);
}

#[tokio::test]
async fn many_events_are_cut_into_blocks_and_a_second_is_not() {
    let cache = EventCache::in_memory(64 << 20);
    let mut events = Vec::new();
    for second in 0..10 {
        let ids = 0..if second == 5 { 1_200 } else { 200 };
        events.extend(ids.map(|id| Arc::new(event(second, &format!("{second}-{id:04}")))));
    }
    cache.put(&whole(), span(-100, 100), events.clone());
    cache.flush().await;
    events.sort_by(|a, b| a.key.cmp(&b.key));
    let (mut rest, mut found, mut blocks) = (Some(span(-100, 100)), Vec::new(), 0);
    while let Some(span) = rest {
        let Newest::Known(block) = cache.newest(&whole(), span).await else {
            panic!("{span:?} is known")
        };
        let one_second = block.span.contains(event(5, "x").key.time);
        assert!(block.events.len() <= if one_second { 1_200 } else { 500 });
        found.extend(block.events);
        blocks += 1;
        rest = span.before(block.span.from());
    }
    assert_eq!(found, events);
    assert_eq!(blocks, 6);
}

#[tokio::test]
async fn what_is_older_than_the_history_is_forgotten() {
    const DAY: i64 = 86_400;
    let cache = EventCache::in_memory(64 << 20);
    cache.put(&whole(), span(0, DAY), vec![Arc::new(event(10, "old"))]);
    cache.put(&named("X"), span(3 * DAY, 4 * DAY), Vec::new());
    cache.flush().await;
    cache.put(&whole(), span(93 * DAY, 93 * DAY + 60), Vec::new());
    cache.flush().await;
    assert_eq!(cache.known_seconds(&whole(), span(0, DAY)), 0);
    assert_eq!(
        cache.known_seconds(&named("X"), span(3 * DAY, 4 * DAY)),
        86_401
    );
    assert_eq!(cache.stats().events, 0);
}

#[tokio::test]
async fn what_the_writer_has_no_room_for_is_dropped_and_counted() {
    let cache = EventCache::in_memory(64 << 20);
    let seconds = span(0, 99);
    let mut big = event(50, "big");
    big.record = "x".repeat(20 << 20).into();
    let big = Arc::new(big);
    for account in 1..=9 {
        let mut strand = whole();
        strand.cell.account = crate::domain::AccountId::from_u64(account).unwrap();
        cache.put(&strand, seconds, vec![big.clone()]);
    }
    cache.flush().await;
    let stats = cache.stats();
    assert!(stats.dropped > 0 && stats.events > 0, "{stats:?}");
    assert_eq!(stats.dropped + stats.events, 9);
}
