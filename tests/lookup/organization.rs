//! A simulated organization with the service's use cases over it, and the answers that must come.

use std::{sync::Arc, time::Duration};

use tokio::net::TcpListener;
use trailplane::{
    domain::{Cell, EventKey, LookupAttribute, Partition, TimeWindow, Timestamp},
    events::{CursorKeys, Events, LookupRequest, Settings},
    fleet::{Fleet, settings::MemberRole},
    sandbox::{Clock, HUB_ACCESS_KEY_ID, HUB_SECRET_ACCESS_KEY, ManualClock, Sandbox, Scenario},
};

use crate::support::rig::{Rig, settings};

/// The time at which every test begins: fixed, so that events are the same in every run, and well ahead of the
/// system's clock, by which the sessions that the sandbox gives out must not have ended.
pub const NOW: Timestamp = Timestamp::from_seconds(2_000_000_000);

/// A scenario being served, and a service over it.
pub struct Organization {
    pub sandbox: Sandbox,
    pub events: Events,
    pub fleet: Fleet,
    pub hand: ManualClock,
    pub regions: Vec<String>,
    rig: Rig,
}

impl Organization {
    /// Serves the scenario, with time standing still.
    pub async fn start(scenario: Scenario) -> Self {
        Self::with(scenario, Settings::default()).await
    }

    /// The same, with these settings of the service.
    pub async fn with(scenario: Scenario, how: Settings) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let regions: Vec<String> = scenario.regions.iter().map(ToString::to_string).collect();
        let role = scenario.role.name.clone();
        let external_id = scenario
            .role
            .external_id
            .as_deref()
            .and_then(|id| id.parse().ok());
        let hand = ManualClock::at(NOW);
        let per_second = scenario.quotas.per_second.get("LookupEvents").copied();
        let sandbox = Sandbox::start_at(scenario, listener, Clock::manual(&hand)).unwrap();
        let (url, key, secret) = (
            sandbox.endpoint_url(),
            HUB_ACCESS_KEY_ID,
            HUB_SECRET_ACCESS_KEY,
        );
        let mut rig = match per_second {
            Some(per_second) => Rig::looking_up(&url, key, secret, per_second).await,
            None => Rig::new(&url, key, secret).await,
        };
        let names: Vec<&str> = regions.iter().map(String::as_str).collect();
        let mut settings = settings(&role, &names);
        settings.member_role = MemberRole::new(Partition::Commercial, &role, external_id).ok();
        let fleet = rig.fleet(settings);
        let events = service(&rig, &fleet, &hand, how);
        Self {
            sandbox,
            events,
            fleet,
            hand,
            regions,
            rig,
        }
    }

    /// Another process: it shares nothing with the first but the key of cursors.
    pub fn another(&self) -> Events {
        self.another_with(Settings::default())
    }

    /// The same, with these settings.
    pub fn another_with(&self, how: Settings) -> Events {
        service(&self.rig, &self.fleet, &self.hand, how)
    }

    /// Every cell of the scenario.
    pub fn cells(&self, accounts: &[&str]) -> Vec<Cell> {
        let account = |id: &&str| id.parse().unwrap();
        let cells = accounts.iter().flat_map(|id| {
            self.regions.iter().map(move |region| Cell {
                account: account(id),
                region: region.parse().unwrap(),
            })
        });
        cells.collect()
    }

    /// The keys of all events of these cells in the window, in the total order.
    pub fn expected(
        &self,
        cells: &[Cell],
        window: TimeWindow,
        by: Option<&LookupAttribute>,
    ) -> Vec<EventKey> {
        let mut keys: Vec<EventKey> = cells
            .iter()
            .flat_map(|cell| {
                let events = self
                    .sandbox
                    .events(cell.account, &cell.region, window, by)
                    .unwrap();
                events.into_iter().map(|event| EventKey {
                    time: Timestamp::from_seconds(event.second),
                    account: cell.account,
                    region: cell.region.clone(),
                    event_id: event.event_id.into(),
                })
            })
            .collect();
        keys.sort();
        keys
    }
}

fn service(rig: &Rig, fleet: &Fleet, hand: &ManualClock, how: Settings) -> Events {
    let keys = CursorKeys::new(&[vec![7; 32]]).unwrap();
    let clock = Clock::manual(hand);
    Events::new(
        rig.door.clone(),
        fleet.clone(),
        keys,
        how,
        Arc::new(move || clock.now()),
    )
}

/// The last so many seconds.
pub fn last(seconds: u64) -> LookupRequest {
    LookupRequest {
        start: Some(NOW.minus(Duration::from_secs(seconds))),
        page_size: 50,
        ..LookupRequest::default()
    }
}

/// The window of [`last`].
pub fn window(seconds: u64) -> TimeWindow {
    TimeWindow::new(NOW.minus(Duration::from_secs(seconds)), NOW).unwrap()
}

/// Nothing was throttled by buckets of depth 2 (the quota), and no bucket was asked for more than its quota over its
/// whole time. A slot taken late leaves the next one where it was, and a packet takes its time: three attempts can so
/// fall into one second, and then fewer fall into the next.
pub fn assert_within_budget(sandbox: &Sandbox) {
    let summary = sandbox.summary();
    assert_eq!(sandbox.ledger().throttles(), 0, "{summary:?}");
    for bucket in summary
        .buckets
        .iter()
        .filter(|bucket| bucket.api == "LookupEvents")
    {
        let span = Duration::from_micros(bucket.last_micros - bucket.first_micros).as_secs_f64();
        assert!(bucket.attempts as f64 <= 2.0 * span + 1.5, "{bucket:?}");
        assert!(bucket.max_in_any_second <= 3, "{bucket:?}");
    }
}
