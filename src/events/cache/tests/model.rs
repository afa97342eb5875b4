//! Whatever is put and asked in whatever order, the cache says what a simple model says: on both shelves.

use std::collections::BTreeMap;

use proptest::{collection::vec, prelude::*};

use super::*;

const NAMES: [&str; 3] = ["StopLogging", "DeleteTrail", "PutObject"];

#[derive(Debug, Clone)]
enum Step {
    Put(Option<usize>, Span),
    Ask(Option<usize>, Span),
    Reopen,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let attribute = || prop_oneof![3 => Just(None), 2 => (0..2usize).prop_map(Some)];
    let spans = || (0i64..60, 0i64..25).prop_map(|(from, more)| span(from, from + more));
    let step = prop_oneof![
        8 => (attribute(), spans()).prop_map(|(name, span)| Step::Put(name, span)),
        4 => (attribute(), spans()).prop_map(|(name, span)| Step::Ask(name, span)),
        1 => Just(Step::Reopen),
    ];
    vec(step, 1..40)
}

/// All that ever happened: seconds without events, with a few, and with more than half a block.
fn truth() -> Vec<Arc<Event>> {
    let mut all = Vec::new();
    for second in 0..90 {
        let count = match second {
            20 | 21 | 50 => 300,
            _ => second % 4,
        };
        for number in 0..count {
            let mut one = event(second, &format!("{second}-{number}"));
            one.name = NAMES[usize::try_from(number).unwrap() % 3].into();
            all.push(Arc::new(one));
        }
    }
    all.sort_by(|a, b| a.key.cmp(&b.key));
    all
}

fn strand_of(name: Option<usize>) -> Strand {
    name.map_or_else(whole, |name| named(NAMES[name]))
}

fn events_of(truth: &[Arc<Event>], strand: &Strand, seconds: &BTreeSet<i64>) -> Vec<Arc<Event>> {
    let within = |event: &&Arc<Event>| seconds.contains(&event.key.time.seconds());
    let held = truth
        .iter()
        .filter(within)
        .filter(|event| strand.holds(event));
    held.cloned().collect()
}

type Known = BTreeMap<Option<usize>, BTreeSet<i64>>;

async fn compare(
    cache: &EventCache,
    truth: &[Arc<Event>],
    known: &Known,
    name: Option<usize>,
    asked: Span,
) {
    let strand = strand_of(name);
    let of = |name| known.get(&name).into_iter().flatten().copied();
    let expected: BTreeSet<i64> = of(name)
        .chain(of(None))
        .filter(|s| (asked.from()..=asked.to()).contains(s))
        .collect();
    let (seconds, events) = ask(cache, &strand, asked).await;
    assert_eq!(seconds, expected);
    let ids = |events: &[Arc<Event>]| -> Vec<Arc<str>> {
        events.iter().map(|e| e.key.event_id.clone()).collect()
    };
    assert_eq!(ids(&events), ids(&events_of(truth, &strand, &expected)));
    assert_eq!(cache.known_seconds(&strand, asked), expected.len() as u64);
}

fn run(steps: Vec<Step>, open: impl Fn() -> EventCache, reopens: bool) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let truth = truth();
    runtime.block_on(async {
        let (mut cache, mut known) = (open(), Known::new());
        for step in steps {
            match step {
                Step::Put(name, span) => {
                    let seconds: BTreeSet<i64> = (span.from()..=span.to()).collect();
                    let mut events = events_of(&truth, &strand_of(name), &seconds);
                    // Neither order nor repetition nor what lies outside matters.
                    events.reverse();
                    events.extend(events.first().cloned());
                    events.push(Arc::new(event(span.to() + 1, "outside")));
                    cache.put(&strand_of(name), span, events);
                    known.entry(name).or_default().extend(seconds);
                }
                Step::Ask(name, span) => {
                    cache.flush().await;
                    compare(&cache, &truth, &known, name, span).await;
                }
                Step::Reopen if reopens => {
                    cache.flush().await;
                    drop(cache);
                    cache = open();
                }
                Step::Reopen => {}
            }
        }
        cache.flush().await;
        for name in [None, Some(0), Some(1)] {
            compare(&cache, &truth, &known, name, span(0, 89)).await;
        }
        assert_eq!((cache.stats().dropped, cache.stats().evicted), (0, 0));
    });
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn in_memory_it_knows_what_the_model_knows(steps in steps()) {
        run(steps, || EventCache::in_memory(64 << 20), false);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn on_disk_it_knows_what_the_model_knows(steps in steps()) {
        let directory = tempfile::tempdir().unwrap();
        run(steps, || EventCache::on_disk(directory.path(), 64 << 20).unwrap(), true);
    }
}
