//! Requests for changes of trails, and their answers. Every request becomes the same [`ChangeRequest`]: which trails,
//! what of them, and how the change is spread.

mod answer;
mod common;
mod mask;
mod messages;
mod parts;
mod spec;

use std::{collections::BTreeSet, sync::Arc};

use tonic::Status;

use crate::{
    api::{
        status::{Failure, Reason},
        violations::Violations,
    },
    domain::{
        Region, TrailArn,
        trail::{Desired, Presence},
    },
    trails::{
        change::{ChangeRequest, Where},
        limits,
    },
};

pub use answer::{ChangeAnswer, item, policies};
pub use common::request_id;
use common::{Head, Scope};
pub use spec::{Empty, desired};

/// Trails that one request can name.
pub const MAX_TRAILS: usize = 1000;

/// A request for a change, as it comes from the wire.
pub trait ChangeMessage: Sized {
    /// A message of its answer.
    type Answer: ChangeAnswer;

    /// Takes out what every such request has.
    fn head(&mut self) -> Head;

    /// Reads the rest.
    fn change(self, scope: Scope, found: &mut Violations) -> Change;
}

/// What a request is about.
pub struct Change {
    /// Which trails; `None` where that is wrong.
    trails: Option<Where>,
    /// What is wanted of each, as far as it can be read.
    desired: Desired,
    presence: Presence,
    /// What precedes the paths of what is wanted, in this request.
    at: &'static str,
}

impl Change {
    /// Tells of what AWS would refuse, so that no call is spent on it. What is missing is told already.
    fn check(&self, found: &mut Violations) {
        let homes: Vec<Region> = match &self.trails {
            Some(Where::At { homes, .. }) => homes.clone(),
            Some(Where::Arns { arns, .. }) => {
                let homes: BTreeSet<_> = arns.iter().map(TrailArn::home_region).collect();
                homes.into_iter().cloned().collect()
            }
            Some(Where::Named { .. }) | None => Vec::new(),
        };
        let mut limits = limits::check(self.at, &homes, &self.desired, self.presence);
        limits.retain(|limit| !found.names(&limit.path));
        for limit in limits {
            found.add(limit.path, limit.message);
        }
    }
}

/// Reads a request: all that is wrong with it at once, or what is to be done. `make_id` names a request whose caller
/// did not.
pub fn parse<M: ChangeMessage>(
    mut wire: M,
    make_id: impl FnOnce() -> Arc<str>,
) -> Result<ChangeRequest, Status> {
    let mut found = Violations::new();
    let head = wire.head();
    let request_id = request_id(&mut found, head.request_id, make_id);
    let rollout = common::rollout(&mut found, head.rollout.unwrap_or_default());
    let scope = Scope::parse(&mut found, head.targets);
    let change = wire.change(scope, &mut found);
    change.check(&mut found);
    let all = change.trails.zip(rollout).zip(request_id);
    let request = all.map(|((trails, rollout), request_id)| ChangeRequest {
        trails,
        desired: change.desired,
        presence: change.presence,
        validate_only: head.validate_only,
        request_id,
        rollout,
        allow_reduced_logging: head.allow_reduced_logging,
    });
    let request = found.finish(request)?;
    permitted(&request)?;
    Ok(request)
}

/// What certainly records less is refused before any call, if it was not allowed. Whether another change does depends
/// on what is there, and each target is looked at.
fn permitted(request: &ChangeRequest) -> Result<(), Status> {
    let what = match (request.presence, request.desired.logging) {
        (Presence::Absent, _) => "deleting a trail",
        (Presence::Existing, Some(false)) => "stopping to log",
        _ => return Ok(()),
    };
    if request.allow_reduced_logging || request.validate_only {
        return Ok(());
    }
    Err(Failure::new(
        Reason::ReducedLoggingNotAllowed,
        format!("{what} means that less is recorded: send allow_reduced_logging if that is meant"),
    )
    .with("field", "allow_reduced_logging")
    .into_status())
}

#[cfg(test)]
mod tests;
