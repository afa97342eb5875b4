//! From the start of the process until it says that it is ready.

use std::time::{Duration, Instant};

use trailplane::sandbox::Scenario;

use crate::{
    Failure, Measured,
    parts::{Sandbox, Service, figure, program},
};

const STARTS: usize = 20;

pub async fn measure() -> Measured {
    let mut with_sandbox = Vec::new();
    for _ in 0..STARTS {
        let mut command = program()?;
        command
            .args(["serve", "--sandbox"])
            .env("TRAILPLANE_GRPC__LISTEN", "127.0.0.1:0")
            .env("TRAILPLANE_ADMIN__LISTEN", "127.0.0.1:0");
        with_sandbox.push(took(Service::start(command, "")).await?);
    }
    report("serve --sandbox: start to ready", with_sandbox);

    // Ready includes knowing the accounts, which AWS's own quotas on Organizations pace.
    let sandbox = Sandbox::start(Scenario::uniform(20, 17, 20.0, Duration::ZERO)).await?;
    let mut with_config = Vec::new();
    for _ in 0..STARTS {
        with_config.push(took(sandbox.serve()).await?);
    }
    report(
        "serve --config, 20 accounts, until they are known",
        with_config,
    );
    Ok(())
}

async fn took(start: impl Future<Output = Result<Service, Failure>>) -> Result<Duration, Failure> {
    let began = Instant::now();
    start.await?;
    Ok(began.elapsed())
}

fn report(what: &str, mut times: Vec<Duration>) {
    times.sort_unstable();
    let ms = |time: Option<&Duration>| {
        format!("{:.0} ms", time.map_or(0.0, Duration::as_secs_f64) * 1e3)
    };
    figure(
        &format!("{what}, median of {STARTS}"),
        ms(times.get(times.len() / 2)),
        "< 200 ms",
    );
    figure("  slowest", ms(times.last()), "");
}
