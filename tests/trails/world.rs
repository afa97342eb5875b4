//! A simulated organization with trails, and the use cases over it.

use std::{collections::BTreeMap, time::Duration};

use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use trailplane::{
    domain::{AccountId, Partition, Region, TargetSelector},
    fleet::settings::{Access, MemberRole},
    organization::{self, Organization},
    sandbox::{HUB_ACCESS_KEY_ID, HUB_SECRET_ACCESS_KEY, Key, Member, Sandbox, Scenario, Trail},
    trails::{Changing, FoundTrail, ListAnswer, ListRequest, Pace, Trails, View},
};

use crate::support::rig::{Rig, request, settings};

/// The management account of every scenario here.
pub const MANAGEMENT: &str = "100000000001";
/// Members.
pub const MEMBERS: [&str; 4] = [
    "111111111111",
    "222222222222",
    "333333333333",
    "444444444444",
];

/// A scenario being served, and the use cases over it.
pub struct World {
    pub sandbox: Sandbox,
    pub trails: Trails,
    /// The changes that outlive their callers.
    pub changing: Changing,
    /// Says that the process is about to end.
    pub leaving: CancellationToken,
    _rig: Rig,
}

impl World {
    /// Serves the scenario. Only CloudTrail's quotas are AWS's own.
    pub async fn of(scenario: Scenario) -> Self {
        Self::with(scenario, None).await
    }

    /// Serves the scenario without any quota.
    pub async fn unlimited(scenario: Scenario) -> Self {
        Self::with(scenario, Some(Duration::from_secs(20))).await
    }

    /// The same, and a call may take this long.
    pub async fn impatient(scenario: Scenario, attempt: Duration) -> Self {
        Self::with(scenario, Some(attempt)).await
    }

    /// Organizations is called from this member, which alone may assume roles; there is none in the management account.
    pub async fn delegated(mut scenario: Scenario, member: &str) -> Self {
        let key = "AKIADELEGATEDELEGATE";
        scenario.keys.push(Key {
            access_key_id: key.to_owned(),
            account: account(member),
            user: "delegate".to_owned(),
        });
        scenario.role.trusted_accounts = vec![account(member)];
        let closed = Member {
            has_role: false,
            ..Member::new(account(MANAGEMENT), "management")
        };
        let scenario = scenario.with_member(closed);
        Self::of_caller(
            scenario,
            Some(Duration::from_secs(20)),
            (key, "secret"),
            None,
        )
        .await
    }

    async fn with(scenario: Scenario, unlimited: Option<Duration>) -> Self {
        let hub = (HUB_ACCESS_KEY_ID, HUB_SECRET_ACCESS_KEY);
        let management = Some(Access::OwnCredentials);
        Self::of_caller(scenario, unlimited, hub, management).await
    }

    async fn of_caller(
        mut scenario: Scenario,
        unlimited: Option<Duration>,
        (key, secret): (&str, &str),
        management: Option<Access>,
    ) -> Self {
        let limited = unlimited.is_none().then_some("CloudTrail");
        let services = ["STS", "Organizations", "Account", "CloudTrail"].into_iter();
        for service in services.filter(|service| Some(*service) != limited) {
            scenario
                .quotas
                .per_second
                .insert(service.to_owned(), 10_000.0);
        }
        let regions: Vec<String> = scenario.regions.iter().map(ToString::to_string).collect();
        let regions: Vec<&str> = regions.iter().map(String::as_str).collect();
        let role = scenario.role.name.clone();
        let id = scenario.role.external_id.as_deref();
        let id = id.and_then(|id| id.parse().ok());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let sandbox = Sandbox::start(scenario, listener).unwrap();
        let endpoint = sandbox.endpoint_url();
        let mut rig = match unlimited {
            Some(attempt) => Rig::unlimited(&endpoint, key, secret, attempt).await,
            None => Rig::new(&endpoint, key, secret).await,
        };
        let mut settings = settings(&role, &regions);
        settings.member_role = MemberRole::new(Partition::Commercial, &role, id).ok();
        settings.management_access = management;
        let fleet = rig.fleet(settings);
        let leaving = CancellationToken::new();
        let changing = Changing::new(quick(), leaving.clone());
        let organization = Organization::new(
            rig.door.clone(),
            fleet.clone(),
            organization::Settings::default(),
        );
        let trails = Trails::new(rig.door.clone(), fleet, organization, changing.clone());
        Self {
            sandbox,
            trails,
            changing,
            leaving,
            _rig: rig,
        }
    }

    /// Lists, and expects an answer.
    pub async fn list(&self, asked: &ListRequest) -> ListAnswer {
        let context = request(Duration::from_secs(30));
        self.trails.list(&context, asked).await.unwrap()
    }

    /// The CloudTrail calls made in this account until now, by operation.
    pub fn calls(&self, account: &str) -> BTreeMap<&'static str, usize> {
        let mut calls = BTreeMap::new();
        for attempt in self.sandbox.ledger().attempts() {
            let cloudtrail = [
                "Trail",
                "Selectors",
                "Tags",
                "EventConfiguration",
                "Logging",
            ];
            let of_cloudtrail = cloudtrail.iter().any(|part| attempt.api.contains(part));
            if attempt.account == account && of_cloudtrail && attempt.api != "ListTagsForResource" {
                *calls.entry(attempt.api).or_default() += 1;
            }
        }
        calls
    }

    /// All CloudTrail calls of this account until now.
    pub fn cost(&self, account: &str) -> usize {
        self.calls(account).values().sum()
    }
}

/// Times for a simulated AWS that shows at once what was written.
pub fn quick() -> Pace {
    Pace {
        pause: Duration::from_millis(40),
        visible_within: Duration::from_secs(2),
        finish_within: Duration::from_secs(20),
    }
}

/// Four members besides the management account, in so many Regions, where nothing happens.
pub fn members(regions: usize) -> Scenario {
    let mut scenario = Scenario::uniform(1, regions, 0.0, Duration::ZERO);
    for id in MEMBERS {
        scenario = scenario.with_account(id, "member");
    }
    scenario
}

pub fn account(id: &str) -> AccountId {
    id.parse().unwrap()
}

pub fn region(name: &str) -> Region {
    name.parse().unwrap()
}

/// A trail of this account, at home there.
pub fn trail(name: &str, owner: &str, home: &str) -> Trail {
    Trail::new(name, account(owner), region(home))
}

/// The same in all Regions.
pub fn multi_region(name: &str, owner: &str, home: &str) -> Trail {
    Trail {
        multi_region: true,
        ..trail(name, owner, home)
    }
}

/// The organization's trail.
pub fn organization_trail(home: &str) -> Trail {
    Trail {
        organization: true,
        insights: vec!["ApiCallRateInsight".to_owned()],
        tags: [("owner".to_owned(), "security".to_owned())].into(),
        ..multi_region("organization-trail", MANAGEMENT, home)
    }
}

pub fn arn(owner: &str, home: &str, name: &str) -> String {
    format!("arn:aws:cloudtrail:{home}:{owner}:trail/{name}")
}

/// Everything in these accounts; in all if none is named.
pub fn everything(accounts: &[&str], view: View) -> ListRequest {
    ListRequest {
        targets: TargetSelector {
            account_ids: accounts.iter().map(|id| account(id)).collect(),
            ..TargetSelector::default()
        },
        view,
        kinds: Vec::new(),
        name: None,
        after: None,
        size: 50,
    }
}

pub fn arns(trails: &[FoundTrail]) -> Vec<&str> {
    trails.iter().map(|trail| trail.arn.as_str()).collect()
}
