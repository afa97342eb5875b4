//! Trails, accounts and budgets, each in each form.

use serde_json::Value;

use super::{PARTIAL, ask, lines};
use crate::support::trailplane::Trailplane;

#[tokio::test]
async fn trails_are_listed_and_one_is_shown_whole() {
    let server = Trailplane::sandbox().await;
    let table = ask(&server, &["trails", "list", "--full"]).await;
    assert_eq!(table.code, PARTIAL, "{table:?}");
    for part in [
        "LOGGING",
        "organization-trail",
        "ORGANIZATION",
        "payments-audit",
    ] {
        assert!(table.stdout.contains(part), "{part}: {table:?}");
    }
    assert!(table.stderr.contains("coverage: partial; "), "{table:?}");

    let output = ask(
        &server,
        &[
            "trails",
            "list",
            "--name",
            "organization-trail",
            "-o",
            "ndjson",
        ],
    )
    .await;
    let trails = lines(&output.stdout);
    assert_eq!(trails.len(), 1, "{output:?}");
    let arn = trails[0]["arn"].as_str().unwrap();
    let json = ask(&server, &["trails", "list", "-o", "json"]).await;
    let json: Value = serde_json::from_str(&json.stdout).unwrap();
    assert!(
        json["trails"]
            .as_array()
            .unwrap()
            .iter()
            .any(|trail| trail["arn"] == arn)
    );

    let shown = ask(&server, &["trails", "get", arn]).await.expect_ok();
    assert!(shown.contains(arn) && shown.contains("logging"), "{shown}");
    let owner = trails[0]["accountId"].as_str().unwrap();
    let status = ask(
        &server,
        &["trails", "status", "organization-trail", "--account", owner],
    )
    .await;
    assert!(status.expect_ok().contains("logging"));
    let status = ask(&server, &["trails", "status", arn, "-o", "json"])
        .await
        .expect_ok();
    let status: Value = serde_json::from_str(&status).unwrap();
    assert_eq!(status["status"]["isLogging"], true, "{status}");
}

#[tokio::test]
async fn accounts_are_listed_shown_and_checked() {
    let server = Trailplane::sandbox().await;
    let table = ask(&server, &["accounts", "list"]).await;
    let (stdout, stderr) = (table.stdout.clone(), table.stderr.clone());
    table.expect_ok();
    assert!(
        stdout.starts_with("ACCOUNT ") && stdout.contains("(management)"),
        "{stdout}"
    );
    assert!(
        stderr.contains("coverage: complete; 50 accounts"),
        "{stderr}"
    );
    let output = ask(
        &server,
        &["accounts", "list", "--ou", "/Prod", "-o", "ndjson"],
    )
    .await;
    let accounts = lines(&output.expect_ok());
    assert!(
        accounts
            .iter()
            .all(|account| account["path"].as_str().unwrap().starts_with("/Prod"))
    );
    let id = accounts[0]["accountId"].as_str().unwrap();
    let shown = ask(&server, &["accounts", "get", id]).await.expect_ok();
    assert!(shown.contains(id) && shown.contains("/Prod"), "{shown}");

    let checked = ask(&server, &["accounts", "check", "--region", "us-east-1"]).await;
    assert_eq!(checked.code, PARTIAL, "{checked:?}");
    assert!(checked.stdout.contains("ROLE_NOT_ASSUMABLE"), "{checked:?}");
    let whole = ask(
        &server,
        &[
            "accounts",
            "check",
            "--account",
            id,
            "--every",
            "-o",
            "ndjson",
        ],
    )
    .await;
    let cells = lines(&whole.expect_ok());
    assert!(
        !cells.is_empty() && cells.iter().all(|cell| cell["reachable"] == true),
        "{cells:?}"
    );
}

#[tokio::test]
async fn budgets_are_listed_and_watched_until_the_time_is_over() {
    let server = Trailplane::sandbox().await;
    ask(
        &server,
        &["lookup", "--account", "100000000012", "--limit", "1"],
    )
    .await
    .expect_ok();
    let list = ["budgets", "list", "--api", "LookupEvents"];
    let table = ask(&server, &list).await;
    assert!(
        table.stderr.contains("budget store: EMBEDDED, HEALTHY, "),
        "{table:?}"
    );
    let table = table.expect_ok();
    assert!(
        table.contains("QUOTA/S") && table.contains("100000000012"),
        "{table}"
    );
    let budgets = lines(
        &ask(&server, &[&list[..], &["-o", "ndjson"]].concat())
            .await
            .expect_ok(),
    );
    assert!(
        budgets.iter().all(|budget| budget["api"] == "LookupEvents"),
        "{budgets:?}"
    );

    let watched = ask(&server, &["budgets", "watch", "--timeout", "2s"]).await;
    assert_eq!(watched.code, Some(0), "{watched:?}");
    assert!(watched.stdout.contains("100000000012"), "{watched:?}");
}
