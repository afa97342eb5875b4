//! Where the slots of budgets come from.

use std::{path::Path, sync::Arc};

use tokio::time::Instant;

use crate::{
    app::AppError,
    budget::store::{
        Store,
        alone::ByItself,
        redis::{Login, Password, Redis, RedisDriver, RedisSettings, Topology},
    },
    config::{self, BudgetStore, RedisMode, Secret},
};

/// A store, and what keeps it in touch with others if it has any.
pub(in crate::app) struct Opened {
    pub(in crate::app) store: Arc<dyn Store>,
    pub(in crate::app) driver: Option<RedisDriver>,
}

/// The store of this configuration. It connects to nothing yet: while it cannot be reached, its status says so.
pub(in crate::app) fn open(budget: &config::Budget, born: Instant) -> Result<Opened, AppError> {
    let replicas = budget.replicas.unwrap_or(1);
    let alone = |store: ByItself| Opened {
        store: Arc::new(store),
        driver: None,
    };
    Ok(match budget.store {
        BudgetStore::Embedded => alone(ByItself::embedded()),
        BudgetStore::Static => alone(ByItself::static_share(replicas)),
        BudgetStore::Redis => {
            let (store, driver) = Redis::new(settings(&budget.redis, replicas)?, born);
            Opened {
                store: Arc::new(store),
                driver: Some(driver),
            }
        }
    })
}

fn settings(servers: &config::Redis, replicas: u32) -> Result<RedisSettings, AppError> {
    let topology = match servers.mode {
        RedisMode::Single => Topology::Single,
        RedisMode::Cluster => Topology::Cluster,
        RedisMode::Sentinel => Topology::Sentinel {
            service: servers.sentinel_service.clone().unwrap_or_default(),
            login: login(&servers.sentinel_username, &servers.sentinel_password),
        },
    };
    Ok(RedisSettings {
        topology,
        urls: servers
            .urls
            .iter()
            .map(|url| url.as_str().to_owned())
            .collect(),
        login: login(&servers.username, &servers.password),
        ca_pem: servers.ca_file.as_deref().map(read).transpose()?,
        timeout: servers.timeout,
        key_prefix: servers.key_prefix.as_str().to_owned(),
        replicas,
    })
}

fn login(username: &Option<String>, password: &Option<Secret<String>>) -> Login {
    let password = password.as_ref();
    Login {
        username: username.clone(),
        password: password.map(|secret| Password::new(secret.expose().clone())),
    }
}

fn read(file: &Path) -> Result<Vec<u8>, AppError> {
    std::fs::read(file).map_err(|error| AppError::File {
        path: file.to_owned(),
        message: error.to_string(),
    })
}
