//! `trailplane sandbox`: the simulated AWS alone.

use std::{net::SocketAddr, path::Path};

use super::AppError;

pub(super) fn run(listen: SocketAddr, scenario: Option<&Path>) -> Result<(), AppError> {
    let _ = (listen, scenario);
    Err(AppError::Start {
        step: "sandbox",
        message: "not built yet".to_owned(),
    })
}
