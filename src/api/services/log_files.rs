//! LogFileService.

use tonic::{Request, Response, Status, codegen::BoxStream};

use crate::api::{
    convert::log_files as convert,
    proto::{
        ListLogFilesRequest, ListLogFilesResponse, ParseLogFileNameRequest,
        ParseLogFileNameResponse, ReadLogEventsRequest, ReadLogEventsResponse,
        ValidateLogFilesRequest, ValidateLogFilesResponse, log_file_service_server::LogFileService,
    },
    status::not_implemented_yet,
};

/// The service. What its rows in the table of RPCs say is not built is answered by a layer, and does not come here.
#[derive(Clone)]
pub struct LogFileApi;

#[tonic::async_trait]
impl LogFileService for LogFileApi {
    async fn list_log_files(
        &self,
        _: Request<ListLogFilesRequest>,
    ) -> Result<Response<ListLogFilesResponse>, Status> {
        Err(not_implemented_yet(
            "trailplane.v1.LogFileService/ListLogFiles",
        ))
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
