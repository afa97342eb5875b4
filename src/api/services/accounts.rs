//! AccountService.

use futures_util::{StreamExt, stream};
use tonic::{Request, Response, Status, codegen::BoxStream};

use super::{Services, context};
use crate::{
    api::{
        convert::{access, accounts, accounts::ListRequest, selector},
        proto::{
            self, CheckAccessRequest, CheckAccessResponse, GetAccountRequest, GetAccountResponse,
            ListAccountsRequest, ListAccountsResponse, RefreshAccountsRequest,
            RefreshAccountsResponse, account_service_server::AccountService,
        },
        status::{self, Failure},
        violations::Violations,
    },
    budget::Lane,
    domain::{Coverage, LeftOut},
    fleet::{Fleet, SelectError},
};

/// The service.
#[derive(Clone)]
pub struct AccountApi {
    fleet: Fleet,
}

impl AccountApi {
    /// Over these use cases.
    pub fn new(services: &Services) -> Self {
        Self {
            fleet: services.fleet.clone(),
        }
    }
}

/// Here the selector's fields are fields of the request itself.
fn own_fields(error: SelectError) -> Failure {
    match error {
        SelectError::Invalid(wrong) => status::selector("", &wrong),
        other => other.into(),
    }
}

#[tonic::async_trait]
impl AccountService for AccountApi {
    async fn list_accounts(
        &self,
        request: Request<ListAccountsRequest>,
    ) -> Result<Response<ListAccountsResponse>, Status> {
        let ctx = context(&request, proto::Lane::Unspecified, Lane::Interactive)?;
        let asked = ListRequest::parse(request.into_inner())?;
        let page = self
            .fleet
            .list_accounts(&ctx, &asked.filter, asked.after, asked.size)
            .await
            .map_err(own_fields)?;
        Ok(Response::new(asked.answer(page)))
    }

    async fn get_account(
        &self,
        request: Request<GetAccountRequest>,
    ) -> Result<Response<GetAccountResponse>, Status> {
        let ctx = context(&request, proto::Lane::Unspecified, Lane::Interactive)?;
        let id = accounts::account_id(&request.get_ref().account_id)?;
        let (account, fresh) = self
            .fleet
            .get_account(&ctx, id, None)
            .await
            .map_err(|error| match error {
                SelectError::Invalid(_) => unknown(&request.get_ref().account_id),
                other => other.into(),
            })?;
        Ok(Response::new(GetAccountResponse {
            account: Some(accounts::to_wire(&account)),
            freshness: Some(accounts::freshness(&fresh)),
        }))
    }

    async fn refresh_accounts(
        &self,
        request: Request<RefreshAccountsRequest>,
    ) -> Result<Response<RefreshAccountsResponse>, Status> {
        let ctx = context(&request, proto::Lane::Unspecified, Lane::Interactive)?;
        let refreshed = self.fleet.refresh_accounts(&ctx).await;
        let refreshed = refreshed.map_err(Failure::from)?;
        Ok(Response::new(accounts::refreshed(&refreshed)))
    }

    async fn check_access(
        &self,
        request: Request<CheckAccessRequest>,
    ) -> Result<Response<BoxStream<CheckAccessResponse>>, Status> {
        let ctx = context(&request, request.get_ref().lane(), Lane::Standard)?;
        let mut found = Violations::new();
        let selector = selector::parse(&mut found, request.into_inner().targets);
        let selector = found.finish(Some(selector))?;
        let stale = self.fleet.directory().stale().is_some();
        let (cells, narrowed) = self
            .fleet
            .check_access(&ctx, &selector)
            .await
            .map_err(Failure::from)?;
        // A cell's report is kept until the summary: about 200 bytes each.
        let verdicts = cells.map(Some).chain(stream::iter([None]));
        let messages = verdicts.scan(Vec::new(), move |reports, verdict| {
            let message = match verdict {
                Some(verdict) => {
                    let message = access::cell(&verdict);
                    reports.push(verdict.report);
                    message
                }
                None => {
                    let left_out = LeftOut {
                        narrowed,
                        ..LeftOut::default()
                    };
                    let covered = Coverage::with(left_out, std::mem::take(reports));
                    access::summary(&covered, stale)
                }
            };
            std::future::ready(Some(Ok(message)))
        });
        Ok(Response::new(Box::pin(messages)))
    }
}

fn unknown(account: &str) -> Failure {
    let mut found = Violations::new();
    found.add(
        "account_id",
        format_args!("{account} is not an account of the organization"),
    );
    Failure::new(status::Reason::UnknownAccount, found.summary()).violations(&found)
}
