mod permitted;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use proptest::prelude::*;

use super::*;
use crate::{
    domain::{OrganizationalUnitId, Timestamp},
    fleet::{
        learned::{Known, Learned, Listed},
        settings::{MemberRole, SessionSettings, Settings},
        units::UnitTree,
    },
};

fn region(name: &str) -> Region {
    name.parse().unwrap()
}

fn account(number: u64) -> AccountId {
    AccountId::from_u64(number).unwrap()
}

fn unit(number: usize) -> OrganizationalUnitId {
    format!("ou-ab12-{number:08}").parse().unwrap()
}

fn root() -> OrganizationalUnitId {
    "r-ab12".parse().unwrap()
}

fn settings() -> Settings {
    Settings {
        partition: Partition::Commercial,
        regions: vec![
            region("us-east-1"),
            region("eu-west-1"),
            region("eu-central-1"),
        ],
        organization: None,
        accounts: BTreeMap::new(),
        member_role: MemberRole::new(Partition::Commercial, "Reader", None).ok(),
        hub_role: None,
        management_account: None,
        management_access: None,
        sessions: SessionSettings::of(region("eu-west-1")),
    }
}

/// Units 0 and 1 are below the root, 2 and 3 below 0, 4 below 2.
const PARENTS: [Option<usize>; 5] = [None, None, Some(0), Some(0), Some(2)];

fn tree() -> UnitTree {
    let mut tree = UnitTree::default();
    tree.add_root(root());
    for (number, parent) in PARENTS.iter().enumerate() {
        let parent = parent.map_or_else(root, unit);
        tree.add(parent, unit(number), &format!("U{number}"));
    }
    tree
}

fn path(number: usize) -> Vec<String> {
    let mut names = PARENTS[number].map(path).unwrap_or_default();
    names.push(format!("U{number}"));
    names
}

/// One account of the naive model.
#[derive(Debug, Clone)]
struct Model {
    parent: Option<usize>,
    active: bool,
    tags: BTreeMap<String, String>,
    disabled: BTreeSet<usize>,
}

impl Model {
    fn below(&self, wanted: Option<usize>) -> bool {
        let Some(wanted) = wanted else { return true };
        let mut at = self.parent;
        while let Some(number) = at {
            if number == wanted {
                return true;
            }
            at = PARENTS[number];
        }
        false
    }
}

fn learned(models: &[Model]) -> Learned {
    let listed = |(number, model): (usize, &Model)| Listed {
        id: account(number as u64),
        name: format!("account {number}").into(),
        email: None,
        state: if model.active {
            AccountState::Active
        } else {
            AccountState::Suspended
        },
        parent: Some(model.parent.map_or_else(root, unit)),
    };
    let configured = settings().regions;
    let tags = models.iter().enumerate();
    let disabled = models.iter().enumerate();
    Learned {
        listing: Known::Known(models.iter().enumerate().map(listed).collect()),
        listed_at: Some(Timestamp::from_seconds(1)),
        units: Known::Known(Arc::new(tree())),
        tags: Known::Known(
            tags.map(|(n, m)| (account(n as u64), m.tags.clone()))
                .collect(),
        ),
        disabled: Known::Known(
            disabled
                .map(|(n, m)| {
                    let regions = m.disabled.iter().map(|r| configured[*r].clone());
                    (account(n as u64), regions.collect())
                })
                .collect(),
        ),
        ..Learned::nothing()
    }
}

fn directory(models: &[Model]) -> Directory {
    Directory::assemble(&settings(), &learned(models), None)
}

fn resolve(directory: &Directory, selector: &TargetSelector) -> Result<Targets, Unresolved> {
    let settings = settings();
    targets(
        directory,
        &settings.regions,
        settings.partition,
        selector,
        &Authority::unlimited(),
    )
}

fn tags() -> impl Strategy<Value = BTreeMap<String, String>> {
    prop::collection::btree_map("[ab]", "[xy]", 0..=2)
}

fn models() -> impl Strategy<Value = Vec<Model>> {
    let model = (
        prop::option::of(0..PARENTS.len()),
        any::<bool>(),
        tags(),
        prop::collection::btree_set(0..3usize, 0..=2),
    );
    let model = model.prop_map(|(parent, active, tags, disabled)| Model {
        parent,
        active,
        tags,
        disabled,
    });
    prop::collection::vec(model, 0..12)
}

#[derive(Debug, Clone)]
struct Ask {
    ids: Vec<u64>,
    units: Vec<(Option<usize>, bool)>,
    tags: BTreeMap<String, String>,
    exclude: Vec<u64>,
    regions: Vec<usize>,
}

fn ask() -> impl Strategy<Value = Ask> {
    let ids = || prop::collection::vec(0..12u64, 0..4);
    let units = prop::collection::vec((prop::option::of(0..PARENTS.len()), any::<bool>()), 0..=2);
    let regions = prop::collection::vec(0..3usize, 0..3);
    (ids(), units, tags(), ids(), regions).prop_map(|(ids, units, tags, exclude, regions)| Ask {
        ids,
        units,
        tags,
        exclude,
        regions,
    })
}

fn selector(ask: &Ask) -> TargetSelector {
    let configured = settings().regions;
    let unit_ref = |(number, by_path): &(Option<usize>, bool)| match (number, by_path) {
        (Some(number), true) => UnitRef::Path(path(*number)),
        (Some(number), false) => UnitRef::Id(unit(*number)),
        (None, true) => UnitRef::Path(Vec::new()),
        (None, false) => UnitRef::Id(root()),
    };
    TargetSelector {
        account_ids: ask.ids.iter().map(|n| account(*n)).collect(),
        organizational_units: ask.units.iter().map(unit_ref).collect(),
        account_tags: ask.tags.clone(),
        exclude_account_ids: ask.exclude.iter().map(|n| account(*n)).collect(),
        regions: ask.regions.iter().map(|r| configured[*r].clone()).collect(),
    }
}

type Naive = (
    BTreeSet<(u64, String)>,
    BTreeMap<(u64, String), (CellReason, bool)>,
);

/// The selector's meaning, word for word.
fn naive(models: &[Model], ask: &Ask) -> Naive {
    let configured = settings().regions;
    let all: Vec<usize> = (0..3).collect();
    let regions = if ask.regions.is_empty() {
        &all
    } else {
        &ask.regions
    };
    let (mut cells, mut skipped) = (BTreeSet::new(), BTreeMap::new());
    for (number, model) in models.iter().enumerate() {
        let id = number as u64;
        let named = ask.ids.contains(&id);
        let in_unit = ask.units.iter().any(|(u, _)| model.below(*u));
        let everyone = ask.ids.is_empty() && ask.units.is_empty();
        let tagged = ask.tags.iter().all(|(k, v)| model.tags.get(k) == Some(v));
        if !(everyone || named || in_unit) || !tagged || ask.exclude.contains(&id) {
            continue;
        }
        for region in regions {
            let key = (id, configured[*region].to_string());
            if !model.active {
                skipped.insert(key, (CellReason::AccountNotActive, named));
            } else if model.disabled.contains(region) {
                let named = named || !ask.regions.is_empty();
                skipped.insert(key, (CellReason::RegionDisabled, named));
            } else {
                cells.insert(key);
            }
        }
    }
    (cells, skipped)
}

proptest! {
    #[test]
    fn the_selector_means_what_it_says(models in models(), ask in ask()) {
        let outcome = resolve(&directory(&models), &selector(&ask));
        let total = models.len() as u64;
        let wrong = ask.ids.iter().chain(&ask.exclude).filter(|n| **n >= total).count();
        if wrong > 0 {
            let Err(Unresolved::Wrong(violations)) = outcome else {
                panic!("{outcome:?}")
            };
            prop_assert_eq!(violations.len(), wrong);
            return Ok(());
        }
        let targets = outcome.unwrap();
        let (cells, skipped) = naive(&models, &ask);
        let key = |cell: &Cell| (cell.account.as_u64(), cell.region.to_string());
        let found: Vec<_> = targets.cells.iter().map(|c| key(&c.cell)).collect();
        prop_assert_eq!(&found, &cells.into_iter().collect::<Vec<_>>(), "each once, in order");
        let found: Vec<_> = targets
            .left_out
            .cells
            .iter()
            .map(|r| (key(&r.cell), (r.reason.unwrap(), r.named)))
            .collect();
        prop_assert_eq!(found, skipped.into_iter().collect::<Vec<_>>());
    }
}

fn plain(count: usize) -> Vec<Model> {
    let model = Model {
        parent: Some(4),
        active: true,
        tags: BTreeMap::new(),
        disabled: BTreeSet::new(),
    };
    vec![model; count]
}

#[test]
fn everything_wrong_is_reported_at_once_with_its_place() {
    let ask = TargetSelector {
        account_ids: vec![account(0), account(70)],
        exclude_account_ids: vec![account(71)],
        organizational_units: vec![
            UnitRef::Id(unit(0)),
            UnitRef::Path(vec!["U0".into(), "Nope".into()]),
        ],
        regions: vec![region("eu-west-1"), region("mars-north-1")],
        ..TargetSelector::default()
    };
    let wrong = resolve(&directory(&plain(3)), &ask).unwrap_err();
    assert_eq!(
        wrong,
        Unresolved::Wrong(vec![
            Violation::UnknownAccount {
                index: 1,
                account: account(70)
            },
            Violation::UnknownExclusion {
                index: 0,
                account: account(71)
            },
            Violation::RegionNotConfigured {
                index: 1,
                region: region("mars-north-1")
            },
            Violation::UnknownUnit {
                index: 1,
                unit: UnitRef::Path(vec!["U0".into(), "Nope".into()])
            },
        ])
    );
}

#[test]
fn what_is_not_known_yet_is_named() {
    let mut known = learned(&plain(3));
    let at = |learned: &Learned| Directory::assemble(&settings(), learned, None);
    let by_unit = TargetSelector {
        organizational_units: vec![UnitRef::Id(unit(0))],
        ..TargetSelector::default()
    };
    let by_tag = TargetSelector {
        account_ids: vec![account(1)],
        account_tags: [("a".to_owned(), "x".to_owned())].into(),
        ..TargetSelector::default()
    };
    known.tags = Known::Known(HashMap::from([(account(0), BTreeMap::new())]));
    known.units = Known::Pending;
    let directory = at(&known);
    assert_eq!(
        resolve(&directory, &by_unit),
        Err(Unresolved::NotYet(Missing::Units))
    );
    assert_eq!(
        resolve(&directory, &by_tag),
        Err(Unresolved::NotYet(Missing::Tags(1))),
        "only the tags of accounts in question count"
    );
    assert_eq!(
        resolve(&directory, &TargetSelector::default())
            .unwrap()
            .cells
            .len(),
        9
    );
    known.units = Known::Failed("denied".into());
    assert_eq!(
        resolve(&at(&known), &by_unit),
        Err(Unresolved::Never(Missing::Units, "denied".into()))
    );
    known.listing = Known::Pending;
    assert_eq!(
        resolve(&at(&known), &TargetSelector::default()),
        Err(Unresolved::NotYet(Missing::Accounts))
    );
}

#[test]
fn ten_thousand_accounts_by_seventeen_regions_are_cheap() {
    let mut settings = settings();
    settings.regions = (1..=17).map(|n| region(&format!("eu-west-{n}"))).collect();
    let known = learned(&plain(10_000));
    let directory = Directory::assemble(&settings, &known, None);
    let ask = TargetSelector {
        organizational_units: vec![UnitRef::Id(unit(0))],
        ..TargetSelector::default()
    };
    let start = std::time::Instant::now();
    let all = Authority::unlimited();
    let found = targets(
        &directory,
        &settings.regions,
        settings.partition,
        &ask,
        &all,
    )
    .unwrap();
    assert_eq!(found.cells.len(), 170_000);
    // About 15 ms optimized; the bound is for a debug build on a busy machine, and only catches a change
    // of order, such as a search in a list for each cell.
    assert!(start.elapsed().as_secs() < 5, "{:?}", start.elapsed());
}

#[test]
fn unchanged_accounts_are_shared_between_snapshots() {
    let first = directory(&plain(3));
    let mut known = learned(&plain(4));
    if let Known::Known(listing) = &mut known.listing {
        listing[0].name = "renamed".into();
        listing.remove(1);
    }
    let second = Directory::assemble(&settings(), &known, Some(&first));
    let same = |n| {
        Arc::ptr_eq(
            first.account(account(n)).unwrap(),
            second.account(account(n)).unwrap(),
        )
    };
    assert!(!same(0) && same(2));
    let changes = second.changes_since(&first);
    assert_eq!(changes.added, [account(3)]);
    assert_eq!(changes.removed, [account(1)]);
    assert_eq!(changes.changed, [account(0)]);
}

#[test]
fn static_accounts_can_be_selected_by_unit_and_tag() {
    let mut settings = settings();
    let names = |names: &[&str]| names.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>();
    for (number, path) in [(1, &["Prod", "Pay"][..]), (2, &["Prod"]), (3, &[])] {
        let entry = settings.accounts.entry(account(number)).or_default();
        entry.unit_path = names(path);
        entry.tags = [("n".to_owned(), number.to_string())].into();
    }
    let directory = Directory::assemble(&settings, &Learned::no_organization(), None);
    let found = |selector: TargetSelector| {
        let (chosen, narrowed) = accounts(&directory, &selector, &Authority::unlimited()).unwrap();
        assert!(!narrowed);
        let chosen = chosen.accounts.into_iter();
        let ids = chosen.map(|(at, _)| directory.accounts()[at].id.as_u64());
        ids.collect::<Vec<_>>()
    };
    let below = |path: &[&str]| TargetSelector {
        organizational_units: vec![UnitRef::Path(names(path))],
        ..TargetSelector::default()
    };
    assert_eq!(found(below(&["Prod"])), [1, 2]);
    assert_eq!(found(below(&["Prod", "Pay"])), [1]);
    assert_eq!(found(below(&[])), [1, 2, 3]);
    let tagged = TargetSelector {
        account_tags: [("n".to_owned(), "2".to_owned())].into(),
        ..TargetSelector::default()
    };
    assert_eq!(found(tagged), [2]);
    assert_eq!(directory.account(account(1)).unwrap().path(), "/Prod/Pay");
}
