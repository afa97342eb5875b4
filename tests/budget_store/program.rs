//! The whole program with a shared store: it says how the store is, and leaves it when it ends.

use std::time::Duration;

use tokio::time::{Instant, sleep};
use trailplane::api::proto::{LookupEventsRequest, TargetSelector};

use crate::support::{
    process::http_get,
    redis::Server,
    trailplane::{Start, Trailplane},
};

const SOON: Duration = Duration::from_secs(20);

/// Waits until `/statusz` holds this.
async fn says(program: &Trailplane, wanted: &str) {
    let until = Instant::now() + SOON;
    loop {
        let said = http_get(&program.admin, "/statusz").await;
        let said = said.map_or_else(String::new, |(_, body)| body);
        if said.contains(wanted) {
            return;
        }
        assert!(Instant::now() < until, "{wanted:?} is not in {said}");
        sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn the_program_shares_its_budgets_says_so_and_leaves() {
    let mut server = Server::start().await;
    let mut program = Start::sandbox()
        .env("TRAILPLANE_BUDGET__STORE", "redis")
        .env("TRAILPLANE_BUDGET__REPLICAS", "1")
        .env("TRAILPLANE_BUDGET__REDIS__URLS", &server.url())
        .ready()
        .await;
    says(&program, "answers; 1 of 1 replicas are there").await;
    // What discovery asks of AWS takes its slots there.
    server
        .until(&["KEYS", "*"], |keys| keys.contains("{trailplane}b:"))
        .await;
    server.kill();
    says(&program, "does not answer, for").await;
    server.start_again().await;
    says(&program, "answers; 1 of 1 replicas are there").await;
    program.process.signal("TERM");
    let ended = program.process.wait(Duration::from_secs(30)).await;
    assert!(ended.success(), "{ended}");
    let rank: String = server.ask(&["HGET", "{trailplane}fleet", "r0"]).await;
    assert_eq!(rank, "- 0 0", "its rank is given back");
}

/// Two of three replicas are missing, and then the store: reads go on in the turns of the one that is there, a third of
/// the quota.
#[tokio::test]
async fn reads_go_on_while_the_store_is_gone() {
    let mut server = Server::start().await;
    let program = Start::sandbox()
        .env("TRAILPLANE_BUDGET__STORE", "redis")
        .env("TRAILPLANE_BUDGET__REPLICAS", "3")
        .env("TRAILPLANE_BUDGET__REDIS__URLS", &server.url())
        .ready()
        .await;
    says(&program, "1 of 3 replicas are there").await;
    server.kill();
    says(&program, "does not answer, for").await;
    let mut client = program.events().await;
    for days in 1..=4 {
        let now = std::time::SystemTime::now() - days * Duration::from_secs(24 * 3600);
        let mut request = tonic::Request::new(LookupEventsRequest {
            targets: Some(TargetSelector {
                account_ids: vec!["100000000012".to_owned()],
                regions: vec!["eu-west-1".to_owned()],
                ..TargetSelector::default()
            }),
            exclude_global_region: true,
            // Each another page, so that each takes a call.
            end_time: Some(now.into()),
            page_size: 1,
            ..LookupEventsRequest::default()
        });
        request.set_timeout(SOON);
        let page = client.lookup_events(request).await.unwrap().into_inner();
        assert!(
            page.coverage.unwrap().complete,
            "the page of {days} days ago"
        );
    }
}
