//! The end of a trail, and its logging.

use serde::Deserialize;

use super::NOTHING;
use crate::sandbox::{
    cloudtrail::{Asking, target, trail::Logging},
    wire::Answer,
};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Request {
    name: Option<String>,
}

/// `DeleteTrail`. Its tags and selectors go with it; the log files stay.
pub fn delete_trail(asking: Asking<'_>) -> Answer {
    let request: Request = asking.call.json()?;
    asking.write(|trails, organization| {
        let name = request.name.as_deref();
        let arn = target::find(trails, asking.viewer, organization, name)?
            .arn
            .clone();
        trails.remove(&arn);
        Ok(NOTHING.to_owned())
    })
}

/// `StartLogging`.
pub fn start_logging(asking: Asking<'_>) -> Answer {
    switch(asking, Logging::start)
}

/// `StopLogging`.
pub fn stop_logging(asking: Asking<'_>) -> Answer {
    switch(asking, Logging::stop)
}

fn switch(asking: Asking<'_>, to: impl FnOnce(Logging, i64) -> Logging) -> Answer {
    let request: Request = asking.call.json()?;
    let now = asking.world.now();
    asking.change(request.name.as_deref(), |trail| {
        trail.logging = to(trail.logging, now);
        Ok(NOTHING.to_owned())
    })
}
