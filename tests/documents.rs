//! The documents: what the README tells to paste works as pasted, and the CloudFormation template is valid.

use std::{collections::BTreeSet, fs, process::Command};

use serde_json::Value;
use trailplane::domain::Api;

use crate::support::{
    page::{blocks, paste, sections},
    tools::{project, run, tool},
    trailplane::Trailplane,
};

fn events(answer: &str) -> Vec<Value> {
    let answer: Value = serde_json::from_str(answer).unwrap();
    answer["events"].as_array().cloned().unwrap_or_default()
}

#[tokio::test]
async fn the_commands_of_the_readme_work_as_pasted() {
    let readme = fs::read_to_string(project().join("README.md")).unwrap();
    let blocks = blocks(&readme);
    assert_eq!(
        blocks.len(),
        11,
        "the README's commands and this test go together"
    );
    let server = Trailplane::sandbox().await;

    let latest = events(&paste(blocks[0], &server).await);
    assert_eq!(latest.len(), 10);

    let deleted = events(&paste(blocks[1], &server).await);
    assert!(!deleted.is_empty(), "somebody deleted a bucket");
    assert!(deleted.iter().all(|e| e["eventName"] == "DeleteBucket"));
    assert!(
        deleted
            .iter()
            .all(|e| !e["username"].as_str().unwrap().is_empty())
    );

    let by_key = events(&paste(blocks[2], &server).await);
    assert!(
        by_key.len() > 5,
        "the intruder did more than {}",
        by_key.len()
    );
    assert!(
        by_key
            .iter()
            .all(|e| e["accessKeyId"] == "AKIAINTRUDEREXAMPLE0")
    );

    let next = events(&paste(blocks[3], &server).await);
    assert_eq!(next.len(), 10);
    let narrowed = paste(blocks[4], &server).await;
    assert!(narrowed.contains("us-east-1"));
    assert!(!narrowed.contains("eu-west-1"));
    assert!(narrowed.contains("trailplane.v1.EventService"));

    let followed = paste(blocks[5], &server).await;
    for word in ["heartbeat", "watermarks", "cursor"] {
        assert!(followed.contains(word), "{word}: {followed}");
    }
    let exported = paste(blocks[6], &server).await;
    let (complete, lines) = exported.trim().split_once('\n').unwrap();
    assert_eq!(complete, "true");
    let lines: usize = lines.split(' ').next().unwrap().parse().unwrap();
    assert!(lines > 10, "{exported}");

    let trails = paste(blocks[7], &server).await;
    for name in ["organization-trail", "payments-audit", "stopLoggingTime"] {
        assert!(trails.contains(name), "{trails}");
    }
    let changes = paste(blocks[8], &server).await;
    for word in ["s3BucketPolicy", "OUTCOME_PLANNED", "OUTCOME_APPLIED"] {
        assert!(changes.contains(word), "{changes}");
    }
    assert!(!changes.contains("OUTCOME_NOT_APPLIED"), "{changes}");
    let costs = paste(blocks[9], &server).await;
    for word in [
        "bindingCells",
        "callsMax",
        "nextPageToken",
        "BUDGET_STORE_KIND_EMBEDDED",
    ] {
        assert!(costs.contains(word), "{word}: {costs}");
    }
    let people = paste(blocks[10], &server).await;
    for word in ["DeleteBucket", "organization-trail", "LOGGING"] {
        assert!(people.contains(word), "{word}: {people}");
    }
}

/// Every message in the answer, by the names of its fields: those of several messages together.
fn fields(answer: &str) -> BTreeSet<String> {
    let messages = serde_json::Deserializer::from_str(answer).into_iter::<Value>();
    let names = |message: Value| {
        message
            .as_object()
            .unwrap()
            .keys()
            .cloned()
            .collect::<Vec<_>>()
    };
    messages
        .flat_map(|message| names(message.unwrap()))
        .collect()
}

/// Each section of docs/cli.md has our command, then grpcurl's: both work as pasted, and say the same.
#[tokio::test]
async fn the_command_line_and_grpcurl_say_the_same() {
    let page = fs::read_to_string(project().join("docs/cli.md")).unwrap();
    let server = Trailplane::sandbox().await;
    let mut compared = 0;
    for (title, section) in sections(&page) {
        let blocks = blocks(section);
        let [ours, theirs] = blocks.as_slice() else {
            assert!(
                blocks.is_empty(),
                "{title}: a command of ours and one of grpcurl, or none"
            );
            continue;
        };
        assert!(!paste(ours, &server).await.is_empty(), "{title}");
        let json = match ours.split_once(" || ") {
            Some((command, allowed)) => format!("{command} -o json || {allowed}"),
            None => format!("{ours} -o json"),
        };
        let (ours, theirs) = (paste(&json, &server).await, paste(theirs, &server).await);
        let (ours, mut theirs) = (fields(&ours), fields(&theirs));
        if title == "Following" {
            assert!(theirs.remove("heartbeat"), "{theirs:?}");
        }
        assert_eq!(ours, theirs, "{title}");
        compared += 1;
    }
    assert_eq!(
        compared, 14,
        "the sections of the page and this test go together"
    );
    let first = blocks(&page)[0];
    assert!(paste(first, &server).await.starts_with("TIME"), "{first}");
}

#[tokio::test]
async fn the_member_role_template_is_valid() {
    let mut command = Command::new(tool("moto/bin/cfn-lint"));
    command.arg("--non-zero-exit-code").arg("informational");
    command.arg(project().join("docs/member-role.stackset.yaml"));
    run(command).await.expect_ok();
}

/// Every permission that a call of ours needs is in the roles that are documented. Everybody may GetCallerIdentity.
#[test]
fn every_permission_is_in_a_documented_role() {
    let documents = ["docs/iam.md", "docs/member-role.stackset.yaml"];
    let text = documents.map(|name| fs::read_to_string(project().join(name)).unwrap());
    let text = text.concat();
    let named: BTreeSet<&str> = text
        .split(|c: char| !(c.is_ascii_alphanumeric() || c == ':'))
        .collect();
    let needed = Api::ALL
        .iter()
        .filter(|api| **api != Api::GetCallerIdentity);
    let missing: Vec<String> = needed
        .map(|api| api.action())
        .filter(|action| !named.contains(&**action))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}

/// Every file that a document of ours links to is there.
#[test]
fn no_link_is_dead() {
    let mut documents = vec!["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md"];
    documents.extend([
        "docs/cli-to-rpc.md",
        "docs/cli.md",
        "docs/iam.md",
        "docs/log-files.md",
        "docs/organization.md",
        "docs/quotas.md",
        "docs/adr/README.md",
        "helm/README.md",
        "bench/README.md",
    ]);
    let mut dead = Vec::new();
    for document in documents {
        let path = project().join(document);
        let text = fs::read_to_string(&path).unwrap_or_else(|e| panic!("{document}: {e}"));
        for link in text
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split(')').next())
        {
            let file = link.split('#').next().unwrap_or_default();
            if !link.contains("://")
                && !file.is_empty()
                && !path.parent().unwrap().join(file).exists()
            {
                dead.push(format!("{document}: {link}"));
            }
        }
    }
    assert!(dead.is_empty(), "dead links:\n{}", dead.join("\n"));
}

/// Every invariant of the architecture names a proof that is there: a file or folder of ours.
#[test]
fn every_invariant_names_a_proof_that_exists() {
    let text = fs::read_to_string(project().join("ARCHITECTURE.md")).unwrap();
    let (_, table) = text.split_once("| invariant | proof |").unwrap();
    let rows: Vec<&str> = table.lines().skip(2).filter(|l| l.contains('|')).collect();
    assert!(rows.len() > 10, "{rows:?}");
    for row in rows {
        let (_, proof) = row.trim_matches('|').split_once('|').unwrap();
        let mut files = proof
            .split('`')
            .filter(|name| name.contains('/'))
            .peekable();
        assert!(files.peek().is_some(), "no proof: {row}");
        for file in files {
            assert!(
                project().join(file.trim()).exists(),
                "{file} is not there: {row}"
            );
        }
    }
}
