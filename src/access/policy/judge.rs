//! What one caller may do by one RPC, decided once for each class of accounts and each set of policies.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use foldhash::fast::RandomState;

use crate::{
    access::Identity,
    domain::{
        Account, Deed, Region,
        authority::{Judge, Needs, Place},
    },
};

use super::{
    actions::of_deed,
    classes::Class,
    decide::{Question, Subject},
    load::Rules,
    mentions::Mentions,
    watch::Policy,
    who::Who,
};

/// Classes that are remembered. Where there are more (each account has a tag value of its own, and a policy looks at it),
/// they are decided again.
const MOST: usize = 20_000;

/// See the module.
pub(super) struct CallerJudge {
    policy: Policy,
    identity: Identity,
    rpc: &'static str,
    memory: Mutex<Memory>,
}

struct Memory {
    rules: Arc<Rules>,
    who: Who,
    classes: HashMap<Class, Decided, RandomState>,
}

/// What was decided of one class.
#[derive(Default)]
struct Decided {
    single: HashMap<(Deed, Option<Region>), bool, RandomState>,
    /// Of the Regions that were asked for together last: in a fan-out they are the same for each account.
    together: Option<(Deed, Vec<Region>, Vec<bool>)>,
}

impl Memory {
    fn of(rules: Arc<Rules>, identity: &Identity) -> Self {
        Self {
            who: rules.groups.who(identity),
            rules,
            classes: HashMap::default(),
        }
    }

    /// What was decided of the account's class, and how to decide more.
    fn class(&mut self, account: &Account) -> (&mut Decided, Deciding<'_>) {
        let class = self.rules.mentions.class(account);
        if self.classes.len() >= MOST {
            self.classes.clear();
        }
        let deciding = Deciding {
            rules: &self.rules,
            who: &self.who,
            subject: None,
        };
        (self.classes.entry(class).or_default(), deciding)
    }
}

/// Decides about one account.
struct Deciding<'a> {
    rules: &'a Rules,
    who: &'a Who,
    subject: Option<Result<Subject, String>>,
}

impl Deciding<'_> {
    fn allows(&mut self, account: &Account, action: &str, region: Option<&Region>) -> bool {
        let subject = || self.rules.subject(self.who, Some(account));
        let verdict = match self.subject.get_or_insert_with(subject) {
            Ok(subject) => self.rules.decide_of(subject, action, region),
            Err(defect) => {
                tracing::error!(%defect, action, "a policy could not be evaluated: denied");
                return false;
            }
        };
        for error in &verdict.errors {
            tracing::error!(%error, action, "a policy could not be evaluated: denied");
        }
        verdict.allowed
    }
}

impl CallerJudge {
    pub(super) fn new(policy: Policy, identity: Identity, rpc: &'static str) -> Self {
        Self {
            memory: Mutex::new(Memory::of(policy.rules(), &identity)),
            policy,
            identity,
            rpc,
        }
    }

    /// What was decided by the policies that are in use now.
    fn memory(&self) -> MutexGuard<'_, Memory> {
        let rules = self.policy.rules();
        let mut memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        if !Arc::ptr_eq(&memory.rules, &rules) {
            *memory = Memory::of(rules, &self.identity);
        }
        memory
    }
}

impl Judge for CallerJudge {
    fn needs(&self) -> Needs {
        self.memory().rules.mentions.needs()
    }

    fn allows(&self, deed: Deed, place: Place<'_>) -> bool {
        let mut memory = self.memory();
        let matters = place.region.filter(|_| memory.rules.mentions.region);
        let key = (deed, matters.cloned());
        let (decided, mut deciding) = memory.class(place.account);
        let action = of_deed(deed, self.rpc);
        *decided
            .single
            .entry(key)
            .or_insert_with(|| deciding.allows(place.account, action, place.region))
    }

    fn allows_each(&self, deed: Deed, account: &Account, regions: &[Region]) -> Vec<bool> {
        let mut memory = self.memory();
        // Where the Region does not matter, one decision holds for all of them.
        let alike = !memory.rules.mentions.region;
        let (decided, mut deciding) = memory.class(account);
        if let Some((of, asked, allowed)) = &decided.together
            && *of == deed
            && asked == regions
        {
            return allowed.clone();
        }
        let action = of_deed(deed, self.rpc);
        let mut allows = |region: &Region| deciding.allows(account, action, Some(region));
        let allowed: Vec<bool> = match regions {
            [first, ..] if alike => vec![allows(first); regions.len()],
            regions => regions.iter().map(allows).collect(),
        };
        decided.together = Some((deed, regions.to_vec(), allowed.clone()));
        allowed
    }

    fn grounds(&self, deed: Deed, place: Place<'_>) -> Vec<String> {
        let memory = self.memory();
        let verdict = memory.rules.decide(&Question {
            who: &memory.who,
            action: of_deed(deed, self.rpc),
            place: Some(place),
        });
        // Those that forbid are no grounds.
        match verdict.allowed {
            true => verdict.by,
            false => Vec::new(),
        }
    }
}

impl Mentions {
    fn needs(&self) -> Needs {
        Needs {
            units: !self.units.is_empty(),
            tags: self.tags.any(),
        }
    }
}
