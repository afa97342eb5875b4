//! What goes wrong with one call, by the scenario and by chance (the seed's chance).

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use http::StatusCode;

use super::{
    hash,
    scenario::{Effect, Fault, Member, Scenario, When},
    wire::ApiError,
};
use crate::domain::{AccountId, Region, Service};

/// How many calls the faults that strike only some of them have met: by the fault's place, the account, the Region and
/// the operation.
#[derive(Debug, Default)]
pub struct FaultBook(Mutex<HashMap<Met, u64>>);

type Met = (usize, AccountId, Region, &'static str);

impl FaultBook {
    /// Whether it is this call's turn to be struck. Counts the call.
    fn strikes(&self, place: usize, fault: &Fault, subject: &Subject<'_>) -> bool {
        if fault.times.is_none() && fault.skip == 0 {
            return true;
        }
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (account, region) = (subject.member.id, subject.region.clone());
        let met = counts
            .entry((place, account, region, subject.operation))
            .or_default();
        *met += 1;
        let number = met.saturating_sub(fault.skip);
        number > 0 && fault.times.is_none_or(|times| number <= times)
    }

    /// Forgets all of them.
    pub fn reset(&self) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
    }
}

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

/// What happens to this call, before or after the operation. To be asked once for each.
pub fn fate(scenario: &Scenario, book: &FaultBook, subject: &Subject<'_>, when: When) -> Fate {
    let id = subject.member.id.to_string();
    let mut fate = Fate::default();
    let place = hash::with_text(hash::mix(scenario.seed), subject.region.as_str());
    let caller = hash::with(
        hash::with_text(place, subject.operation),
        subject.member.id.as_u64(),
    );
    let chance = hash::with(caller, subject.ordinal);
    for ((index, fault), place) in (0u64..).zip(&scenario.faults).zip(0usize..) {
        let scope = &fault.scope;
        if fault.when != when
            || !scope.covers(&id, &subject.member.name, subject.region.as_str())
            || !scope.covers_api(subject.service.as_str(), subject.operation)
            || !book.strikes(place, fault, subject)
        {
            continue;
        }
        let chance = hash::with(chance, index);
        if let Effect::Latency(latency) = &fault.effect {
            fate.latency = latency.sample(chance);
        }
        let end = end(&fault.effect, hash::unit(chance), subject);
        fate.end = fate.end.or(end);
    }
    fate
}

/// How this effect ends the call, if by this chance it does.
fn end(effect: &Effect, chance: f64, subject: &Subject<'_>) -> Option<End> {
    match effect {
        Effect::Hang => Some(End::Hang),
        Effect::Reset { probability } => (chance < *probability).then_some(End::Reset),
        Effect::Error {
            code,
            status,
            probability,
        } => (chance < *probability).then(|| {
            let status = StatusCode::from_u16(*status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            let message = "The request processing has failed because of an unknown error.";
            End::Error(ApiError::new(code, message).status(status))
        }),
        Effect::Denied => Some(End::Error(denied(subject, false))),
        Effect::DeniedByPolicy => Some(End::Error(denied(subject, true))),
        Effect::Latency(_) | Effect::Neighbour { .. } | Effect::SessionCap { .. } => None,
    }
}

/// Whether the scenario always denies this account the operation, whoever makes the call for it.
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
            && fault.times.is_none()
            && fault.skip == 0
            && fault.scope.covers(&id, &member.name, region.as_str())
            && fault.scope.covers_api(service.as_str(), operation)
    })
}

fn denied(subject: &Subject<'_>, by_policy: bool) -> ApiError {
    let action = format!("{}:{}", subject.service.prefix(), subject.operation);
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
