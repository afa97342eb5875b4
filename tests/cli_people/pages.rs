//! Pages, and commands that go on from where another stopped.

use super::{ask, continued, id, lines};
use crate::support::trailplane::Trailplane;

#[tokio::test]
async fn a_cursor_goes_on_though_the_time_was_a_relative_one() {
    let server = Trailplane::sandbox().await;
    let common = [
        "lookup",
        "-o",
        "ndjson",
        "--account",
        "100000000012",
        "--account",
        "100000000013",
    ];
    let window = ["--start", "3d", "--end", "1h"];
    let first = ask(&server, &[&common[..], &window, &["--limit", "6"]].concat()).await;
    assert_eq!(first.code, Some(0), "{first:?}");
    let again = continued(&first.stderr);
    let again: Vec<&str> = again.iter().map(String::as_str).collect();
    assert!(
        again.contains(&"--start") && again.contains(&"--end"),
        "{again:?}"
    );
    let second = ask(&server, &[&common[..], &again, &["--limit", "6"]].concat()).await;

    let settled = &again[..4];
    let whole = ask(
        &server,
        &[&common[..], settled, &["--limit", "12"]].concat(),
    )
    .await;
    let whole: Vec<String> = lines(&whole.expect_ok()).iter().map(id).collect();
    let parts = lines(&first.stdout)
        .into_iter()
        .chain(lines(&second.expect_ok()));
    assert_eq!(parts.map(|event| id(&event)).collect::<Vec<_>>(), whole);
    assert_eq!(whole.len(), 12);
}

/// More than the service gives in one page.
#[tokio::test]
async fn a_large_limit_is_several_pages() {
    let server = Trailplane::sandbox().await;
    let arguments = [
        "lookup",
        "-o",
        "ndjson",
        "--limit",
        "1100",
        "--region",
        "us-east-1",
    ];
    let output = ask(&server, &arguments).await;
    let ids: std::collections::BTreeSet<String> = lines(&output.stdout).iter().map(id).collect();
    assert_eq!(
        (lines(&output.stdout).len(), ids.len()),
        (1100, 1100),
        "{}",
        output.stderr
    );
    let times: Vec<String> = lines(&output.stdout)
        .iter()
        .map(|e| e["eventTime"].as_str().unwrap().to_owned())
        .collect();
    assert!(
        times.is_sorted_by(|a, b| a >= b),
        "newest first over all pages"
    );
}
