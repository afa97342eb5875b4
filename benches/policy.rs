//! Decisions of a full fan-out: `cargo bench --bench policy`.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a bench may fail loudly"
)]

use std::{path::Path, time::Duration};

use divan::Bencher;
use trailplane::{
    access::{
        Identity,
        policy::{Policy, PolicySettings},
    },
    domain::{Account, AccountId, Authority, Deed, OrganizationalUnit, Region},
};

const ACCOUNTS: u64 = 10_000;
const UNITS: [&str; 5] = ["Payments", "Shipping", "Search", "Data", "Security"];

fn main() {
    divan::main();
}

fn accounts(teams: u64) -> Vec<Account> {
    let account = |number: u64| {
        let unit = |id: String, name: &str| OrganizationalUnit {
            id: id.parse().unwrap(),
            name: name.into(),
        };
        let leaf = UNITS[usize::try_from(number % 5).unwrap()];
        Account {
            name: format!("account {number}").into(),
            units: vec![
                unit("r-ab12".to_owned(), ""),
                unit("ou-ab12-00000001".to_owned(), "Prod"),
                unit(format!("ou-ab12-0000001{}", number % 5), leaf),
            ],
            tags: Some([("team".to_owned(), format!("team-{}", number % teams))].into()),
            ..Account::stranger(AccountId::from_u64(100_000_000_000 + number).unwrap())
        }
    };
    (0..ACCOUNTS).map(account).collect()
}

fn regions() -> Vec<Region> {
    let names = [
        "us-east-1",
        "us-east-2",
        "us-west-1",
        "us-west-2",
        "ca-central-1",
        "sa-east-1",
        "eu-west-1",
        "eu-west-2",
        "eu-west-3",
        "eu-central-1",
        "eu-north-1",
        "ap-south-1",
        "ap-northeast-1",
        "ap-northeast-2",
        "ap-northeast-3",
        "ap-southeast-1",
        "ap-southeast-2",
    ];
    names.iter().map(|name| name.parse().unwrap()).collect()
}

/// The starter policies: by unit, tag and Region.
fn policy() -> Policy {
    Policy::load(PolicySettings {
        directory: Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/access"),
        reload_interval: Duration::from_secs(10),
    })
    .unwrap()
}

fn decide(authority: &Authority, accounts: &[Account], regions: &[Region]) -> usize {
    let open = |account: &Account| authority.open_regions(Deed::Call, account, regions).len();
    accounts.iter().map(open).sum()
}

/// 10,000 accounts in 17 Regions, whose tags have this many values; the judge is new, as it is for each request.
#[divan::bench(args = [1, 50, 10_000])]
fn fan_out(bencher: Bencher<'_, '_>, teams: u64) {
    let (accounts, regions, policy) = (accounts(teams), regions(), policy());
    let team = Identity::certified("spiffe://example.org/ns/payments/sa/audit");
    bencher.bench_local(|| {
        let authority = policy.authority(&team, "LookupEvents");
        decide(&authority, &accounts, &regions)
    });
}
