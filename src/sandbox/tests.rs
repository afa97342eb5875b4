//! The sandbox on a real socket, asked by the real AWS SDK.

mod fleet;
mod honesty;
mod identity;
mod lookup;
mod organization;
mod prerequisites;
mod service_quotas;
mod trails;

use std::time::Duration;

use aws_credential_types::Credentials;
use aws_smithy_types::{retry::RetryConfig, timeout::TimeoutConfig};
use tokio::net::TcpListener;

use super::*;

/// A sandbox on a port of its own.
async fn sandbox(scenario: Scenario) -> Sandbox {
    sandbox_at(scenario, Clock::system()).await
}

async fn sandbox_at(scenario: Scenario, clock: Clock) -> Sandbox {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    Sandbox::start_at(scenario, listener, clock).unwrap()
}

/// A configuration of the SDK without retries.
async fn sdk(sandbox: &Sandbox, region: &str, credentials: Credentials) -> aws_config::SdkConfig {
    let http = aws_smithy_http_client::Builder::new().build_http();
    aws_config::defaults(aws_config::BehaviorVersion::latest())
        .endpoint_url(sandbox.endpoint_url())
        .http_client(http)
        .region(aws_config::Region::new(region.to_owned()))
        .credentials_provider(credentials)
        .retry_config(RetryConfig::disabled())
        .timeout_config(
            TimeoutConfig::builder()
                .operation_timeout(Duration::from_secs(20))
                .build(),
        )
        .load()
        .await
}

fn hub() -> Credentials {
    Credentials::new(HUB_ACCESS_KEY_ID, HUB_SECRET_ACCESS_KEY, None, None, "test")
}

async fn hub_sdk(sandbox: &Sandbox) -> aws_config::SdkConfig {
    sdk(sandbox, "us-east-1", hub()).await
}

/// AssumeRole into an account, with everything as the scenario's defaults want it.
fn assume(
    client: &aws_sdk_sts::Client,
    account: &str,
) -> aws_sdk_sts::operation::assume_role::builders::AssumeRoleFluentBuilder {
    client
        .assume_role()
        .role_arn(format!("arn:aws:iam::{account}:role/TrailplaneReader"))
        .role_session_name("test")
        .external_id("trailplane-sandbox")
}

fn credentials(of: &aws_sdk_sts::types::Credentials) -> Credentials {
    let token = Some(of.session_token().to_owned());
    Credentials::new(
        of.access_key_id(),
        of.secret_access_key(),
        token,
        None,
        "test",
    )
}

/// A session in the account, for clients of the Region.
async fn member_sdk(sandbox: &Sandbox, account: &str, region: &str) -> aws_config::SdkConfig {
    let sts = aws_sdk_sts::Client::new(&hub_sdk(sandbox).await);
    let session = assume(&sts, account).send().await.unwrap();
    sdk(sandbox, region, credentials(session.credentials().unwrap())).await
}

/// The code of an SDK error.
fn code<E: aws_smithy_types::error::metadata::ProvideErrorMetadata, R>(
    error: &aws_smithy_runtime_api::client::result::SdkError<E, R>,
) -> String {
    error
        .as_service_error()
        .and_then(|e| e.code())
        .unwrap_or("not a service error")
        .to_owned()
}
