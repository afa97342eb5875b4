//! The real program over a simulated AWS of three accounts, and its answers to changes.

use std::collections::BTreeSet;

use tonic::transport::Channel;
use trailplane::{
    api::proto::{
        GetTrailRequest, MutationSummary, Outcome, TargetResult, TargetSelector, Trail,
        TrailReference, TrailSpec, TrailView, trail_service_client::TrailServiceClient,
    },
    sandbox::{HUB_ACCESS_KEY_ID, HUB_SECRET_ACCESS_KEY},
};

use crate::support::trailplane::{Sandbox, Start, Trailplane};

/// The members.
pub const ACCOUNTS: [&str; 3] = ["300000000001", "300000000002", "300000000003"];
const SCENARIO: &str = "
regions: [us-east-1, eu-west-1]
generate_accounts: 3
quotas: {per_second: {CloudTrail: 1000}}
";

pub async fn start() -> (Sandbox, Trailplane) {
    let sandbox = Sandbox::start(Some(SCENARIO)).await;
    let config = "
aws: {regions: [us-east-1, eu-west-1], role_name: TrailplaneReader, external_id: trailplane-sandbox}
";
    let server = Start::with_config(config)
        .aws(
            &sandbox.endpoint(),
            HUB_ACCESS_KEY_ID,
            HUB_SECRET_ACCESS_KEY,
        )
        .ready()
        .await;
    (sandbox, server)
}

/// The results and the summary of an answer, which must be its last message.
macro_rules! change {
    ($client:ident.$rpc:ident($request:expr) as $answer:ident) => {{
        use trailplane::api::proto::$answer::Message;
        let mut stream = $client.$rpc($request).await.unwrap().into_inner();
        let (mut results, mut last) = (Vec::new(), None);
        while let Some(message) = stream.message().await.unwrap() {
            assert!(last.is_none(), "the summary is the last message");
            let message = message.message.unwrap();
            if let Message::Result(result) = &message {
                results.push(result.clone());
            } else if let Message::Summary(summary) = &message {
                last = Some(summary.clone());
            }
        }
        (results, last.expect("a summary comes last"))
    }};
}

pub(super) use change;

/// Each account once, all with this outcome, and counted so.
pub fn assert_all((results, summary): (Vec<TargetResult>, MutationSummary), outcome: Outcome) {
    let accounts: BTreeSet<&str> = results.iter().map(|r| &*r.account_id).collect();
    assert_eq!(accounts, ACCOUNTS.into(), "{results:?}");
    assert_eq!(results.len(), ACCOUNTS.len());
    for result in &results {
        assert_eq!(result.outcome(), outcome, "{result:?}");
    }
    assert_eq!(summary.counts.len(), 1);
    assert_eq!(summary.counts[0].outcome(), outcome);
    assert_eq!(summary.counts[0].targets, 3);
    assert!(summary.coverage.unwrap().complete);
}

/// The members, without the management account.
pub fn members() -> Option<TargetSelector> {
    Some(TargetSelector {
        account_ids: ACCOUNTS.map(str::to_owned).into(),
        ..TargetSelector::default()
    })
}

pub fn name() -> String {
    "audit".to_owned()
}

pub fn spec() -> TrailSpec {
    TrailSpec {
        name: name(),
        home_region: "eu-west-1".into(),
        s3_bucket_name: "trail-logs".into(),
        ..TrailSpec::default()
    }
}

/// The trail as one account has it.
pub async fn read(client: &mut TrailServiceClient<Channel>, account: &str) -> Trail {
    let request = GetTrailRequest {
        trail: Some(TrailReference {
            account_id: account.to_owned(),
            name: name(),
            ..TrailReference::default()
        }),
        view: TrailView::Full.into(),
    };
    let answer = client.get_trail(request).await.unwrap();
    answer.into_inner().trail.unwrap()
}
