//! What contradicts itself about the store of the budgets.

use crate::config::{
    Config,
    reader::Reader,
    values::{BudgetStore, RedisMode},
};

pub(super) fn contradictions(config: &Config, faults: &mut Reader) {
    let budget = &config.budget;
    match (budget.store, budget.replicas) {
        (BudgetStore::Embedded, Some(replicas)) if replicas > 1 => faults.fault(
            "budget.replicas",
            "1, or `budget.store: redis` (or `static`): with the embedded store each replica would spend all of each quota",
            replicas.to_string(),
        ),
        (BudgetStore::Redis | BudgetStore::Static, None) => faults.fault(
            "budget.replicas",
            "the number of replicas, because budget.store is not embedded",
            "nothing",
        ),
        _ => {}
    }
    if budget.store == BudgetStore::Redis {
        shared(config, faults);
    } else if !budget.redis.urls.is_empty() {
        faults.fault(
            "budget.store",
            "redis, because budget.redis.urls is set",
            "another store",
        );
    }
}

fn shared(config: &Config, faults: &mut Reader) {
    let servers = &config.budget.redis;
    let urls = servers.urls.len();
    let tls = servers.urls.iter().filter(|url| url.is_tls()).count();
    if urls == 0 {
        faults.fault(
            "budget.redis.urls",
            "at least one URL, because budget.store is redis",
            "none",
        );
    } else if urls > 1 && servers.mode == RedisMode::Single {
        faults.fault(
            "budget.redis.urls",
            "one URL, or `budget.redis.mode: sentinel` (or `cluster`)",
            format!("{urls} URLs"),
        );
    }
    if tls != 0 && tls != urls {
        faults.fault(
            "budget.redis.urls",
            "all with TLS (rediss://) or none",
            format!("{tls} of {urls} with TLS"),
        );
    }
    if servers.ca_file.is_some() && urls > 0 && tls == 0 {
        faults.fault(
            "budget.redis.ca_file",
            "URLs that begin with rediss://, or no ca_file",
            "no URL with TLS",
        );
    }
    sentinel(config, faults);
    if servers.username.is_some() && servers.password.is_none() {
        faults.fault(
            "budget.redis.password",
            "the password of budget.redis.username",
            "nothing",
        );
    }
}

fn sentinel(config: &Config, faults: &mut Reader) {
    let servers = &config.budget.redis;
    let named = servers.sentinel_service.is_some();
    if servers.mode == RedisMode::Sentinel && !named {
        faults.fault(
            "budget.redis.sentinel_service",
            "the Sentinels' name of the primary, because budget.redis.mode is sentinel",
            "nothing",
        );
    } else if servers.mode != RedisMode::Sentinel && named {
        faults.fault(
            "budget.redis.mode",
            "sentinel, because budget.redis.sentinel_service is set",
            "another mode",
        );
    }
    if servers.sentinel_username.is_some() && servers.sentinel_password.is_none() {
        faults.fault(
            "budget.redis.sentinel_password",
            "the password of budget.redis.sentinel_username",
            "nothing",
        );
    }
}
