//! The configuration file read again by the real program: what counts at once, what waits for a restart, and a file that cannot
//! be used.

use std::time::Duration;

use tokio::time::{Instant, sleep};
use trailplane::{
    api::proto::{ListBudgetsRequest, LookupEventsRequest},
    sandbox::{HUB_ACCESS_KEY_ID, HUB_SECRET_ACCESS_KEY},
};

use crate::support::trailplane::{ANSWER_WITHIN, Sandbox, Start, Trailplane};

const SCENARIO: &str = "
regions: [us-east-1]
generate_accounts: 1
";

fn config(rest: &str) -> String {
    format!(
        "aws: {{regions: [us-east-1], role_name: TrailplaneReader, external_id: trailplane-sandbox}}\n{rest}\n"
    )
}

async fn start() -> (Sandbox, Trailplane) {
    let sandbox = Sandbox::start(Some(SCENARIO)).await;
    let start = Start::with_config(&config("log: {filter: info}"));
    let endpoint = sandbox.endpoint();
    let start = start.aws(&endpoint, HUB_ACCESS_KEY_ID, HUB_SECRET_ACCESS_KEY);
    let service = start.ready().await;
    (sandbox, service)
}

/// Writes the file, has it looked at if `signal` is set, and waits until the condition says this.
async fn told(service: &Trailplane, rest: &str, signal: bool, says: &str) -> bool {
    service.rewrite_config(&config(rest));
    let end = Instant::now() + ANSWER_WITHIN;
    loop {
        if signal {
            service.process.signal("HUP");
        }
        let condition = service.condition("configuration").await;
        if condition["message"].as_str().unwrap().contains(says) {
            return condition["ok"].as_bool().unwrap();
        }
        assert!(Instant::now() < end, "{condition}");
        sleep(Duration::from_millis(20)).await;
    }
}

/// The quotas of LookupEvents that are in force, of all buckets.
async fn paces(service: &Trailplane) -> Vec<f64> {
    let mut events = service.events().await;
    let answer = events.lookup_events(LookupEventsRequest::default()).await;
    answer.unwrap();
    let mut budgets = service.budgets().await;
    let answer = budgets.list_budgets(ListBudgetsRequest::default()).await;
    let budgets = answer.unwrap().into_inner().budgets.into_iter();
    let lookups = budgets.filter(|budget| budget.api == "LookupEvents");
    lookups.map(|budget| budget.quota_per_second).collect()
}

#[tokio::test]
async fn what_can_change_while_it_runs_counts_at_once_and_of_the_rest_it_is_told() {
    let (_sandbox, mut service) = start().await;
    let condition = service.condition("configuration").await;
    assert_eq!(condition["ok"], true, "{condition}");
    assert_eq!(paces(&service).await, [2.0, 2.0]);

    let quotas = "quotas: {overrides: [{api: LookupEvents, per_second: 7}]}";
    let rest = format!("{quotas}\nlog: {{filter: 'info,trailplane::aws=debug'}}");
    service.rewrite_config(&config(&rest));
    service.process.signal("HUP");
    let filtered = |output: &str| output.contains("the log has a new filter").then_some(());
    service.process.wait_for("a new filter", filtered).await;
    let followed = |output: &str| output.contains("the budgets follow").then_some(());
    service.process.wait_for("new quotas", followed).await;
    assert_eq!(paces(&service).await, [7.0, 7.0], "buckets in use as well");
    assert_eq!(service.condition("configuration").await["ok"], true);

    // What waits for a restart holds nothing else up.
    let quotas = "quotas: {overrides: [{api: LookupEvents, per_second: 5}]}";
    let rest = format!("{quotas}\ndrain: {{delay: 4s}}\nlimits: {{max_open: 50}}");
    let ok = told(&service, &rest, true, "restart to apply limits, drain").await;
    assert!(!ok);
    assert_eq!(paces(&service).await, [5.0, 5.0]);

    let broken = "quotas: {share: 7}\ndrain: {dealy: 4s}";
    let ok = told(&service, broken, true, "quotas.share").await;
    assert!(!ok);
    let said = service.condition("configuration").await;
    assert!(
        said["message"].as_str().unwrap().contains("drain.dealy"),
        "{said}"
    );
    assert_eq!(
        paces(&service).await,
        [5.0, 5.0],
        "a bad file changes nothing"
    );

    assert!(told(&service, "log: {filter: info}", true, "is in force").await);
    assert_eq!(paces(&service).await, [2.0, 2.0]);
}

#[tokio::test]
async fn nobody_has_to_tell_it_that_the_file_has_changed() {
    let (_sandbox, service) = start().await;
    let ok = told(
        &service,
        "drain: {delay: 4s}",
        false,
        "restart to apply drain",
    )
    .await;
    assert!(!ok);
}
