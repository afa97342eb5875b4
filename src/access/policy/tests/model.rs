//! Decisions against a naive model: random policies, and a million random questions, asked as use cases ask them.

use rand::{Rng as _, SeedableRng as _, rngs::SmallRng, seq::IndexedRandom as _};

use super::*;
use crate::domain::authority::Judge as _;

const CALLERS: [&str; 4] = ["ann", "bob", "cid", "dot"];
const GROUPS: [&str; 3] = ["red", "green", "corp:blue"];
const UNITS: [&str; 4] = ["/", "/Prod", "/Prod/Pay", "/Test"];
const ACTIONS: [(&str, &str); 5] = [
    ("LookupEvents", "ReadEvents"),
    ("StreamEvents", "ReadEvents"),
    ("ListTrails", "ReadTrails"),
    ("StopLogging", "WriteTrails"),
    ("ListAccounts", "ReadAccounts"),
];
const REGIONS: [&str; 3] = ["eu-west-1", "eu-central-1", "us-east-1"];
const TEAMS: [&str; 3] = ["pay", "ship", "lab"];

/// One policy, as the model knows it and as Cedar does.
#[derive(Debug)]
struct Rule {
    permit: bool,
    caller: Option<&'static str>,
    group: Option<&'static str>,
    action: Option<&'static str>,
    actions: Option<&'static str>,
    account: Option<u64>,
    unit: Option<&'static str>,
    team: Option<&'static str>,
    region: Option<&'static str>,
    europe: bool,
    called: Option<u64>,
    management: Option<bool>,
}

struct Asked<'a> {
    caller: &'a str,
    groups: &'a [&'a str],
    action: (&'a str, &'a str),
    account: &'a Account,
    region: Option<&'a str>,
}

fn maybe<T: Copy>(rng: &mut SmallRng, of: &[T], chance: f64) -> Option<T> {
    rng.random_bool(chance).then(|| *of.choose(rng).unwrap())
}

impl Rule {
    fn random(rng: &mut SmallRng) -> Self {
        let scope = rng.random_range(0..4);
        let actions = ACTIONS.map(|(_, group)| group);
        Self {
            permit: rng.random_bool(0.75),
            caller: (scope == 0).then(|| *CALLERS.choose(rng).unwrap()),
            group: (scope == 1).then(|| *GROUPS.choose(rng).unwrap()),
            action: (scope == 2).then(|| ACTIONS.choose(rng).unwrap().0),
            actions: if scope == 2 {
                None
            } else {
                maybe(rng, &actions, 0.5)
            },
            account: maybe(rng, &[1, 2, 3, 4], 0.15),
            unit: maybe(rng, &UNITS, 0.3),
            team: maybe(rng, &TEAMS, 0.25),
            region: maybe(rng, &REGIONS, 0.15),
            europe: rng.random_bool(0.15),
            called: maybe(rng, &[5, 6], 0.1),
            management: maybe(rng, &[true, false], 0.1),
        }
    }

    fn applies(&self, asked: &Asked<'_>) -> bool {
        let account = asked.account;
        let is = |wanted: Option<&str>, found: &str| wanted.is_none_or(|wanted| wanted == found);
        let team = account.tags.as_ref().unwrap().get("team");
        let region = asked.region.unwrap_or("global");
        let path = account.path();
        is(self.caller, asked.caller)
            && self.group.is_none_or(|group| asked.groups.contains(&group))
            && is(self.action, asked.action.0)
            && is(self.actions, asked.action.1)
            && self.account.is_none_or(|number| account.id == id(number))
            && self.unit.is_none_or(|unit| {
                unit == "/" || path == unit || path.starts_with(&format!("{unit}/"))
            })
            && self
                .team
                .is_none_or(|wanted| team.is_some_and(|team| team == wanted))
            && is(self.region, region)
            && (!self.europe || region.starts_with("eu-"))
            && self
                .called
                .is_none_or(|number| *account.name == *format!("account {number}"))
            && self
                .management
                .is_none_or(|wanted| account.management == wanted)
    }

    fn cedar(&self) -> String {
        let principal = match (self.caller, self.group) {
            (Some(caller), _) => format!(r#"principal == Caller::"{caller}""#),
            (_, Some(group)) => format!(r#"principal in Group::"{group}""#),
            _ => "principal".to_owned(),
        };
        let action = match (self.action, self.actions) {
            (Some(action), _) => format!(r#"action == Action::"{action}""#),
            (_, Some(group)) => format!(r#"action in Action::"{group}""#),
            _ => {
                let all = ACTIONS.map(|(name, _)| format!(r#"Action::"{name}""#));
                format!("action in [{}]", all.join(", "))
            }
        };
        let resource = match (self.account, self.unit) {
            (Some(number), _) => format!(r#"resource == Account::"{}""#, id(number)),
            (None, Some(unit)) => format!(r#"resource is Account in Unit::"{unit}""#),
            (None, None) => "resource is Account".to_owned(),
        };
        let mut conditions = vec!["true".to_owned()];
        if let (Some(_), Some(unit)) = (self.account, self.unit) {
            conditions.push(format!(r#"resource in Unit::"{unit}""#));
        }
        conditions.extend(self.team.map(|team| {
            format!(r#"resource.hasTag("team") && resource.getTag("team") == "{team}""#)
        }));
        conditions.extend(
            self.region
                .map(|region| format!(r#"context.region == "{region}""#)),
        );
        if self.europe {
            conditions.push(r#"context.region like "eu-*""#.to_owned());
        }
        conditions.extend(
            self.called
                .map(|n| format!(r#"resource.name == "account {n}""#)),
        );
        conditions.extend(
            self.management
                .map(|yes| format!("resource.management == {yes}")),
        );
        let effect = if self.permit { "permit" } else { "forbid" };
        format!(
            "{effect}({principal}, {action}, {resource}) when {{ {} }};",
            conditions.join(" && ")
        )
    }
}

fn accounts() -> Vec<Account> {
    let paths: [&[&str]; 4] = [&[], &["Prod"], &["Prod", "Pay"], &["Test", "Lab"]];
    let account = |number: u64| {
        let at = usize::try_from(number).unwrap();
        let tags: &[(&str, &str)] = match at % 4 {
            3 => &[],
            team => &[("team", TEAMS[team])],
        };
        Account {
            management: number == 7,
            ..account(number, paths[at % 3 + at % 2], tags)
        }
    };
    (1..=16).map(account).collect()
}

fn groups_of(caller: &str) -> &'static [&'static str] {
    match caller {
        "ann" => &["red"],
        "bob" => &["red", "green"],
        "cid" => &["corp:blue"],
        _ => &[],
    }
}

/// `TRAILPLANE_SEED` chooses other policies and questions.
#[test]
fn a_million_random_questions_are_decided_as_a_naive_model_decides_them() {
    let seed = std::env::var("TRAILPLANE_SEED").ok();
    let seed = seed.map_or(0x7261_696c, |seed| seed.parse::<u64>().unwrap());
    println!("TRAILPLANE_SEED={seed}");
    let mut rng = SmallRng::seed_from_u64(seed);
    let (accounts, mut allowed) = (accounts(), 0_u32);
    let regions = REGIONS.map(region);
    for _ in 0..20 {
        let count = rng.random_range(1..12);
        let set: Vec<Rule> = (0..count).map(|_| Rule::random(&mut rng)).collect();
        let text: Vec<String> = set.iter().map(Rule::cedar).collect();
        let groups = r#"{"red": ["ann", "bob"], "green": ["bob"]}"#;
        let policy = in_use(with_groups(&text.join("\n"), groups));
        let judges: Vec<_> = CALLERS
            .iter()
            .flat_map(|caller| {
                let token: &[&str] = if *caller == "cid" {
                    &["corp:blue"]
                } else {
                    &[]
                };
                let who = bearer(caller, token);
                let policy = &policy;
                ACTIONS.map(|action| {
                    let judge = judge::CallerJudge::new(policy.clone(), who.clone(), action.0);
                    (*caller, action, judge)
                })
            })
            .collect();
        for _ in 0..50_000 {
            let (caller, action, judge) = judges.choose(&mut rng).unwrap();
            let account = accounts.choose(&mut rng).unwrap();
            let region = maybe(&mut rng, &[0, 1, 2], 0.8);
            let asked = Asked {
                caller,
                groups: groups_of(caller),
                action: *action,
                account,
                region: region.map(|at| REGIONS[at]),
            };
            let of = |permit| {
                set.iter()
                    .any(|rule| rule.permit == permit && rule.applies(&asked))
            };
            let expected = of(true) && !of(false);
            let place = Place {
                account,
                region: region.map(|at| &regions[at]),
            };
            assert_eq!(
                judge.allows(Deed::Call, place),
                expected,
                "{caller} {action:?} {} {place:?}\n{}",
                account.path(),
                text.join("\n")
            );
            allowed += u32::from(expected);
        }
    }
    // Neither nearly everything nor nearly nothing, or little was seen.
    assert!((100_000..900_000).contains(&allowed), "{allowed}");
}
