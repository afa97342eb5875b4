//! What the fleet must be told: where its accounts come from, and how to get into them.

use std::{collections::BTreeMap, time::Duration};

use crate::domain::{AccountId, ExternalId, InvalidId, Partition, Region, RoleArn, SessionTags};

/// The fleet's settings. `app` fills them from the configuration.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The partition that all accounts and Regions are in.
    pub partition: Partition,
    /// The Regions a request may ask for, and is for when it names none. Not empty.
    pub regions: Vec<Region>,
    /// Read the accounts from AWS Organizations; `None` for the static list alone.
    pub organization: Option<OrganizationSettings>,
    /// Accounts given by hand. One that Organizations also lists keeps what Organizations says of it, but
    /// for the fields set here.
    pub accounts: BTreeMap<AccountId, StaticAccount>,
    /// The role assumed in every account that has no other; `None` if each has one of its own.
    pub member_role: Option<MemberRole>,
    /// A role assumed first, from which the member roles are assumed (role chaining).
    pub hub_role: Option<AssumableRole>,
    /// The management account, where it is known beforehand; Organizations tells it otherwise.
    pub management_account: Option<AccountId>,
    /// How to get into the management account, where member roles usually are not deployed. `None`: by the
    /// member role, as everywhere.
    pub management_access: Option<Access>,
    /// How sessions are made.
    pub sessions: SessionSettings,
}

/// How the organization is read.
#[derive(Debug, Clone)]
pub struct OrganizationSettings {
    /// Whose credentials call Organizations and Account: those of the management account, or of an account
    /// that it delegated to.
    pub access: Access,
    /// How long a listing is good before it is read again; each wait is a tenth shorter or longer by chance.
    pub refresh_interval: Duration,
    /// How long an account's tags and Regions are good.
    pub details_interval: Duration,
    /// Whether tags are read (one call an account).
    pub read_tags: bool,
    /// Whether each account's Regions are read (one call an account), to leave out the disabled ones.
    pub narrow_regions: bool,
}

impl Default for OrganizationSettings {
    fn default() -> Self {
        Self {
            access: Access::OwnCredentials,
            refresh_interval: Duration::from_secs(600),
            details_interval: Duration::from_secs(6 * 3600),
            read_tags: true,
            narrow_regions: true,
        }
    }
}

/// An account given by hand.
#[derive(Debug, Clone, Default)]
pub struct StaticAccount {
    /// Its name, instead of the one in Organizations.
    pub name: Option<String>,
    /// The role to assume in it, instead of the member role.
    pub role: Option<RoleArn>,
    /// The external id that its role asks for, instead of the member role's.
    pub external_id: Option<ExternalId>,
    /// Its tags. Organizations knows those of the accounts that it lists; this is for the others.
    pub tags: BTreeMap<String, String>,
    /// The names of its units from the root down, `["Prod", "Payments"]`; as with tags, for accounts that
    /// Organizations does not list.
    pub unit_path: Vec<String>,
}

/// How credentials for something are come by.
#[derive(Debug, Clone)]
pub enum Access {
    /// The process's own credentials, as they are.
    OwnCredentials,
    /// A role assumed with them, or with the hub role's if there is one. The hub role itself is not assumed
    /// twice.
    Role(AssumableRole),
}

/// No role is configured for an account, and nothing says to use own credentials in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no role is configured for account {0}")]
pub struct NoWayIn(pub AccountId);

/// A role, and what its trust policy asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssumableRole {
    /// The role.
    pub arn: RoleArn,
    /// The external id, where the trust policy asks for one.
    pub external_id: Option<ExternalId>,
}

/// The role that is deployed under one name in every member account.
#[derive(Debug, Clone)]
pub struct MemberRole {
    partition: Partition,
    name: String,
    external_id: Option<ExternalId>,
}

impl MemberRole {
    /// The role with this name (and path, without the leading slash).
    pub fn new(
        partition: Partition,
        name: &str,
        external_id: Option<ExternalId>,
    ) -> Result<Self, InvalidId> {
        let role = Self {
            partition,
            name: name.to_owned(),
            external_id,
        };
        // The name is legal or not whatever the account: any will do to find out.
        if let Some(any) = AccountId::from_u64(0) {
            RoleArn::of(partition, any, name)?;
        }
        Ok(role)
    }

    /// The role in this account.
    pub fn of(&self, account: AccountId) -> Result<AssumableRole, InvalidId> {
        Ok(AssumableRole {
            arn: RoleArn::of(self.partition, account, &self.name)?,
            external_id: self.external_id.clone(),
        })
    }
}

/// How sessions are made.
#[derive(Debug, Clone)]
pub struct SessionSettings {
    /// `RoleSessionName` of the sessions that read, which callers share: what the member account's own CloudTrail shows.
    /// 2 to 64 of `[\w+=,.@-]`.
    pub name: String,
    /// `DurationSeconds`, cut to an hour: more fails when roles are chained.
    pub duration: Duration,
    /// The Region whose STS endpoint is asked. A regional endpoint's tokens are good in every Region.
    pub sts_region: Region,
    /// The tags of the sessions that write.
    pub tags: SessionTags,
}

impl SessionSettings {
    /// The longest session that STS grants through role chaining.
    pub const LONGEST: Duration = Duration::from_secs(3600);

    /// Sessions of an hour, named `trailplane`, from the STS endpoint of this Region.
    pub fn of(sts_region: Region) -> Self {
        Self {
            name: "trailplane".to_owned(),
            duration: Self::LONGEST,
            sts_region,
            tags: SessionTags::default(),
        }
    }
}

impl Settings {
    /// How to get into this account.
    ///
    /// # Errors
    ///
    /// If no role is configured for it.
    pub fn access(&self, account: AccountId, management: bool) -> Result<Access, NoWayIn> {
        let entry = self.accounts.get(&account);
        let external_id = entry.and_then(|entry| entry.external_id.clone());
        if let Some(arn) = entry.and_then(|entry| entry.role.clone()) {
            return Ok(Access::Role(AssumableRole { arn, external_id }));
        }
        let management = management || self.management_account == Some(account);
        if management && let Some(access) = &self.management_access {
            return Ok(access.clone());
        }
        let none = NoWayIn(account);
        let member = self.member_role.as_ref().ok_or(none)?;
        let mut role = member.of(account).map_err(|_| none)?;
        role.external_id = external_id.or(role.external_id);
        Ok(Access::Role(role))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> Settings {
        let region: Region = "eu-west-1".parse().unwrap();
        Settings {
            partition: Partition::Commercial,
            regions: vec![region.clone()],
            organization: None,
            accounts: BTreeMap::new(),
            member_role: MemberRole::new(Partition::Commercial, "Reader", "x-1".parse().ok()).ok(),
            hub_role: None,
            management_account: None,
            management_access: None,
            sessions: SessionSettings::of(region),
        }
    }

    fn way_in(access: Access) -> (String, Option<ExternalId>) {
        match access {
            Access::Role(role) => (role.arn.to_string(), role.external_id),
            Access::OwnCredentials => ("own".into(), None),
        }
    }

    #[test]
    fn a_static_entry_overrides_field_by_field() {
        let id: AccountId = "123456789012".parse().unwrap();
        let mut settings = settings();
        let member = "arn:aws:iam::123456789012:role/Reader".to_owned();
        assert_eq!(
            way_in(settings.access(id, false).unwrap()),
            (member.clone(), "x-1".parse().ok())
        );
        let by_hand = StaticAccount {
            external_id: "x-2".parse().ok(),
            ..StaticAccount::default()
        };
        settings.accounts.insert(id, by_hand);
        assert_eq!(
            way_in(settings.access(id, false).unwrap()),
            (member, "x-2".parse().ok())
        );
        let role = "arn:aws:iam::123456789012:role/o/Other".parse().ok();
        settings.accounts.entry(id).or_default().role = role;
        assert_eq!(
            way_in(settings.access(id, true).unwrap()).0,
            "arn:aws:iam::123456789012:role/o/Other"
        );
    }

    #[test]
    fn the_management_account_goes_its_own_way_only_where_told() {
        let id: AccountId = "123456789012".parse().unwrap();
        let mut settings = settings();
        assert_ne!(way_in(settings.access(id, true).unwrap()).0, "own");
        settings.management_access = Some(Access::OwnCredentials);
        assert_eq!(way_in(settings.access(id, true).unwrap()).0, "own");
        assert_ne!(way_in(settings.access(id, false).unwrap()).0, "own");
        settings.management_account = Some(id);
        assert_eq!(way_in(settings.access(id, false).unwrap()).0, "own");
    }

    #[test]
    fn without_a_role_there_is_no_way_in() {
        let id: AccountId = "123456789012".parse().unwrap();
        let mut settings = settings();
        settings.member_role = None;
        assert!(settings.access(id, false).is_err());
        let role = "arn:aws:iam::123456789012:role/o/Other".parse().ok();
        settings.accounts.entry(id).or_default().role = role;
        assert!(settings.access(id, false).is_ok());
    }

    #[test]
    fn external_ids_are_never_shown() {
        let mut settings = settings();
        let id: AccountId = "123456789012".parse().unwrap();
        settings.accounts.insert(
            id,
            StaticAccount {
                external_id: "shibboleth".parse().ok(),
                ..StaticAccount::default()
            },
        );
        let access = settings.access(id, false);
        let shown = format!("{settings:?} {access:?}");
        assert!(
            !shown.contains("shibboleth") && !shown.contains("x-1"),
            "{shown}"
        );
    }

    #[test]
    fn a_bad_role_name_is_refused_at_once() {
        assert!(MemberRole::new(Partition::Commercial, "a b", None).is_err());
        assert!(MemberRole::new(Partition::Commercial, "", None).is_err());
    }
}
