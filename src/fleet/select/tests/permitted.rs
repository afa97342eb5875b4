//! What a selector comes down to for a caller who may not do everything.

use super::*;
use crate::domain::authority::{Judge, Needs, Place};

/// Allows what a function of account number and Region allows.
struct By<F>(F, Needs);

impl<F: Fn(u64, Option<&str>) -> bool + Send + Sync + 'static> Judge for By<F> {
    fn needs(&self) -> Needs {
        self.1
    }

    fn allows(&self, deed: Deed, place: Place<'_>) -> bool {
        assert_eq!(deed, Deed::Call);
        let region = place.region.map(ToString::to_string);
        (self.0)(place.account.id.as_u64(), region.as_deref())
    }
}

fn by(rule: impl Fn(u64, Option<&str>) -> bool + Send + Sync + 'static) -> Authority {
    Authority::judged(Arc::new(By(rule, Needs::default())))
}

fn resolve(selector: &TargetSelector, authority: &Authority) -> Result<Targets, Unresolved> {
    let settings = settings();
    let directory = directory(&plain(4));
    targets(
        &directory,
        &settings.regions,
        settings.partition,
        selector,
        authority,
    )
}

fn ids(numbers: &[u64]) -> Vec<AccountId> {
    numbers.iter().map(|number| account(*number)).collect()
}

fn named(numbers: &[u64]) -> TargetSelector {
    TargetSelector {
        account_ids: ids(numbers),
        ..TargetSelector::default()
    }
}

fn cells(targets: &Targets) -> Vec<(u64, String)> {
    let cells = targets.cells.iter().map(|target| &target.cell);
    cells
        .map(|cell| (cell.account.as_u64(), cell.region.to_string()))
        .collect()
}

#[test]
fn a_broad_selector_is_narrowed_and_says_so() {
    let odd = by(|account, _| account % 2 == 1);
    let found = resolve(&TargetSelector::default(), &odd).unwrap();
    let accounts: BTreeSet<u64> = cells(&found).into_iter().map(|(id, _)| id).collect();
    assert_eq!(accounts, [1, 3].into());
    assert!(found.left_out.narrowed);
    assert!(found.left_out.cells.is_empty(), "nobody is named");
    let all = resolve(&TargetSelector::default(), &by(|_, _| true)).unwrap();
    assert!(!all.left_out.narrowed);
    assert_eq!(all.cells.len(), 12);
}

#[test]
fn an_account_that_is_named_and_not_allowed_is_an_error_whatever_else_is_asked() {
    let odd = by(|account, _| account % 2 == 1);
    let refused = |numbers: &[u64]| Err(Unresolved::NotAllowed(ids(numbers)));
    assert_eq!(resolve(&named(&[1, 2]), &odd), refused(&[2]));
    assert!(resolve(&named(&[1, 3]), &odd).is_ok());
}

#[test]
fn where_nothing_is_allowed_there_is_no_answer() {
    let none = by(|_, _| false);
    let nothing = Err(Unresolved::NotAllowed(Vec::new()));
    assert_eq!(resolve(&TargetSelector::default(), &none), nothing);
}

#[test]
fn regions_are_left_out_of_a_named_account_unless_they_are_named_too() {
    let here = by(|_, region| region == Some("eu-west-1"));
    let found = resolve(&named(&[1]), &here).unwrap();
    assert_eq!(cells(&found), [(1, "eu-west-1".to_owned())]);
    assert!(found.left_out.narrowed);
    let both = TargetSelector {
        regions: vec![region("eu-west-1"), region("us-east-1")],
        ..named(&[1])
    };
    assert_eq!(
        resolve(&both, &here),
        Err(Unresolved::NotAllowed(ids(&[1])))
    );
}

#[test]
fn who_may_not_see_everything_is_not_told_which_accounts_there_are() {
    let one = by(|account, _| account == 1);
    // 2 exists, 77 does not.
    for number in [2, 77] {
        let refused = Err(Unresolved::NotAllowed(ids(&[number])));
        assert_eq!(resolve(&named(&[number]), &one), refused);
        let without = TargetSelector {
            exclude_account_ids: ids(&[number]),
            ..named(&[1])
        };
        assert_eq!(resolve(&without, &one), refused);
    }
    let all = by(|_, _| true);
    let outcome = resolve(&named(&[77]), &all);
    assert!(matches!(outcome, Err(Unresolved::Wrong(_))), "{outcome:?}");
}

#[test]
fn there_is_no_decision_before_the_facts_that_it_needs_are_known() {
    let settings = settings();
    let needs = |units, tags| {
        let anything = |_: u64, _: Option<&str>| true;
        Authority::judged(Arc::new(By(anything, Needs { units, tags })))
    };
    let look = |learned: &Learned, authority: &Authority| {
        let directory = Directory::assemble(&settings, learned, None);
        let everything = TargetSelector::default();
        targets(
            &directory,
            &settings.regions,
            settings.partition,
            &everything,
            authority,
        )
        .map(|found| found.cells.len())
    };
    let mut known = learned(&plain(2));
    assert_eq!(look(&known, &needs(true, true)), Ok(6));
    known.units = Known::Pending;
    let not_yet = |missing| Err(Unresolved::NotYet(missing));
    assert_eq!(look(&known, &needs(true, false)), not_yet(Missing::Units));
    assert_eq!(look(&known, &needs(false, false)), Ok(6));
    let mut known = learned(&plain(2));
    known.tags = Known::Failed("denied".into());
    let never = Err(Unresolved::Never(Missing::Tags(2), "denied".into()));
    assert_eq!(look(&known, &needs(false, true)), never);
}
