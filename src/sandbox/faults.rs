//! What goes wrong with one call, by the scenario and by chance (the seed's chance).

use std::time::Duration;

use http::StatusCode;

use super::{
    hash,
    scenario::{Effect, Member, Scenario},
    wire::ApiError,
};
use crate::domain::{Region, Service};

/// What the scenario has in store for one call.
#[derive(Debug, Default)]
pub struct Fate {
    /// How long it takes.
    pub latency: Duration,
    /// How it ends, if not well.
    pub end: Option<End>,
}

/// An end that is not the operation's own.
#[derive(Debug)]
pub enum End {
    /// No answer, ever.
    Hang,
    /// The connection is closed.
    Reset,
    /// An error.
    Error(ApiError),
}

/// One call, as far as faults are concerned.
#[derive(Debug)]
pub struct Subject<'a> {
    /// The account that the call is about: for AssumeRole the role's, otherwise the caller's.
    pub member: &'a Member,
    /// The Region.
    pub region: &'a Region,
    /// The service.
    pub service: Service,
    /// The operation.
    pub operation: &'static str,
    /// Who calls, for the words of a refusal.
    pub arn: &'a str,
    /// How many calls came before it from the same account to the same Region and operation: chance is by this, so
    /// that the same calls in the same order meet the same fate.
    pub ordinal: u64,
}

/// What happens to this call.
pub fn fate(scenario: &Scenario, subject: &Subject<'_>) -> Fate {
    let id = subject.member.id.to_string();
    let mut fate = Fate::default();
    let place = hash::with_text(hash::mix(scenario.seed), subject.region.as_str());
    let caller = hash::with(
        hash::with_text(place, subject.operation),
        subject.member.id.as_u64(),
    );
    let chance = hash::with(caller, subject.ordinal);
    for (index, fault) in (0u64..).zip(&scenario.faults) {
        let scope = &fault.scope;
        if !scope.covers(&id, &subject.member.name, subject.region.as_str())
            || !scope.covers_api(subject.service.as_str(), subject.operation)
        {
            continue;
        }
        let chance = hash::with(chance, index);
        let end = match &fault.effect {
            Effect::Latency(latency) => {
                fate.latency = latency.sample(chance);
                None
            }
            Effect::Hang => Some(End::Hang),
            Effect::Reset { probability } => {
                (hash::unit(chance) < *probability).then_some(End::Reset)
            }
            Effect::Error {
                code,
                status,
                probability,
            } => (hash::unit(chance) < *probability).then(|| {
                let status =
                    StatusCode::from_u16(*status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
                End::Error(
                    ApiError::new(
                        code,
                        "The request processing has failed because of an unknown error.",
                    )
                    .status(status),
                )
            }),
            Effect::Denied => Some(End::Error(denied(subject, false))),
            Effect::DeniedByPolicy => Some(End::Error(denied(subject, true))),
            Effect::Neighbour { .. } | Effect::SessionCap { .. } => None,
        };
        fate.end = fate.end.or(end);
    }
    fate
}

/// Whether the scenario denies this account the operation, whoever makes the call for it.
pub fn denies(
    scenario: &Scenario,
    member: &Member,
    region: &Region,
    service: Service,
    operation: &str,
) -> bool {
    let id = member.id.to_string();
    scenario.faults.iter().any(|fault| {
        matches!(fault.effect, Effect::Denied | Effect::DeniedByPolicy)
            && fault.scope.covers(&id, &member.name, region.as_str())
            && fault.scope.covers_api(service.as_str(), operation)
    })
}

fn denied(subject: &Subject<'_>, by_policy: bool) -> ApiError {
    let service = match subject.service {
        Service::CloudTrail => "cloudtrail",
        Service::Sts => "sts",
        Service::Organizations => "organizations",
        Service::Account => "account",
        Service::S3 => "s3",
        Service::Sns => "sns",
        Service::Kms => "kms",
        Service::Iam => "iam",
        Service::Logs => "logs",
    };
    let action = format!("{service}:{}", subject.operation);
    let why = if by_policy {
        "with an explicit deny in a service control policy".to_owned()
    } else {
        format!("because no identity-based policy allows the {action} action")
    };
    let message = format!(
        "User: {} is not authorized to perform: {action} {why}",
        subject.arn
    );
    ApiError::denied(subject.service, message)
}
