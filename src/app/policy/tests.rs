use std::path::Path;

use clap::Parser;

use super::*;

#[derive(Debug, Parser)]
struct Line {
    #[command(flatten)]
    check: Check,
}

/// Asks the starter policies of the documents.
fn ask(arguments: &str) -> (u8, String) {
    let starters = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/access");
    let line = ["check", "--directory", starters.to_str().unwrap()];
    let words = arguments.split_whitespace();
    let check = Line::try_parse_from(line.into_iter().chain(words)).unwrap();
    let mut out = Vec::new();
    let code = check.check.run(&mut out).unwrap();
    (code, String::from_utf8(out).unwrap())
}

fn allowed(arguments: &str) -> bool {
    match ask(arguments) {
        (ALLOWED, said) => {
            assert!(said.starts_with("ALLOWED by "), "{said}");
            true
        }
        (code, said) => {
            assert!(code == DENIED && said.starts_with("DENIED"), "{said}");
            false
        }
    }
}

#[test]
fn the_starters_are_good() {
    let (code, said) = ask("");
    assert_eq!((code, said.as_str()), (ALLOWED, "9 policies: ok\n"));
}

#[test]
fn analysts_read_and_change_nothing() {
    let ann = "--caller corp:ann@example.org --by token --account 111122223333 --action";
    for action in ["LookupEvents", "ListTrails", "ListAccounts", "ListBudgets"] {
        assert!(allowed(&format!("{ann} {action}")), "{action}");
    }
    for action in ["SeeSecrets", "StopLogging", "CreateTrail", "ReduceLogging"] {
        assert!(!allowed(&format!("{ann} {action}")), "{action}");
    }
    let job = "--caller k8s:system:serviceaccount:audit:nightly-export --by token --action";
    assert!(!allowed(&format!("{job} UseInteractiveLane")));
    assert!(allowed(&format!("{job} UseBatchLane")));
}

#[test]
fn operators_write_and_do_not_record_less() {
    let ops = "--caller CN=ops,O=Example --action";
    assert!(allowed(&format!("{ops} EnableTrustedAccess")));
    let there = "--account 111122223333 --region eu-west-1";
    assert!(allowed(&format!("{ops} UpdateTrail {there}")));
    assert!(!allowed(&format!("{ops} ReduceLogging {there}")));
    let (code, said) = ask(&format!("{ops} UpdateTrail {there} --by anonymous"));
    assert_eq!(code, DENIED);
    assert!(
        said.contains("operator.cedar#nobody writes anonymously"),
        "{said}"
    );
}

#[test]
fn glass_is_broken_for_who_is_in_the_group_and_never_in_the_management_account() {
    let there = "--by token --caller corp:bob --account 111122223333 --action ReduceLogging";
    assert!(!allowed(there));
    assert!(allowed(&format!("{there} --group break-glass")));
    assert!(!allowed(&format!(
        "{there} --group break-glass --management"
    )));
}

#[test]
fn a_team_has_its_accounts_and_no_other() {
    let team = "--caller spiffe://example.org/ns/payments/sa/audit --account 111122223333 --action";
    let look = format!("{team} LookupEvents --region eu-west-1 --unit");
    assert!(allowed(&format!("{look} /Prod/Payments/Cards")));
    assert!(!allowed(&format!("{look} /Prod/Paymentsx")));
    let far = format!("{team} LookupEvents --region ap-south-1 --unit /Prod/Payments");
    assert!(!allowed(&far));
    assert!(allowed(&format!("{team} AddTags --tag team=payments")));
    assert!(!allowed(&format!("{team} AddTags --tag team=other")));
}
