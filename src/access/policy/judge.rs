//! What one caller may do by one RPC, decided once for each class of accounts and each set of policies.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use crate::{
    access::Identity,
    domain::{
        Account, Deed, Region,
        authority::{Judge, Needs, Place},
    },
};

use super::{
    actions::of_deed, classes::Class, decide::Question, load::Rules, mentions::Mentions,
    watch::Policy, who::Who,
};

/// Decisions that are remembered. Where classes are more (each account has a tag value of its own, and a policy looks at
/// it), they are decided again.
const MOST: usize = 50_000;

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
    decided: HashMap<(Class, Deed, Option<Region>), bool>,
}

impl Memory {
    fn of(rules: Arc<Rules>, identity: &Identity) -> Self {
        Self {
            who: rules.groups.who(identity),
            rules,
            decided: HashMap::new(),
        }
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

impl Memory {
    fn allows(&mut self, rpc: &'static str, deed: Deed, class: Class, place: Place<'_>) -> bool {
        let matters = self.rules.mentions.place(place.region).cloned();
        let key = (class, deed, matters);
        if let Some(known) = self.decided.get(&key) {
            return *known;
        }
        let verdict = self.rules.decide(&Question {
            who: &self.who,
            action: of_deed(deed, rpc),
            place: Some(place),
        });
        for error in &verdict.errors {
            tracing::error!(%error, action = rpc, "a policy could not be evaluated: denied");
        }
        if self.decided.len() >= MOST {
            self.decided.clear();
        }
        self.decided.insert(key, verdict.allowed);
        verdict.allowed
    }
}

impl Judge for CallerJudge {
    fn needs(&self) -> Needs {
        self.memory().rules.mentions.needs()
    }

    fn allows(&self, deed: Deed, place: Place<'_>) -> bool {
        let mut memory = self.memory();
        let class = memory.rules.mentions.class(place.account);
        memory.allows(self.rpc, deed, class, place)
    }

    fn allows_each(&self, deed: Deed, account: &Account, regions: &[Region]) -> Vec<bool> {
        let mut memory = self.memory();
        let class = memory.rules.mentions.class(account);
        // Where the Region does not matter, one decision holds for all of them.
        let alike = !memory.rules.mentions.region;
        let mut allows = |region: &Region| {
            let region = Some(region);
            memory.allows(self.rpc, deed, class.clone(), Place { account, region })
        };
        match regions {
            [first, ..] if alike => vec![allows(first); regions.len()],
            regions => regions.iter().map(allows).collect(),
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
