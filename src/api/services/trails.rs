//! TrailService: its reads, and by name its changes, which are all one function.

mod writes;

use tonic::{Request, Response, Status, codegen::BoxStream};

use super::{Services, context};
use crate::{
    api::{
        convert::trails::{self as convert, Listing},
        proto::{
            AddTagsRequest, AddTagsResponse, ApplyTrailRequest, ApplyTrailResponse,
            CreateTrailRequest, CreateTrailResponse, DeleteTrailRequest, DeleteTrailResponse,
            GetEventConfigurationRequest, GetEventConfigurationResponse, GetEventSelectorsRequest,
            GetEventSelectorsResponse, GetInsightSelectorsRequest, GetInsightSelectorsResponse,
            GetTrailRequest, GetTrailResponse, GetTrailStatusRequest, GetTrailStatusResponse, Lane,
            ListTagsRequest, ListTagsResponse, ListTrailsRequest, ListTrailsResponse,
            PutEventConfigurationRequest, PutEventConfigurationResponse, PutEventSelectorsRequest,
            PutEventSelectorsResponse, PutInsightSelectorsRequest, PutInsightSelectorsResponse,
            RemoveTagsRequest, RemoveTagsResponse, StartLoggingRequest, StartLoggingResponse,
            StopLoggingRequest, StopLoggingResponse, UpdateTrailRequest, UpdateTrailResponse,
            trail_service_server::TrailService,
        },
        status::{self, Failure},
    },
    budget,
    trails::{TrailError, Trails},
};

/// The lane of requests that do not name one: a person waits.
const USUAL: budget::Lane = budget::Lane::Interactive;

/// The service.
#[derive(Clone)]
pub struct TrailApi {
    trails: Trails,
}

impl TrailApi {
    /// Over these use cases.
    pub fn new(services: &Services) -> Self {
        Self {
            trails: services.trails.clone(),
        }
    }
}

#[tonic::async_trait]
impl TrailService for TrailApi {
    async fn list_trails(
        &self,
        request: Request<ListTrailsRequest>,
    ) -> Result<Response<ListTrailsResponse>, Status> {
        let ctx = context(&request, request.get_ref().lane(), USUAL)?;
        let asked = Listing::parse(request.into_inner())?;
        let answer = self.trails.list(&ctx, &asked.request).await;
        Ok(Response::new(asked.answer(answer.map_err(Failure::from)?)))
    }

    async fn get_trail(
        &self,
        request: Request<GetTrailRequest>,
    ) -> Result<Response<GetTrailResponse>, Status> {
        let ctx = context(&request, Lane::Unspecified, USUAL)?;
        let (trail, view) = convert::get(request.into_inner())?;
        let found = self.trails.get(&ctx, &trail, view).await;
        Ok(Response::new(GetTrailResponse {
            trail: Some(convert::to_wire(found.map_err(Failure::from)?)),
        }))
    }

    async fn get_trail_status(
        &self,
        request: Request<GetTrailStatusRequest>,
    ) -> Result<Response<GetTrailStatusResponse>, Status> {
        let ctx = context(&request, Lane::Unspecified, USUAL)?;
        let (trail, region) = convert::get_status(request.into_inner())?;
        let found = self.trails.status(&ctx, &trail, region.as_ref()).await;
        let (found, region) = found.map_err(Failure::from)?;
        Ok(Response::new(GetTrailStatusResponse {
            status: Some(convert::status(found)),
            region: region.to_string(),
        }))
    }

    async fn get_event_selectors(
        &self,
        request: Request<GetEventSelectorsRequest>,
    ) -> Result<Response<GetEventSelectorsResponse>, Status> {
        let ctx = context(&request, Lane::Unspecified, USUAL)?;
        let trail = convert::reference(request.into_inner().trail)?;
        let found = self.trails.event_selectors(&ctx, &trail).await;
        let (arn, found) = found.map_err(Failure::from)?;
        Ok(Response::new(GetEventSelectorsResponse {
            trail_arn: arn.to_string(),
            event_selectors: Some(convert::event_selectors(found)),
        }))
    }

    async fn get_insight_selectors(
        &self,
        request: Request<GetInsightSelectorsRequest>,
    ) -> Result<Response<GetInsightSelectorsResponse>, Status> {
        let ctx = context(&request, Lane::Unspecified, USUAL)?;
        let trail = convert::reference(request.into_inner().trail)?;
        let found = self.trails.insight_selectors(&ctx, &trail).await;
        let (arn, found) = found.map_err(Failure::from)?;
        Ok(Response::new(GetInsightSelectorsResponse {
            trail_arn: arn.to_string(),
            insight_selectors: Some(convert::insight_selectors(found)),
        }))
    }

    async fn get_event_configuration(
        &self,
        request: Request<GetEventConfigurationRequest>,
    ) -> Result<Response<GetEventConfigurationResponse>, Status> {
        let ctx = context(&request, Lane::Unspecified, USUAL)?;
        let trail = convert::reference(request.into_inner().trail)?;
        let found = self.trails.event_configuration(&ctx, &trail).await;
        let (arn, found) = found.map_err(Failure::from)?;
        Ok(Response::new(GetEventConfigurationResponse {
            trail_arn: arn.to_string(),
            event_configuration: Some(convert::event_configuration(found)),
        }))
    }

    async fn list_tags(
        &self,
        request: Request<ListTagsRequest>,
    ) -> Result<Response<ListTagsResponse>, Status> {
        let ctx = context(&request, Lane::Unspecified, USUAL)?;
        let arns = convert::tagged(request.get_ref())?;
        let answer = self.trails.list_tags(&ctx, &arns).await;
        let answer = answer.map_err(|error| match error {
            TrailError::UnknownOwners(places) => {
                status::unknown_owners(&places, |at| format!("trail_arns[{at}]"))
            }
            other => other.into(),
        })?;
        Ok(Response::new(convert::tags(answer)))
    }

    async fn create_trail(
        &self,
        request: Request<CreateTrailRequest>,
    ) -> Result<Response<BoxStream<CreateTrailResponse>>, Status> {
        self.change(request).await
    }

    async fn update_trail(
        &self,
        request: Request<UpdateTrailRequest>,
    ) -> Result<Response<BoxStream<UpdateTrailResponse>>, Status> {
        self.change(request).await
    }

    async fn delete_trail(
        &self,
        request: Request<DeleteTrailRequest>,
    ) -> Result<Response<BoxStream<DeleteTrailResponse>>, Status> {
        self.change(request).await
    }

    async fn start_logging(
        &self,
        request: Request<StartLoggingRequest>,
    ) -> Result<Response<BoxStream<StartLoggingResponse>>, Status> {
        self.change(request).await
    }

    async fn stop_logging(
        &self,
        request: Request<StopLoggingRequest>,
    ) -> Result<Response<BoxStream<StopLoggingResponse>>, Status> {
        self.change(request).await
    }

    async fn apply_trail(
        &self,
        request: Request<ApplyTrailRequest>,
    ) -> Result<Response<BoxStream<ApplyTrailResponse>>, Status> {
        self.change(request).await
    }

    async fn put_event_selectors(
        &self,
        request: Request<PutEventSelectorsRequest>,
    ) -> Result<Response<BoxStream<PutEventSelectorsResponse>>, Status> {
        self.change(request).await
    }

    async fn put_insight_selectors(
        &self,
        request: Request<PutInsightSelectorsRequest>,
    ) -> Result<Response<BoxStream<PutInsightSelectorsResponse>>, Status> {
        self.change(request).await
    }

    async fn put_event_configuration(
        &self,
        request: Request<PutEventConfigurationRequest>,
    ) -> Result<Response<BoxStream<PutEventConfigurationResponse>>, Status> {
        self.change(request).await
    }

    async fn add_tags(
        &self,
        request: Request<AddTagsRequest>,
    ) -> Result<Response<BoxStream<AddTagsResponse>>, Status> {
        self.change(request).await
    }

    async fn remove_tags(
        &self,
        request: Request<RemoveTagsRequest>,
    ) -> Result<Response<BoxStream<RemoveTagsResponse>>, Status> {
        self.change(request).await
    }
}
