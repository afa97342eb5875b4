//! What Trailplane relies on, asked of the sandbox, ministack and moto by the same client (botocore, which is AWS's
//! own). The sandbox must answer as AWS documents; so must the two others, except where the table of deviations says
//! what they answer instead. A deviation that went away fails the test too: then the row goes.

mod prerequisites;

use std::{collections::BTreeMap, process::Command};

use crate::support::{
    emulator::Emulator,
    tools::{project, run, tool},
    trailplane::Sandbox,
};

type Answers = BTreeMap<String, String>;

/// What AWS answers, by its API reference (or, where that is silent, its SDK models). Who deviates is wrong.
const DOCUMENTED: &[(&str, &str)] = &[
    (
        "AssumeRole: credentials",
        "ASIA, expires as asked, ['Arn', 'AssumedRoleId']",
    ),
    (
        "AssumeRole: assumed role user",
        "arn:aws:sts::MEMBER:assumed-role/ROLE/contract",
    ),
    (
        "GetCallerIdentity in the session",
        "MEMBER arn:aws:sts::MEMBER:assumed-role/ROLE/contract",
    ),
    (
        "GetCallerIdentity with a forged token",
        "InvalidClientTokenId (403)",
    ),
    // STS does not tell a missing role from a trust policy that does not match.
    ("AssumeRole: no such role", "AccessDenied (403)"),
    ("AssumeRole: wrong external id", "AccessDenied (403)"),
    ("AssumeRole: no external id", "AccessDenied (403)"),
    ("AssumeRole: malformed ARN", "ValidationError (400)"),
    // DurationSeconds: from 900 up to the role's MaxSessionDuration.
    ("AssumeRole: 899 seconds", "ValidationError (400)"),
    (
        "AssumeRole: 3601 seconds for a role with an hour",
        "ValidationError (400)",
    ),
    ("LookupEvents: fields", "missing: []; read only: True"),
    (
        "LookupEvents: record",
        "same id and name: True; account: True; Region: us-east-1",
    ),
    (
        "LookupEvents: order",
        "newest first: True, more than one: True",
    ),
    (
        "LookupEvents: pages",
        "1 event, token: True, then another: True",
    ),
    ("LookupEvents: by name", "only these: True, some: True"),
    ("LookupEvents: nothing found", "[]"),
    // MaxResults: 1 to 50. Errors of CloudTrail are HTTP 400 in the API reference.
    (
        "LookupEvents: MaxResults 51",
        "InvalidMaxResultsException (400)",
    ),
    (
        "LookupEvents: MaxResults 0",
        "InvalidMaxResultsException (400)",
    ),
    // "Currently the list can contain only one item."
    (
        "LookupEvents: two attributes",
        "InvalidLookupAttributesException (400)",
    ),
    (
        "LookupEvents: unknown attribute",
        "InvalidLookupAttributesException (400)",
    ),
    (
        "LookupEvents: start after end",
        "InvalidTimeRangeException (400)",
    ),
    (
        "LookupEvents: forged token",
        "InvalidNextTokenException (400)",
    ),
    ("DescribeTrails: fields", "['trailList']"),
    ("GetTrail: no such trail", "TrailNotFoundException (400)"),
    (
        "ListAccounts: pages",
        "at most 3: True, several: True, each once: True",
    ),
    ("ListAccounts: fields", "missing: []"),
    ("ListAccounts: forged token", "InvalidInputException (400)"),
    // MaxResults: 1 to 20.
    ("ListAccounts: 21 a page", "InvalidInputException (400)"),
    // Only the management account and delegated administrators may.
    ("ListAccounts from a member", "AccessDeniedException (400)"),
    ("ListRoots", "1 root, r-, Root"),
    (
        "ListOrganizationalUnitsForParent",
        "ou-, ['Arn', 'Id', 'Name']",
    ),
    ("DescribeOrganization", "o-, ALL, master: 12 digits"),
    // Every account of the organization may.
    ("DescribeOrganization from a member", "ALL"),
    ("DescribeAccount: unknown", "AccountNotFoundException (400)"),
    ("ListTagsForResource: none", "True"),
    ("ListRegions: fields", "us-east-1: ENABLED_BY_DEFAULT"),
    ("ListRegions: pages", "1 Region, token: True"),
];

/// Where ministack 1.5.33 (with AUTH) is wrong, and what it says.
const MINISTACK: &[(&str, &str)] = &[
    ("AssumeRole: 899 seconds", "succeeds"),
    (
        "AssumeRole: 3601 seconds for a role with an hour",
        "succeeds",
    ),
    // It never gives a token: what does not fit the page cannot be read.
    ("LookupEvents: pages", "1 event, token: False"),
    ("LookupEvents: MaxResults 51", "succeeds"),
    ("LookupEvents: MaxResults 0", "succeeds"),
    ("LookupEvents: two attributes", "succeeds"),
    ("LookupEvents: unknown attribute", "succeeds"),
    ("LookupEvents: start after end", "succeeds"),
    ("LookupEvents: forged token", "succeeds"),
    // The SDKs go by the code, so the status changes nothing.
    ("GetTrail: no such trail", "TrailNotFoundException (404)"),
    ("ListRegions: pages", "31 Region, token: False"),
];

/// Where moto 5.2.5 is wrong, and what it says: it checks neither tokens nor trust policies.
const MOTO: &[(&str, &str)] = &[
    ("GetCallerIdentity with a forged token", "succeeds"),
    ("AssumeRole: no such role", "succeeds"),
    ("AssumeRole: wrong external id", "succeeds"),
    ("AssumeRole: no external id", "succeeds"),
    ("AssumeRole: malformed ARN", "succeeds"),
    ("AssumeRole: 899 seconds", "succeeds"),
    (
        "AssumeRole: 3601 seconds for a role with an hour",
        "succeeds",
    ),
    ("ListAccounts: forged token", "InvalidToken (400)"),
    ("ListAccounts: 21 a page", "succeeds"),
    ("ListAccounts from a member", "succeeds"),
];

/// An organization with a member that the probes look into, and quotas that do not get in the way.
const SCENARIO: &str = "
regions: [us-east-1, eu-west-1]
accounts: [{id: '100000000010', name: payments, unit: /Prod}]
generate_accounts: 6
events: {per_hour: 60}
quotas: {per_second: {LookupEvents: 1000, Organizations: 1000, Account: 1000}}
resources:
  buckets: [{name: 'no-such-*', standing: missing}, {name: contract-bare, standing: no_policy}]
  topics: [{name: 'no-such-*', standing: missing}]
  kms_keys: [{id: 'alias/no-such-*', standing: missing}]
  log_groups: [{name: 'no-such-*', missing: true}]
  roles: [{name: 'no-such-*', standing: missing}, {name: managed, managed: true}]
";

async fn ask(endpoint: &str, kind: &str) -> Answers {
    let mut command = Command::new(tool("ministack/bin/python"));
    command
        .arg(project().join("tests/python/contract.py"))
        .args([endpoint, kind])
        .env("AWS_EC2_METADATA_DISABLED", "true");
    serde_json::from_str(&run(command).await.expect_ok()).unwrap()
}

fn table(parts: &[&[(&str, &str)]]) -> Answers {
    parts
        .iter()
        .flat_map(|rows| rows.iter())
        .map(|&(probe, answer)| (probe.to_owned(), answer.to_owned()))
        .collect()
}

fn documented() -> Answers {
    table(&[DOCUMENTED, prerequisites::DOCUMENTED])
}

/// Compares every answer with the documented one, or with the deviation.
fn compare(answers: &Answers, deviations: &[&[(&str, &str)]]) {
    let documented = documented();
    let deviations = table(deviations);
    let mut wrong = Vec::new();
    for (probe, answer) in answers {
        let expected = deviations.get(probe).or_else(|| documented.get(probe));
        match expected {
            Some(expected) if expected == answer => {}
            _ => wrong.push(format!(
                "{probe}\n  says     {answer}\n  expected {expected:?}"
            )),
        }
    }
    wrong.extend(
        deviations
            .keys()
            .filter(|probe| !answers.contains_key(*probe))
            .map(|probe| format!("{probe}: was not asked")),
    );
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn the_sandbox_answers_as_aws_documents() {
    let sandbox = Sandbox::start(Some(SCENARIO)).await;
    let answers = ask(&sandbox.endpoint(), "sandbox").await;
    assert_eq!(answers.len(), documented().len(), "every probe was made");
    compare(&answers, &[]);
}

#[tokio::test]
async fn ministack_agrees_but_for_what_is_known() {
    let ministack = Emulator::ministack().await;
    let answers = ask(&ministack.endpoint(), "ministack").await;
    compare(&answers, &[MINISTACK, prerequisites::MINISTACK]);
}

#[tokio::test]
async fn moto_agrees_but_for_what_is_known() {
    let moto = Emulator::moto().await;
    let answers = ask(&moto.endpoint(), "moto").await;
    compare(&answers, &[MOTO, prerequisites::MOTO]);
}
