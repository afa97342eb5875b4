//! Which accounts there are.

use std::{collections::BTreeMap, time::Duration};

use crate::domain::{AccountId, ExternalId, RoleArn};

use super::{reader::Section, values::UnitPath};

/// Which accounts there are.
#[derive(Debug, Clone, PartialEq)]
pub struct Fleet {
    /// Whether AWS Organizations is asked.
    pub organizations: bool,
    /// Accounts named here; with Organizations on, they add to what it tells.
    pub accounts: Vec<StaticAccount>,
    /// How often Organizations is asked.
    pub refresh_interval: Duration,
    /// How often each account's tags and Regions are asked for.
    pub details_interval: Duration,
    /// Whether the accounts' tags are read.
    pub read_tags: bool,
    /// Whether Account Management is asked which Regions each account has enabled.
    pub narrow_regions: bool,
}

/// An account that is named in the configuration.
#[derive(Debug, Clone, PartialEq)]
pub struct StaticAccount {
    /// The id.
    pub id: AccountId,
    /// A name for people; may be empty.
    pub name: String,
    /// The role to assume in it, instead of the common one.
    pub role_arn: Option<RoleArn>,
    /// The external id for it, instead of the common one.
    pub external_id: Option<ExternalId>,
    /// Its tags, for selectors.
    pub tags: BTreeMap<String, String>,
    /// Where it is in the organization, for selectors.
    pub organizational_unit_path: Option<UnitPath>,
}

impl Fleet {
    pub(super) fn read(s: &mut Section<'_>) -> Self {
        Self {
            organizations: s
                .key("organizations", "Ask AWS Organizations which accounts there are.")
                .or(true),
            accounts: s.items(
                "accounts",
                "Accounts that are named here. With `organizations: true` they add to what Organizations tells.",
                StaticAccount::read,
            ),
            refresh_interval: s
                .key("refresh_interval", "How often Organizations is asked again.")
                .within(Duration::from_secs(10)..=Duration::from_secs(86_400))
                .or(Duration::from_secs(300)),
            details_interval: s
                .key(
                    "details_interval",
                    "How often each account's tags and enabled Regions are asked for again: one call each.",
                )
                .within(Duration::from_secs(60)..=Duration::from_secs(7 * 86_400))
                .or(Duration::from_secs(6 * 3600)),
            read_tags: s
                .key("read_tags", "Read the accounts' tags from Organizations: one call an account. Needed for selecting by tag.")
                .or(true),
            narrow_regions: s
                .key("narrow_regions", "Ask which Regions each account has enabled, and look only in these. Needs account:ListRegions for whoever reads the organization, with trusted access for Account Management.")
                .or(true),
        }
    }
}

impl StaticAccount {
    fn read(s: &mut Section<'_>) -> Option<Self> {
        let id = s
            .key(
                "id",
                "The account id. Quote it, so that a leading zero stays.",
            )
            .required();
        let name = s.key("name", "A name for people.").optional("none");
        let role_arn = s
            .key("role_arn", "The role to assume in it.")
            .optional("`aws.role_name` in this account");
        let external_id = s
            .key("external_id", "The `sts:ExternalId` for it.")
            .optional("`aws.external_id`");
        let tags = s.map("tags", "Its tags, for selecting by tag.");
        let organizational_unit_path = s
            .key(
                "organizational_unit_path",
                "Its organizational unit, for selecting by unit.",
            )
            .optional("none");
        // Only now: without an id the rest is still read, for its faults.
        Some(Self {
            id: id?,
            name: name.unwrap_or_default(),
            role_arn,
            external_id,
            tags,
            organizational_unit_path,
        })
    }
}
