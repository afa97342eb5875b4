//! Looking events up.

use std::sync::Arc;

use crate::{
    app::{AppError, error::chain},
    aws::Door,
    config::{self, CacheKind, Config},
    domain::WallClock,
    events::{
        CursorKeys, Events, Settings,
        cache::{CacheError, EventCache},
        tail, warm_up,
    },
    fleet::Fleet,
};

use super::observers::Lookups;

/// The use cases of looking events up, by this clock.
pub(in crate::app) fn open(
    config: &Config,
    door: Door,
    fleet: Fleet,
    clock: WallClock,
    keys: CursorKeys,
    observer: Lookups,
) -> Result<Events, AppError> {
    let settings = Settings {
        settle_lag: config.events.settle_lag,
        stream_memory_bytes: config.events.stream_memory_bytes.0,
        patience: config.events.cell_patience,
        tail: tail::Settings::default(),
    };
    let events = Events::new(door, fleet, keys, settings, clock);
    Ok(events
        .observed_by(Arc::new(observer))
        .with_cache(cache(&config.events.cache)?))
}

/// What is read before anybody asks, if anything is.
pub(in crate::app) fn warm_up(config: &Config) -> Option<warm_up::Settings> {
    let wanted = &config.events.warm_up;
    let places = config.aws.max_in_flight / 2;
    let usual = warm_up::Settings::default();
    wanted.enabled.then(|| warm_up::Settings {
        targets: wanted.targets.clone(),
        days: wanted.days,
        interval: wanted.interval,
        // Batch work has the same places, and somebody waits for it.
        at_once: usual.at_once.min(places / 4).max(1),
        ..usual
    })
}

/// What is remembered. A file that another process still has, as while a pod takes over from another, is no reason not to start.
fn cache(cache: &config::Cache) -> Result<EventCache, AppError> {
    let bytes = cache.max_bytes.0 as u64;
    let directory = match (cache.kind, &cache.directory) {
        (CacheKind::Off, _) => return Ok(EventCache::off()),
        (CacheKind::Memory, _) | (CacheKind::Disk, None) => {
            return Ok(EventCache::in_memory(bytes));
        }
        (CacheKind::Disk, Some(directory)) => directory,
    };
    match EventCache::on_disk(directory, bytes) {
        Err(error @ CacheError::InUse { .. }) => {
            tracing::warn!(%error, "events are cached in memory, until the next start");
            Ok(EventCache::in_memory(bytes))
        }
        opened => opened.map_err(|error| AppError::Start {
            step: "the event cache",
            message: chain(&error),
        }),
    }
}

/// The keys that page tokens are signed with: the same for all that has pages.
pub(in crate::app) fn keys(cursor: &config::Cursor) -> CursorKeys {
    let secrets: Vec<Vec<u8>> = cursor
        .keys
        .iter()
        .map(|key| key.expose().to_vec())
        .collect();
    CursorKeys::new(&secrets).unwrap_or_else(|| {
        tracing::warn!(
            "cursor.keys is empty: a random key was made; page tokens will not work on other \
             replicas or after a restart"
        );
        CursorKeys::random()
    })
}
