use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use super::*;
use crate::{
    budget::{CallerId, Lane},
    domain::{Authority, TimeWindow, Timestamp},
    events::testing::event,
};
use futures_util::future::join_all;

const TIME: Duration = Duration::from_secs(60);
/// How long a call of these tests takes.
const CALL: Duration = Duration::from_millis(500);

/// How a call ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Page,
    Fails(FailureKind),
    Panics,
}

/// Pages, and a count of the calls that left.
#[derive(Clone)]
struct Bench {
    pages: Pages,
    calls: Arc<AtomicUsize>,
}

impl Bench {
    fn new() -> Self {
        Self::keeping(Keeping::default())
    }

    fn keeping(keeping: Keeping) -> Self {
        Self {
            pages: Pages::new(keeping),
            calls: Arc::default(),
        }
    }

    fn calls(&self) -> usize {
        self.calls.load(Ordering::Relaxed)
    }

    /// A call waits for its slot, leaves, and ends.
    async fn call(
        self,
        key: PageKey,
        ticket: Ticket,
        end: End,
        wait: Duration,
    ) -> Result<LookupPage, AwsError> {
        let failed = |kind| AwsError {
            kind,
            ..error(&key, Interrupted::Cancelled)
        };
        let flown = async {
            tokio::time::sleep(wait).await;
            self.calls.fetch_add(1, Ordering::Relaxed);
            ticket.tally.count_call();
            let window = ticket.departure.leave();
            tokio::time::sleep(CALL).await;
            window
        };
        let flown = ticket.ctx.race(flown).await;
        let window = flown.map_err(|interrupted| failed(interrupted.into()))?;
        match end {
            End::Page => Ok(LookupPage {
                window,
                events: vec![Arc::new(event(10, "a"))],
                token: Some(format!("after {:?}", key.query.token)),
            }),
            End::Fails(kind) => Err(failed(kind)),
            End::Panics => panic!("a defect"),
        }
    }

    /// Somebody who asks for a page; the call that this may start ends so.
    fn ask(&self, who: Asker, end: End) -> JoinHandle<(Result<Arc<LookupPage>, FailureKind>, u32)> {
        let bench = self.clone();
        tokio::spawn(async move {
            let tally = Tally::default();
            let load = |ticket| bench.clone().call(who.key.clone(), ticket, end, who.wait);
            let page = bench.pages.get(
                &who.ctx,
                &tally,
                who.key.clone(),
                who.not_before.as_ref(),
                load,
            );
            let page = page.await;
            (page.map_err(|error| error.kind), tally.calls())
        })
    }
}

/// One who asks.
#[derive(Clone)]
struct Asker {
    ctx: RequestContext,
    key: PageKey,
    not_before: Option<NotBefore>,
    wait: Duration,
}

fn key(token: Option<&str>) -> PageKey {
    let (start, end) = (Timestamp::from_seconds(0), Timestamp::from_seconds(100));
    PageKey {
        cell: crate::domain::Cell {
            account: "111111111111".parse().unwrap(),
            region: "eu-west-1".parse().unwrap(),
        },
        query: LookupQuery {
            window: TimeWindow::new(start, end).unwrap(),
            attribute: None,
            max_results: 50,
            token: token.map(str::to_owned),
        },
    }
}

/// One who asks for the first page at once.
fn asker() -> Asker {
    Asker {
        ctx: RequestContext {
            caller: CallerId::new("test"),
            lane: Lane::Standard,
            deadline: Instant::now() + TIME,
            cancel: CancellationToken::new(),
            authority: Authority::unlimited(),
            span: tracing::Span::none(),
        },
        key: key(None),
        not_before: None,
        wait: Duration::from_millis(100),
    }
}

fn wants_from(second: i64) -> Asker {
    let at = Timestamp::from_seconds(second);
    Asker {
        not_before: Some(Arc::new(move || Some(at))),
        ..asker()
    }
}

fn urgent(lane: Lane) -> Asker {
    let mut asker = asker();
    asker.ctx.lane = lane;
    asker
}

/// Lets everybody run to their next wait, and this much time pass.
async fn pass(time: Duration) {
    tokio::time::sleep(time).await;
}

/// Until the calls of the askers so far have left.
async fn departed() {
    pass(Duration::from_millis(150)).await;
}

#[tokio::test(start_paused = true)]
async fn fifty_callers_at_once_and_a_moment_later_cost_one_call_a_page() {
    let bench = Bench::new();
    for (token, calls) in [(None, 1), (Some("after None"), 2)] {
        let mut callers = Vec::new();
        for _ in 0..50 {
            let asker = Asker {
                key: key(token),
                ..asker()
            };
            callers.push(bench.ask(asker, End::Page));
            pass(Duration::from_millis(40)).await;
        }
        let mut spent = 0;
        for ended in join_all(callers).await {
            let (page, calls) = ended.unwrap();
            assert_eq!(page.unwrap().events.len(), 1);
            spent += calls;
        }
        assert_eq!(bench.calls(), calls);
        assert_eq!(spent, 1, "what was spent is told once");
    }
    pass(Duration::from_secs(2)).await;
    let (page, spent) = bench.ask(asker(), End::Page).await.unwrap();
    assert_eq!((page.is_ok(), spent, bench.calls()), (true, 1, 3));
    bench.pages.empty().await;
}

#[tokio::test(start_paused = true)]
async fn the_first_caller_may_leave_and_the_call_goes_on() {
    let bench = Bench::new();
    let first = asker();
    let left = bench.ask(first.clone(), End::Page);
    let aborted = bench.ask(asker(), End::Page);
    let rest: Vec<_> = (0..3).map(|_| bench.ask(asker(), End::Page)).collect();
    departed().await;
    first.ctx.cancel.cancel();
    aborted.abort();
    assert_eq!(left.await.unwrap().0, Err(FailureKind::Cancelled));
    for ended in join_all(rest).await {
        assert!(ended.unwrap().0.is_ok());
    }
    assert_eq!(bench.calls(), 1);
}

#[tokio::test(start_paused = true)]
async fn when_nobody_waits_any_more_the_call_ends_and_nothing_is_left() {
    let bench = Bench::new();
    let (first, second) = (asker(), asker());
    let one = bench.ask(first.clone(), End::Page);
    let two = bench.ask(second.clone(), End::Page);
    pass(Duration::from_millis(50)).await;
    first.ctx.cancel.cancel();
    second.ctx.cancel.cancel();
    one.await.unwrap().0.unwrap_err();
    two.await.unwrap().0.unwrap_err();
    let before = Instant::now();
    bench.pages.empty().await;
    assert_eq!(before.elapsed(), Duration::ZERO);
    assert_eq!(bench.calls(), 0, "it had not left yet");
}

#[tokio::test(start_paused = true)]
async fn what_befalls_the_starter_is_not_the_fate_of_the_others() {
    let mut hurried = Asker {
        wait: TIME,
        ..asker()
    };
    hurried.ctx.deadline = Instant::now() + CALL;
    let exhausted = FailureKind::BudgetExhausted { retry_after: TIME };
    let fates = [
        (hurried, FailureKind::DeadlineExceeded),
        (asker(), exhausted),
    ];
    for (starter, kind) in fates {
        let bench = Bench::new();
        let first = bench.ask(starter, End::Fails(kind));
        let rest: Vec<_> = (0..10).map(|_| bench.ask(asker(), End::Page)).collect();
        assert_eq!(first.await.unwrap().0, Err(kind));
        let before = bench.calls();
        for ended in join_all(rest).await {
            assert!(ended.unwrap().0.is_ok(), "after {kind:?}");
        }
        assert_eq!(bench.calls(), before + 1, "the others share the next");
    }
}

#[tokio::test(start_paused = true)]
async fn what_aws_says_goes_for_all_who_waited_and_for_nobody_later() {
    let bench = Bench::new();
    let denied = End::Fails(FailureKind::AccessDenied);
    let all: Vec<_> = (0..10).map(|_| bench.ask(asker(), denied)).collect();
    for ended in join_all(all).await {
        assert_eq!(ended.unwrap().0, Err(FailureKind::AccessDenied));
    }
    assert_eq!(bench.calls(), 1);
    assert!(bench.ask(asker(), End::Page).await.unwrap().0.is_ok());
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_for_a_call_that_is_less_urgent() {
    let bench = Bench::new();
    let slow = bench.ask(
        Asker {
            wait: TIME / 2,
            ..urgent(Lane::Batch)
        },
        End::Page,
    );
    pass(Duration::from_millis(1)).await;
    let before = Instant::now();
    let quick = bench.ask(urgent(Lane::Interactive), End::Page);
    pass(Duration::from_millis(1)).await;
    let patient = bench.ask(urgent(Lane::Background), End::Page);
    assert!(quick.await.unwrap().0.is_ok() && patient.await.unwrap().0.is_ok());
    assert!(before.elapsed() < Duration::from_secs(1));
    assert_eq!(bench.calls(), 1, "the patient one joined the urgent call");
    assert!(slow.await.unwrap().0.is_ok());
    assert_eq!(bench.calls(), 2);
    bench.pages.empty().await;
}

#[tokio::test(start_paused = true)]
async fn only_a_call_with_nobody_else_to_serve_leaves_out_what_its_starter_does_not_want() {
    let start = |page: Result<Arc<LookupPage>, FailureKind>| page.unwrap().window.start().seconds();
    let alone = Bench::new();
    let (page, _) = alone.ask(wants_from(40), End::Page).await.unwrap();
    assert_eq!(start(page), 40);

    let shared = Bench::new();
    let (one, two) = (
        shared.ask(wants_from(40), End::Page),
        shared.ask(asker(), End::Page),
    );
    assert_eq!(
        (start(one.await.unwrap().0), start(two.await.unwrap().0)),
        (0, 0)
    );
    assert_eq!(shared.calls(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_asked_for_less_serves_those_who_want_no_more() {
    let bench = Bench::new();
    let first = bench.ask(wants_from(40), End::Page);
    departed().await;
    let less = bench.ask(wants_from(50), End::Page);
    let more = bench.ask(wants_from(30), End::Page);
    let starts = join_all([first, less, more]).await;
    let starts: Vec<i64> = starts
        .into_iter()
        .map(|ended| ended.unwrap().0.unwrap().window.start().seconds())
        .collect();
    assert_eq!(starts, [40, 40, 30]);
    assert_eq!(bench.calls(), 2);
    let late = bench.ask(asker(), End::Page).await.unwrap().0.unwrap();
    assert_eq!(late.window.start().seconds(), 0);
    assert_eq!(bench.calls(), 3);
}

#[tokio::test(start_paused = true)]
async fn what_lies_here_is_bounded_in_bytes() {
    let weight = 1_000 + event(10, "a").weight();
    let bench = Bench::keeping(Keeping {
        bytes: weight * 3,
        ..Keeping::default()
    });
    let token = |n: usize| n.to_string();
    let ask = |n: usize| Asker {
        key: key(Some(&token(n))),
        wait: Duration::ZERO,
        ..asker()
    };
    let all: Vec<_> = (0..5).map(|n| bench.ask(ask(n), End::Page)).collect();
    join_all(all).await;
    assert_eq!(bench.calls(), 5);
    for n in [2, 3, 4] {
        bench.ask(ask(n), End::Page).await.unwrap().0.unwrap();
    }
    assert_eq!(bench.calls(), 5, "the newest three lie here");
    bench.ask(ask(0), End::Page).await.unwrap().0.unwrap();
    assert_eq!(bench.calls(), 6);
    bench.pages.empty().await;
}

#[tokio::test(start_paused = true)]
async fn a_panic_is_that_of_the_cell_that_started_the_call() {
    let bench = Bench::new();
    let first = bench.ask(asker(), End::Panics);
    pass(Duration::from_millis(1)).await;
    let second = bench.ask(asker(), End::Page);
    assert!(first.await.unwrap_err().is_panic());
    assert!(second.await.unwrap().0.is_ok());
    bench.pages.empty().await;
}

#[tokio::test(start_paused = true)]
async fn a_token_that_aws_does_not_take_is_not_given_out_again() {
    let bench = Bench::new();
    let page = bench.ask(asker(), End::Page).await.unwrap().0.unwrap();
    let next = Asker {
        key: key(page.token.as_deref()),
        ..asker()
    };
    let refused = End::Fails(FailureKind::InvalidNextToken);
    bench.ask(next, refused).await.unwrap().0.unwrap_err();
    bench.ask(asker(), End::Page).await.unwrap().0.unwrap();
    assert_eq!(bench.calls(), 3);
}
