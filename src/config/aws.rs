//! How AWS is reached: partition, Regions, roles, and how many calls at a time.

use std::time::Duration;

use crate::domain::{AccountId, ExternalId, Partition, Region, RoleArn, SessionTags};

use super::{
    reader::Section,
    values::{RoleName, SessionName},
};

/// How AWS is reached.
#[derive(Debug, Clone, PartialEq)]
pub struct Aws {
    /// The partition of everything.
    pub partition: Partition,
    /// The Regions to look in; never empty once loaded for the service.
    pub regions: Vec<Region>,
    /// Where STS is called; the first of `regions` if not set.
    pub sts_region: Option<Region>,
    /// The role assumed in each member account.
    pub role_name: Option<RoleName>,
    /// What the members' trust policies ask for in `sts:ExternalId`.
    pub external_id: Option<ExternalId>,
    /// The name of our sessions.
    pub session_name: SessionName,
    /// The tags of the sessions that write.
    pub session_tags: SessionTags,
    /// How long a session lives; 15 min to 1 h.
    pub session_duration: Duration,
    /// A role assumed first, from which the members' roles are assumed.
    pub hub_role_arn: Option<RoleArn>,
    /// The management account, where Organizations is asked.
    pub management: Management,
    /// Calls in flight at a time, over all accounts.
    pub max_in_flight: usize,
    /// After this long a call no longer counts as one of `max_in_flight`.
    pub straggler_after: Duration,
    /// Such calls at a time.
    pub max_stragglers: usize,
    /// How long connecting may take.
    pub connect_timeout: Duration,
    /// How long one attempt may take.
    pub attempt_timeout: Duration,
    /// Attempts of one call when AWS fails or does not answer.
    pub max_attempts: u32,
    /// Attempts of one call when AWS throttles.
    pub max_throttled_attempts: u32,
}

/// How the management account is reached.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Management {
    /// Its id. If it is set and no role is, our own credentials are those of this account.
    pub account_id: Option<AccountId>,
    /// The role assumed in it; our own (or the hub role's) credentials are used directly if not set.
    pub role_arn: Option<RoleArn>,
}

impl Aws {
    /// Calls to AWS at a time at the very most: those somebody waits for, half as many of batch and background
    /// work, and the stragglers of both.
    pub fn most_in_flight(&self) -> usize {
        let batch = self.max_in_flight.div_ceil(2);
        self.max_in_flight
            .saturating_add(batch)
            .saturating_add(self.max_stragglers)
    }

    pub(super) fn read(s: &mut Section<'_>) -> Self {
        Self {
            partition: s
                .key("partition", "The AWS partition. All Regions and roles must be of this one.")
                .or(Partition::Commercial),
            regions: s.list(
                "regions",
                "The Regions to look in. Required, except with `--sandbox`.",
            ),
            sts_region: s
                .key("sts_region", "The Region whose STS endpoint is called.")
                .optional("the first of `aws.regions`"),
            role_name: s
                .key("role_name", "The role to assume in each member account, the same name in all.")
                .optional("none; then every account needs a `role_arn` of its own"),
            external_id: s
                .key("external_id", "The `sts:ExternalId` that the members' trust policies ask for.")
                .optional("none"),
            session_name: session_name(s),
            session_tags: session_tags(s),
            session_duration: s
                .key("session_duration", "How long an assumed session lives.")
                .within(Duration::from_secs(900)..=Duration::from_secs(3600))
                .because("AWS caps a session at 1h when one role assumes another, and refuses to give a longer one")
                .or(Duration::from_secs(3600)),
            hub_role_arn: s
                .key("hub_role_arn", "A role to assume first; the members' roles are then assumed from it.")
                .optional("none"),
            management: s.section("management", "The organization's management account.", Management::read),
            max_in_flight: s
                .key("max_in_flight", "Calls to AWS at a time that somebody waits for, over all accounts and Regions. Batch and background work has half as many places of its own.")
                .within(1..=65_536)
                .or(352),
            straggler_after: s
                .key("straggler_after", "A call that takes longer gives its place in `max_in_flight` to another, so that slow endpoints do not hold up the rest.")
                .within(Duration::from_millis(100)..=Duration::from_secs(300))
                .or(Duration::from_secs(1)),
            max_stragglers: s
                .key("max_stragglers", "How many such slow calls may run at a time.")
                .within(1..=65_536)
                .or(4096),
            connect_timeout: s
                .key("connect_timeout", "How long connecting to an endpoint may take.")
                .within(Duration::from_millis(100)..=Duration::from_secs(60))
                .or(Duration::from_millis(3100)),
            attempt_timeout: s
                .key("attempt_timeout", "How long one attempt of a call may take. LookupEvents has been seen to take 35s.")
                .within(Duration::from_secs(1)..=Duration::from_secs(300))
                .or(Duration::from_secs(60)),
            max_attempts: s
                .key("max_attempts", "Attempts of one call when AWS fails or does not answer, the first included. Each takes its own place in the budget.")
                .within(1..=20)
                .or(4),
            max_throttled_attempts: s
                .key("max_throttled_attempts", "Attempts of one call when AWS throttles it, the first included. Each takes its own place in the budget.")
                .within(1..=20)
                .or(5),
        }
    }
}

fn session_name(s: &mut Section<'_>) -> SessionName {
    s.key(
        "session_name",
        "The name of the sessions that read, as CloudTrail shows it in the member accounts. A session that writes has the request's id for its name.",
    )
    .or(SessionName("trailplane".to_owned()))
}

fn session_tags(s: &mut Section<'_>) -> SessionTags {
    let tags = s.map(
        "session_tags",
        "Tags of the sessions that write, besides the caller as their source identity. The members' trust policies must then allow `sts:TagSession`.",
    );
    let transitive: Vec<String> = s.list(
        "transitive_session_tags",
        "The keys of those of `session_tags` that stay with sessions assumed from such a session.",
    );
    let made = SessionTags::new(tags, transitive.into_iter().collect());
    made.unwrap_or_else(|wrong| {
        s.fault("session_tags", "tags that STS takes", wrong.to_string());
        SessionTags::default()
    })
}

impl Management {
    fn read(s: &mut Section<'_>) -> Self {
        Self {
            account_id: s
                .key("account_id", "Its account id. With this and without `role_arn`, our own credentials are taken to be this account's, and are used in it as they are.")
                .optional("learned from Organizations; `aws.role_name` is then assumed in it as in any other"),
            role_arn: s
                .key("role_arn", "The role to assume in it, also for asking Organizations. Without one Organizations is asked with our own credentials.")
                .optional("none"),
        }
    }
}
