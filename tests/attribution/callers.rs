//! Two callers: reads share a session and tell whose they are by the user agent; writes share nothing.

use std::{collections::BTreeSet, time::Duration};

use serde_json::json;
use tonic::transport::{Channel, Endpoint};
use trailplane::api::proto::{
    CreateTrailRequest, ListTrailsRequest, StopLoggingRequest, TargetResult, TargetSelector,
    TrailSpec, TrailView, create_trail_response, stop_logging_response,
    trail_service_client::TrailServiceClient,
};

use super::{ACCOUNTS, Attempt, CALLER, CONFIG, SCENARIO, World};

const OTHER: &str = "anonymous@127.0.0.2";

/// A client that calls from this address of the machine: without a proof that is all there is of a name.
async fn from(world: &World, address: [u8; 4]) -> TrailServiceClient<Channel> {
    let endpoint = Endpoint::new(format!("http://{}", world.server.grpc)).unwrap();
    let endpoint = endpoint.timeout(Duration::from_secs(60));
    let channel = endpoint.local_address(Some(address.into())).connect().await;
    TrailServiceClient::new(channel.unwrap())
}

fn targets() -> Option<TargetSelector> {
    Some(TargetSelector {
        account_ids: ACCOUNTS.map(str::to_owned).into(),
        ..TargetSelector::default()
    })
}

fn create(request_id: &str, name: &str) -> CreateTrailRequest {
    CreateTrailRequest {
        targets: targets(),
        trail: Some(TrailSpec {
            name: name.to_owned(),
            home_region: "eu-west-1".into(),
            s3_bucket_name: "trail-logs".into(),
            ..TrailSpec::default()
        }),
        request_id: request_id.to_owned(),
        ..CreateTrailRequest::default()
    }
}

async fn created(
    client: &mut TrailServiceClient<Channel>,
    request: CreateTrailRequest,
) -> Vec<TargetResult> {
    use create_trail_response::Message;
    let mut stream = client.create_trail(request).await.unwrap().into_inner();
    let mut results = Vec::new();
    while let Some(message) = stream.message().await.unwrap() {
        if let Some(Message::Result(result)) = message.message {
            results.push(result);
        }
    }
    results
}

#[tokio::test]
async fn two_callers_share_sessions_to_read_and_none_to_write() {
    let world = World::start(SCENARIO, CONFIG).await;
    let (mut one, mut two) = (
        from(&world, [127, 0, 0, 1]).await,
        from(&world, [127, 0, 0, 2]).await,
    );
    let list = ListTrailsRequest {
        targets: targets(),
        view: TrailView::Full.into(),
        ..ListTrailsRequest::default()
    };
    for client in [&mut one, &mut two] {
        client.list_trails(list.clone()).await.unwrap();
    }
    let assumed = world.assumed().await;
    assert_eq!(assumed.len(), ACCOUNTS.len(), "{assumed:?}");
    assert!(
        assumed
            .iter()
            .all(|a| a.source_identity.is_empty() && a.policy.is_empty())
    );
    let members = |a: &Attempt| ACCOUNTS.contains(&a.account.as_str());
    let attempts = world.attempts().await;
    for caller in [CALLER, OTHER] {
        let agent = format!(" caller/{caller}");
        let its = |a: &&Attempt| members(a) && a.user_agent.ends_with(&agent);
        assert!(
            attempts.iter().filter(its).count() >= ACCOUNTS.len(),
            "{caller}: {attempts:?}"
        );
    }
    for read in attempts.iter().filter(|a| members(a)) {
        assert_eq!(
            (&*read.principal, &*read.source_identity),
            ("trailplane", "")
        );
    }

    // The same id of a request, which makes two callers no one.
    world.reset().await;
    let (first, second) = tokio::join!(
        created(&mut one, create("the-same", "first")),
        created(&mut two, create("the-same", "second")),
    );
    for (results, caller) in [(first, CALLER), (second, OTHER)] {
        assert_eq!(results.len(), ACCOUNTS.len());
        for result in results {
            assert_eq!(result.source_identity, caller, "{result:?}");
        }
    }
    let writers = world.assumed().await;
    let of = |caller: &str| {
        let its = writers.iter().filter(|w| w.source_identity == caller);
        its.map(|w| w.account.clone())
            .collect::<BTreeSet<_>>()
            .len()
    };
    assert_eq!(
        (of(CALLER), of(OTHER), writers.len()),
        (2, 2, 4),
        "{writers:?}"
    );
    for write in world
        .attempts()
        .await
        .iter()
        .filter(|a| a.api == "CreateTrail")
    {
        let agent = format!(" caller/{}", write.source_identity);
        assert!(write.user_agent.ends_with(&agent), "{write:?}");
    }
}

/// One request makes two trails in the same account with one session; the next request has another.
#[tokio::test]
async fn a_session_to_write_is_for_one_request() {
    let world = World::start(SCENARIO, CONFIG).await;
    let mut client = from(&world, [127, 0, 0, 1]).await;
    let mut arns = Vec::new();
    for name in ["first", "second"] {
        let results = created(&mut client, create(&format!("make/{name}"), name)).await;
        arns.extend(results.into_iter().map(|result| result.resource));
    }
    world.reset().await;
    for request_id in ["stop-1", "stop-2"] {
        let request = StopLoggingRequest {
            trail_arns: arns.clone(),
            allow_reduced_logging: true,
            request_id: request_id.into(),
            ..StopLoggingRequest::default()
        };
        let mut stream = client.stop_logging(request).await.unwrap().into_inner();
        while let Some(message) = stream.message().await.unwrap() {
            if let Some(stop_logging_response::Message::Result(result)) = message.message {
                assert!(result.error.is_none(), "{result:?}");
            }
        }
        world
            .call(
                "TrailService/StartLogging",
                &json!({"trail_arns": arns, "request_id": format!("{request_id}:start/again")}),
            )
            .await;
    }
    let writers = world.assumed().await;
    let names: Vec<&str> = writers.iter().map(|w| w.session_name.as_str()).collect();
    let count = |start: &str| names.iter().filter(|name| name.starts_with(start)).count();
    // Two accounts each, whatever the number of their trails.
    assert_eq!(count("stop-1"), 4, "{names:?}");
    assert_eq!(names.iter().filter(|name| **name == "stop-1").count(), 2);
    assert_eq!(names.iter().filter(|name| **name == "stop-2").count(), 2);
    // An id that STS does not take as it is can be read all the same.
    assert_eq!(count("stop-1-start-again+"), 2, "{names:?}");
}
