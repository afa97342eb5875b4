//! Calls that fail between Trailplane and ministack: an answer that is lost after the effect, throttles, and a failure
//! before it. Whatever happens, the trail is made once, and the word for it is right.

use trailplane::api::proto::{
    AddTagsRequest, CreateTrailRequest, DeleteTrailRequest, Outcome, StartLoggingRequest,
    TargetResult, TargetSelector, TrailSpec, UpdateTrailRequest,
};

use super::{edge::change, ministack_changes};
use crate::support::{
    emulator::Emulator,
    proxy::{Calls, Fate, Proxy},
    trailplane::{Start, Trailplane},
};

const ACCOUNT: &str = "222222222222";

struct World {
    ministack: Emulator,
    proxy: Proxy,
    server: Trailplane,
}

impl World {
    async fn new() -> Self {
        let ministack = Emulator::ministack_without_auth().await;
        let proxy = Proxy::before(&ministack.address).await;
        let config = format!(
            "aws: {{regions: [us-east-1], role_name: Trailplane}}\n\
             fleet: {{organizations: false, accounts: [{{id: \"{ACCOUNT}\"}}]}}\n"
        );
        let server = Start::with_config(&config)
            .aws(&format!("http://{}", proxy.address), "111111111111", "any")
            .ready()
            .await;
        Self {
            ministack,
            proxy,
            server,
        }
    }

    /// Makes this change of the only account's trail, and says what became of it.
    async fn make(&self, change: Change) -> TargetResult {
        let (targets, trail_name) = (targets(), "main".to_owned());
        let mut client = self.server.trails().await;
        let (mut results, _) = match change {
            Change::Create => {
                let request = CreateTrailRequest {
                    targets,
                    trail: Some(TrailSpec {
                        name: trail_name,
                        home_region: "us-east-1".to_owned(),
                        s3_bucket_name: "logs-of-main".to_owned(),
                        logging: Some(false),
                        ..TrailSpec::default()
                    }),
                    ..CreateTrailRequest::default()
                };
                change!(client.create_trail(request) as create_trail_response)
            }
            Change::Update => {
                let request = UpdateTrailRequest {
                    targets,
                    trail_name,
                    trail: Some(TrailSpec {
                        s3_key_prefix: Some("later".to_owned()),
                        ..TrailSpec::default()
                    }),
                    update_mask: Some(prost_types::FieldMask {
                        paths: vec!["s3_key_prefix".to_owned()],
                    }),
                    ..UpdateTrailRequest::default()
                };
                change!(client.update_trail(request) as update_trail_response)
            }
            Change::Start => {
                let request = StartLoggingRequest {
                    targets,
                    trail_name,
                    ..StartLoggingRequest::default()
                };
                change!(client.start_logging(request) as start_logging_response)
            }
            Change::Tag => {
                let request = AddTagsRequest {
                    targets,
                    trail_name,
                    tags: [("team".to_owned(), "audit".to_owned())].into(),
                    ..AddTagsRequest::default()
                };
                change!(client.add_tags(request) as add_tags_response)
            }
            Change::Delete => {
                let request = DeleteTrailRequest {
                    targets,
                    trail_name,
                    allow_reduced_logging: true,
                    ..DeleteTrailRequest::default()
                };
                change!(client.delete_trail(request) as delete_trail_response)
            }
        };
        assert_eq!(results.len(), 1);
        results.remove(0)
    }
}

/// The changes, each with the operation of CloudTrail that it is, in an order in which each has something to do.
#[derive(Debug, Clone, Copy)]
enum Change {
    Create,
    Update,
    Start,
    Tag,
    Delete,
}

const CHANGES: [(Change, &str); 5] = [
    (Change::Create, "CreateTrail"),
    (Change::Update, "UpdateTrail"),
    (Change::Start, "StartLogging"),
    (Change::Tag, "AddTags"),
    (Change::Delete, "DeleteTrail"),
];

fn targets() -> Option<TargetSelector> {
    Some(TargetSelector {
        account_ids: vec![ACCOUNT.to_owned()],
        ..TargetSelector::default()
    })
}

/// Makes every change, each time with these fates for its calls; each must be applied, by one call that arrives.
async fn each_change_is_applied_once(fates: &[Fate], made: usize) {
    let world = World::new().await;
    for (change, operation) in CHANGES {
        world.proxy.next(operation, fates);
        let result = world.make(change).await;
        assert_eq!(result.outcome(), Outcome::Applied, "{change:?}: {result:?}");
        let calls = world.proxy.calls(operation);
        assert_eq!(calls, Calls { made, arrived: 1 }, "{operation}");
        let again = world.make(change).await;
        assert_eq!(again.outcome(), Outcome::Unchanged, "{change:?}: {again:?}");
        assert_eq!(world.proxy.calls(operation), calls, "{operation}");
        assert_eq!(seen(&world).await, usize::from(operation != "DeleteTrail"));
    }
}

/// How many trails the account has, as botocore sees it.
async fn seen(world: &World) -> usize {
    let trails = ministack_changes::seen(&world.ministack, &[ACCOUNT]).await;
    trails.len()
}

#[tokio::test]
async fn an_answer_lost_after_the_effect_is_read_back_and_nothing_repeated() {
    each_change_is_applied_once(&[Fate::AnswerLost], 1).await;
}

#[tokio::test]
async fn what_is_throttled_is_made_later_and_once() {
    each_change_is_applied_once(&[Fate::Throttled, Fate::Throttled], 3).await;
}

#[tokio::test]
async fn what_failed_before_its_effect_is_made_after_all() {
    each_change_is_applied_once(&[Fate::Failed], 2).await;
}
