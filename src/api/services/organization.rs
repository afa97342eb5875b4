//! OrganizationService.

use tonic::{Request, Response, Status};

use super::{Services, context, new_id, only_plans};
use crate::{
    api::{
        convert::organization::{self as convert, Checked, Listing},
        layers::audit,
        proto::{
            CheckOrganizationTrailRequest, CheckOrganizationTrailResponse,
            DeregisterDelegatedAdministratorRequest, DeregisterDelegatedAdministratorResponse,
            EnableAllFeaturesRequest, EnableAllFeaturesResponse, EnableTrustedAccessRequest,
            EnableTrustedAccessResponse, GetOrganizationRequest, GetOrganizationResponse, Lane,
            ListDelegatedAdministratorsRequest, ListDelegatedAdministratorsResponse,
            RegisterDelegatedAdministratorRequest, RegisterDelegatedAdministratorResponse,
            organization_service_server::OrganizationService,
        },
        status::Failure,
    },
    budget,
    organization::Organization,
};

/// A person waits: there is one organization, and it is prepared once.
const USUAL: budget::Lane = budget::Lane::Interactive;

/// The service.
#[derive(Clone)]
pub struct OrganizationApi {
    organization: Organization,
}

impl OrganizationApi {
    /// Over these use cases.
    pub fn new(services: &Services) -> Self {
        Self {
            organization: services.organization.clone(),
        }
    }
}

#[tonic::async_trait]
impl OrganizationService for OrganizationApi {
    async fn get_organization(
        &self,
        request: Request<GetOrganizationRequest>,
    ) -> Result<Response<GetOrganizationResponse>, Status> {
        let ctx = context(&request, Lane::Unspecified, USUAL)?;
        let found = self.organization.describe(&ctx).await;
        Ok(Response::new(GetOrganizationResponse {
            organization: Some(convert::described(found.map_err(Failure::from)?)),
        }))
    }

    async fn enable_all_features(
        &self,
        request: Request<EnableAllFeaturesRequest>,
    ) -> Result<Response<EnableAllFeaturesResponse>, Status> {
        let ctx = context(&request, Lane::Unspecified, USUAL)?;
        let recorded = audit::asked(request.extensions());
        let wire = request.into_inner();
        only_plans(recorded, wire.validate_only);
        let asked = convert::asked(wire.validate_only, wire.request_id, new_id)?;
        let done = self.organization.enable_all_features(&ctx, &asked).await;
        Ok(Response::new(convert::features(
            done.map_err(Failure::from)?,
        )))
    }

    async fn enable_trusted_access(
        &self,
        request: Request<EnableTrustedAccessRequest>,
    ) -> Result<Response<EnableTrustedAccessResponse>, Status> {
        let ctx = context(&request, Lane::Unspecified, USUAL)?;
        let recorded = audit::asked(request.extensions());
        let wire = request.into_inner();
        only_plans(recorded, wire.validate_only);
        let asked = convert::asked(wire.validate_only, wire.request_id, new_id)?;
        let done = self.organization.enable_trusted_access(&ctx, &asked).await;
        Ok(Response::new(EnableTrustedAccessResponse {
            result: Some(convert::changed(done.map_err(Failure::from)?)),
        }))
    }

    async fn register_delegated_administrator(
        &self,
        request: Request<RegisterDelegatedAdministratorRequest>,
    ) -> Result<Response<RegisterDelegatedAdministratorResponse>, Status> {
        let ctx = context(&request, Lane::Unspecified, USUAL)?;
        let recorded = audit::asked(request.extensions());
        let wire = request.into_inner();
        only_plans(recorded, wire.validate_only);
        let (account, asked) = convert::asked_of(
            &wire.account_id,
            wire.validate_only,
            wire.request_id,
            new_id,
        )?;
        let done = self.organization.register(&ctx, &asked, account).await;
        Ok(Response::new(RegisterDelegatedAdministratorResponse {
            result: Some(convert::changed(done.map_err(Failure::from)?)),
        }))
    }

    async fn deregister_delegated_administrator(
        &self,
        request: Request<DeregisterDelegatedAdministratorRequest>,
    ) -> Result<Response<DeregisterDelegatedAdministratorResponse>, Status> {
        let ctx = context(&request, Lane::Unspecified, USUAL)?;
        let recorded = audit::asked(request.extensions());
        let wire = request.into_inner();
        only_plans(recorded, wire.validate_only);
        let (account, asked) = convert::asked_of(
            &wire.account_id,
            wire.validate_only,
            wire.request_id,
            new_id,
        )?;
        let done = self.organization.deregister(&ctx, &asked, account).await;
        Ok(Response::new(DeregisterDelegatedAdministratorResponse {
            result: Some(convert::changed(done.map_err(Failure::from)?)),
        }))
    }

    async fn list_delegated_administrators(
        &self,
        request: Request<ListDelegatedAdministratorsRequest>,
    ) -> Result<Response<ListDelegatedAdministratorsResponse>, Status> {
        let ctx = context(&request, Lane::Unspecified, USUAL)?;
        let asked = Listing::parse(request.into_inner())?;
        let all = self.organization.administrators(&ctx).await;
        Ok(Response::new(asked.answer(all.map_err(Failure::from)?)))
    }

    async fn check_organization_trail(
        &self,
        request: Request<CheckOrganizationTrailRequest>,
    ) -> Result<Response<CheckOrganizationTrailResponse>, Status> {
        let ctx = context(&request, Lane::Unspecified, USUAL)?;
        let asked = Checked::parse(request.into_inner())?;
        let found = self.organization.ready_for(&ctx, &asked.trail).await;
        Ok(Response::new(convert::readiness(
            found.map_err(Failure::from)?,
        )))
    }
}
