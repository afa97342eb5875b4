//! The page on preparing the organization, run as it stands, and what grpcurl shows of a refusal.

use std::{fs, process::Command};

use serde_json::Value;

use crate::support::{
    page::{blocks, paste},
    tools::{project, run, tool},
    trailplane::{Start, Trailplane},
};

#[tokio::test]
async fn the_commands_of_the_page_work_as_pasted() {
    let page = fs::read_to_string(project().join("docs/organization.md")).unwrap();
    let blocks = blocks(&page);
    assert_eq!(
        blocks.len(),
        5,
        "the page's commands and this test go together"
    );
    let server = Trailplane::sandbox().await;
    let found = paste(blocks[0], &server).await;
    assert!(found.contains("ORGANIZATION_ROLE_MANAGEMENT"), "{found}");
    let features = paste(blocks[1], &server).await;
    assert!(
        features.contains("ALL_FEATURES_PROGRESS_DONE"),
        "{features}"
    );
    let trust = paste(blocks[2], &server).await;
    assert!(trust.contains("OUTCOME_UNCHANGED"), "{trust}");
    let administrators = paste(blocks[3], &server).await;
    assert_eq!(
        administrators.matches("OUTCOME_APPLIED").count(),
        2,
        "{administrators}"
    );
    assert!(
        administrators.contains("\"administrators\""),
        "{administrators}"
    );
    let check: Value = serde_json::from_str(&paste(blocks[4], &server).await).unwrap();
    assert_eq!(check["ready"], true, "{check:#}");
    assert_eq!(check["prerequisites"].as_array().unwrap().len(), 9);
}

#[tokio::test]
async fn grpcurl_shows_why_a_change_is_refused() {
    let scenario = "organization: {features: CONSOLIDATED_BILLING}";
    let server = Start::with_scenario(scenario).ready().await;
    let mut command = Command::new(tool("bin/grpcurl"));
    let method = "trailplane.v1.OrganizationService/EnableTrustedAccess";
    command.args(["-plaintext", &server.grpc, method]);
    let said = run(command).await.expect_failure();
    for wanted in [
        "FailedPrecondition",
        "ALL_FEATURES_REQUIRED",
        "PREREQUISITE",
        "EnableAllFeatures",
    ] {
        assert!(said.contains(wanted), "{wanted} is missing in: {said}");
    }
    assert!(!said.contains("not recognized"), "{said}");
}
