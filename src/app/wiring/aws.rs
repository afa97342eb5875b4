//! The door to AWS, its budgets, and our own identity.

use std::sync::Arc;

use tokio::time::Instant;

use crate::{
    app::AppError,
    aws::{BaseConfig, BaseIdentity, Door, Settings, base::StaticCredentials, classify::Limits},
    budget::{self, Budgets, Places, QuotaTable, store::redis::RedisDriver, table::Override},
    config::{self, Config},
    domain::Region,
};

use super::{budget::Opened, observers::Attempts};

/// The simulated AWS, instead of the real one.
pub(in crate::app) struct Simulated {
    pub(in crate::app) endpoint_url: String,
    pub(in crate::app) credentials: StaticCredentials,
}

/// What the other rooms need of AWS.
pub(in crate::app) struct Aws {
    pub(in crate::app) door: Door,
    pub(in crate::app) identity: Arc<BaseIdentity>,
    pub(in crate::app) sts_region: Region,
    /// Live: what is learned of it counts in the door's budgets.
    pub(in crate::app) quotas: QuotaTable,
    /// What is left of each quota.
    pub(in crate::app) budgets: Budgets,
    /// Keeps the store that replicas share in touch, if there is one. It must run, until nothing is spent any more.
    pub(in crate::app) store: Option<RedisDriver>,
}

/// Makes the door. `born` is the start of the process: budgets count as just spent then.
pub(in crate::app) async fn open(
    config: &Config,
    simulated: Option<Simulated>,
    observer: Attempts,
    born: Instant,
) -> Result<Aws, AppError> {
    let aws = &config.aws;
    let failed = |message: String| AppError::Start {
        step: "AWS",
        message,
    };
    let sts_region = aws
        .sts_region
        .as_ref()
        .or(aws.regions.first())
        .ok_or_else(|| failed("there is no Region".to_owned()))?
        .clone();
    let (endpoint_url, credentials) = simulated
        .map(|simulated| (simulated.endpoint_url, simulated.credentials))
        .unzip();
    let base = BaseConfig {
        region: sts_region.clone(),
        endpoint_url,
        credentials,
        // Every call in flight may be to one host: STS, or one Region of CloudTrail.
        max_connections_per_host: aws.most_in_flight(),
    };
    let sdk = base
        .load()
        .await
        .map_err(|error| failed(error.to_string()))?;
    let quotas = QuotaTable::new(config.quotas.share, overrides(&config.quotas));
    let Opened { store, driver } = super::budget::open(&config.budget, born)?;
    let budgets = Budgets::new(budget::Settings {
        quotas: quotas.clone(),
        store,
        places: Places::new(aws.max_in_flight),
        most_waiting: config.budget.max_waiting,
        born,
    });
    let door = Door::new(&sdk, settings(aws), budgets.clone(), Arc::new(observer));
    let identity = BaseIdentity::new(&sdk, door.clone(), sts_region.clone());
    Ok(Aws {
        door,
        identity,
        sts_region,
        quotas,
        budgets,
        store: driver,
    })
}

fn settings(aws: &config::Aws) -> Settings {
    Settings {
        partition: aws.partition,
        straggler_after: aws.straggler_after,
        max_stragglers: aws.max_stragglers,
        attempt_timeout: aws.attempt_timeout,
        connect_timeout: aws.connect_timeout,
        limits: Limits {
            attempts: aws.max_attempts,
            throttled_attempts: aws.max_throttled_attempts,
        },
    }
}

/// What the operator knows better of quotas.
pub(in crate::app) fn overrides(quotas: &config::Quotas) -> Vec<Override> {
    let overrides = quotas.overrides.iter().map(|quota| Override {
        api: quota.api,
        account: quota.account,
        region: quota.region.clone(),
        per_second: quota.per_second,
        share: quota.share,
    });
    overrides.collect()
}
