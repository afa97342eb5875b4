//! Looking events up.

use std::sync::Arc;

use crate::{
    aws::Door,
    config::{self, Config},
    domain::WallClock,
    events::{CursorKeys, Events, Settings, tail},
    fleet::Fleet,
    telemetry::Metrics,
};

use super::observers::Lookups;

/// The use cases of looking events up, by this clock.
pub(in crate::app) fn open(
    config: &Config,
    door: Door,
    fleet: Fleet,
    clock: WallClock,
    metrics: Metrics,
) -> Events {
    let settings = Settings {
        settle_lag: config.events.settle_lag,
        stream_memory_bytes: config.events.stream_memory_bytes.0,
        patience: config.events.cell_patience,
        tail: tail::Settings::default(),
    };
    Events::new(door, fleet, keys(&config.cursor), settings, clock)
        .observed_by(Arc::new(Lookups(metrics)))
}

fn keys(cursor: &config::Cursor) -> CursorKeys {
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
