//! EventService.

mod tail;

use std::sync::Arc;

use futures_util::{StreamExt, stream};
use tonic::{Request, Response, Status, codegen::BoxStream};

use super::{Services, context, unfinished};
use crate::{
    api::{
        convert::{
            estimate, events,
            lookup::{self, Shape},
        },
        proto::{
            self, LookupEventsRequest, LookupEventsResponse, PlanLookupRequest, PlanLookupResponse,
            StreamEventsRequest, StreamEventsResponse, TailEventsRequest, TailEventsResponse,
            event_service_server::EventService,
        },
        status::{Failure, planned},
    },
    budget::{Lane, RequestContext},
    domain::{AccountId, WallClock},
    events::{Events, stream::EventStream},
    fleet::{Directory, Fleet},
};

/// The service.
#[derive(Clone)]
pub struct EventApi {
    events: Events,
    fleet: Fleet,
    clock: WallClock,
}

impl EventApi {
    /// Over these use cases.
    pub fn new(services: &Services) -> Self {
        Self {
            events: services.events.clone(),
            fleet: services.fleet.clone(),
            clock: Arc::clone(&services.clock),
        }
    }
}

#[tonic::async_trait]
impl EventService for EventApi {
    async fn lookup_events(
        &self,
        request: Request<LookupEventsRequest>,
    ) -> Result<Response<LookupEventsResponse>, Status> {
        let ctx = context(&request, request.get_ref().lane(), Lane::Interactive)?;
        let (asked, shape) = lookup::page(request.into_inner(), (self.clock)(), |token| {
            self.events.has_signed(token)
        })?;
        let answer = self.events.lookup(&ctx, &asked).await;
        let answer = answer.map_err(Failure::from)?;
        let directory = self.fleet.directory();
        let shape = shape.seen(&asked, self.fleet.sight(&ctx));
        let page = events::page(answer, |account| name(&directory, account), &shape);
        Ok(Response::new(page))
    }

    async fn plan_lookup(
        &self,
        request: Request<PlanLookupRequest>,
    ) -> Result<Response<PlanLookupResponse>, Status> {
        let lookup = request.get_ref().lookup.as_ref();
        let lane = lookup.map_or(proto::Lane::Unspecified, |lookup| lookup.lane());
        let whole = request.get_ref().whole;
        let usual = if whole {
            Lane::Batch
        } else {
            Lane::Interactive
        };
        let ctx = context(&request, lane, usual)?;
        let lookup = request.into_inner().lookup.unwrap_or_default();
        let now = (self.clock)();
        let (asked, shape) = lookup::planned(lookup, now, |token| self.events.has_signed(token))?;
        let estimate = self.events.plan_lookup(&ctx, &asked, whole).await;
        let estimate = estimate.map_err(planned)?;
        Ok(Response::new(estimate::to_wire(estimate, shape.all_cells)))
    }

    async fn stream_events(
        &self,
        request: Request<StreamEventsRequest>,
    ) -> Result<Response<BoxStream<StreamEventsResponse>>, Status> {
        let ctx = context(&request, request.get_ref().lane(), Lane::Batch)?;
        let (asked, order, shape) =
            lookup::stream(request.into_inner(), (self.clock)(), |token| {
                self.events.has_signed(token)
            })?;
        let items = self.events.stream(&ctx, &asked, order).await;
        let relay = Relay {
            items: items.map_err(Failure::from)?,
            directory: self.fleet.directory(),
            shape: shape.seen(&asked, self.fleet.sight(&ctx)),
            ctx,
            ended: false,
        };
        let messages = stream::unfold(relay, Relay::next).flat_map(stream::iter);
        Ok(Response::new(Box::pin(messages)))
    }

    async fn tail_events(
        &self,
        request: Request<TailEventsRequest>,
    ) -> Result<Response<BoxStream<TailEventsResponse>>, Status> {
        let ctx = context(&request, request.get_ref().lane(), Lane::Background)?;
        let (asked, shape) = lookup::tail(request.into_inner(), (self.clock)(), |token| {
            self.events.has_signed(token)
        })?;
        let tail = self.events.tail(&ctx, &asked).await;
        let relay = tail::Relay::new(
            tail.map_err(Failure::from)?,
            self.fleet.clone(),
            Arc::clone(&self.clock),
            shape.seen(&asked, self.fleet.sight(&ctx)),
        );
        let messages = stream::unfold(relay, tail::Relay::next).flat_map(stream::iter);
        Ok(Response::new(Box::pin(messages)))
    }
}

fn name(directory: &Directory, account: AccountId) -> Option<Arc<str>> {
    directory
        .account(account)
        .map(|account| Arc::clone(&account.name))
}

/// A stream under way.
struct Relay {
    items: EventStream,
    directory: Arc<Directory>,
    shape: Shape,
    ctx: RequestContext,
    ended: bool,
}

type Messages = Vec<Result<StreamEventsResponse, Status>>;

impl Relay {
    /// The messages of the next item. The last item is a summary; without one the answer is not whole, and the
    /// caller must not take it for one.
    async fn next(mut self) -> Option<(Messages, Self)> {
        if self.ended {
            return None;
        }
        let messages = match self.items.next().await {
            Some(item) => {
                self.ended = item.is_last();
                let name = |account| name(&self.directory, account);
                match events::item(item, name, &self.shape) {
                    Ok(messages) => messages.into_iter().map(Ok).collect(),
                    Err(status) => vec![Err(status)],
                }
            }
            None => {
                self.ended = true;
                vec![Err(unfinished(
                    &self.ctx,
                    "a stream of events ended without its summary",
                ))]
            }
        };
        Some((messages, self))
    }
}
