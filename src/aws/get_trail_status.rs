//! CloudTrail GetTrailStatus: whether a trail is logging, and how its deliveries go.

use aws_sdk_cloudtrail::{
    config::Builder as Override, operation::get_trail_status::GetTrailStatusOutput,
    primitives::DateTime,
};

use crate::{
    budget::{RequestContext, Tally},
    domain::{
        Api, Region, Timestamp, TrailArn,
        trail::{TrailStatus, status::Delivery},
    },
};

use super::{AwsError, CredentialSource, Door, call::Call, error::RawFailure};

impl Door {
    /// Asks for the status of one trail, as this Region has it.
    ///
    /// # Errors
    ///
    /// Whatever remains after retries; see [`AwsError`].
    pub async fn get_trail_status(
        &self,
        ctx: &RequestContext,
        tally: &Tally,
        who: &dyn CredentialSource,
        region: &Region,
        arn: &TrailArn,
    ) -> Result<TrailStatus, AwsError> {
        let client = self.clients().cloudtrail(region);
        let call = Call::new(ctx, tally, who, Api::GetTrailStatus, region);
        let answer = self.call(call, |session| {
            let request = client
                .get_trail_status()
                .name(arn.as_str())
                .customize()
                .config_override(
                    Override::new().credentials_provider(session.credentials().clone()),
                );
            Box::pin(async move {
                let answer = request.send().await.map_err(|e| RawFailure::from_sdk(&e))?;
                Ok(status(answer))
            })
        });
        answer.await
    }
}

fn time(at: Option<DateTime>) -> Option<Timestamp> {
    at.and_then(|at| Timestamp::from_parts(at.secs(), at.subsec_nanos()))
}

fn delivery(latest: Option<DateTime>, error: Option<String>) -> Delivery {
    Delivery {
        latest: time(latest),
        error: error.filter(|text| !text.is_empty()),
    }
}

fn status(answer: GetTrailStatusOutput) -> TrailStatus {
    TrailStatus {
        logging: answer.is_logging.unwrap_or_default(),
        started: time(answer.start_logging_time),
        stopped: time(answer.stop_logging_time),
        delivery: delivery(answer.latest_delivery_time, answer.latest_delivery_error),
        notification: delivery(
            answer.latest_notification_time,
            answer.latest_notification_error,
        ),
        log_group: delivery(
            answer.latest_cloud_watch_logs_delivery_time,
            answer.latest_cloud_watch_logs_delivery_error,
        ),
        digest: delivery(
            answer.latest_digest_delivery_time,
            answer.latest_digest_delivery_error,
        ),
    }
}
