mod loading;
mod model;

use std::{collections::BTreeMap, sync::Arc};

use super::*;
use crate::{
    access::Identity,
    domain::{
        Account, AccountId, AccountState, Deed, OrganizationalUnit, Region, authority::Place,
    },
};

fn rules(text: &str) -> Rules {
    with_groups(text, "{}")
}

fn with_groups(text: &str, groups: &str) -> Rules {
    let texts = [("a.cedar", text), ("groups.json", groups)];
    Rules::of(texts.map(|(name, text)| (name.into(), text.into())).into()).unwrap()
}

/// A policy in use, of files that were never on a disk.
fn in_use(rules: Rules) -> Policy {
    Policy::of(rules)
}

fn account(number: u64, path: &[&str], tags: &[(&str, &str)]) -> Account {
    let unit = |at: usize| OrganizationalUnit {
        id: match at {
            0 => "r-ab12".parse().unwrap(),
            // An id of its own for each path.
            at => {
                let sum: usize = path[..at].concat().bytes().map(usize::from).sum();
                format!("ou-ab12-{sum:08}").parse().unwrap()
            }
        },
        name: at.checked_sub(1).map_or("", |at| path[at]).into(),
    };
    Account {
        name: format!("account {number}").into(),
        state: AccountState::Active,
        units: (0..=path.len()).map(unit).collect(),
        tags: Some(owned(tags)),
        ..Account::stranger(id(number))
    }
}

fn owned(tags: &[(&str, &str)]) -> BTreeMap<String, String> {
    let tags = tags.iter();
    tags.map(|(key, value)| ((*key).into(), (*value).into()))
        .collect()
}

fn id(number: u64) -> AccountId {
    AccountId::from_u64(number).unwrap()
}

fn region(name: &str) -> Region {
    name.parse().unwrap()
}

fn bearer(name: &str, groups: &[&str]) -> Identity {
    let groups = groups.iter().map(|group| Arc::from(*group));
    Identity::bearer(name, groups.collect())
}

fn decide(rules: &Rules, who: &Identity, action: &str, account: Option<&Account>) -> Verdict {
    let eu = region("eu-west-1");
    rules.decide(&Question {
        who: &rules.groups().who(who),
        action,
        place: account.map(|account| Place {
            account,
            region: Some(&eu),
        }),
    })
}

#[test]
fn what_no_policy_permits_is_denied() {
    let rules =
        rules(r#"permit(principal == Caller::"ann", action in Action::"ReadEvents", resource);"#);
    let there = account(1, &[], &[]);
    let ann = Identity::certified("ann");
    let verdict = decide(&rules, &ann, "LookupEvents", Some(&there));
    assert!(verdict.allowed);
    assert_eq!(verdict.by, ["a.cedar#1"]);
    for (who, action) in [("ann", "StopLogging"), ("bob", "LookupEvents")] {
        let verdict = decide(&rules, &Identity::certified(who), action, Some(&there));
        assert_eq!(
            (verdict.allowed, verdict.by),
            (false, vec![]),
            "{who} {action}"
        );
    }
}

#[test]
fn what_one_policy_forbids_no_other_permits() {
    let rules = rules(
        r#"permit(principal, action, resource);
           @id("not payments") forbid(principal, action, resource in Unit::"/Prod/Payments");"#,
    );
    let ann = Identity::certified("ann");
    let verdict = |path: &[&str]| decide(&rules, &ann, "GetTrail", Some(&account(1, path, &[])));
    assert!(verdict(&["Prod"]).allowed);
    let below = verdict(&["Prod", "Payments", "Cards"]);
    assert!(!below.allowed);
    assert_eq!(below.by, ["a.cedar#not payments"]);
}

#[test]
fn units_are_known_by_path_and_by_id() {
    let there = account(1, &["Prod", "Payments"], &[]);
    let own = there.units[2].id.to_string();
    for unit in ["/", "/Prod", "/Prod/Payments", "r-ab12", &own] {
        let rules = rules(&format!(
            r#"permit(principal, action, resource in Unit::"{unit}");"#
        ));
        let ann = Identity::certified("ann");
        assert!(
            decide(&rules, &ann, "GetTrail", Some(&there)).allowed,
            "{unit}"
        );
        let elsewhere = Account {
            units: Vec::new(),
            ..there.clone()
        };
        let outside = decide(&rules, &ann, "GetTrail", Some(&elsewhere));
        assert_eq!(outside.allowed, unit == "/", "{unit}");
    }
}

#[test]
fn groups_come_from_the_operator_and_from_tokens_and_cannot_be_taken_for_each_other() {
    let rules = with_groups(
        r#"permit(principal in Group::"auditors", action, resource);
           permit(principal in Group::"corp:auditors", action == Action::"GetTrail", resource);"#,
        r#"{"auditors": ["ann", "CN=ann,O=Example"]}"#,
    );
    let there = account(1, &[], &[]);
    let may = |who: &Identity, action| decide(&rules, who, action, Some(&there)).allowed;
    assert!(may(&Identity::certified("ann"), "ListTrails"));
    assert!(may(&Identity::certified("CN=ann,O=Example"), "ListTrails"));
    let bob = bearer("corp:bob", &["corp:auditors"]);
    assert!(may(&bob, "GetTrail") && !may(&bob, "ListTrails"));
    assert!(!may(&Identity::certified("bob"), "GetTrail"));
}

#[test]
fn an_action_is_asked_only_of_what_it_goes_with() {
    let rules = rules("permit(principal, action, resource);");
    let ann = Identity::certified("ann");
    let there = account(1, &[], &[]);
    assert!(decide(&rules, &ann, "GetOrganization", None).allowed);
    for (action, place) in [
        ("GetOrganization", Some(&there)),
        ("GetTrail", None),
        ("ReadTrails", Some(&there)),
        ("NoSuchAction", Some(&there)),
    ] {
        let verdict = decide(&rules, &ann, action, place);
        assert!(!verdict.allowed && !verdict.errors.is_empty(), "{action}");
    }
}

#[test]
fn lanes_are_allowed_unless_forbidden() {
    let rules = rules(
        r#"forbid(principal == Caller::"batch", action == Action::"UseInteractiveLane", resource);"#,
    );
    let policy = in_use(rules);
    let may = |who: &str, rank| policy.allows_rank(&Identity::certified(who), rank);
    assert!(may("ann", Rank::Interactive));
    assert!(!may("batch", Rank::Interactive));
    assert!(may("batch", Rank::Standard));
}

#[test]
fn recording_less_and_seeing_secrets_are_nothing_that_comes_with_a_group() {
    let rules =
        rules(r#"permit(principal, action in [Action::"Read", Action::"WriteTrails"], resource);"#);
    let (ann, there) = (Identity::certified("ann"), account(1, &[], &[]));
    let may = |action| decide(&rules, &ann, action, Some(&there)).allowed;
    assert!(may("StopLogging") && may("ListTrails"));
    assert!(!may("ReduceLogging") && !may("SeeSecrets"));
}

#[test]
fn decisions_follow_the_policies_while_a_request_runs() {
    let policy = in_use(rules("permit(principal, action, resource);"));
    let authority = policy.authority(&Identity::certified("ann"), "GetTrail");
    let there = account(1, &[], &[]);
    assert!(authority.allows(Deed::Call, &there, None));
    policy.replace(rules(
        r#"permit(principal == Caller::"bob", action, resource);"#,
    ));
    assert!(!authority.allows(Deed::Call, &there, None));
}

#[test]
fn facts_are_needed_only_where_a_policy_looks_at_them() {
    let needs = |text: &str| {
        let policy = in_use(rules(text));
        let needs = policy
            .authority(&Identity::certified("a"), "GetTrail")
            .needs();
        (needs.units, needs.tags)
    };
    assert_eq!(
        needs("permit(principal, action, resource);"),
        (false, false)
    );
    let by_unit = r#"permit(principal, action, resource in Unit::"/Prod");"#;
    assert_eq!(needs(by_unit), (true, false));
    let by_tag =
        r#"permit(principal, action, resource is Account) when { resource.hasTag("team") };"#;
    assert_eq!(needs(by_tag), (false, true));
    let named = r#"forbid(principal, action, resource is Account in Unit::"/Prod");"#;
    assert_eq!(needs(named), (true, false));
}
