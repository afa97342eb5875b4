//! Writes: each by a session of its caller's own, named after the request, and allowed no more than it does.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::{Value, json};
use trailplane::domain::{Api, Effect};

use super::{ACCOUNTS, AssumedRole, Attempt, CALLER, CONFIG, SCENARIO, TAGS, World};

/// One RPC, which changes something.
#[derive(Deserialize)]
struct Step {
    rpc: String,
    body: Value,
}

fn steps() -> Vec<Step> {
    let steps: Vec<Step> = serde_json::from_str(include_str!("../clients/changes.json")).unwrap();
    assert_eq!(steps.len(), 11, "TrailService has 11 changes");
    steps
}

fn is_write(attempt: &Attempt) -> bool {
    let api: Result<Api, _> = attempt.api.parse();
    api.is_ok_and(|api| api.effect() == Effect::Write)
}

/// The sessions that write: one an account, all the caller's, for this request.
fn assert_attributed(assumed: &[AssumedRole], request_id: &str) {
    let (writers, readers): (Vec<_>, Vec<_>) = assumed
        .iter()
        .partition(|session| !session.source_identity.is_empty());
    let accounts: Vec<&str> = writers.iter().map(|w| w.account.as_str()).collect();
    let once: BTreeSet<&str> = accounts.iter().copied().collect();
    assert_eq!(once, ACCOUNTS.into(), "{request_id}: {assumed:?}");
    assert_eq!(accounts.len(), ACCOUNTS.len(), "{request_id}: {assumed:?}");
    for writer in writers {
        assert_eq!(writer.source_identity, CALLER);
        assert_eq!(writer.session_name, request_id);
        assert_eq!(writer.tags["team"], "cloud security");
        assert_eq!(writer.tags["service"], "trailplane");
        assert_eq!(writer.transitive_tags, ["service".to_owned()].into());
        assert!(writer.external_id && writer.seconds == 900, "{writer:?}");
        assert!(writer.actions().is_some() && writer.outcome == "OK");
    }
    for reader in readers {
        assert_eq!(reader.session_name, "trailplane");
        assert!(
            reader.policy.is_empty() && reader.tags.is_empty(),
            "{reader:?}"
        );
    }
}

#[tokio::test]
async fn every_write_is_the_callers_own_and_may_do_what_it_does_and_no_more() {
    let world = World::start(SCENARIO, &format!("{CONFIG}{TAGS}")).await;
    for (number, Step { rpc, mut body }) in steps().into_iter().enumerate() {
        world.reset().await;
        let request_id = format!("change-{number}");
        body["targets"] = json!({"account_ids": ACCOUNTS});
        body["request_id"] = json!(request_id);
        let messages = world.call(&format!("TrailService/{rpc}"), &body).await;
        let summary = &messages.last().unwrap()["summary"];
        let all = json!([{"outcome": "OUTCOME_APPLIED", "targets": ACCOUNTS.len()}]);
        assert_eq!(summary["counts"], all, "{rpc}: {messages:?}");
        for result in messages.iter().filter_map(|m| m.get("result")) {
            assert_eq!(result["sourceIdentity"], CALLER, "{rpc}");
        }

        let assumed = world.assumed().await;
        assert_attributed(&assumed, &request_id);
        let attempts = world.attempts().await;
        let wrote: Vec<&Attempt> = attempts.iter().filter(|a| is_write(a)).collect();
        assert!(wrote.len() >= ACCOUNTS.len(), "{rpc}: {attempts:?}");
        for write in wrote {
            assert_eq!(write.principal, request_id, "{rpc}: {write:?}");
            assert_eq!(write.source_identity, CALLER, "{rpc}: {write:?}");
        }
        // What the session may do is what was done with it.
        for session in assumed.iter().filter(|s| !s.policy.is_empty()) {
            let by_it = |a: &&Attempt| a.principal == request_id && a.account == session.account;
            let used: BTreeSet<String> = attempts
                .iter()
                .filter(by_it)
                .map(|attempt| format!("cloudtrail:{}", attempt.api))
                .collect();
            assert_eq!(session.actions(), Some(used), "{rpc}");
        }
        for attempt in attempts.iter().filter(|a| ACCOUNTS.contains(&&*a.account)) {
            assert_ne!(attempt.outcome, "AccessDeniedException", "{attempt:?}");
            let caller = format!("caller/{CALLER}");
            assert!(attempt.user_agent.ends_with(&caller), "{attempt:?}");
        }
    }
}
