//! `trailplane audit verify`, and settings of the audit that cannot be used.

use serde_json::json;

use super::{Kept, end, grpcurl, tag};
use crate::support::{
    tools::{Output, run},
    trailplane::{Start, program},
};

async fn trailplane(arguments: &[&str]) -> Output {
    let mut command = program();
    command.args(arguments);
    run(command).await
}

#[tokio::test]
async fn it_says_what_is_wrong_by_its_exit_code_and_in_words() {
    let kept = Kept::new();
    let key = kept.folder.path().join("key");
    std::fs::write(&key, "0123456789abcdef0123456789abcdef\n").unwrap();
    let key = key.to_str().unwrap();
    let start = Start::sandbox().env("TRAILPLANE_AUDIT__KEY_FILE", key);
    let server = kept.by(start).ready().await;
    grpcurl(&server, "TrailService/AddTags", &tag("sealed"))
        .await
        .expect_ok();
    end(server).await;
    let path = kept.path();
    let path = path.to_str().unwrap();
    let good = trailplane(&["audit", "verify", path, "--key-file", key, "--ended"]).await;
    assert_eq!(good.code, Some(0), "{good:?}");
    assert!(good.stdout.starts_with("good: "), "{good:?}");

    let (code, report) = kept.verified(&["--key-file", key]).await;
    let hash = report["last_hash"].as_str().unwrap().to_owned();
    assert_eq!((code, &report["good"]), (Some(0), &json!(true)));

    let without = trailplane(&["audit", "verify", path]).await;
    assert_eq!(without.code, Some(1), "{without:?}");

    // The last line is cut off: whoever kept its hash finds that.
    let text = std::fs::read_to_string(path).unwrap();
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    std::fs::write(path, lines[..lines.len() - 1].concat()).unwrap();
    let cut = trailplane(&["audit", "verify", path, "--key-file", key]).await;
    assert_eq!(cut.code, Some(0), "{cut:?}");
    assert!(cut.stdout.contains("note: the last record is not the end"));
    let cut = trailplane(&["audit", "verify", path, "--key-file", key, "--head", &hash]).await;
    assert_eq!(cut.code, Some(1), "{cut:?}");
    assert!(
        cut.stdout.contains(&hash) && cut.stdout.starts_with("BROKEN"),
        "{cut:?}"
    );

    std::fs::write(path, text.replace("anonymous", "anonymouz")).unwrap();
    let changed = trailplane(&["audit", "verify", path, "--key-file", key]).await;
    assert_eq!(changed.code, Some(1), "{changed:?}");
    assert!(
        changed.stdout.contains(":2: does not fit its hash"),
        "{changed:?}"
    );

    for arguments in [
        &["audit", "verify", "/nowhere"][..],
        &["audit", "verify"],
        &["audit", "verify", path, "--key-file", "/nowhere"],
        &["audit", "verify", path, "--key-file", "/dev/null"],
    ] {
        let wrong = trailplane(arguments).await;
        assert_eq!(wrong.code, Some(2), "{arguments:?} {wrong:?}");
    }
}

#[tokio::test]
async fn an_audit_that_cannot_be_opened_is_told_at_the_start() {
    let mut command = program();
    command.args(["serve", "--sandbox"]);
    for (name, value) in [
        ("TRAILPLANE_GRPC__LISTEN", "127.0.0.1:0"),
        ("TRAILPLANE_ADMIN__LISTEN", "127.0.0.1:0"),
        ("TRAILPLANE_AUDIT__FILE", "/nowhere/audit.jsonl"),
    ] {
        command.env(name, value);
    }
    let output = run(command).await;
    assert_eq!(output.code, Some(1), "{output:?}");
    assert!(output.stderr.contains("audit.file"), "{output:?}");

    let kept = Kept::new();
    let server = kept.by(Start::sandbox()).ready().await;
    let mut second = program();
    second
        .args(["serve", "--sandbox"])
        .env("TRAILPLANE_GRPC__LISTEN", "127.0.0.1:0")
        .env("TRAILPLANE_ADMIN__LISTEN", "127.0.0.1:0")
        .env("TRAILPLANE_AUDIT__FILE", kept.path());
    let output = run(second).await;
    assert!(
        output.stderr.contains("another process writes to it"),
        "{output:?}"
    );
    end(server).await;
}
