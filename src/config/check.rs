//! Values that are right alone and wrong together.

mod budget;
mod listeners;
mod tokens;

use std::{collections::HashSet, time::Duration};

use crate::domain::{Partition, Region, RoleArn};

use super::{Config, Purpose, duration, reader::Reader, values::CacheKind};

/// Notes every contradiction.
pub(super) fn contradictions(config: &Config, purpose: Purpose, faults: &mut Reader) {
    listeners::contradictions(config, faults);
    tokens::contradictions(&config.grpc.tokens, faults);
    orders(config, faults);
    partitions(config, faults);
    accounts(config, faults);
    budget::contradictions(config, faults);
    cache(config, faults);
    warm_up(config, faults);
    audit(config, faults);
    if purpose == Purpose::Service {
        required(config, faults);
    }
}

/// Pairs of which the first must not be longer than the second.
fn orders(config: &Config, faults: &mut Reader) {
    let (deadlines, drain, aws) = (&config.deadlines, &config.drain, &config.aws);
    let pairs: [(&str, Duration, &str, Duration); 6] = [
        (
            "deadlines.unary_default",
            deadlines.unary_default,
            "deadlines.unary_max",
            deadlines.unary_max,
        ),
        (
            "deadlines.stream_default",
            deadlines.stream_default,
            "deadlines.stream_max",
            deadlines.stream_max,
        ),
        ("drain.delay", drain.delay, "drain.grace", drain.grace),
        (
            "drain.grace",
            drain.grace,
            "drain.hard_stop",
            drain.hard_stop,
        ),
        (
            "aws.straggler_after",
            aws.straggler_after,
            "aws.attempt_timeout",
            aws.attempt_timeout,
        ),
        (
            "aws.connect_timeout",
            aws.connect_timeout,
            "aws.attempt_timeout",
            aws.attempt_timeout,
        ),
    ];
    for (key, value, other, limit) in pairs {
        if value > limit {
            let expected = format!("at most {other}, which is {}", duration::show(limit));
            faults.fault(key, expected, duration::show(value));
        }
    }
    let limits = &config.limits;
    let rates = [
        ("requests", &limits.requests),
        ("streams", &limits.streams),
        ("changes", &limits.changes),
    ];
    for (name, rate) in rates
        .into_iter()
        .filter(|(_, rate)| rate.burst < rate.per_second)
    {
        let expected = format!(
            "at least limits.{name}.per_second, which is {}",
            rate.per_second
        );
        let key = format!("limits.{name}.burst");
        faults.fault(&key, expected, rate.burst.to_string());
    }
}

fn partitions(config: &Config, faults: &mut Reader) {
    let partition = config.aws.partition;
    let regions = config
        .aws
        .regions
        .iter()
        .map(|region| ("aws.regions".to_owned(), region));
    let sts = config
        .aws
        .sts_region
        .iter()
        .map(|region| ("aws.sts_region".to_owned(), region));
    let overrides = (0..)
        .zip(&config.quotas.overrides)
        .filter_map(|(i, over): (usize, _)| {
            Some((
                format!("quotas.overrides[{i}].region"),
                over.region.as_ref()?,
            ))
        });
    for (key, region) in regions.chain(sts).chain(overrides) {
        region_in(partition, &key, region, faults);
    }
    twice(config.aws.regions.iter(), |region, _| {
        faults.fault("aws.regions", "each Region once", format!("{region} again"));
    });
    let roles = [
        ("aws.hub_role_arn", &config.aws.hub_role_arn),
        ("aws.management.role_arn", &config.aws.management.role_arn),
    ];
    for (key, role) in roles {
        if let Some(role) = role {
            role_in(partition, key, role, faults);
        }
    }
}

fn region_in(partition: Partition, key: &str, region: &Region, faults: &mut Reader) {
    if region.partition() != partition {
        let found = format!("{region}, a Region of {}", region.partition());
        faults.fault(
            key,
            format!("a Region of aws.partition, which is {partition}"),
            found,
        );
    }
}

fn role_in(partition: Partition, key: &str, role: &RoleArn, faults: &mut Reader) {
    if role.partition() != partition {
        let expected = format!("a role of aws.partition, which is {partition}");
        faults.fault(key, expected, role.to_string());
    }
}

fn accounts(config: &Config, faults: &mut Reader) {
    let accounts = &config.fleet.accounts;
    for (i, account) in accounts.iter().enumerate() {
        let Some(role) = &account.role_arn else {
            continue;
        };
        let key = format!("fleet.accounts[{i}].role_arn");
        role_in(config.aws.partition, &key, role, faults);
        if role.account() != account.id {
            faults.fault(
                &key,
                format!("a role of account {}", account.id),
                role.to_string(),
            );
        }
    }
    twice(accounts.iter().map(|account| account.id), |id, i| {
        faults.fault(
            &format!("fleet.accounts[{i}].id"),
            "each account once",
            format!("{id} again"),
        );
    });
    let management = &config.aws.management;
    if let (Some(id), Some(role)) = (management.account_id, &management.role_arn)
        && role.account() != id
    {
        let expected = format!("a role of aws.management.account_id, which is {id}");
        faults.fault("aws.management.role_arn", expected, role.to_string());
    }
}

fn cache(config: &Config, faults: &mut Reader) {
    let cache = &config.events.cache;
    match (cache.kind, &cache.directory) {
        (CacheKind::Disk, None) => faults.fault(
            "events.cache.directory",
            "a directory, because events.cache.kind is disk",
            "nothing",
        ),
        (CacheKind::Off | CacheKind::Memory, Some(_)) => faults.fault(
            "events.cache.kind",
            "disk, because events.cache.directory is set",
            "another kind",
        ),
        _ => {}
    }
}

fn warm_up(config: &Config, faults: &mut Reader) {
    let warm_up = &config.events.warm_up;
    for (i, region) in warm_up.targets.regions.iter().enumerate() {
        let key = format!("events.warm_up.regions[{i}]");
        region_in(config.aws.partition, &key, region, faults);
        let known = &config.aws.regions;
        if !known.is_empty() && !known.contains(region) {
            faults.fault(&key, "one of aws.regions", region.to_string());
        }
    }
    if warm_up.enabled && config.events.cache.kind == CacheKind::Off {
        let expected = "false, because events.cache.kind is off: there is nothing to keep it in";
        faults.fault("events.warm_up.enabled", expected, "true");
    }
}

fn audit(config: &Config, faults: &mut Reader) {
    let audit = &config.audit;
    if audit.key_file.is_some() && audit.file.is_none() && !audit.stdout {
        let expected = "a file, or audit.stdout: true, because audit.key_file is set";
        faults.fault("audit.file", expected, "nothing");
    }
    if audit.otlp && audit.file.is_none() && !audit.stdout {
        let expected = "a file, or audit.stdout: true, because audit.otlp sends copies of what is written there";
        faults.fault("audit.file", expected, "nothing");
    }
    if audit.otlp && config.telemetry.endpoint.is_none() {
        let expected = "the address of a collector, because audit.otlp is true";
        faults.fault("telemetry.otlp_endpoint", expected, "nothing");
    }
}

/// What a real organization can't do without.
fn required(config: &Config, faults: &mut Reader) {
    if config.aws.regions.is_empty() {
        faults.fault("aws.regions", "at least one Region", "none");
    }
    let fleet = &config.fleet;
    if !fleet.organizations && fleet.accounts.is_empty() {
        let expected = "accounts, or fleet.organizations: true";
        faults.fault("fleet.accounts", expected, "none");
    }
    let all_have_one = fleet
        .accounts
        .iter()
        .all(|account| account.role_arn.is_some());
    if config.aws.role_name.is_none() && (fleet.organizations || !all_have_one) {
        let expected = "the name of the role to assume in member accounts, or a role_arn in each of \
                        fleet.accounts and fleet.organizations: false";
        faults.fault("aws.role_name", expected, "nothing");
    }
}

/// Tells of each value that was there before, with its index.
fn twice<T: std::hash::Hash + Eq>(
    values: impl Iterator<Item = T>,
    mut tell: impl FnMut(&T, usize),
) {
    let mut seen = HashSet::new();
    for (i, value) in values.enumerate() {
        if let Some(value) = seen.replace(value) {
            tell(&value, i);
        }
    }
}
