//! Tests of the event cache, and what they share.

mod bounds;
mod files;
mod layout;
mod model;

use std::collections::BTreeSet;

use super::*;
use crate::{
    domain::{LookupAttribute, LookupAttributeKind},
    events::testing::event,
};

/// The cell of [`event`], all of it.
pub(super) fn whole() -> Strand {
    let key = event(0, "x").key;
    Strand {
        cell: crate::domain::Cell {
            account: key.account,
            region: key.region,
        },
        attribute: None,
    }
}

/// The same cell, events of this name.
fn named(name: &str) -> Strand {
    Strand {
        attribute: Some(LookupAttribute {
            kind: LookupAttributeKind::EventName,
            value: name.to_owned(),
        }),
        ..whole()
    }
}

fn span(from: i64, to: i64) -> Span {
    Span::new(from, to).unwrap()
}

/// Events of these seconds, one each, newest first, with records that do not compress.
fn noise(seconds: Span) -> Vec<Arc<Event>> {
    let noisy = |second: i64| {
        let mut event = event(second, &format!("event-{second}"));
        let noise: Vec<String> = (0..62)
            .map(|_| format!("{:016x}", rand::random::<u64>()))
            .collect();
        event.record = noise.concat().into();
        Arc::new(event)
    };
    (seconds.from()..=seconds.to()).rev().map(noisy).collect()
}

/// What a caller learns who asks until he has all: the seconds that are known, and their events, newest first.
async fn ask(cache: &EventCache, strand: &Strand, whole: Span) -> (BTreeSet<i64>, Vec<Arc<Event>>) {
    let (mut seconds, mut events) = (BTreeSet::new(), Vec::new());
    let mut rest = Some(whole);
    while let Some(span) = rest {
        let answered = match cache.newest(strand, span).await {
            Newest::Gap(gap) => gap,
            Newest::Known(block) => {
                seconds.extend(block.span.from()..=block.span.to());
                assert!(block.events.is_sorted_by_key(|event| &event.key));
                events.extend(block.events);
                block.span
            }
        };
        assert_eq!(answered.to(), span.to());
        rest = span.before(answered.from());
    }
    (seconds, events)
}

/// A cache whose writer never comes to write, and the number of messages that wait for it.
pub(in crate::events) fn without_a_writer() -> (EventCache, impl Fn() -> usize) {
    let (queue, messages) = mpsc::channel();
    let shelf = Box::new(MemoryShelf::default());
    let inner = Inner {
        shared: Arc::new(Shared::new(Index::default(), shelf, 1 << 20)),
        queue: Some(queue),
        writer: None,
    };
    let cache = EventCache {
        inner: Some(Arc::new(inner)),
    };
    (cache, move || messages.try_iter().count())
}

/// A cache that writes what waits when it is told to.
pub(in crate::events) fn written_by_hand() -> (EventCache, impl FnMut()) {
    let (queue, messages) = mpsc::channel();
    let shelf = Box::new(MemoryShelf::default());
    let shared = Arc::new(Shared::new(Index::default(), shelf, 16 << 20));
    let mut writer = Writer::new(Arc::clone(&shared), 0, Vec::new());
    let inner = Inner {
        shared,
        queue: Some(queue),
        writer: None,
    };
    let cache = EventCache {
        inner: Some(Arc::new(inner)),
    };
    let write = move || messages.try_iter().for_each(|message| writer.take(message));
    (cache, write)
}

/// How many blocks were marked as used because they are to be kept.
pub(in crate::events) fn marked(cache: &EventCache) -> usize {
    cache.inner.as_ref().unwrap().shared.index().marked
}

#[tokio::test]
async fn what_is_off_knows_nothing() {
    let cache = EventCache::off();
    cache.put(&whole(), span(0, 9), vec![Arc::new(event(3, "a"))]);
    cache.flush().await;
    assert_eq!(
        cache.newest(&whole(), span(0, 9)).await,
        Newest::Gap(span(0, 9))
    );
    assert_eq!(cache.stats(), CacheStats::default());
}

#[tokio::test]
async fn what_is_known_is_found_and_the_rest_is_a_gap() {
    let cache = EventCache::in_memory(1 << 20);
    let (newer, older) = (Arc::new(event(18, "b")), Arc::new(event(12, "a")));
    cache.put(&whole(), span(10, 19), vec![newer.clone(), older.clone()]);
    cache.flush().await;
    let known = |from, to, events| {
        Newest::Known(Block {
            span: span(from, to),
            events,
        })
    };
    let all = vec![newer.clone(), older];
    assert_eq!(
        cache.newest(&whole(), span(0, 19)).await,
        known(10, 19, all)
    );
    assert_eq!(
        cache.newest(&whole(), span(15, 18)).await,
        known(15, 18, vec![newer])
    );
    assert_eq!(
        cache.newest(&whole(), span(0, 9)).await,
        Newest::Gap(span(0, 9))
    );
    assert_eq!(
        cache.newest(&whole(), span(0, 30)).await,
        Newest::Gap(span(20, 30))
    );
    assert_eq!(cache.known_seconds(&whole(), span(15, 30)), 5);
    let stats = cache.stats();
    assert_eq!((stats.hits, stats.misses, stats.events), (2, 2, 2));
}

#[tokio::test]
async fn one_attribute_is_served_from_all_events_of_the_cell() {
    let cache = EventCache::in_memory(1 << 20);
    let mut other = event(15, "b");
    other.name = "StopLogging".into();
    let other = Arc::new(other);
    cache.put(
        &whole(),
        span(10, 19),
        vec![other.clone(), Arc::new(event(12, "a"))],
    );
    cache.put(&named("StopLogging"), span(0, 4), vec![]);
    cache.flush().await;
    let (seconds, events) = ask(&cache, &named("StopLogging"), span(0, 19)).await;
    assert_eq!(events, [other]);
    assert_eq!(seconds.len(), 15);
    assert_eq!(cache.known_seconds(&named("StopLogging"), span(0, 19)), 15);
    assert_eq!(cache.known_seconds(&named("DeleteTrail"), span(0, 19)), 10);
    assert_eq!(cache.known_seconds(&whole(), span(0, 19)), 10);
}

#[test]
fn a_cache_that_has_failed_is_told_nothing() {
    let (cache, told) = without_a_writer();
    let inner = cache.inner.as_ref().unwrap();
    inner.shared.fail(&shelf::ShelfError("full".to_owned()));
    assert!(!cache.put(&whole(), span(0, 9), Vec::new()));
    cache.end(&Arc::new(whole()));
    assert_eq!(told(), 0);
}

#[tokio::test]
async fn another_cell_knows_nothing_of_it() {
    let cache = EventCache::in_memory(1 << 20);
    cache.put(&whole(), span(0, 9), vec![]);
    cache.flush().await;
    let mut elsewhere = whole();
    elsewhere.cell.region = "eu-north-1".parse().unwrap();
    assert_eq!(cache.known_seconds(&elsewhere, span(0, 9)), 0);
}
