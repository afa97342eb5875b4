//! LogFileService.

use std::sync::Arc;

use futures_util::{StreamExt, stream};
use tonic::{Request, Response, Status, codegen::BoxStream};

use super::{Services, context, unfinished};
use crate::{
    api::{
        convert::{
            log_files::{self as convert, list, read},
            lookup::Shape,
        },
        proto::{
            ListLogFilesRequest, ListLogFilesResponse, ParseLogFileNameRequest,
            ParseLogFileNameResponse, ReadLogEventsRequest, ReadLogEventsResponse,
            ValidateLogFilesRequest, ValidateLogFilesResponse,
            log_file_service_server::LogFileService,
        },
        status::{Failure, not_implemented_yet},
    },
    budget::{Lane, RequestContext},
    fleet::{Directory, Fleet},
    logs::{
        Logs,
        read::{ReadItem, ReadStream},
    },
};

/// The service. What its rows in the table of RPCs say is not built is answered by a layer, and does not come here.
#[derive(Clone)]
pub struct LogFileApi {
    logs: Logs,
    fleet: Fleet,
}

impl LogFileApi {
    /// Over these use cases.
    pub fn new(services: &Services) -> Self {
        Self {
            logs: services.logs.clone(),
            fleet: services.fleet.clone(),
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
        request: Request<ReadLogEventsRequest>,
    ) -> Result<Response<BoxStream<ReadLogEventsResponse>>, Status> {
        let ctx = context(&request, request.get_ref().lane(), Lane::Batch)?;
        let (asked, with_secrets, shape) = read::parse(request.into_inner())?;
        let items = self.logs.read(&ctx, asked).await.map_err(Failure::from)?;
        let relay = Relay {
            items,
            directory: self.fleet.directory(),
            shape: read::seen(shape, with_secrets, self.fleet.sight(&ctx)),
            ctx,
            ended: false,
        };
        let messages = stream::unfold(relay, Relay::next).flat_map(stream::iter);
        Ok(Response::new(Box::pin(messages)))
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

/// A reading under way.
struct Relay {
    items: ReadStream,
    directory: Arc<Directory>,
    shape: Shape,
    ctx: RequestContext,
    ended: bool,
}

type Messages = Vec<Result<ReadLogEventsResponse, Status>>;

impl Relay {
    /// The messages of the next item. The last item is a summary; without one the answer is not whole, and the caller must
    /// not take it for one.
    async fn next(mut self) -> Option<(Messages, Self)> {
        if self.ended {
            return None;
        }
        let messages = match self.items.next().await {
            Some(item) => {
                self.ended = matches!(item, ReadItem::Summary(_) | ReadItem::Failed(_));
                let account = |id| self.directory.account(id).map(|a| Arc::clone(&a.name));
                match read::item(item, account, &self.shape) {
                    Ok(messages) => messages.into_iter().map(Ok).collect(),
                    Err(status) => vec![Err(status)],
                }
            }
            None => {
                self.ended = true;
                let defect = "a stream of log files' events ended without its summary";
                vec![Err(unfinished(&self.ctx, defect))]
            }
        };
        Some((messages, self))
    }
}
