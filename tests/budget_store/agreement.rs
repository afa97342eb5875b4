//! The script and `Slots` agree slot for slot, on random histories.

use rand::{Rng, SeedableRng, rngs::SmallRng};
use redis::{Cmd, Value, aio::MultiplexedConnection};
use trailplane::budget::{
    slots::{Ask, CATCH_UP, Micros, Slots, Turns},
    store::redis::texts,
};

use crate::support::redis::Server;

const HISTORIES: u64 = 60;
const STEPS: usize = 60;
/// See script.rs: no slot is promised further ahead than (interval + this) a rank.
const REACH: Micros = 100_000;

/// One bucket of the store and its model.
struct Pair {
    connection: MultiplexedConnection,
    script: String,
    fleet: String,
    bucket: String,
    ranks: u32,
    open: u64,
    held: Micros,
    model: Slots,
    /// What was given last: its due, and its slots.
    last: Option<(Micros, Vec<Micros>)>,
}

impl Pair {
    async fn new(server: &Server, name: u64, rng: &mut SmallRng) -> Self {
        let client = redis::Client::open(server.url()).unwrap();
        let connection = client.get_multiplexed_async_connection().await.unwrap();
        let [_, script] = texts("e");
        let mut pair = Self {
            connection,
            script,
            fleet: format!("{{{name}}}fleet"),
            bucket: format!("{{{name}}}b"),
            ranks: rng.random_range(1..=48),
            open: rng.random(),
            held: 0,
            model: Slots::due_at(0),
            last: None,
        };
        pair.open &= (1 << pair.ranks) - 1;
        pair.held = match rng.random_bool(0.3) {
            true => pair.now().await,
            false => 0,
        };
        pair.set_fleet().await;
        pair
    }

    async fn now(&mut self) -> Micros {
        let (seconds, micros): (u64, u64) = redis::cmd("TIME")
            .query_async(&mut self.connection)
            .await
            .unwrap();
        seconds * 1_000_000 + micros
    }

    /// The fleet as beats would have left it.
    async fn set_fleet(&mut self) {
        let now = self.now().await;
        let far = now + 3_600_000_000;
        let mut command = redis::cmd("HSET");
        command.arg(&self.fleet).arg("epoch").arg("e");
        for (name, value) in [
            ("seen", now),
            ("held", self.held),
            ("n", u64::from(self.ranks)),
            ("mask", self.open),
            ("till", far),
        ] {
            command.arg(name).arg(value);
        }
        let _: Value = command.query_async(&mut self.connection).await.unwrap();
    }

    async fn call(&mut self, fill: impl FnOnce(&mut Cmd)) -> (Micros, Value) {
        let mut command = redis::cmd("EVAL");
        command.arg(&self.script).arg(2);
        command.arg(&self.fleet).arg(&self.bucket);
        command.arg("e").arg(0).arg(0);
        fill(&mut command);
        let answer: (String, Micros, Value) =
            command.query_async(&mut self.connection).await.unwrap();
        assert_eq!(answer.0, "ok");
        (answer.1, answer.2)
    }

    async fn reserve(&mut self, ask: Ask) {
        let (now, answer) = self
            .call(|command| {
                command.arg("r").arg(ask.count).arg(ask.interval);
                command.arg(ask.turn).arg(ask.not_before);
            })
            .await;
        let Value::Array(words) = answer else {
            panic!("{answer:?}");
        };
        let number = |value: &Value| match value {
            Value::Int(number) => Micros::try_from(*number).unwrap(),
            other => panic!("{other:?}"),
        };
        let given: Vec<Micros> = words[3..].iter().map(number).collect();
        let due = number(&words[0]);
        let slots = self.expected(now, ask);
        let delays: Vec<Micros> = slots.iter().map(|at| at.saturating_sub(now)).collect();
        assert_eq!(given, delays, "{ask:?} at {now} of {:?}", self.model);
        assert_eq!(due, self.model.due(), "{ask:?} at {now}");
        assert!(!given.is_empty() || number(&words[1]) > 0 || ask.count == 0);
        self.last = Some((due, slots));
    }

    /// What `Slots` gives, one after the other, as far as promises reach.
    fn expected(&mut self, now: Micros, ask: Ask) -> Vec<Micros> {
        let horizon = u64::from(self.ranks) * (ask.interval + REACH);
        self.model.hold(self.held + horizon + ask.interval);
        let turns = Turns::of(self.ranks, self.open);
        let mut slots = Vec::new();
        let mut one = Ask { count: 1, ..ask };
        for _ in 0..ask.count {
            let mut next = self.model;
            let Some(&slot) = next.reserve(now, one, turns).first() else {
                break;
            };
            if slot > now + horizon {
                break;
            }
            slots.push(slot);
            self.model = next;
            one.not_before = 0;
        }
        slots
    }

    async fn give_back(&mut self, rng: &mut SmallRng) {
        let Some((due, slots)) = &self.last else {
            return;
        };
        // Sometimes a claim that fits nothing.
        let due = *due + u64::from(rng.random_bool(0.2));
        let unused = match slots.as_slice() {
            [] => due.saturating_sub(1),
            slots => slots[rng.random_range(0..slots.len())],
        };
        self.call(|command| {
            command.arg("g").arg(due).arg(unused);
        })
        .await;
        self.model.give_back(due, unused);
    }

    async fn hold(&mut self, rng: &mut SmallRng) {
        let hold = rng.random_range(0..400_000);
        let (now, _) = self
            .call(|command| {
                command
                    .arg("s")
                    .arg(hold)
                    .arg(0)
                    .arg(0)
                    .arg("a pace of some words");
            })
            .await;
        self.model.hold(self.model.due().max(now) + hold);
    }

    async fn step(&mut self, rng: &mut SmallRng) {
        match rng.random_range(0..20) {
            0..=12 => {
                let interval = 10_u64.pow(rng.random_range(1..=5)) * rng.random_range(1..=9);
                let ask = Ask {
                    count: rng.random_range(0..8),
                    interval,
                    turn: match rng.random_bool(0.5) {
                        true => interval,
                        false => rng.random_range(1..=interval),
                    },
                    not_before: match rng.random_bool(0.2) {
                        true => rng.random_range(0..interval * 3),
                        false => 0,
                    },
                };
                self.reserve(ask).await;
            }
            13..=15 => self.give_back(rng).await,
            16 => self.hold(rng).await,
            17 => {
                self.open = rng.random::<u64>() & ((1 << self.ranks) - 1);
                self.set_fleet().await;
            }
            18 => {
                self.open = (1 << self.ranks) - 1;
                self.set_fleet().await;
            }
            // Long enough for slots to be caught up with, or missed.
            _ => {
                let idle = rng.random_range(0..CATCH_UP * 2);
                tokio::time::sleep(std::time::Duration::from_micros(idle)).await;
            }
        }
    }
}

#[tokio::test]
async fn the_script_and_slots_agree_slot_for_slot() {
    let server = Server::start().await;
    for seed in 0..HISTORIES {
        let mut rng = SmallRng::seed_from_u64(seed);
        eprintln!("history {seed}");
        let mut pair = Pair::new(&server, seed, &mut rng).await;
        for _ in 0..STEPS {
            pair.step(&mut rng).await;
        }
    }
}
