//! What a client meets on a real socket: health, reflection, RPCs that are not built.

use std::sync::Arc;

use tokio_stream::StreamExt;
use tonic::{Code, transport::Channel};
use tonic_health::pb::{
    HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient,
};
use tonic_types::StatusExt;

use super::*;
use crate::{
    api::{
        layers::observe::Deaf,
        proto::{
            ApplyAlarmsRequest, ValidateLogFilesRequest, alarm_service_client::AlarmServiceClient,
            log_file_service_client::LogFileServiceClient,
        },
    },
    domain::Timestamp,
};

fn clock() -> WallClock {
    Arc::new(|| Timestamp::from_seconds(0))
}

async fn start() -> (Channel, Health, CancellationToken) {
    let settings = Settings {
        listen: SocketAddr::from(([127, 0, 0, 1], 0)),
        drain_grace: Duration::from_millis(100),
        ..Settings::default()
    };
    let health = Health::not_serving().await;
    let listener = Listener::bind(&settings, &clock()).unwrap();
    let address = listener.address();
    let routes = with_basics(Routes::default(), &health, Reflection::Public).unwrap();
    let server =
        Server::with_routes(settings, routes, health.clone(), Arc::new(Deaf), clock()).unwrap();
    let shutdown = CancellationToken::new();
    tokio::spawn(server.serve(listener, shutdown.clone()));
    let channel = Channel::from_shared(format!("http://{address}"))
        .unwrap()
        .connect()
        .await
        .unwrap();
    (channel, health, shutdown)
}

#[tokio::test]
async fn health_follows_what_it_is_told() {
    let (channel, health, _shutdown) = start().await;
    let mut client = HealthClient::new(channel);
    for service in ["", "trailplane.v1.EventService"] {
        let ask = HealthCheckRequest {
            service: service.to_owned(),
        };
        let answer = client.check(ask.clone()).await.unwrap().into_inner();
        assert_eq!(answer.status(), ServingStatus::NotServing, "{service}");
        health.set(true).await;
        let answer = client.check(ask).await.unwrap().into_inner();
        assert_eq!(answer.status(), ServingStatus::Serving, "{service}");
        health.set(false).await;
    }
}

#[tokio::test]
async fn what_is_not_built_says_so() {
    let (channel, ..) = start().await;
    let mut alarms = AlarmServiceClient::new(channel.clone());
    let mut files = LogFileServiceClient::new(channel);
    let errors = [
        alarms
            .apply_alarms(ApplyAlarmsRequest::default())
            .await
            .unwrap_err(),
        files
            .validate_log_files(ValidateLogFilesRequest::default())
            .await
            .unwrap_err(),
    ];
    for status in errors {
        assert_eq!(status.code(), Code::Unimplemented);
        let details = status.get_error_details();
        let info = details.error_info().unwrap();
        assert_eq!(info.reason, "NOT_IMPLEMENTED_YET");
        assert!(info.metadata["method"].starts_with("trailplane.v1."));
    }
}

#[tokio::test]
async fn both_versions_of_reflection_list_every_service() {
    let (channel, ..) = start().await;
    macro_rules! listed {
        ($version:ident) => {{
            use tonic_reflection::pb::$version::{
                ServerReflectionRequest, server_reflection_client::ServerReflectionClient,
                server_reflection_request::MessageRequest,
                server_reflection_response::MessageResponse,
            };
            let ask = ServerReflectionRequest {
                host: String::new(),
                message_request: Some(MessageRequest::ListServices(String::new())),
            };
            let mut client = ServerReflectionClient::new(channel.clone());
            let answer = client
                .server_reflection_info(tokio_stream::once(ask))
                .await
                .unwrap();
            let answer = answer.into_inner().next().await.unwrap().unwrap();
            let Some(MessageResponse::ListServicesResponse(list)) = answer.message_response else {
                panic!("no list of services");
            };
            list.service.into_iter().map(|s| s.name).collect::<Vec<_>>()
        }};
    }
    for names in [listed!(v1), listed!(v1alpha)] {
        for service in rpcs::SERVICES {
            assert!(names.iter().any(|name| name == service), "{service}");
        }
    }
}

#[test]
fn plaintext_beyond_loopback_is_refused() {
    let mut settings = Settings {
        listen: SocketAddr::from(([0, 0, 0, 0], 0)),
        ..Settings::default()
    };
    let refused = Listener::bind(&settings, &clock()).unwrap_err();
    assert!(matches!(refused, ServerError::PlaintextBeyondLoopback(_)));
    settings.insecure = true;
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let _guard = runtime.enter();
    assert!(Listener::bind(&settings, &clock()).is_ok());
}
