//! Changing trails in ministack, an AWS that others wrote, which checks signatures and permissions: through the documented
//! role with its write part, in two accounts and two home Regions. botocore says what is there, with the accounts' own keys.

use std::{collections::BTreeMap, process::Command};

use serde::Deserialize;
use serde_json::{Value, json};
use tonic::transport::Channel;
use trailplane::api::proto::{
    AddTagsRequest, AdvancedEventSelector, AdvancedFieldSelector, ApplyTrailRequest, CellReason,
    CreateTrailRequest, DeleteTrailRequest, EventSelectors, MutationSummary, Outcome,
    PutEventSelectorsRequest, RemoveTagsRequest, StartLoggingRequest, StopLoggingRequest,
    TargetResult, TargetSelector, TrailSpec, UpdateTrailRequest,
    trail_service_client::TrailServiceClient,
};

use super::edge::change;
use crate::{
    security::Organization,
    support::{
        emulator::Emulator,
        tools::{project, run, tool},
        trailplane::Trailplane,
    },
};

const ACCOUNTS: [&str; 2] = ["222222222222", "333333333333"];
/// Home Regions, and the name of the trail of each.
const HOMES: [(&str, &str); 2] = [("us-east-1", "main"), ("eu-west-1", "second")];

/// A trail, as botocore sees it in its home Region.
#[derive(Debug, PartialEq, Deserialize)]
pub struct Seen {
    prefix: Option<String>,
    multi_region: bool,
    global_services: bool,
    validation: bool,
    logging: bool,
    basic: Vec<Value>,
    advanced: Vec<Value>,
    tags: BTreeMap<String, String>,
}

/// All trails of these accounts, by ARN.
pub async fn seen(ministack: &Emulator, accounts: &[&str]) -> BTreeMap<String, Seen> {
    let mut command = Command::new(tool("ministack/bin/python"));
    command
        .arg(project().join("tests/python/ministack_seen.py"))
        .arg(ministack.endpoint())
        .args(accounts);
    serde_json::from_str(&run(command).await.expect_ok()).unwrap()
}

/// ministack as an organization, and Trailplane over it.
struct World {
    ministack: Emulator,
    _server: Trailplane,
    client: TrailServiceClient<Channel>,
}

impl World {
    async fn new(may_change: bool) -> Self {
        let ministack = Emulator::ministack().await;
        let organization = Organization::that_may_change(&ministack, may_change).await;
        let secret = &organization.secret_access_key;
        let start = organization.start(&ministack, &organization.external_id, secret);
        let server = start.ready().await;
        let client = server.trails().await;
        Self {
            ministack,
            _server: server,
            client,
        }
    }

    async fn seen(&self) -> BTreeMap<String, Seen> {
        seen(&self.ministack, &ACCOUNTS).await
    }

    /// The trails of this name: one in each account, and all the same.
    async fn seen_as(&self, name: &str) -> Seen {
        let end = format!("/{name}");
        let seen = self.seen().await.into_iter();
        let mut named: Vec<Seen> = seen
            .filter(|(arn, _)| arn.ends_with(&end))
            .map(|(_, trail)| trail)
            .collect();
        assert_eq!(named.len(), ACCOUNTS.len(), "{name}: {named:?}");
        let one = named.remove(0);
        assert!(
            named.iter().all(|other| *other == one),
            "{one:?}, {named:?}"
        );
        one
    }
}

fn targets() -> Option<TargetSelector> {
    Some(TargetSelector {
        account_ids: ACCOUNTS.map(str::to_owned).into(),
        ..TargetSelector::default()
    })
}

fn spec(home: &str, name: &str) -> TrailSpec {
    TrailSpec {
        name: name.to_owned(),
        home_region: home.to_owned(),
        s3_bucket_name: format!("logs-of-{name}"),
        s3_key_prefix: Some("trails".to_owned()),
        ..TrailSpec::default()
    }
}

/// Both accounts once, with this outcome; how many steps the first took.
#[track_caller]
fn both((results, summary): (Vec<TargetResult>, MutationSummary), outcome: Outcome) -> usize {
    let mut accounts: Vec<&str> = results.iter().map(|r| &*r.account_id).collect();
    accounts.sort_unstable();
    assert_eq!(accounts, ACCOUNTS, "{results:?}");
    for result in &results {
        assert_eq!(result.outcome(), outcome, "{result:?}");
    }
    assert!(summary.coverage.unwrap().complete);
    results[0].actions.len()
}

fn data_events() -> EventSelectors {
    let field = |field: &str, value: &str| AdvancedFieldSelector {
        field: field.to_owned(),
        equals: vec![value.to_owned()],
        ..AdvancedFieldSelector::default()
    };
    EventSelectors {
        basic: Vec::new(),
        advanced: vec![
            AdvancedEventSelector {
                name: "management".to_owned(),
                field_selectors: vec![field("eventCategory", "Management")],
            },
            AdvancedEventSelector {
                name: "objects".to_owned(),
                field_selectors: vec![
                    field("eventCategory", "Data"),
                    field("resources.type", "AWS::S3::Object"),
                ],
            },
        ],
    }
}

fn tags(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    let owned = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
    pairs.iter().map(owned).collect()
}

async fn create(world: &mut World) {
    for (home, name) in HOMES {
        let request = CreateTrailRequest {
            targets: targets(),
            trail: Some(TrailSpec {
                is_multi_region_trail: Some(name == "main"),
                enable_log_file_validation: Some(true),
                logging: Some(name == "main"),
                ..spec(home, name)
            }),
            ..CreateTrailRequest::default()
        };
        let client = &mut world.client;
        let made = change!(client.create_trail(request.clone()) as create_trail_response);
        both(made, Outcome::Applied);
        let again = change!(client.create_trail(request) as create_trail_response);
        assert_eq!(both(again, Outcome::Unchanged), 0);
    }
    let arns: Vec<String> = world.seen().await.into_keys().collect();
    let wanted = ACCOUNTS.iter().flat_map(|account| {
        HOMES.map(|(home, name)| format!("arn:aws:cloudtrail:{home}:{account}:trail/{name}"))
    });
    let mut wanted: Vec<String> = wanted.collect();
    wanted.sort();
    assert_eq!(arns, wanted);
    let main = world.seen_as("main").await;
    assert!(main.multi_region && main.validation && main.logging && main.global_services);
    assert_eq!(main.prefix.as_deref(), Some("trails"));
    let second = world.seen_as("second").await;
    assert!(!second.multi_region && !second.logging, "{second:?}");
}

async fn update(world: &mut World) {
    let paths = ["s3_key_prefix", "is_multi_region_trail"];
    let request = UpdateTrailRequest {
        targets: targets(),
        // Not by name: ministack lists no single-Region trail of another Region than the asked one, as AWS does.
        trail_arns: ACCOUNTS
            .map(|id| format!("arn:aws:cloudtrail:eu-west-1:{id}:trail/second"))
            .into(),
        // The prefix is named by the mask and not given: it is cleared.
        trail: Some(TrailSpec {
            is_multi_region_trail: Some(true),
            ..TrailSpec::default()
        }),
        update_mask: Some(prost_types::FieldMask {
            paths: paths.map(str::to_owned).into(),
        }),
        ..UpdateTrailRequest::default()
    };
    let client = &mut world.client;
    let updated = change!(client.update_trail(request) as update_trail_response);
    both(updated, Outcome::Applied);
    let second = world.seen_as("second").await;
    assert!(second.multi_region && second.validation, "{second:?}");
    assert_eq!(second.prefix, None);
}

async fn select(world: &mut World) {
    let request = PutEventSelectorsRequest {
        targets: targets(),
        trail_name: "second".to_owned(),
        event_selectors: Some(data_events()),
        ..PutEventSelectorsRequest::default()
    };
    let client = &mut world.client;
    let put = change!(client.put_event_selectors(request) as put_event_selectors_response);
    both(put, Outcome::Applied);
    let second = world.seen_as("second").await;
    assert_eq!(second.basic, [Value::Null; 0]);
    assert_eq!(second.advanced.len(), 2);
    assert_eq!(
        second.advanced[0],
        json!({"Name": "management", "FieldSelectors": [{"Field": "eventCategory", "Equals": ["Management"]}]})
    );
}

async fn switch(world: &mut World) {
    let start = StartLoggingRequest {
        targets: targets(),
        trail_name: "second".to_owned(),
        ..StartLoggingRequest::default()
    };
    let client = &mut world.client;
    let started = change!(client.start_logging(start) as start_logging_response);
    both(started, Outcome::Applied);
    assert!(world.seen_as("second").await.logging);
    let stop = StopLoggingRequest {
        targets: targets(),
        trail_name: "second".to_owned(),
        allow_reduced_logging: true,
        ..StopLoggingRequest::default()
    };
    let client = &mut world.client;
    let stopped = change!(client.stop_logging(stop) as stop_logging_response);
    both(stopped, Outcome::Applied);
    assert!(!world.seen_as("second").await.logging);
}

async fn tag(world: &mut World) {
    let add = AddTagsRequest {
        targets: targets(),
        trail_name: "main".to_owned(),
        tags: tags(&[("team", "audit"), ("cost", "1")])
            .into_iter()
            .collect(),
        ..AddTagsRequest::default()
    };
    let client = &mut world.client;
    both(
        change!(client.add_tags(add) as add_tags_response),
        Outcome::Applied,
    );
    let added = world.seen_as("main").await.tags;
    assert_eq!(added, tags(&[("team", "audit"), ("cost", "1")]));
    let remove = RemoveTagsRequest {
        targets: targets(),
        trail_name: "main".to_owned(),
        tag_keys: vec!["cost".to_owned()],
        ..RemoveTagsRequest::default()
    };
    let client = &mut world.client;
    both(
        change!(client.remove_tags(remove) as remove_tags_response),
        Outcome::Applied,
    );
    assert_eq!(world.seen_as("main").await.tags, tags(&[("team", "audit")]));
}

/// The desired state: shown, applied, and then there is nothing to do.
async fn apply(world: &mut World) {
    let plan = ApplyTrailRequest {
        targets: targets(),
        trail: Some(TrailSpec {
            s3_key_prefix: Some("all".to_owned()),
            event_selectors: Some(data_events()),
            tags: tags(&[("team", "security")]).into_iter().collect(),
            ..spec("us-east-1", "main")
        }),
        validate_only: true,
        ..ApplyTrailRequest::default()
    };
    let before = world.seen().await;
    let client = &mut world.client;
    let drift = change!(client.apply_trail(plan.clone()) as apply_trail_response);
    let steps = both(drift, Outcome::Planned);
    assert_eq!(steps, 3, "settings, selectors, tags");
    assert_eq!(world.seen().await, before);
    let request = ApplyTrailRequest {
        validate_only: false,
        ..plan
    };
    let client = &mut world.client;
    let applied = change!(client.apply_trail(request.clone()) as apply_trail_response);
    assert_eq!(both(applied, Outcome::Applied), steps);
    let main = world.seen_as("main").await;
    assert_eq!(main.prefix.as_deref(), Some("all"));
    assert_eq!(main.advanced.len(), 2);
    assert_eq!(main.tags, tags(&[("team", "security")]));
    let client = &mut world.client;
    let again = change!(client.apply_trail(request) as apply_trail_response);
    assert_eq!(both(again, Outcome::Unchanged), 0);
}

async fn delete(world: &mut World) {
    let request = DeleteTrailRequest {
        targets: targets(),
        trail_name: "second".to_owned(),
        allow_reduced_logging: true,
        ..DeleteTrailRequest::default()
    };
    let client = &mut world.client;
    let deleted = change!(client.delete_trail(request) as delete_trail_response);
    both(deleted, Outcome::Applied);
    let left = world.seen().await.into_keys();
    assert!(left.into_iter().all(|arn| arn.ends_with("/main")));
}

#[tokio::test]
async fn changes_of_two_accounts_are_seen_by_botocore() {
    let mut world = World::new(true).await;
    create(&mut world).await;
    update(&mut world).await;
    select(&mut world).await;
    switch(&mut world).await;
    tag(&mut world).await;
    apply(&mut world).await;
    delete(&mut world).await;
}

#[tokio::test]
async fn a_role_that_may_only_read_changes_nothing() {
    let mut world = World::new(false).await;
    let request = CreateTrailRequest {
        targets: targets(),
        trail: Some(spec("us-east-1", "main")),
        ..CreateTrailRequest::default()
    };
    let client = &mut world.client;
    let (results, _) = change!(client.create_trail(request) as create_trail_response);
    let denied = |result: &TargetResult| {
        (result.outcome(), result.reason()) == (Outcome::NotApplied, CellReason::AccessDenied)
    };
    assert!(results.iter().any(denied), "{results:?}");
    assert!(world.seen().await.is_empty());
}
