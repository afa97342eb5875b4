//! What is looked up before anybody asks.

use std::time::Duration;

use crate::domain::TargetSelector;

use super::reader::Section;

/// What is looked up before anybody asks.
#[derive(Debug, Clone, PartialEq)]
pub struct WarmUp {
    /// Whether anything is.
    pub enabled: bool,
    /// Of which accounts and Regions.
    pub targets: TargetSelector,
    /// How many days back.
    pub days: u32,
    /// How often the newest is added.
    pub interval: Duration,
}

impl WarmUp {
    pub(super) fn read(s: &mut Section<'_>) -> Self {
        let enabled = s
            .key("enabled", "Whether it is done. Needs a cache, and one that is large enough: on disk a thousand events take some 130 KB.")
            .or(false);
        let days = s
            .key("days", "So many days back from what has settled.")
            .within(1..=90)
            .because("CloudTrail keeps 90 days")
            .or(7);
        let interval = s
            .key("interval", "How often what has settled since is added: one call in each account and Region, or more where there is more than a page.")
            .within(Duration::from_secs(60)..=Duration::from_secs(86_400))
            .or(Duration::from_secs(900));
        let targets = TargetSelector {
            account_ids: s.list("account_ids", "These accounts. Without accounts, units and tags all active ones are meant. An account that does not exist holds the warm-up up, until it does."),
            organizational_units: s.list("organizational_units", "The accounts below these units."),
            account_tags: s.map("account_tags", "Only accounts that have all of these tags."),
            exclude_account_ids: s.list("exclude_account_ids", "Never these accounts."),
            regions: s.list("regions", "Only these Regions, and the partition's global Region, where lookups find the events of global services. Empty: all of `aws.regions`."),
        };
        Self {
            enabled,
            targets,
            days,
            interval,
        }
    }
}
