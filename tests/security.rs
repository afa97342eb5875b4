//! The security half against ministack, which checks signatures, session tokens, trust policies, external ids,
//! permissions and expiry. Trailplane is let in by the very documents of `docs/`: the StackSet template and the
//! hub's policy.

use std::{
    collections::{BTreeMap, BTreeSet},
    process::Command,
};

use serde::Deserialize;
use trailplane::api::proto::{
    CellReason, CellState, LookupEventsRequest, LookupEventsResponse, TargetSelector,
};

use crate::support::{
    emulator::Emulator,
    tools::{project, run, tool},
    trailplane::{Start, Trailplane},
};

const MEMBERS: [&str; 6] = [
    "222222222222",
    "333333333333",
    "444444444444",
    "555555555555",
    "666666666666",
    "777777777777",
];

/// What the set-up tells of the organization.
#[derive(Deserialize)]
pub struct Organization {
    access_key_id: String,
    pub secret_access_key: String,
    hub_role: String,
    pub external_id: String,
    regions: Vec<String>,
    /// Event ids by account and Region.
    histories: BTreeMap<String, BTreeMap<String, Vec<String>>>,
}

impl Organization {
    pub async fn set_up(ministack: &Emulator) -> Self {
        Self::that_may_change(ministack, false).await
    }

    /// With the role's write part in the members, or without.
    pub async fn that_may_change(ministack: &Emulator, may_change: bool) -> Self {
        Self::made(ministack, if may_change { "yes" } else { "no" }, "").await
    }

    /// With what reads the log files of this bucket.
    pub async fn that_may_read(ministack: &Emulator, bucket: &str) -> Self {
        Self::made(ministack, "no", bucket).await
    }

    async fn made(ministack: &Emulator, may_change: &str, bucket: &str) -> Self {
        let mut command = Command::new(tool("ministack/bin/python"));
        command
            .arg(project().join("tests/python/ministack_organization.py"))
            .arg(ministack.endpoint())
            .args([may_change, bucket]);
        serde_json::from_str(&run(command).await.expect_ok()).unwrap()
    }

    pub fn start(&self, ministack: &Emulator, external_id: &str, secret: &str) -> Start {
        self.start_with(ministack, external_id, secret, "")
    }

    /// The same, with more in the configuration.
    pub fn start_with(
        &self,
        ministack: &Emulator,
        external_id: &str,
        secret: &str,
        more: &str,
    ) -> Start {
        let accounts: Vec<String> = MEMBERS
            .iter()
            .map(|id| format!("{{id: \"{id}\"}}"))
            .collect();
        Start::with_config(&format!(
            "aws:\n  regions: [{}]\n  role_name: Trailplane\n  external_id: {external_id}\n  hub_role_arn: {}\n\
             fleet: {{organizations: false, accounts: [{}]}}\n{more}",
            self.regions.join(", "),
            self.hub_role,
            accounts.join(", ")
        ))
        .aws(&ministack.endpoint(), &self.access_key_id, secret)
    }
}

async fn lookup(trailplane: &Trailplane, accounts: &[&str]) -> LookupEventsResponse {
    let request = LookupEventsRequest {
        targets: Some(TargetSelector {
            account_ids: accounts.iter().map(|&id| id.to_owned()).collect(),
            ..TargetSelector::default()
        }),
        page_size: 1000,
        include_all_cells: true,
        ..LookupEventsRequest::default()
    };
    let mut client = trailplane.events().await;
    client.lookup_events(request).await.unwrap().into_inner()
}

/// Account to (state, reason), which must be the same in all of its Regions.
fn coverage(
    answer: &LookupEventsResponse,
    regions: usize,
) -> BTreeMap<String, (CellState, CellReason)> {
    let cells = &answer.coverage.as_ref().unwrap().cells;
    let mut found = BTreeMap::new();
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    for cell in cells {
        let outcome = (cell.state(), cell.reason());
        let first = found.entry(cell.account_id.clone()).or_insert(outcome);
        assert_eq!(*first, outcome, "{} {}", cell.account_id, cell.region);
        *seen.entry(&cell.account_id).or_default() += 1;
    }
    assert!(seen.values().all(|&cells| cells == regions), "{seen:?}");
    found
}

#[tokio::test]
async fn the_documented_roles_let_it_in_and_only_where_they_say() {
    let ministack = Emulator::ministack().await;
    let organization = Organization::set_up(&ministack).await;
    let secret = organization.secret_access_key.clone();
    let trailplane = organization
        .start(&ministack, &organization.external_id, &secret)
        .ready()
        .await;
    let answer = lookup(&trailplane, &MEMBERS).await;

    let complete = (CellState::Complete, CellReason::Unspecified);
    let no_role = (CellState::Failed, CellReason::RoleNotAssumable);
    let denied = (CellState::Failed, CellReason::AccessDenied);
    let expected = BTreeMap::from([
        ("222222222222".to_owned(), complete),
        ("333333333333".to_owned(), complete),
        ("444444444444".to_owned(), no_role),
        ("555555555555".to_owned(), no_role),
        ("666666666666".to_owned(), no_role),
        ("777777777777".to_owned(), denied),
    ]);
    assert_eq!(coverage(&answer, organization.regions.len()), expected);
    assert!(!answer.coverage.as_ref().unwrap().complete);

    // Every recorded event once, in the account and Region whose history holds it.
    for (account, regions) in &organization.histories {
        for (region, ids) in regions {
            let mut found: Vec<&str> = answer
                .events
                .iter()
                .filter(|e| &e.account_id == account && &e.region == region)
                .map(|e| e.event_id.as_str())
                .filter(|id| ids.iter().any(|wanted| wanted == id))
                .collect();
            found.sort_unstable();
            let mut wanted: Vec<&str> = ids.iter().map(String::as_str).collect();
            wanted.sort_unstable();
            assert_eq!(found, wanted, "{account} {region}");
        }
    }
    let accounts: BTreeSet<&str> = answer
        .events
        .iter()
        .map(|e| e.account_id.as_str())
        .collect();
    assert!(accounts.is_subset(&BTreeSet::from(["222222222222", "333333333333"])));
    let output = trailplane.process.output();
    assert!(!output.contains(&secret), "the secret is in the log");
}

#[tokio::test]
async fn a_wrong_or_missing_external_id_opens_no_account() {
    let ministack = Emulator::ministack().await;
    let organization = Organization::set_up(&ministack).await;
    let secret = organization.secret_access_key.clone();
    for external_id in ["guessed-wrong", "null"] {
        let trailplane = organization
            .start(&ministack, external_id, &secret)
            .ready()
            .await;
        let answer = lookup(&trailplane, &MEMBERS[..2]).await;
        let outcomes = coverage(&answer, organization.regions.len());
        assert_eq!(outcomes.len(), 2);
        for outcome in outcomes.values() {
            assert_eq!(*outcome, (CellState::Failed, CellReason::RoleNotAssumable));
        }
        assert!(answer.events.is_empty());
    }
}

#[tokio::test]
async fn a_signature_with_the_wrong_secret_is_no_empty_answer() {
    let ministack = Emulator::ministack().await;
    let organization = Organization::set_up(&ministack).await;
    let trailplane = organization
        .start(&ministack, &organization.external_id, "not-the-secret")
        .ready()
        .await;
    let answer = lookup(&trailplane, &MEMBERS[..1]).await;
    let coverage = answer.coverage.unwrap();
    assert!(!coverage.complete);
    assert!(answer.events.is_empty());
    for cell in &coverage.cells {
        assert_eq!(cell.state(), CellState::Failed);
        let error = cell.error.as_ref().unwrap();
        assert!(
            !error.message.contains("not-the-secret"),
            "{}",
            error.message
        );
    }
}
