//! What nobody permits goes no further: RPCs about the organization are decided here, before anything is done. For RPCs
//! about accounts the request is given what use cases ask of each account.

use std::{
    convert::Infallible,
    future::ready,
    task::{Context, Poll},
};

use http::{Request, Response};
use tonic::{Status, body::Body};
use tower::{Layer, Service};

use super::{Answer, caller::identity, row};
use crate::{
    access::{
        Identity,
        policy::{Policy, Rank},
    },
    api::{
        proto,
        rpcs::{On, Rpc},
        status::{Failure, Reason},
    },
    budget::Lane,
    domain::Authority,
};

/// See the module.
#[derive(Debug, Clone)]
pub struct AuthorizeLayer {
    policy: Option<Policy>,
}

impl AuthorizeLayer {
    /// By this policy; without one everything is permitted.
    pub fn new(policy: Option<Policy>) -> Self {
        Self { policy }
    }
}

impl<S> Layer<S> for AuthorizeLayer {
    type Service = Authorize<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Authorize {
            inner,
            policy: self.policy.clone(),
        }
    }
}

/// See the module.
#[derive(Debug, Clone)]
pub struct Authorize<S> {
    inner: S,
    policy: Option<Policy>,
}

impl<S> Service<Request<Body>> for Authorize<S>
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible>,
    S::Future: Send + 'static,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Answer<Infallible>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        let Some(rpc) = row(&request) else {
            return Box::pin(self.inner.call(request));
        };
        let mut granted = Granted {
            policy: self.policy.clone(),
            identity: identity(request.extensions()),
            rpc,
            by: Vec::new(),
        };
        match granted.on_organization() {
            Ok(by) => granted.by = by,
            Err(refused) => return Box::pin(ready(Ok(refused.into_http()))),
        }
        request.extensions_mut().insert(granted);
        Box::pin(self.inner.call(request))
    }
}

/// What a request may do; in its extensions for the services.
#[derive(Debug, Clone)]
pub struct Granted {
    policy: Option<Policy>,
    identity: Identity,
    rpc: &'static Rpc,
    /// The policies by which it was let through as a whole.
    by: Vec<String>,
}

impl Granted {
    /// What use cases ask of each account.
    pub fn authority(&self) -> Authority {
        match (&self.policy, self.rpc.on) {
            (Some(policy), On::Accounts) => policy.authority(&self.identity, self.rpc.method),
            // Who may do it to the organization has been let through, and needs no permission in its accounts.
            (Some(_), On::Organization) | (None, _) => Authority::granted(&self.by),
        }
    }

    /// The lane: the one asked for, which must be permitted, or the usual one or the next slower that is.
    pub fn lane(&self, asked: proto::Lane, usual: Lane) -> Result<Lane, Status> {
        let wanted = match asked {
            proto::Lane::Unspecified => return Ok(self.at_most(usual)),
            proto::Lane::Interactive => Lane::Interactive,
            proto::Lane::Standard => Lane::Standard,
            proto::Lane::Batch => Lane::Batch,
            proto::Lane::Background => Lane::Background,
        };
        match self.allows(wanted) {
            true => Ok(wanted),
            false => Err(Failure::new(
                Reason::NotAuthorized,
                format!(
                    "a policy forbids this caller the lane {}; leave it out for the fastest one permitted",
                    asked.as_str_name()
                ),
            )
            .into_status()),
        }
    }

    fn at_most(&self, usual: Lane) -> Lane {
        let slower = Lane::ALL.into_iter().filter(|lane| *lane >= usual);
        let mut permitted = slower.filter(|lane| self.allows(*lane));
        permitted.next().unwrap_or(Lane::Background)
    }

    fn allows(&self, lane: Lane) -> bool {
        let rank = match lane {
            Lane::Interactive => Rank::Interactive,
            Lane::Standard => Rank::Standard,
            Lane::Batch => Rank::Batch,
            Lane::Background => return true,
        };
        let policy = self.policy.as_ref();
        policy.is_none_or(|policy| policy.allows_rank(&self.identity, rank))
    }

    fn on_organization(&self) -> Result<Vec<String>, Status> {
        let (Some(policy), On::Organization) = (&self.policy, self.rpc.on) else {
            return Ok(Vec::new());
        };
        let verdict = policy.decide(&self.identity, self.rpc.method);
        for error in &verdict.errors {
            tracing::error!(%error, action = self.rpc.method, "a policy could not be evaluated: denied");
        }
        match verdict.allowed {
            true => Ok(verdict.by),
            false => Err(not_authorized(self.rpc)),
        }
    }
}

fn not_authorized(rpc: &Rpc) -> Status {
    Failure::new(
        Reason::NotAuthorized,
        format!("no policy lets this caller use {}", rpc.method),
    )
    .with("rpc", rpc.full_name())
    .into_status()
}
