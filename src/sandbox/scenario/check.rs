//! Whether a scenario makes sense: every contradiction at once.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Effect, Fault, Latency, QuotaModel, Scenario, ScenarioError, When};
use crate::domain::AccountId;

impl Scenario {
    /// Checks what types alone cannot say.
    pub fn check(&self) -> Result<(), ScenarioError> {
        let mut wrong = Vec::new();
        self.check_accounts(&mut wrong);
        self.check_role(&mut wrong);
        self.check_resources(&mut wrong);
        self.check_quotas(&mut wrong);
        self.check_events(&mut wrong);
        for (index, fault) in self.faults.iter().enumerate() {
            check_effect(index, &fault.effect, &mut wrong);
            check_when(index, fault, &mut wrong);
        }
        if wrong.is_empty() {
            Ok(())
        } else {
            Err(ScenarioError::Contradiction(wrong))
        }
    }

    fn check_accounts(&self, wrong: &mut Vec<String>) {
        let members = self.members();
        let mut ids = BTreeSet::new();
        for member in &members {
            if !ids.insert(member.id) {
                wrong.push(format!("accounts: {} is there twice", member.id));
            }
            let path = &member.unit;
            if !path.starts_with('/')
                || path.contains("//")
                || (path.len() > 1 && path.ends_with('/'))
            {
                wrong.push(format!(
                    "accounts: unit {path:?} of {} is not a path such as /Prod/Payments",
                    member.id
                ));
            }
        }
        let known = |what: &str, id: AccountId, wrong: &mut Vec<String>| {
            if !ids.contains(&id) {
                wrong.push(format!("{what}: account {id} is not in the scenario"));
            }
        };
        let organization = &self.organization;
        for id in &organization.invited_accounts {
            known("organization.invited_accounts", *id, wrong);
        }
        for id in &organization.delegated_administrators {
            known("organization.delegated_administrators", *id, wrong);
        }
        self.keys
            .iter()
            .for_each(|key| known("keys", key.account, wrong));
        self.trails
            .iter()
            .for_each(|trail| known("trails", trail.account, wrong));
        self.events
            .planted
            .iter()
            .for_each(|event| known("events.planted", event.account, wrong));
        if let Some(incident) = &self.events.incident {
            known("events.incident", incident.account, wrong);
            if incident.started_seconds_ago < 1_800 {
                wrong.push("events.incident.started_seconds_ago: at least 1800".to_owned());
            }
        }
        if self.regions.is_empty() {
            wrong.push("regions: at least one".to_owned());
        }
        if self.generate_accounts > 100_000 {
            wrong.push("generate_accounts: at most 100000".to_owned());
        }
    }

    fn check_role(&self, wrong: &mut Vec<String>) {
        let role = &self.role;
        if role.name.is_empty() {
            wrong.push("role.name: not empty".to_owned());
        }
        if role.min_session_seconds == 0 || role.min_session_seconds > role.max_session_seconds {
            wrong.push("role.min_session_seconds: from 1 to role.max_session_seconds".to_owned());
        }
        if role.max_session_seconds > 43_200 {
            wrong.push("role.max_session_seconds: at most 43200".to_owned());
        }
    }

    fn check_resources(&self, wrong: &mut Vec<String>) {
        let rules = &self.resources;
        let buckets = rules.buckets.iter().map(|r| (&r.name, &r.policy));
        let topics = rules.topics.iter().map(|r| (&r.name, &r.policy));
        let keys = rules.kms_keys.iter().map(|r| (&r.id, &r.policy));
        let roles = rules.roles.iter().map(|r| (&r.name, &r.policy));
        let trusts = rules.roles.iter().map(|r| (&r.name, &r.trust));
        let policies = buckets.chain(topics).chain(keys).chain(roles).chain(trusts);
        for (name, policy) in policies {
            let readable = match policy {
                None | Some(Value::Object(_)) => true,
                Some(Value::String(text)) => serde_json::from_str::<Value>(text).is_ok(),
                Some(_) => false,
            };
            if !readable {
                wrong.push(format!(
                    "resources: a policy of {name} is no mapping and no JSON text"
                ));
            }
        }
    }

    fn check_quotas(&self, wrong: &mut Vec<String>) {
        let rates = self
            .quotas
            .per_second
            .iter()
            .map(|(name, rate)| (name.as_str(), *rate));
        let overridden = self
            .quotas
            .overrides
            .iter()
            .filter_map(|o| Some(("overrides", o.per_second?)));
        for (name, rate) in rates.chain(overridden) {
            if !(0.001..=1_000_000.0).contains(&rate) {
                wrong.push(format!(
                    "quotas: {name}: from 0.001 to 1000000 calls a second, not {rate}"
                ));
            }
        }
        let models = self.quotas.overrides.iter().filter_map(|o| o.model);
        for model in models.chain([self.quotas.model]) {
            if let QuotaModel::TokenBucket { depth: Some(depth) } = model
                && !(1.0..=1_000_000.0).contains(&depth)
            {
                wrong.push(format!("quotas: depth: from 1 to 1000000, not {depth}"));
            }
        }
    }

    fn check_events(&self, wrong: &mut Vec<String>) {
        let events = &self.events;
        let rates = events.rates.iter().map(|rate| rate.per_hour);
        for rate in rates.chain([events.per_hour]) {
            if !(0.0..=3_600_000_000.0).contains(&rate) {
                wrong.push(format!(
                    "events: per_hour: from 0 to 3600000000, not {rate}"
                ));
            }
        }
        for late in &events.late {
            check_share("events.late.share", late.share, wrong);
            if late.lag_seconds > 86_400 {
                wrong.push("events.late.lag_seconds: at most 86400".to_owned());
            }
        }
        if events
            .bursts
            .iter()
            .any(|burst| burst.count > 1_000_000_000)
        {
            wrong.push("events.bursts.count: at most 1000000000".to_owned());
        }
        check_share("events.pages.short_share", events.pages.short_share, wrong);
        if !(0.0..=0.9).contains(&events.pages.empty_share) {
            wrong.push("events.pages.empty_share: from 0 to 0.9".to_owned());
        }
    }
}

fn check_share(what: &str, share: f64, wrong: &mut Vec<String>) {
    if !(0.0..=1.0).contains(&share) {
        wrong.push(format!("{what}: from 0 to 1, not {share}"));
    }
}

fn check_when(index: usize, fault: &Fault, wrong: &mut Vec<String>) {
    let mut refuse = |what: &str| wrong.push(format!("faults[{index}].{what}"));
    let standing = matches!(
        fault.effect,
        Effect::Neighbour { .. } | Effect::SessionCap { .. }
    );
    let refusal = matches!(fault.effect, Effect::Denied | Effect::DeniedByPolicy);
    if fault.when == When::After && (standing || refusal) {
        refuse("when: after is for latency, hang, error and reset");
    }
    if standing && (fault.times.is_some() || fault.skip > 0) {
        refuse("times, skip: not for neighbour and session_cap");
    }
    if fault.times == Some(0) {
        refuse("times: at least 1");
    }
}

fn check_effect(index: usize, effect: &Effect, wrong: &mut Vec<String>) {
    let mut refuse = |what: &str| wrong.push(format!("faults[{index}].{what}"));
    let below_an_hour = |ms: f64| (0.0..=3_600_000.0).contains(&ms);
    match effect {
        Effect::Error { probability, .. } | Effect::Reset { probability }
            if !(0.0..=1.0).contains(probability) =>
        {
            refuse("probability: from 0 to 1");
        }
        Effect::Error { status, .. } if !(400..=599).contains(status) => {
            refuse("status: from 400 to 599");
        }
        Effect::Latency(Latency::Constant { ms }) if !below_an_hour(*ms) => {
            refuse("latency.constant.ms: from 0 to 3600000");
        }
        Effect::Latency(Latency::Uniform { min_ms, max_ms })
            if !below_an_hour(*min_ms) || !below_an_hour(*max_ms) || min_ms > max_ms =>
        {
            refuse("latency.uniform: min_ms up to max_ms, from 0 to 3600000");
        }
        Effect::Latency(Latency::Lognormal {
            median_ms,
            sigma,
            max_ms,
        }) if !below_an_hour(*median_ms)
            || !below_an_hour(*max_ms)
            || !(0.0..=10.0).contains(sigma) =>
        {
            refuse("latency.lognormal: times from 0 to 3600000, sigma from 0 to 10");
        }
        Effect::Neighbour {
            share,
            active_seconds,
            period_seconds,
        } => {
            if !(0.0..=100.0).contains(share) {
                refuse("neighbour.share: from 0 to 100");
            }
            if !(0.0..=*period_seconds).contains(active_seconds) || *period_seconds <= 0.0 {
                refuse("neighbour.active_seconds: from 0 to period_seconds, which is above 0");
            }
        }
        Effect::SessionCap { seconds: 0, .. } => refuse("session_cap.seconds: at least 1"),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_contradiction_is_told_at_once() {
        let text = r"
regions: []
accounts: [{id: 111111111111, name: a}, {id: 111111111111, name: b, unit: Prod}]
quotas: {model: {token_bucket: {depth: 0.5}}, per_second: {LookupEvents: -1}}
faults:
  - {effect: {reset: {probability: 2}}}
  - {effect: denied, when: after, times: 0}
  - {effect: {session_cap: {seconds: 1, told: true}}, skip: 1}
";
        let Err(ScenarioError::Contradiction(wrong)) = Scenario::from_yaml(text) else {
            panic!("accepted");
        };
        assert_eq!(wrong.len(), 9, "{wrong:?}");
    }

    #[test]
    fn unknown_keys_are_refused() {
        for text in [
            "acounts: []",
            "role: {nme: x}",
            "faults: [{effect: hang, scop: {}}]",
        ] {
            let error = Scenario::from_yaml(text).unwrap_err();
            assert!(matches!(error, ScenarioError::Shape(_)), "{error}");
        }
    }
}
