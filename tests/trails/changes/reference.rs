//! Thousands of random changes against a model that a reader can check: after each of them, the results and the state
//! of the simulated AWS are what the model says.

use std::collections::{BTreeMap, BTreeSet};

use rand::{Rng, SeedableRng, rngs::SmallRng, seq::IndexedRandom};
use trailplane::{
    domain::{
        CellReason, TrailArn,
        trail::{
            BasicEventSelector, Desired, DesiredSettings, DesiredTags, EventSelectors, Presence,
            ReadWrite, RecordedRegions, TagRemoval, Wish,
        },
    },
    sandbox::TrailSnapshot,
    trails::change::{ChangeRequest, Outcome, Where},
};

use super::{accounts, advanced, wish};
use crate::trails::world::{MEMBERS, World, members, region};

const ACCOUNTS: [&str; 3] = [MEMBERS[0], MEMBERS[1], MEMBERS[2]];
const REGIONS: [&str; 2] = ["us-east-1", "us-west-2"];
/// More than the five that a Region takes.
const NAMES: [&str; 7] = ["one", "two", "three", "four", "five", "six", "seven"];
const STEPS: usize = 2_000;

/// Which events a trail records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Selectors {
    Untouched,
    WritesOnly,
    Advanced,
}

/// A trail, as far as these changes go.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Modelled {
    bucket: String,
    prefix: Option<String>,
    everywhere: bool,
    global: bool,
    validation: bool,
    selectors: Selectors,
    tags: BTreeMap<String, String>,
    logging: bool,
    ever_logged: bool,
}

/// What one change wants of a trail.
#[derive(Debug, Clone, Default)]
struct Wanted {
    bucket: Option<String>,
    prefix: Option<Option<String>>,
    everywhere: Option<bool>,
    global: Option<bool>,
    validation: Option<bool>,
    selectors: Option<Selectors>,
    set: BTreeMap<String, String>,
    remove: BTreeSet<String>,
    prune: bool,
    logging: Option<bool>,
}

type Key = (&'static str, &'static str, &'static str);

/// The model: every trail by account, home Region and name.
#[derive(Debug, Default)]
struct Model {
    trails: BTreeMap<Key, Modelled>,
}

#[derive(Debug, Clone)]
struct Step {
    presence: Presence,
    wanted: Wanted,
    name: &'static str,
    accounts: Vec<&'static str>,
    homes: Vec<&'static str>,
    by_arn: bool,
    only_plan: bool,
    allow_less: bool,
}

type End = (Outcome, Option<CellReason>);

impl Modelled {
    fn made(wanted: &Wanted) -> Self {
        Self {
            bucket: wanted.bucket.clone().unwrap(),
            prefix: wanted.prefix.clone().flatten(),
            everywhere: wanted.everywhere.unwrap_or(false),
            global: wanted.global.unwrap_or(true),
            validation: wanted.validation.unwrap_or(false),
            selectors: wanted.selectors.unwrap_or(Selectors::Untouched),
            tags: wanted.set.clone(),
            logging: wanted.logging.unwrap_or(true),
            ever_logged: wanted.logging.unwrap_or(true),
        }
    }

    fn changed(&self, wanted: &Wanted) -> Self {
        let mut next = self.clone();
        if let Some(bucket) = &wanted.bucket {
            next.bucket.clone_from(bucket);
        }
        if let Some(prefix) = &wanted.prefix {
            next.prefix.clone_from(prefix);
        }
        if let Some(everywhere) = wanted.everywhere.filter(|e| *e != self.everywhere) {
            next.everywhere = everywhere;
            next.global = everywhere;
        }
        next.global = wanted.global.unwrap_or(next.global);
        next.validation = wanted.validation.unwrap_or(next.validation);
        if let Some(selectors) = wanted.selectors {
            next.selectors = selectors;
        }
        next.tags.retain(|key, _| {
            !wanted.remove.contains(key) && (!wanted.prune || wanted.set.contains_key(key))
        });
        next.tags.extend(wanted.set.clone());
        next.logging = wanted.logging.unwrap_or(next.logging);
        next.ever_logged |= next.logging;
        next
    }

    /// Whether the other one records less than this.
    fn loses(&self, next: &Self) -> bool {
        let narrow = |s: Selectors| s == Selectors::WritesOnly;
        self.logging && !next.logging
            || self.everywhere && !next.everywhere
            || self.global && !next.global
            || self.validation && !next.validation
            || self.ever_logged && !narrow(self.selectors) && narrow(next.selectors)
    }
}

impl Model {
    /// What one target comes to, and its state afterwards.
    fn target(&mut self, key: Key, step: &Step) -> End {
        let there = self.trails.get(&key).cloned();
        let next = match (step.presence, &there) {
            (Presence::Absent, None) => return (Outcome::Unchanged, None),
            (Presence::Absent, Some(_)) => None,
            (Presence::Existing, None) => return no(CellReason::TrailNotFound),
            (Presence::New | Presence::Ensured, None) => Some(Modelled::made(&step.wanted)),
            (Presence::New, Some(there)) => match completed(there, &step.wanted) {
                Some(next) => Some(next),
                None => return no(CellReason::AlreadyExists),
            },
            // One that was never started is a creation that was cut off.
            (Presence::Ensured, Some(there)) if !there.ever_logged => {
                let logging = step.wanted.logging.or(Some(true));
                let wanted = step.wanted.clone();
                Some(there.changed(&Wanted { logging, ..wanted }))
            }
            (_, Some(there)) => Some(there.changed(&step.wanted)),
        };
        if there.is_some() && next == there {
            return (Outcome::Unchanged, None);
        }
        let spreads = next.as_ref().is_some_and(|next| {
            there
                .as_ref()
                .is_none_or(|there| next.everywhere && !there.everywhere)
        });
        if spreads && let Some(reason) = self.no_room(key, next.as_ref().unwrap()) {
            return no(reason);
        }
        if step.only_plan {
            return (Outcome::Planned, None);
        }
        let loses = match (&there, &next) {
            (Some(there), Some(next)) => there.loses(next),
            (Some(_), None) => true,
            (None, _) => false,
        };
        if loses && !step.allow_less {
            return no(CellReason::Precondition);
        }
        match next {
            // "Multi-Region trail must include global service events."
            Some(next) if next.everywhere && !next.global => return no(CellReason::Refused),
            Some(next) => self.trails.insert(key, next),
            None => self.trails.remove(&key),
        };
        (Outcome::Applied, None)
    }

    fn no_room(&self, key: Key, next: &Modelled) -> Option<CellReason> {
        let own = || {
            self.trails
                .iter()
                .filter(|(other, _)| other.0 == key.0 && **other != key)
        };
        let shows = |home: &str, trail: &Modelled, region: &str| trail.everywhere || home == region;
        let in_the_way = own().any(|(other, trail)| {
            other.2 == key.2 && (next.everywhere || shows(other.1, trail, key.1))
        });
        if in_the_way {
            return Some(CellReason::AlreadyExists);
        }
        let full = REGIONS.iter().any(|region| {
            shows(key.1, next, region)
                && own()
                    .filter(|(other, trail)| shows(other.1, trail, region))
                    .count()
                    >= 5
        });
        full.then_some(CellReason::LimitExceeded)
    }

    /// Every target of the step, in order, and what it comes to.
    fn take(&mut self, step: &Step) -> BTreeMap<String, End> {
        let mut ends = BTreeMap::new();
        for account in &step.accounts {
            let mut keys: Vec<Key> = match step.presence {
                Presence::New | Presence::Ensured => step
                    .homes
                    .iter()
                    .map(|home| (*account, *home, step.name))
                    .collect(),
                _ => self.named(account, step.name),
            };
            if keys.is_empty() {
                let nothing = match step.presence {
                    Presence::Absent => (Outcome::Unchanged, None),
                    _ => no(CellReason::TrailNotFound),
                };
                ends.insert((*account).to_owned(), nothing);
            }
            keys.sort_unstable();
            for key in keys {
                ends.insert(arn(key), self.target(key, step));
            }
        }
        ends
    }

    fn named(&self, account: &str, name: &str) -> Vec<Key> {
        let keys = self.trails.keys().copied();
        keys.filter(|key| key.0 == account && key.2 == name)
            .collect()
    }
}

fn no(reason: CellReason) -> End {
    (Outcome::NotApplied, Some(reason))
}

/// A creation that finds the trail: only what was left undone may still be to do.
fn completed(there: &Modelled, wanted: &Wanted) -> Option<Modelled> {
    let whole = Modelled::made(wanted);
    let asked = Wanted {
        logging: Some(whole.logging),
        ..wanted.clone()
    };
    let next = Modelled {
        tags: there.changed(&asked).tags,
        ..whole
    };
    let selectors = match wanted.selectors {
        None => there.selectors,
        Some(selectors) => selectors,
    };
    let next = Modelled {
        selectors,
        ever_logged: there.ever_logged || next.logging,
        ..next
    };
    let same_settings = Modelled {
        selectors: there.selectors,
        logging: there.logging,
        ever_logged: there.ever_logged,
        ..next.clone()
    } == *there;
    let selectors_fit =
        next.selectors == there.selectors || there.selectors == Selectors::Untouched;
    let logging_fits = next.logging == there.logging || !there.ever_logged;
    (same_settings && selectors_fit && logging_fits).then_some(next)
}

fn arn((account, home, name): Key) -> String {
    format!("arn:aws:cloudtrail:{home}:{account}:trail/{name}")
}

fn some<T: Clone>(random: &mut SmallRng, of: &[T]) -> Option<T> {
    random
        .random_bool(0.4)
        .then(|| of.choose(random).unwrap().clone())
}

impl Step {
    fn any(random: &mut SmallRng) -> Self {
        let presence = *[
            Presence::New,
            Presence::New,
            Presence::Ensured,
            Presence::Existing,
            Presence::Existing,
            Presence::Existing,
            Presence::Absent,
        ]
        .choose(random)
        .unwrap();
        let making = matches!(presence, Presence::New | Presence::Ensured);
        let mut homes = vec![*REGIONS.choose(random).unwrap()];
        let everywhere = some(random, &[true, false]);
        if everywhere != Some(true) && random.random_bool(0.3) {
            homes = REGIONS.to_vec();
        }
        let mut wanted = Wanted {
            bucket: making
                .then(|| "logs".to_owned())
                .or(some(random, &["logs".into(), "more".into()])),
            prefix: some(random, &[None, Some("team".to_owned())]),
            everywhere,
            global: some(random, &[true, false]),
            validation: some(random, &[true, false]),
            selectors: some(random, &[Selectors::WritesOnly, Selectors::Advanced]),
            logging: some(random, &[true, false]),
            ..Wanted::default()
        };
        for key in ["a", "b"] {
            if random.random_bool(0.3) {
                wanted
                    .set
                    .insert(key.to_owned(), random.random_range(0..2).to_string());
            }
        }
        if !making && random.random_bool(0.3) {
            wanted.remove.insert("c".to_owned());
            wanted
                .remove
                .extend((!wanted.set.contains_key("a")).then(|| "a".to_owned()));
        }
        wanted.prune = presence == Presence::Ensured && random.random_bool(0.3);
        if presence == Presence::Absent {
            wanted = Wanted::default();
        }
        let mut accounts = ACCOUNTS.to_vec();
        accounts.retain(|_| random.random_bool(0.5));
        if accounts.is_empty() {
            accounts.push(ACCOUNTS[0]);
        }
        Self {
            presence,
            wanted,
            name: NAMES.choose(random).unwrap(),
            accounts,
            homes,
            by_arn: !making && random.random_bool(0.3),
            only_plan: random.random_bool(0.15),
            allow_less: random.random_bool(0.8),
        }
    }

    fn request(&self, model: &Model) -> ChangeRequest {
        let mut request = wish(
            &self.accounts,
            &self.homes,
            self.presence,
            desired(&self.wanted),
        );
        let name = self.name.parse().unwrap();
        let arns: Vec<TrailArn> = self
            .accounts
            .iter()
            .flat_map(|account| model.named(account, self.name))
            .map(|key| arn(key).parse().unwrap())
            .collect();
        let targets = accounts(&self.accounts);
        let all_have = self
            .accounts
            .iter()
            .all(|a| !model.named(a, self.name).is_empty());
        request.trails = match self.presence {
            Presence::New | Presence::Ensured => Where::At {
                targets,
                homes: self.homes.iter().map(|home| region(home)).collect(),
                name,
            },
            _ if self.by_arn && all_have => Where::Arns { targets, arns },
            _ => Where::Named { targets, name },
        };
        request.validate_only = self.only_plan;
        request.allow_reduced_logging = self.allow_less;
        request
    }
}

fn desired(wanted: &Wanted) -> Desired {
    let text = |wish: &Option<Option<String>>| match wish {
        None => Wish::Keep,
        Some(None) => Wish::Clear,
        Some(Some(text)) => Wish::Set(text.clone()),
    };
    let regions = wanted.everywhere.map(|all| match all {
        true => RecordedRegions::All,
        false => RecordedRegions::Home,
    });
    Desired {
        settings: DesiredSettings {
            bucket: wanted.bucket.clone(),
            prefix: text(&wanted.prefix),
            regions,
            global_service_events: wanted.global,
            log_file_validation: wanted.validation,
            ..DesiredSettings::default()
        },
        event_selectors: wanted.selectors.map(|selectors| match selectors {
            Selectors::Advanced => advanced(),
            Selectors::WritesOnly | Selectors::Untouched => {
                EventSelectors::Basic(vec![BasicEventSelector {
                    read_write: ReadWrite::WriteOnly,
                    management_events: true,
                    data_resources: Vec::new(),
                    excluded_sources: Vec::new(),
                }])
            }
        }),
        tags: DesiredTags {
            set: wanted.set.clone(),
            remove: match (wanted.prune, wanted.remove.is_empty()) {
                (true, _) => TagRemoval::Others,
                (false, true) => TagRemoval::Nothing,
                (false, false) => TagRemoval::Keys(wanted.remove.clone()),
            },
        },
        logging: wanted.logging,
        ..Desired::default()
    }
}

/// The simulated AWS's own account of a trail, in the model's words. What was started once is not in it.
fn seen(trail: &TrailSnapshot, ever_logged: bool) -> Modelled {
    Modelled {
        bucket: trail.bucket.clone(),
        prefix: trail.prefix.clone(),
        everywhere: trail.multi_region,
        global: trail.global_service_events,
        validation: trail.log_file_validation,
        selectors: match (
            trail.advanced_event_selectors.len(),
            trail.event_selectors.len(),
        ) {
            (1, _) => Selectors::Advanced,
            (_, 1) => Selectors::WritesOnly,
            _ => Selectors::Untouched,
        },
        tags: trail.tags.clone(),
        logging: trail.logging,
        ever_logged,
    }
}

#[tokio::test]
async fn random_changes_end_where_a_simple_model_says() {
    let seed = match std::env::var("TRAILPLANE_SEED") {
        Ok(text) => text.parse().unwrap(),
        Err(_) => rand::random(),
    };
    eprintln!("TRAILPLANE_SEED={seed}");
    let mut random = SmallRng::seed_from_u64(seed);
    let world = World::unlimited(members(REGIONS.len())).await;
    let mut model = Model::default();
    let mut outcomes: BTreeMap<String, usize> = BTreeMap::new();
    for number in 0..STEPS {
        let step = Step::any(&mut random);
        let request = step.request(&model);
        let expected = model.take(&step);
        let ended = world.change(request).await;
        let found: BTreeMap<String, End> = ended
            .results
            .iter()
            .map(|result| {
                let key = result
                    .arn
                    .as_ref()
                    .map_or(result.account.to_string(), ToString::to_string);
                (
                    key,
                    (result.outcome, result.failure.as_ref().map(|f| f.reason)),
                )
            })
            .collect();
        assert_eq!(
            found, expected,
            "seed {seed}, step {number}: {step:?}\n{:?}",
            ended.results
        );
        for (outcome, reason) in expected.values() {
            *outcomes
                .entry(format!("{outcome:?} {reason:?}"))
                .or_default() += 1;
        }
        let there: BTreeMap<String, TrailSnapshot> = world
            .sandbox
            .trails()
            .into_iter()
            .map(|trail| (trail.arn.clone(), trail))
            .collect();
        let wanted: BTreeSet<String> = model.trails.keys().map(|key| arn(*key)).collect();
        let names: BTreeSet<String> = there.keys().cloned().collect();
        assert_eq!(names, wanted, "seed {seed}, step {number}");
        for (key, trail) in &model.trails {
            let found = seen(&there[&arn(*key)], trail.ever_logged);
            assert_eq!(
                found, *trail,
                "seed {seed}, step {number}, {key:?}: {step:?}"
            );
        }
    }
    // A run in which something never happened proves nothing of it.
    for common in [
        "Applied None",
        "Unchanged None",
        "Planned None",
        "NotApplied Some(Precondition)",
        "NotApplied Some(AlreadyExists)",
        "NotApplied Some(LimitExceeded)",
        "NotApplied Some(TrailNotFound)",
    ] {
        assert!(outcomes.contains_key(common), "no {common} in {outcomes:?}");
    }
}
