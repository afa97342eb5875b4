//! Whose tokens are believed.

use http::{Uri, uri::InvalidUri};

use crate::{
    access::token::{Algorithm, Issuer, IssuerName},
    app::{AppError, admin::Condition},
    config::{self, KeysUrl, TokenAlgorithm, TokenIssuer},
    domain::WallClock,
    issuers::{IssuerSettings, Issuers, KeySource, KeysStatus, Remote, Timing},
    telemetry::Metrics,
};

/// The issuers of the configuration.
pub(in crate::app) fn issuers(
    tokens: &config::Tokens,
    clock: WallClock,
) -> Result<Issuers, AppError> {
    let issuers: Result<Vec<_>, _> = tokens.issuers.iter().map(settings).collect();
    let timing = Timing {
        interval: tokens.refresh_interval,
        ..Timing::default()
    };
    Ok(Issuers::new(issuers?, timing, clock))
}

fn settings(written: &TokenIssuer) -> Result<IssuerSettings, AppError> {
    // The configuration has checked both; were it to differ from what makes names, none must be made.
    let wrong = |what: &str| AppError::Start {
        step: "token issuers",
        message: format!("{}: {what}", written.name.as_str()),
    };
    let name = IssuerName::new(written.name.as_str());
    Ok(IssuerSettings {
        source: source(written).map_err(|_| wrong("it has no URL of keys"))?,
        issuer: Issuer {
            name: name.ok_or_else(|| wrong("this cannot be an issuer's name"))?,
            issuer: written.issuer.as_str().to_owned(),
            audiences: written.audiences.clone(),
            algorithms: written.algorithms.iter().copied().map(algorithm).collect(),
            name_claim: written.name_claim.clone(),
            groups_claim: written.groups_claim.clone(),
            leeway: written.leeway,
            max_age: written.max_age,
        },
    })
}

fn source(written: &TokenIssuer) -> Result<KeySource, InvalidUri> {
    let remote = |url: &str| {
        Ok::<_, InvalidUri>(Remote {
            url: url.parse::<Uri>()?,
            ca_file: written.ca_file.clone(),
            bearer_token_file: written.bearer_token_file.clone(),
        })
    };
    if let Some(file) = &written.jwks_file {
        return Ok(KeySource::File(file.clone()));
    }
    if let Some(url) = &written.jwks_url {
        return Ok(KeySource::Url(remote(url.as_str())?));
    }
    let configuration = written.issuer.configuration();
    let url = configuration.as_ref().map_or("", KeysUrl::as_str);
    Ok(KeySource::Discovery {
        issuer: written.issuer.as_str().to_owned(),
        configuration: remote(url)?,
    })
}

fn algorithm(written: TokenAlgorithm) -> Algorithm {
    match written {
        TokenAlgorithm::Rs256 => Algorithm::Rs256,
        TokenAlgorithm::Rs384 => Algorithm::Rs384,
        TokenAlgorithm::Rs512 => Algorithm::Rs512,
        TokenAlgorithm::Ps256 => Algorithm::Ps256,
        TokenAlgorithm::Ps384 => Algorithm::Ps384,
        TokenAlgorithm::Ps512 => Algorithm::Ps512,
        TokenAlgorithm::Es256 => Algorithm::Es256,
        TokenAlgorithm::Es384 => Algorithm::Es384,
        TokenAlgorithm::EdDsa => Algorithm::EdDsa,
    }
}

/// How it stands with the keys of all issuers; nothing without issuers.
pub(in crate::app) fn condition(issuers: &Issuers) -> Option<Condition> {
    let all = issuers.status();
    (!all.is_empty()).then(|| Condition {
        name: "token keys",
        ok: all.iter().all(|one| one.error.is_none() && one.keys > 0),
        message: all.iter().map(told).collect::<Vec<_>>().join("; "),
        details: Some(all.iter().map(details).collect()),
    })
}

fn told(status: &KeysStatus) -> String {
    let name = &status.issuer;
    match (&status.read_at, &status.error) {
        (Some(at), None) => format!("{name}: {} keys, read at {at}", status.keys),
        (Some(at), Some(error)) => {
            format!(
                "{name}: the {} keys read at {at} stay in use, because new ones cannot be read: {error}",
                status.keys
            )
        }
        (None, Some(error)) => {
            format!("{name}: no keys, so its tokens cannot be verified: {error}")
        }
        (None, None) => format!("{name}: being read"),
    }
}

fn details(status: &KeysStatus) -> serde_json::Value {
    serde_json::json!({
        "issuer": status.issuer,
        "keys": status.keys,
        "read_at": status.read_at.map(|at| at.to_string()),
        "error": status.error,
    })
}

/// The same in metrics.
pub(in crate::app) fn record(issuers: &Issuers, metrics: &Metrics) {
    for status in issuers.status() {
        let read_at = status.read_at.map(|at| at.seconds());
        metrics.token_keys(&status.issuer, status.keys, read_at, status.error.is_some());
    }
}
