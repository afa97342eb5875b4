//! The simulated AWS in this process, and a configuration that fits it.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::Path,
};

use crate::{
    app::{AppError, error::chain, listen},
    aws::base::StaticCredentials,
    config::{Config, Flags, Purpose, QuotaOverride, RoleName},
    domain::{Api, Service},
    sandbox::{HUB_ACCESS_KEY_ID, HUB_SECRET_ACCESS_KEY, Sandbox, Scenario},
};

use super::aws::Simulated;

/// Any port of loopback.
pub(in crate::app) const ANY_PORT: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

/// The configuration of a service that is asked from its own process: on ports that nobody else looks for, and silent but
/// for what is wrong.
pub(in crate::app) fn in_process() -> Result<Config, AppError> {
    let port = ANY_PORT.to_string();
    let settings = [
        ("TRAILPLANE_GRPC__LISTEN", port.as_str()),
        ("TRAILPLANE_ADMIN__LISTEN", &port),
        ("TRAILPLANE_LOG__FILTER", "error"),
        ("TRAILPLANE_LOG__FORMAT", "text"),
    ];
    let settings = settings.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let flags = Flags { insecure: false };
    Config::load(Purpose::Sandbox, None, settings.into_iter(), flags).map_err(AppError::Config)
}

/// The scenario of this file, or the built-in one.
pub(in crate::app) fn scenario(file: Option<&Path>) -> Result<Scenario, AppError> {
    let Some(path) = file else {
        return Ok(Scenario::default());
    };
    let wrong = |error: &dyn std::error::Error| AppError::File {
        path: path.to_owned(),
        message: chain(error),
    };
    let text = std::fs::read_to_string(path).map_err(|error| wrong(&error))?;
    Scenario::from_yaml(&text).map_err(|error| wrong(&error))
}

/// Starts the simulated AWS.
pub(in crate::app) async fn start(
    scenario: Scenario,
    address: SocketAddr,
) -> Result<Sandbox, AppError> {
    let listener = listen("sandbox", address).await?;
    Sandbox::start(scenario, listener).map_err(|error| AppError::Start {
        step: "sandbox",
        message: chain(&error),
    })
}

/// What to reach the sandbox by.
pub(in crate::app) fn simulated(sandbox: &Sandbox) -> Simulated {
    Simulated {
        endpoint_url: sandbox.endpoint_url(),
        credentials: StaticCredentials {
            access_key_id: HUB_ACCESS_KEY_ID.to_owned(),
            secret_access_key: HUB_SECRET_ACCESS_KEY.to_owned(),
        },
    }
}

/// Fills in what the configuration leaves open, from the scenario: also the quotas of the calls that discovery
/// makes. The sandbox is open about them, AWS is not, and a newcomer's first answer should not wait for caution.
pub(in crate::app) fn fit(config: &mut Config, scenario: &Scenario) {
    let aws = &mut config.aws;
    if aws.regions.is_empty() {
        aws.regions.clone_from(&scenario.regions);
    }
    if aws.role_name.is_none() {
        aws.role_name = RoleName::new(&scenario.role.name);
        aws.external_id = scenario
            .role
            .external_id
            .as_deref()
            .and_then(|id| id.parse().ok());
    }
    // The built-in user is one of the management account.
    let management = &mut aws.management;
    management
        .account_id
        .get_or_insert(scenario.organization.management_account);
    let discovery = Api::ALL
        .iter()
        .filter(|api| matches!(api.service(), Service::Organizations | Service::Account));
    for api in discovery {
        let stated = &scenario.quotas.per_second;
        let stated = stated
            .get(api.as_str())
            .or_else(|| stated.get(api.service().as_str()));
        let open = !config
            .quotas
            .overrides
            .iter()
            .any(|known| known.api == *api && known.per_second.is_some());
        let per_second = stated.copied().filter(|_| open);
        if per_second.is_some() {
            config.quotas.overrides.push(QuotaOverride {
                api: *api,
                per_second,
                share: None,
                account: None,
                region: None,
            });
        }
    }
}
