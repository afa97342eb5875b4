//! grpc.health.v1: NOT_SERVING for the server and for each service until told otherwise, and again while draining.

use tonic_health::{
    ServingStatus,
    server::{HealthReporter, HealthService},
};

use super::rpcs::SERVICES;

/// Tells the health service what to say. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Health {
    reporter: HealthReporter,
}

impl Health {
    /// Not serving yet. tonic-health's own start is SERVING, so this must be made before a socket opens.
    pub async fn not_serving() -> Self {
        let health = Self {
            reporter: HealthReporter::new(),
        };
        health.set(false).await;
        health
    }

    /// Serving or not, for the server as a whole and for every service.
    pub async fn set(&self, serving: bool) {
        let status = if serving {
            ServingStatus::Serving
        } else {
            ServingStatus::NotServing
        };
        for service in SERVICES.iter().chain(&[""]) {
            self.reporter.set_service_status(service, status).await;
        }
    }

    /// The service that answers.
    pub(super) fn service(&self) -> HealthService {
        HealthService::from_health_reporter(self.reporter.clone())
    }
}
