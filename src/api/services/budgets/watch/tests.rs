use std::{pin::pin, sync::Arc};

use futures_util::{FutureExt, Stream, StreamExt, stream};
use tokio_util::sync::CancellationToken;
use tonic::Code;

use super::*;
use crate::{
    budget::{CallerId, Lane, Places, QuotaTable, Settings},
    domain::{Api, Authority, Timestamp},
};

fn budgets() -> Budgets {
    let places = Places::new(4);
    Budgets::new(Settings::alone(
        QuotaTable::default(),
        places,
        Instant::now(),
    ))
}

fn key(account: usize) -> BucketKey {
    BucketKey {
        account: format!("{account:012}").parse().unwrap(),
        region: "eu-west-1".parse().unwrap(),
        api: Api::LookupEvents,
    }
}

fn ctx(seconds: u64) -> RequestContext {
    RequestContext {
        caller: CallerId::new("test"),
        lane: Lane::Background,
        deadline: Instant::now() + Duration::from_secs(seconds),
        cancel: CancellationToken::new(),
        authority: Authority::unlimited(),
        span: tracing::Span::none(),
    }
}

fn watch(budgets: &Budgets, ctx: &RequestContext) -> impl Stream<Item = Message> + use<> {
    let clock: WallClock = Arc::new(|| Timestamp::from_seconds(2_000_000_000));
    let second = Duration::from_secs(1);
    let watch = Watch::new(
        budgets.clone(),
        clock,
        Wanted::default(),
        second,
        ctx.clone(),
    );
    stream::unfold(watch, Watch::next)
}

async fn spend(budgets: &Budgets, key: &BucketKey) {
    let grant = budgets.acquire(&ctx(60), key).await.unwrap();
    drop(grant.leave());
}

#[tokio::test(start_paused = true)]
async fn the_whole_picture_comes_in_chunks_and_then_only_what_changes() {
    let budgets = budgets();
    for account in 1..=1_200 {
        budgets.prospect(&ctx(1), &key(account));
        budgets.report_throttle(&key(account), crate::budget::Under::default());
    }
    let mut stream = pin!(watch(&budgets, &ctx(100_000)));
    let (mut all, mut continues) = (0, true);
    while continues {
        let message = stream.next().await.unwrap().unwrap();
        assert!(message.budgets.len() <= CHUNK);
        assert_eq!(message.store.is_some(), all == 0);
        all += message.budgets.len();
        continues = message.snapshot_continues;
    }
    assert_eq!(all, 1_200);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_sent_while_nothing_happens() {
    let budgets = budgets();
    spend(&budgets, &key(1)).await;
    let mut stream = pin!(watch(&budgets, &ctx(3_600)));
    let first = stream.next().await.unwrap().unwrap();
    assert_eq!((first.budgets.len(), first.snapshot_continues), (1, false));
    let mut next = stream.next();
    for _ in 0..300 {
        assert!((&mut next).now_or_never().is_none());
        tokio::time::advance(Duration::from_secs(1)).await;
    }
    spend(&budgets, &key(1)).await;
    let changed = next.await.unwrap().unwrap();
    assert_eq!(changed.budgets[0].calls, 2);
    assert_eq!(changed.store, None);
    spend(&budgets, &key(2)).await;
    let new = stream.next().await.unwrap().unwrap();
    assert_eq!(new.budgets[0].account_id, "000000000002");
}

#[tokio::test(start_paused = true)]
async fn it_ends_with_its_deadline_and_with_the_process() {
    let budgets = budgets();
    let mut stream = pin!(watch(&budgets, &ctx(5)));
    assert!(stream.next().await.unwrap().is_ok());
    let late = stream.next().await.unwrap().unwrap_err();
    assert_eq!(late.code(), Code::DeadlineExceeded);
    assert!(stream.next().await.is_none());

    let drained = ctx(5);
    let mut stream = pin!(watch(&budgets, &drained));
    assert!(stream.next().await.unwrap().is_ok());
    drained.cancel.cancel();
    let ended = stream.next().await.unwrap().unwrap_err();
    assert_eq!(ended.code(), Code::Unavailable);
}
