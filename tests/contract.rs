//! What Trailplane relies on, asked of the sandbox, ministack and moto by the same client (botocore, which is AWS's
//! own). The sandbox must answer as AWS documents; so must the two others, except where the table of deviations says
//! what they answer instead, and why that is wrong. A deviation that went away fails the test too: then the row goes.
//!
//! Each file below has the rows of one subject; the probes of `tests/python/contract/` have the same names.

mod configuration;
mod events;
mod identity;
mod insights;
mod limits;
mod logging;
mod organization;
mod prerequisites;
mod selectors;
mod service_quotas;
mod settings;
mod tags;
mod updates;
mod views;
mod whole;

use std::{collections::BTreeMap, process::Command, time::Duration};

use crate::support::{
    emulator::Emulator,
    tools::{project, run_within, tool},
    trailplane::Sandbox,
};

/// Probes, and what is answered to each.
type Answers = BTreeMap<String, String>;
type Rows = &'static [(&'static str, &'static str)];

/// The rows of one subject.
struct Subject {
    documented: Rows,
    ministack: Rows,
    moto: Rows,
}

macro_rules! subjects {
    ($($name:ident),*) => {
        &[$(Subject {
            documented: $name::DOCUMENTED,
            ministack: $name::MINISTACK,
            moto: $name::MOTO,
        }),*]
    };
}

const SUBJECTS: &[Subject] = subjects![
    identity,
    events,
    settings,
    updates,
    views,
    logging,
    selectors,
    tags,
    limits,
    insights,
    configuration,
    whole,
    organization,
    prerequisites,
    service_quotas
];

/// An organization with members that the probes look into, and quotas that do not get in the way.
const SCENARIO: &str = "
regions: [us-east-1, eu-west-1]
accounts:
  - {id: '100000000010', name: payments, unit: /Prod}
  - {id: '100000000011', name: shop, unit: /Prod}
generate_accounts: 6
events: {per_hour: 60}
quotas: {per_second: {CloudTrail: 1000, Organizations: 1000, Account: 1000}}
resources:
  buckets: [{name: 'no-such-*', standing: missing}, {name: 'contract-bare*', standing: no_policy}]
  topics: [{name: 'no-such-*', standing: missing}]
  kms_keys: [{id: alias/no-such-contract, standing: missing}]
  log_groups: [{name: 'no-such-*', missing: true}]
  roles: [{name: 'no-such-*', standing: missing}, {name: managed, managed: true}]
";

async fn ask(endpoint: &str, kind: &str) -> Answers {
    let mut command = Command::new(tool("ministack/bin/python"));
    command
        .arg(project().join("tests/python/contract"))
        .args([endpoint, kind])
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env("PYTHONDONTWRITEBYTECODE", "1");
    let said = run_within(command, Duration::from_secs(120)).await;
    serde_json::from_str(&said.expect_ok()).unwrap()
}

fn table(rows: impl Fn(&Subject) -> Rows) -> Answers {
    let all: Vec<_> = SUBJECTS.iter().flat_map(rows).collect();
    let table: Answers = all
        .iter()
        .map(|&&(probe, answer)| (probe.to_owned(), answer.to_owned()))
        .collect();
    assert_eq!(table.len(), all.len(), "each probe has one row");
    table
}

/// Compares every answer with the documented one, or with the deviation.
fn compare(answers: &Answers, deviations: &Answers) {
    let documented = table(|subject| subject.documented);
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
    let documented = table(|subject| subject.documented);
    assert!(
        answers.keys().eq(documented.keys()),
        "every probe was made, and no other"
    );
    compare(&answers, &Answers::new());
}

#[tokio::test]
async fn ministack_agrees_but_for_what_is_known() {
    let ministack = Emulator::ministack().await;
    let answers = ask(&ministack.endpoint(), "ministack").await;
    compare(&answers, &table(|subject| subject.ministack));
}

#[tokio::test]
async fn moto_agrees_but_for_what_is_known() {
    let moto = Emulator::moto().await;
    let answers = ask(&moto.endpoint(), "moto").await;
    compare(&answers, &table(|subject| subject.moto));
}
