//! LogFileService.

use tonic::{Request, Response, Status, codegen::BoxStream};

use super::{Services, context};
use crate::{
    api::{
        convert::log_files::{self as convert, list},
        proto::{
            ListLogFilesRequest, ListLogFilesResponse, ParseLogFileNameRequest,
            ParseLogFileNameResponse, ReadLogEventsRequest, ReadLogEventsResponse,
            ValidateLogFilesRequest, ValidateLogFilesResponse,
            log_file_service_server::LogFileService,
        },
        status::{Failure, not_implemented_yet},
    },
    budget::Lane,
    logs::Logs,
};

/// The service. What its rows in the table of RPCs say is not built is answered by a layer, and does not come here.
#[derive(Clone)]
pub struct LogFileApi {
    logs: Logs,
}

impl LogFileApi {
    /// Over these use cases.
    pub fn new(services: &Services) -> Self {
        Self {
            logs: services.logs.clone(),
        }
    }
}

#[tonic::async_trait]
impl LogFileService for LogFileApi {
    async fn list_log_files(
        &self,
        request: Request<ListLogFilesRequest>,
    ) -> Result<Response<ListLogFilesResponse>, Status> {
        let ctx = context(&request, request.get_ref().lane(), Lane::Interactive)?;
        let (asked, all_cells) = list::parse(request.into_inner())?;
        let answer = self.logs.list(&ctx, &asked).await.map_err(Failure::from)?;
        Ok(Response::new(list::answer(answer, all_cells)))
    }

    async fn read_log_events(
        &self,
        _: Request<ReadLogEventsRequest>,
    ) -> Result<Response<BoxStream<ReadLogEventsResponse>>, Status> {
        Err(not_implemented_yet(
            "trailplane.v1.LogFileService/ReadLogEvents",
        ))
    }

    async fn validate_log_files(
        &self,
        _: Request<ValidateLogFilesRequest>,
    ) -> Result<Response<BoxStream<ValidateLogFilesResponse>>, Status> {
        Err(not_implemented_yet(
            "trailplane.v1.LogFileService/ValidateLogFiles",
        ))
    }

    async fn parse_log_file_name(
        &self,
        request: Request<ParseLogFileNameRequest>,
    ) -> Result<Response<ParseLogFileNameResponse>, Status> {
        Ok(Response::new(convert::parse(request.get_ref())?))
    }
}
