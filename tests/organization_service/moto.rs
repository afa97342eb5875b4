//! The same use cases over moto, as far as it implements them: the organization and trusted access. Its delegated
//! administrators are of six older services only.

use aws_credential_types::Credentials;
use std::time::Duration;
use trailplane::organization::{self, FeatureSet, Organization, OrganizationError, Outcome, Role};

use super::world::{context, now, only_plan};
use crate::support::{
    emulator::Emulator,
    rig::{Rig, settings},
};

async fn client(moto: &Emulator) -> aws_sdk_organizations::Client {
    let config = aws_config::defaults(aws_config::BehaviorVersion::latest())
        .endpoint_url(moto.endpoint())
        .region(aws_types::region::Region::new("us-east-1"))
        .credentials_provider(Credentials::new("AKIAX", "x", None, None, "test"))
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .load();
    aws_sdk_organizations::Client::new(&config.await)
}

#[tokio::test]
async fn trusted_access_is_given_to_motos_organization_too() {
    let moto = Emulator::moto().await;
    let mut rig = Rig::new(&moto.endpoint(), "AKIAX", "x").await;
    let fleet = rig.fleet(settings("Trailplane", &["us-east-1"]));
    let quick = organization::Settings {
        pause: Duration::from_millis(50),
        visible_within: Duration::from_millis(500),
    };
    let organization = Organization::new(rig.door.clone(), fleet, quick);

    let none = organization.describe(&context()).await;
    assert!(
        matches!(none, Err(OrganizationError::NotInUse(_))),
        "{none:?}"
    );
    let own = client(&moto).await;
    own.create_organization().send().await.unwrap();

    let found = organization.describe(&context()).await.unwrap();
    assert_eq!(found.organization.features, FeatureSet::All);
    assert_eq!(found.role, Ok(Role::Management));
    assert_eq!(found.trusted_access, Ok(false));
    let trust = async |asked| {
        let ctx = context();
        let done = organization.enable_trusted_access(&ctx, &asked);
        done.await.unwrap().outcome
    };
    assert_eq!(trust(only_plan()).await, Outcome::Planned);
    assert_eq!(trust(now()).await, Outcome::Applied);
    assert_eq!(trust(now()).await, Outcome::Unchanged);
    let services = own
        .list_aws_service_access_for_organization()
        .send()
        .await
        .unwrap();
    let services = services.enabled_service_principals();
    assert_eq!(
        services[0].service_principal(),
        Some("cloudtrail.amazonaws.com")
    );

    let features = organization
        .enable_all_features(&context(), &now())
        .await
        .unwrap();
    assert_eq!(features.changed.outcome, Outcome::Unchanged);
    let unknown = organization.administrators(&context()).await;
    let Err(OrganizationError::Aws(error)) = unknown else {
        panic!("moto knows of CloudTrail's administrators now: {unknown:?}");
    };
    assert_eq!(error.code.as_deref(), Some("InvalidInputException"));
}
