//! The built-in organization: what `serve --sandbox` shows when nobody says otherwise.

use super::{
    Effect, Fault, Incident, Latency, Member, MemberState, Moment, Rate, Scenario, Scope, Trail,
    builder::{account, regions},
};

/// Name, unit, environment, team. Their ids count up from 100000000001, the management account.
const ACCOUNTS: [(&str, &str, &str, &str); 50] = [
    ("management", "/", "core", "platform"),
    ("log-archive", "/Security", "core", "security"),
    ("security-tooling", "/Security", "core", "security"),
    ("audit", "/Security", "core", "security"),
    ("network-hub", "/Infrastructure", "core", "network"),
    ("shared-services", "/Infrastructure", "core", "platform"),
    ("dns", "/Infrastructure", "core", "network"),
    ("backup", "/Infrastructure", "core", "platform"),
    ("ci-runners", "/Infrastructure", "core", "platform"),
    ("payments-prod", "/Prod/Payments", "prod", "payments"),
    ("payments-cards", "/Prod/Payments", "prod", "payments"),
    ("payments-ledger", "/Prod/Payments", "prod", "payments"),
    ("payments-fraud", "/Prod/Payments", "prod", "payments"),
    ("payments-payouts", "/Prod/Payments", "prod", "payments"),
    ("payments-reporting", "/Prod/Payments", "prod", "payments"),
    ("web-prod", "/Prod/Web", "prod", "web"),
    ("web-cdn", "/Prod/Web", "prod", "web"),
    ("web-search", "/Prod/Web", "prod", "web"),
    ("web-accounts", "/Prod/Web", "prod", "web"),
    ("web-media", "/Prod/Web", "prod", "media"),
    ("web-mobile-api", "/Prod/Web", "prod", "web"),
    ("web-partners", "/Prod/Web", "prod", "web"),
    ("data-lake", "/Prod/Data", "prod", "data"),
    ("data-warehouse", "/Prod/Data", "prod", "data"),
    ("data-streaming", "/Prod/Data", "prod", "data"),
    ("data-ml", "/Prod/Data", "prod", "ml"),
    ("crm-prod", "/Prod", "prod", "crm"),
    ("erp-prod", "/Prod", "prod", "erp"),
    ("payments-staging", "/Staging", "staging", "payments"),
    ("web-staging", "/Staging", "staging", "web"),
    ("data-staging", "/Staging", "staging", "data"),
    ("crm-staging", "/Staging", "staging", "crm"),
    ("load-test", "/Staging", "staging", "platform"),
    ("payments-dev", "/Dev", "dev", "payments"),
    ("web-dev", "/Dev", "dev", "web"),
    ("mobile-dev", "/Dev", "dev", "web"),
    ("data-dev", "/Dev", "dev", "data"),
    ("ml-dev", "/Dev", "dev", "ml"),
    ("crm-dev", "/Dev", "dev", "crm"),
    ("erp-dev", "/Dev", "dev", "erp"),
    ("platform-dev", "/Dev", "dev", "platform"),
    ("tools-dev", "/Dev", "dev", "platform"),
    ("sandbox-ana", "/Sandbox", "sandbox", "web"),
    ("sandbox-bruno", "/Sandbox", "sandbox", "data"),
    ("sandbox-chiara", "/Sandbox", "sandbox", "ml"),
    ("sandbox-dmitri", "/Sandbox", "sandbox", "platform"),
    ("hackathon", "/Sandbox", "sandbox", "platform"),
    ("acquired-shop", "/Quarantine", "prod", "integration"),
    ("old-intranet", "/Quarantine", "prod", "it"),
    ("proof-of-concept", "/Sandbox", "sandbox", "it"),
];

/// An account that never got the role.
const WITHOUT_ROLE: &str = "acquired-shop";
/// An account that AWS has suspended.
const SUSPENDED: &str = "old-intranet";
/// An account that has not enabled one of the four Regions.
const WITHOUT_REGION: &str = "web-partners";

impl Default for Scenario {
    /// "An organization worth looking at": 50 accounts in units, 4 Regions, one account without the role, one
    /// suspended, one with a Region disabled, and an incident six hours ago in `payments-ledger`.
    fn default() -> Self {
        let mut scenario = Self::blank();
        scenario.regions = regions(4);
        scenario.accounts = (1u64..)
            .zip(ACCOUNTS)
            .map(|(number, row)| member(number, row, &scenario))
            .collect();
        events(&mut scenario);
        scenario.trails = trails(&scenario);
        scenario.faults = latencies();
        scenario
    }
}

fn member(
    number: u64,
    (name, unit, env, team): (&str, &str, &str, &str),
    scenario: &Scenario,
) -> Member {
    let mut member = Member::new(account(100_000_000_000 + number), name).in_unit(unit);
    member.tags.insert("env".to_owned(), env.to_owned());
    member.tags.insert("team".to_owned(), team.to_owned());
    member.has_role = name != WITHOUT_ROLE;
    if name == SUSPENDED {
        member.state = MemberState::Suspended;
    }
    if name == WITHOUT_REGION {
        member.disabled_regions = scenario.regions.last().cloned().into_iter().collect();
    }
    member
}

fn events(scenario: &mut Scenario) {
    let rate = |accounts: &str, region: &str, per_hour| Rate {
        scope: Scope {
            accounts: vec![accounts.to_owned()],
            regions: vec![region.to_owned()],
            apis: Vec::new(),
        },
        per_hour,
    };
    scenario.events.per_hour = 20.0;
    scenario.events.rates = vec![
        rate("*", "us-east-1", 60.0),
        rate("payments-*", "eu-west-1", 150.0),
        rate("web-*", "us-west-2", 120.0),
        rate("data-*", "us-east-1", 240.0),
        rate("sandbox-*", "ap-*", 2.0),
    ];
    scenario.events.incident = incident(scenario);
}

fn incident(scenario: &Scenario) -> Option<Incident> {
    let victim = scenario
        .accounts
        .iter()
        .find(|m| m.name == "payments-ledger")?;
    let region = scenario
        .regions
        .iter()
        .find(|r| r.as_str() == "eu-west-1")?;
    Some(Incident {
        account: victim.id,
        region: region.clone(),
        started_seconds_ago: 6 * 3_600,
    })
}

fn trails(scenario: &Scenario) -> Vec<Trail> {
    let Some(home) = scenario.regions.first() else {
        return Vec::new();
    };
    let management = scenario.organization.management_account;
    let mut trails = vec![Trail {
        bucket: "trailplane-sandbox-organization-logs".to_owned(),
        multi_region: true,
        organization: true,
        log_file_validation: true,
        insights: vec!["ApiCallRateInsight".to_owned()],
        tags: [("owner".to_owned(), "security".to_owned())].into(),
        ..Trail::new("organization-trail", management, home.clone())
    }];
    if let Some(incident) = &scenario.events.incident {
        trails.push(Trail {
            bucket: "payments-ledger-trail-logs".to_owned(),
            tags: [("team".to_owned(), "payments".to_owned())].into(),
            stopped: Some(Moment::SecondsAgo(incident.started_seconds_ago - 780)),
            ..Trail::new(Incident::TRAIL, incident.account, incident.region.clone())
        });
    }
    trails
}

fn latencies() -> Vec<Fault> {
    let lookup = Latency::Uniform {
        min_ms: 15.0,
        max_ms: 60.0,
    };
    vec![Fault::new(Effect::Latency(lookup)).on("LookupEvents")]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_as_announced() {
        let scenario = Scenario::default();
        scenario.check().unwrap();
        assert_eq!(scenario.members().len(), 50);
        assert_eq!(scenario.regions.len(), 4);
        assert_eq!(scenario.accounts.iter().filter(|m| !m.has_role).count(), 1);
        let suspended = |m: &&Member| m.state == MemberState::Suspended;
        assert_eq!(scenario.accounts.iter().filter(suspended).count(), 1);
        assert_eq!(
            scenario
                .accounts
                .iter()
                .filter(|m| !m.disabled_regions.is_empty())
                .count(),
            1
        );
        assert_eq!(
            scenario.events.incident.unwrap().account.to_string(),
            "100000000012"
        );
    }

    #[test]
    fn a_file_can_say_all_of_it() {
        let scenario = Scenario::default();
        let text = serde_json::to_string(&scenario).unwrap();
        // JSON is YAML.
        assert_eq!(Scenario::from_yaml(&text).unwrap(), scenario);
    }
}
