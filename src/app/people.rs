//! The commands for people: those that ask a service, over the network or, with `--sandbox`, one in this process.

use crate::client::{self, Ask};

use super::{AppError, block_on, cli};
#[cfg(feature = "sandbox")]
use super::{serve, wiring};

/// Asks; answers with the exit code.
pub(super) fn run(asked: Ask) -> u8 {
    match answer(asked) {
        Ok(code) => code,
        Err(error) => cli::ended(Err(error)),
    }
}

#[cfg(not(feature = "sandbox"))]
fn answer(asked: Ask) -> Result<u8, AppError> {
    block_on(async { Ok(client::run(asked, None).await.code()) })
}

#[cfg(feature = "sandbox")]
fn answer(asked: Ask) -> Result<u8, AppError> {
    let scenario = asked.sandbox().map(wiring::sandbox::scenario).transpose()?;
    block_on(async {
        let Some(scenario) = scenario else {
            return Ok(client::run(asked, None).await.code());
        };
        let service = serve::InProcess::start(scenario).await?;
        let ending = client::run(asked, Some(service.address())).await;
        // It ends with the process: nothing of it is to be kept.
        drop(service);
        Ok(ending.code())
    })
}
