//! A door and a fleet over some AWS on a socket, with the service's own parts and nothing else.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::{task::JoinHandle, time::Instant};
use tokio_util::sync::CancellationToken;
use trailplane::{
    aws::{
        self, Attempt, AttemptObserver, BaseConfig, BaseIdentity, Door, base::StaticCredentials,
        classify::Limits,
    },
    budget::{self, Budgets, CallerId, Lane, Places, QuotaTable, RequestContext, table::Override},
    domain::{Api, Authority, Partition, Region, Service, Timestamp},
    fleet::{
        Fleet, Settings,
        settings::{MemberRole, OrganizationSettings, SessionSettings},
    },
};

/// Counts attempts by operation.
#[derive(Default)]
pub struct Attempts(Mutex<BTreeMap<Api, usize>>);

impl Attempts {
    /// How many attempts of this operation there were.
    pub fn of(&self, api: Api) -> usize {
        self.0.lock().unwrap().get(&api).copied().unwrap_or(0)
    }
}

impl AttemptObserver for Attempts {
    fn attempt(&self, attempt: Attempt<'_>) {
        *self.0.lock().unwrap().entry(attempt.api).or_default() += 1;
    }
}

/// A door, own credentials and a count of attempts.
pub struct Rig {
    pub door: Door,
    pub base: Arc<BaseIdentity>,
    pub attempts: Arc<Attempts>,
    /// The quotas that the door goes by.
    pub quotas: QuotaTable,
    pub stop: CancellationToken,
    task: Option<JoinHandle<()>>,
}

impl Rig {
    /// A rig for the AWS at `endpoint`, with these own credentials. Only CloudTrail has its real quotas.
    pub async fn new(endpoint: &str, key: &str, secret: &str) -> Self {
        let quotas = quick(|api| api.service() != Service::CloudTrail);
        Self::with(endpoint, key, secret, quotas, Duration::from_secs(10)).await
    }

    /// The same, with another quota of LookupEvents, in calls a second.
    pub async fn looking_up(endpoint: &str, key: &str, secret: &str, per_second: f64) -> Self {
        let mut quotas = overrides(|api| api.service() != Service::CloudTrail, 1_000.0);
        quotas.extend(overrides(|api| api == Api::LookupEvents, per_second));
        let quotas = QuotaTable::new(1.0, quotas);
        Self::with(endpoint, key, secret, quotas, Duration::from_secs(10)).await
    }

    /// The same without any real quota, for an AWS that has none either. An attempt may take this long.
    pub async fn unlimited(endpoint: &str, key: &str, secret: &str, attempt: Duration) -> Self {
        Self::with(endpoint, key, secret, quick(|_| true), attempt).await
    }

    async fn with(
        endpoint: &str,
        key: &str,
        secret: &str,
        quotas: QuotaTable,
        attempt: Duration,
    ) -> Self {
        let region: Region = "us-east-1".parse().unwrap();
        let sdk = BaseConfig {
            region: region.clone(),
            endpoint_url: Some(endpoint.to_owned()),
            credentials: Some(StaticCredentials {
                access_key_id: key.to_owned(),
                secret_access_key: secret.to_owned(),
            }),
            max_connections_per_host: 64,
        };
        let sdk = sdk.load().await.unwrap();
        let attempts = Arc::new(Attempts::default());
        let budgets = Budgets::new(budget::Settings::alone(
            quotas.clone(),
            Places::new(64),
            Instant::now(),
        ));
        let door = Door::new(&sdk, door_settings(attempt), budgets, attempts.clone());
        Self {
            base: BaseIdentity::new(&sdk, door.clone(), region),
            door,
            attempts,
            quotas,
            stop: CancellationToken::new(),
            task: None,
        }
    }

    /// The fleet, with its refresher running until this rig is dropped.
    pub fn fleet(&mut self, settings: Settings) -> Fleet {
        let base = self.base.clone();
        let (door, stop) = (self.door.clone(), self.stop.clone());
        let (fleet, refresher) = Fleet::new(settings, door, base, Arc::new(now), stop);
        self.task = Some(tokio::spawn(refresher.run()));
        fleet
    }

    /// Ends the refresher, and waits for it.
    pub async fn end(mut self) {
        self.stop.cancel();
        if let Some(task) = self.task.take() {
            let ended = tokio::time::timeout(Duration::from_secs(5), task).await;
            ended.expect("the refresher ends when told to").unwrap();
        }
    }
}

impl Drop for Rig {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

fn door_settings(attempt_timeout: Duration) -> aws::Settings {
    aws::Settings {
        partition: Partition::Commercial,
        straggler_after: Duration::from_secs(3),
        max_stragglers: 64,
        attempt_timeout,
        connect_timeout: Duration::from_secs(3),
        limits: Limits {
            attempts: 2,
            throttled_attempts: 3,
        },
    }
}

fn quick(which: impl Fn(Api) -> bool) -> QuotaTable {
    QuotaTable::new(1.0, overrides(which, 1_000.0))
}

fn overrides(which: impl Fn(Api) -> bool, per_second: f64) -> Vec<Override> {
    let which = Api::ALL.iter().filter(|api| which(**api));
    let which = which.map(|api| Override {
        api: *api,
        account: None,
        region: None,
        per_second: Some(per_second),
        share: None,
    });
    which.collect()
}

/// Settings that read the organization with own credentials and assume `role` in every account.
pub fn settings(role: &str, regions: &[&str]) -> Settings {
    let regions: Vec<Region> = regions.iter().map(|r| r.parse().unwrap()).collect();
    Settings {
        partition: Partition::Commercial,
        organization: Some(OrganizationSettings::default()),
        accounts: BTreeMap::new(),
        member_role: MemberRole::new(Partition::Commercial, role, None).ok(),
        hub_role: None,
        management_account: None,
        management_access: None,
        sessions: SessionSettings::of(regions[0].clone()),
        regions,
    }
}

/// The time of day.
pub fn now() -> Timestamp {
    let since = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap();
    Timestamp::from_nanos(i64::try_from(since.as_nanos()).unwrap())
}

/// A request that may take this long.
pub fn request(time: Duration) -> RequestContext {
    RequestContext {
        caller: CallerId::new("test"),
        lane: Lane::Interactive,
        deadline: Instant::now() + time,
        cancel: CancellationToken::new(),
        authority: Authority::unlimited(),
        span: tracing::Span::none(),
    }
}
