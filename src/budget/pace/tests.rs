use rand::{Rng, SeedableRng, rngs::SmallRng};

use super::*;

/// How a server may count; times in seconds.
enum Server {
    TokenBucket { depth: f64, level: f64, at: f64 },
    SlidingLog(Vec<f64>),
    FixedWindow { second: f64, used: u32 },
}

const QUOTA: f64 = 2.0;

impl Server {
    fn bucket(depth: f64) -> Self {
        let (level, at) = (depth, 0.0);
        Self::TokenBucket { depth, level, at }
    }

    fn admits(&mut self, now: f64) -> bool {
        match self {
            Self::TokenBucket { depth, level, at } => {
                *level = (*level + (now - *at).max(0.0) * QUOTA).min(*depth);
                *at = at.max(now);
                let admitted = *level >= 1.0;
                *level -= f64::from(u8::from(admitted));
                admitted
            }
            Self::SlidingLog(log) => {
                log.retain(|at| at + 1.0 > now);
                let admitted = log.len() < 2;
                if admitted {
                    log.push(now);
                }
                admitted
            }
            Self::FixedWindow { second, used } => {
                if now.floor() > *second {
                    (*second, *used) = (now.floor(), 0);
                }
                *used += 1;
                *used <= 2
            }
        }
    }
}

/// Somebody who spends half of the quota for `active` of every `period` seconds, at moments that are not ours.
struct Neighbour {
    active: f64,
    period: f64,
    next: f64,
    tried: u32,
    refused: u32,
}

impl Neighbour {
    fn catch_up(&mut self, now: f64, server: &mut Server, random: &mut SmallRng) {
        while self.next <= now {
            if self.next % self.period < self.active {
                self.tried += 1;
                self.refused += u32::from(!server.admits(self.next));
                self.next = self.next.floor() + 1.0 + random.random::<f64>();
            } else {
                self.next += self.period - self.next % self.period;
            }
        }
    }
}

#[derive(Debug)]
struct Seen {
    used: f64,
    throttled: f64,
    neighbour_succeeds: f64,
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a simulation"
)]
fn clock(seconds: f64) -> Micros {
    (seconds * 1e6) as Micros
}

/// Saturating demand for an hour, arrivals blurred by |N(0, `blur`)|; counted after the first minute.
fn simulate(mut server: Server, blur: f64, active: f64, period: f64, seed: u64) -> Seen {
    let mut random = SmallRng::seed_from_u64(seed);
    let mut neighbour = Neighbour {
        active,
        period,
        next: random.random::<f64>(),
        tried: 0,
        refused: 0,
    };
    let mut pace: Option<Pace> = None;
    let (mut now, mut sent, mut throttled) = (random.random::<f64>(), 0u32, 0u32);
    while now < 3_600.0 {
        let normal: f64 = (0..12).map(|_| random.random::<f64>()).sum::<f64>() - 6.0;
        let arrives = now + normal.abs() * blur;
        neighbour.catch_up(arrives, &mut server, &mut random);
        let admitted = server.admits(arrives);
        if now > 60.0 {
            sent += 1;
            throttled += u32::from(!admitted);
        }
        let factor = pace.map_or(1.0, |pace| pace.factor(clock(now)));
        now += 1.0 / (QUOTA * factor);
        if !admitted {
            match &mut pace {
                None => pace = Some(Pace::cut(clock(arrives))),
                Some(pace) => {
                    pace.throttled(clock(arrives));
                }
            }
            now = now.max(arrives + 1.0);
        }
    }
    Seen {
        used: f64::from(sent - throttled) / (3_540.0 * QUOTA),
        throttled: f64::from(throttled) / f64::from(sent),
        neighbour_succeeds: 1.0 - f64::from(neighbour.refused) / f64::from(neighbour.tried.max(1)),
    }
}

#[test]
fn a_bucket_of_depth_two_is_spent_whole_and_never_throttles() {
    for (seed, blur) in [(1, 0.02), (2, 0.002), (3, 0.0)] {
        let seen = simulate(Server::bucket(2.0), blur, 0.0, 1.0, seed);
        assert!(
            seen.used >= 0.98 && seen.throttled == 0.0,
            "{seed}: {seen:?}"
        );
    }
}

#[test]
fn strict_servers_are_learnt_in_a_minute() {
    for seed in 0..12 {
        let window = Server::FixedWindow {
            second: -1.0,
            used: 0,
        };
        for server in [Server::bucket(1.0), Server::SlidingLog(Vec::new()), window] {
            for blur in [0.02, 0.002] {
                let fresh = match &server {
                    Server::TokenBucket { depth, .. } => Server::bucket(*depth),
                    Server::SlidingLog(_) => Server::SlidingLog(Vec::new()),
                    Server::FixedWindow { .. } => Server::FixedWindow {
                        second: -1.0,
                        used: 0,
                    },
                };
                let seen = simulate(fresh, blur, 0.0, 1.0, seed);
                assert!(
                    seen.used >= 0.89 && seen.throttled <= 0.005,
                    "seed {seed}, blur {blur}: {seen:?}"
                );
            }
        }
    }
}

#[test]
fn a_neighbour_gets_through_and_costs_little() {
    for seed in 0..12 {
        for (active, period) in [(60.0, 180.0), (100.0, 300.0)] {
            let seen = simulate(Server::bucket(2.0), 0.02, active, period, seed);
            assert!(
                seen.throttled <= 0.02 && seen.neighbour_succeeds >= 0.9 && seen.used >= 0.7,
                "seed {seed}, {active} of {period} s: {seen:?}"
            );
        }
    }
}

#[test]
fn a_throttle_cuts_and_ten_quiet_seconds_heal() {
    let pace = Pace::cut(SECOND);
    assert!((pace.factor(SECOND) - CUT).abs() < 1e-9);
    let half = pace.factor(6 * SECOND);
    assert!(half > CUT && half < 1.0);
    assert!((pace.factor(11 * SECOND) - 1.0).abs() < 1e-9);
    assert!(pace.foreign(SECOND) > 0.5 && pace.foreign(11 * SECOND) < 1e-9);
    assert!(pace.forgotten(11 * SECOND));
}

#[test]
fn a_burst_of_throttles_is_one_cut_and_never_is_nothing_left() {
    let mut pace = Pace::cut(0);
    for ms in 1..1_000 {
        assert!(!pace.throttled(ms * 1_000));
    }
    assert!((pace.factor(0) - CUT).abs() < 1e-9);
    for second in 1..1_000 {
        pace.throttled(second * SECOND);
        assert!(pace.factor(second * SECOND) >= FLOOR);
    }
}

#[test]
fn it_travels_in_words() {
    let mut pace = Pace::cut(5 * SECOND);
    for second in 17..60 {
        pace.throttled(second * SECOND);
        let text = pace.encode(1_000_000_000);
        let back = Pace::decode(&text, 1_000_000_000).unwrap();
        for later in 0..60 {
            let at = (second + later) * SECOND;
            assert!((back.factor(at) - pace.factor(at)).abs() < 1e-5, "{text}");
        }
        assert_eq!(back.encode(7), pace.encode(7));
    }
    for bad in [
        "",
        "1",
        "2 0 1 1 1 1 1 1 1 1 1 1",
        "1 9 1 1 1 1 1 1 1 1 1 1",
        "x",
    ] {
        assert_eq!(Pace::decode(bad, 0), None);
    }
}
