//! Which calls leave, and when, on paused time.

use std::{pin::pin, task::Poll, time::Duration};

use futures_util::poll;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::*;
use crate::{
    aws::testing::{AlwaysGood, Clockwork, PAGE},
    budget::{CallerId, Lane},
    events::{
        cache::tests::{marked, written_by_hand},
        hunger::Hunger,
        pages::{Keeping, Pages},
        reader::window::Away,
        span::Span,
        testing::event,
    },
};

/// Nine windows at once spend the quota.
const SLOW: Duration = Duration::from_secs(4);
const AT_ONCE: usize = 9;
/// What the strand has: a day, an event a second.
const END: i64 = 86_400;

/// A strand that is read for a stream, and what is around it.
struct Bench {
    reader: StrandReader,
    means: Means,
    hunger: Hunger,
    aws: Clockwork,
}

impl Bench {
    fn new(latency: Duration) -> Self {
        let aws = Clockwork::new(latency);
        let key = event(0, "x").key;
        let source = Source {
            who: Arc::new(AlwaysGood(key.account)),
            cell: crate::domain::Cell {
                account: key.account,
                region: key.region,
            },
            attribute: None,
            max_results: PAGE,
        };
        let hunger = Hunger::new();
        let mut reader = StrandReader::new(source, (second(1), second(END)));
        reader.set_ahead(Ahead {
            densities: Arc::default(),
            bytes: 16 << 20,
            strands: 1,
            appetite: Appetite::Whole,
            scan_limit: None,
            spill: 0,
            hungry: hunger.learner(),
        });
        let ctx = RequestContext {
            caller: CallerId::internal(),
            lane: Lane::Standard,
            deadline: Instant::now() + Duration::from_secs(86_400),
            cancel: CancellationToken::new(),
            authority: crate::domain::Authority::unlimited(),
            span: tracing::Span::none(),
        };
        let means = Means {
            pages: Pages::new(Keeping::default()),
            door: aws.door(),
            ctx,
            tally: Arc::default(),
        };
        Self {
            reader,
            means,
            hunger,
            aws,
        }
    }

    async fn next(&mut self) -> Result<Option<Vec<Arc<Event>>>, AwsError> {
        self.reader.next(&self.means, None).await
    }

    /// So many pages.
    async fn pages(&mut self, pages: usize) {
        for _ in 0..pages {
            self.next().await.unwrap().unwrap();
        }
    }

    /// Nobody asks for so long.
    async fn tend(&mut self, time: Duration) {
        let tending = self.reader.tend(&self.means);
        timeout(time, tending).await.unwrap_err();
    }

    /// Pages that wait.
    fn waiting(&self) -> Vec<usize> {
        self.reader.windows.iter().map(Window::waiting).collect()
    }
}

#[tokio::test(start_paused = true)]
async fn for_a_reader_that_is_slow_nothing_is_read_beyond_a_page_a_window() {
    let mut bench = Bench::new(SLOW);
    bench.hunger.is(false);
    bench.pages(20).await;
    bench.tend(Duration::from_secs(600)).await;
    let waiting = bench.waiting();
    assert!(waiting.iter().all(|pages| *pages <= 1), "{waiting:?}");
    let ahead: usize = waiting.iter().sum();
    assert!((2..=AT_ONCE).contains(&ahead), "{waiting:?}");
}

#[tokio::test(start_paused = true)]
async fn a_strand_at_rest_goes_on_when_the_reader_gets_hungry() {
    let mut bench = Bench::new(SLOW);
    bench.hunger.is(false);
    bench.pages(20).await;
    bench.tend(Duration::from_secs(600)).await;
    let rested = bench.aws.calls();
    let gets_hungry = async {
        sleep(Duration::from_secs(1)).await;
        bench.hunger.is(true);
    };
    let tending = bench.reader.tend(&bench.means);
    let tending = timeout(Duration::from_secs(61), tending);
    let (tended, ()) = tokio::join!(tending, gets_hungry);
    tended.unwrap_err();
    let calls = bench.aws.calls() - rested;
    assert!(calls >= 110, "{calls} calls in a minute, of 120");
}

#[tokio::test(start_paused = true)]
async fn a_hungry_reader_has_all_of_the_quota() {
    let mut bench = Bench::new(SLOW);
    bench.pages(20).await;
    let before = bench.aws.calls();
    bench.tend(Duration::from_secs(60)).await;
    let calls = bench.aws.calls() - before;
    assert!(calls >= 110, "{calls} calls in a minute, of 120");
}

#[tokio::test(start_paused = true)]
async fn a_strand_that_has_no_room_goes_on_when_the_cache_has_what_it_put() {
    let mut bench = Bench::new(Duration::from_millis(1));
    let (cache, mut write) = written_by_hand();
    bench.reader.remember(cache, Some(second(END)));
    bench.reader.set_ahead(Ahead {
        bytes: 64 << 10,
        spill: 4 << 20,
        ..bench.reader.ahead.clone().unwrap()
    });
    bench.pages(1).await;
    bench.tend(Duration::from_secs(60)).await;
    let rested = bench.aws.calls();
    assert!(rested < 60, "{rested} calls with little memory");
    let writes = async {
        sleep(Duration::from_secs(1)).await;
        write();
    };
    let tending = timeout(Duration::from_secs(60), bench.reader.tend(&bench.means));
    let (tended, ()) = tokio::join!(tending, writes);
    tended.unwrap_err();
    assert!(bench.aws.calls() > rested, "{rested} calls, and no more");
}

#[tokio::test]
async fn what_was_let_go_of_is_not_gone_through_at_each_run() {
    const BLOCKS: u32 = 100;
    let mut bench = Bench::new(SLOW);
    let cache = EventCache::in_memory(1 << 20);
    bench.reader.remember(cache.clone(), Some(second(END)));
    let strand = Arc::clone(&bench.reader.memory.as_ref().unwrap().strand);
    // With a second between them, so that they are not joined.
    for block in 0..i64::from(BLOCKS) {
        let span = Span::new(block * 10, block * 10 + 8).unwrap();
        cache.put(&strand, span, Vec::new());
    }
    cache.written(&strand).await;
    let away = Away {
        span: Span::new(0, i64::from(BLOCKS) * 10).unwrap(),
        pages: 1,
        bytes: 1,
    };
    bench.reader.away = away.bytes;
    bench.reader.windows.push_back(Window::gone(1, away));
    (0..1_000).for_each(|_| bench.reader.spill());
    assert!(
        marked(&cache) <= usize::try_from(BLOCKS).unwrap(),
        "{}",
        marked(&cache)
    );
}

#[tokio::test(start_paused = true)]
async fn what_has_failed_fails_again_and_again() {
    let mut bench = Bench::new(SLOW);
    bench.pages(20).await;
    bench.aws.refuse(true);
    let failed = loop {
        if let Err(error) = bench.next().await {
            break error;
        }
    };
    bench.aws.refuse(false);
    for _ in 0..100 {
        let mut again = pin!(bench.reader.next(&bench.means, None));
        let mut polls = 0;
        let again = loop {
            if let Poll::Ready(again) = poll!(&mut again) {
                break again;
            }
            polls += 1;
            assert!(polls < 10_000, "it goes round and round");
            sleep(Duration::from_millis(100)).await;
        };
        assert_eq!(again.map(drop), Err(failed.clone()));
    }
}
