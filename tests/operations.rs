//! The door's own operations, one by one, against AWSs that others wrote: what is sent is understood, and what comes
//! back is read.

mod ministack;
mod moto;

use std::time::Duration;

use trailplane::{
    budget::{RequestContext, Tally},
    domain::Region,
};

use crate::support::{
    emulator::Emulator,
    rig::{Rig, request},
};

/// A door to an emulator, with own credentials there.
struct World {
    rig: Rig,
    ctx: RequestContext,
    tally: Tally,
    region: Region,
    emulator: Emulator,
}

impl World {
    async fn ministack() -> Self {
        Self::over(Emulator::ministack().await, "111111111111", "rootsecret").await
    }

    async fn moto() -> Self {
        Self::over(Emulator::moto().await, "AKIDEXAMPLE", "any").await
    }

    async fn over(emulator: Emulator, key: &str, secret: &str) -> Self {
        Self {
            rig: Rig::new(&emulator.endpoint(), key, secret).await,
            ctx: request(Duration::from_secs(60)),
            tally: Tally::default(),
            region: "eu-west-1".parse().unwrap(),
            emulator,
        }
    }
}

/// Calls an operation of the door with the world's own identity: `op!(world.start_logging(&region, &arn))`.
macro_rules! op {
    ($world:ident.$operation:ident($($argument:expr),*)) => {
        $world
            .rig
            .door
            .$operation(&$world.ctx, &$world.tally, &*$world.rig.base $(, $argument)*)
            .await
    };
}
use op;
