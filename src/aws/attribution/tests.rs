use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

#[test]
fn a_name_that_fits_is_itself_and_others_can_be_read() {
    let shown = |name: &str| SourceIdentity::of(name).as_str().to_owned();
    for name in ["ann@example.org", "CN=ann,O=ops", "ci-1.deploy_2", "4f3c"] {
        assert_eq!(shown(name), name);
    }
    let spiffe = shown("spiffe://example.org/ns/prod/sa/deploy");
    assert!(
        spiffe.starts_with("spiffe-example.org-ns-prod-sa-deploy+"),
        "{spiffe}"
    );
    let token = shown("corp:ann@example.org");
    assert!(token.starts_with("corp-ann@example.org+"), "{token}");
    let ip6 = shown("anonymous@::1");
    assert!(ip6.starts_with("anonymous@-1+"), "{ip6}");
    let long = shown(&format!(
        "spiffe://example.org/{}/sa/deploy",
        "x".repeat(99)
    ));
    assert!(long.starts_with("spiffe-example.o..xxx"), "{long}");
    assert!(long.contains("-sa-deploy+"), "{long}");
    assert_eq!(long.len(), 64);
    // Known for good: what stands in somebody's CloudTrail must be found again after an upgrade.
    assert_eq!(
        shown("corp:ann@example.org"),
        "corp-ann@example.org+5d9da5072ecdf711"
    );
    assert_eq!(shown("x"), "x+2d711642b726b044");
    assert_eq!(shown(""), "+e3b0c44298fc1c14");
}

#[test]
fn nobody_can_take_the_name_that_another_is_given() {
    let made = SourceIdentity::of("corp:ann");
    let thief = SourceIdentity::of(made.as_str());
    assert_ne!(made, thief);
}

fn sts_takes(text: &str) -> bool {
    let legal = |c: char| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c);
    (2..=64).contains(&text.len()) && text.chars().all(legal)
}

proptest! {
    #[test]
    fn whatever_the_name_sts_takes_it(name in any::<String>()) {
        let first = SourceIdentity::of(&name);
        prop_assert!(sts_takes(first.as_str()), "{first:?}");
        prop_assert_eq!(&first, &SourceIdentity::of(&name));
        prop_assert!(sts_takes(SessionName::of(&name).as_str()));
    }

    /// Over few characters, so that names differ in little.
    #[test]
    fn no_two_names_become_one(names in proptest::collection::btree_set("[a:/ +0]{0,70}", 2..40)) {
        let mut owners = BTreeMap::new();
        for name in &names {
            let before = owners.insert(SourceIdentity::of(name), name);
            prop_assert!(before.is_none(), "{name:?} {before:?}");
            // Nor do they take the place of one that was made.
            let made = SourceIdentity::of(name);
            prop_assert!(made.as_str() == name || SourceIdentity::of(made.as_str()) != made);
        }
    }
}
