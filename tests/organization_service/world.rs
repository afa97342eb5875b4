//! A simulated organization, and the use cases over it.

use std::time::Duration;

use tokio::net::TcpListener;
use trailplane::{
    budget::CallerId,
    domain::{AccountId, Partition, Permissions, RoleArn},
    fleet::{
        Fleet,
        sessions::Writing,
        settings::{Access, AssumableRole, MemberRole, OrganizationSettings, Settings},
    },
    organization::{self, Asked, Organization},
    sandbox::{HUB_ACCESS_KEY_ID, HUB_SECRET_ACCESS_KEY, Sandbox, Scenario},
};

use crate::support::rig::{Rig, request, settings};

/// The management account of every scenario.
pub const MANAGEMENT: &str = "100000000001";
/// Members.
pub const MEMBERS: [&str; 5] = [
    "200000000001",
    "200000000002",
    "200000000003",
    "200000000004",
    "200000000005",
];
/// A member that is suspended.
pub const OLD: &str = "200000000009";

/// The management account, five members and one that is suspended, with these lines more.
pub fn scenario(organization: &str, more: &str) -> Scenario {
    let members = MEMBERS.map(|id| format!("{{id: '{id}', name: m{id}}}"));
    let text = format!(
        "organization: {{{organization}}}\nregions: [us-east-1, eu-west-1, af-south-1]\n\
         role: {{trusted_accounts: ['{MANAGEMENT}', '{}']}}\n\
         accounts: [{}, {{id: '{OLD}', name: old, state: SUSPENDED}}]\n{more}",
        MEMBERS[0],
        members.join(", ")
    );
    Scenario::from_yaml(&text).unwrap()
}

/// A scenario being served, and the use cases over it.
pub struct World {
    pub sandbox: Sandbox,
    pub organization: Organization,
    pub fleet: Fleet,
    pub rig: Rig,
}

impl World {
    /// Organizations is called from the management account.
    pub async fn of(scenario: Scenario) -> Self {
        Self::with(scenario, Duration::from_secs(5), |_| {}).await
    }

    /// It is called from this member.
    pub async fn from_member(scenario: Scenario, account: &str) -> Self {
        let role = AssumableRole {
            arn: RoleArn::of(Partition::Commercial, id(account), &scenario.role.name).unwrap(),
            external_id: scenario
                .role
                .external_id
                .as_deref()
                .map(|x| x.parse().unwrap()),
        };
        Self::with(scenario, Duration::from_secs(5), |settings| {
            settings.organization = Some(OrganizationSettings {
                access: Access::Role(role),
                ..OrganizationSettings::default()
            });
        })
        .await
    }

    /// With these settings, and so much time for each attempt.
    pub async fn with(
        mut scenario: Scenario,
        attempt: Duration,
        change: impl FnOnce(&mut Settings),
    ) -> Self {
        scenario.quotas.per_second.extend(
            [
                "STS",
                "Organizations",
                "Account",
                "CloudTrail",
                "IAM",
                "S3",
                "KMS",
                "SNS",
            ]
            .map(|service| (service.to_owned(), 10_000.0)),
        );
        let regions: Vec<String> = scenario.regions.iter().map(ToString::to_string).collect();
        let regions: Vec<&str> = regions.iter().map(String::as_str).collect();
        let role = scenario.role.name.clone();
        let external_id = scenario
            .role
            .external_id
            .clone()
            .map(|id| id.parse().unwrap());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let sandbox = Sandbox::start(scenario, listener).unwrap();
        let endpoint = sandbox.endpoint_url();
        let (key, secret) = (HUB_ACCESS_KEY_ID, HUB_SECRET_ACCESS_KEY);
        let mut rig = Rig::unlimited(&endpoint, key, secret, attempt).await;
        let mut settings = settings(&role, &regions);
        settings.member_role = MemberRole::new(Partition::Commercial, &role, external_id).ok();
        settings.management_access = Some(Access::OwnCredentials);
        change(&mut settings);
        let fleet = rig.fleet(settings);
        let quick = organization::Settings {
            pause: Duration::from_millis(30),
            visible_within: Duration::from_millis(150),
        };
        let organization = Organization::new(rig.door.clone(), fleet.clone(), quick);
        Self {
            sandbox,
            organization,
            fleet,
            rig,
        }
    }

    /// How often this operation was called.
    pub fn calls(&self, api: &str) -> usize {
        let attempts = self.sandbox.ledger().attempts();
        attempts.iter().filter(|attempt| attempt.api == api).count()
    }
}

pub fn id(account: &str) -> AccountId {
    account.parse().unwrap()
}

pub fn now() -> Asked {
    Asked {
        validate_only: false,
        request_id: "test".into(),
    }
}

pub fn only_plan() -> Asked {
    Asked {
        validate_only: true,
        ..now()
    }
}

pub fn context() -> trailplane::budget::RequestContext {
    request(Duration::from_secs(20))
}

/// What a test writes by itself, as somebody else.
pub fn writing(permissions: Permissions) -> Writing {
    Writing {
        caller: CallerId::new("somebody else"),
        request_id: "another-request".into(),
        permissions,
    }
}
