//! One step, as the call that it is; and reading a trail before and after.

use crate::{
    aws::{AwsError, CreateTrail, CredentialSource, FailureKind, UpdateTrail},
    budget::{RequestContext, Tally},
    domain::TrailArn,
    trails::{Parts, Trails},
};

use super::plan::{Found, Needed, StepCall};

/// A trail that is being changed, and by whom.
#[derive(Clone, Copy)]
pub struct At<'a> {
    pub arn: &'a TrailArn,
    pub who: &'a dyn CredentialSource,
    pub tally: &'a Tally,
}

impl Trails {
    /// Makes the call, in the trail's home Region and by its ARN. Answers with AWS's id of the request.
    pub(super) async fn perform(
        &self,
        ctx: &RequestContext,
        at: At<'_>,
        call: &StepCall,
    ) -> Result<Option<String>, AwsError> {
        let At { arn, who, tally } = at;
        let (door, home) = (&self.door, arn.home_region());
        let written = match call {
            StepCall::Create(settings, tags) => {
                let new = CreateTrail {
                    name: arn.name().clone(),
                    settings: settings.as_ref().clone(),
                    tags: tags.clone(),
                };
                let made = door.create_trail(ctx, tally, who, home, &new).await?;
                return Ok(made.request_id);
            }
            StepCall::Update(settings) => {
                let change = UpdateTrail {
                    arn: arn.clone(),
                    settings: settings.as_ref().clone(),
                };
                door.update_trail(ctx, tally, who, home, &change).await
            }
            StepCall::Delete => door.delete_trail(ctx, tally, who, home, arn).await,
            StepCall::PutEventSelectors(selectors) => {
                door.put_event_selectors(ctx, tally, who, home, arn, selectors)
                    .await
            }
            StepCall::PutInsightSelectors(selectors) => {
                door.put_insight_selectors(ctx, tally, who, home, arn, selectors)
                    .await
            }
            StepCall::PutEventConfiguration(configuration) => {
                door.put_event_configuration(ctx, tally, who, home, arn, configuration)
                    .await
            }
            StepCall::AddTags(tags) => door.add_tags(ctx, tally, who, home, arn, tags).await,
            StepCall::RemoveTags(tags) => {
                let keys = tags.keys().cloned().collect();
                door.remove_tags(ctx, tally, who, home, arn, &keys).await
            }
            StepCall::StartLogging => door.start_logging(ctx, tally, who, home, arn).await,
            StepCall::StopLogging => door.stop_logging(ctx, tally, who, home, arn).await,
        };
        written.map(|written| written.request_id)
    }

    /// The trail as it is now, with the parts that are needed; `None` if it is not there.
    pub(super) async fn found(
        &self,
        ctx: &RequestContext,
        at: At<'_>,
        needed: Needed,
    ) -> Result<Option<Found>, AwsError> {
        let At { arn, who, tally } = at;
        let home = arn.home_region();
        let settings = match self.door.get_trail(ctx, tally, who, home, arn).await {
            Ok(settings) => settings,
            Err(error) if error.kind == FailureKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        // Five calls at once are large, and every target waits here once.
        match Box::pin(self.parts(ctx, at, needed)).await {
            Ok(parts) => Ok(Some(Found { settings, parts })),
            // Deleted between the two readings.
            Err(error) if error.kind == FailureKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn parts(
        &self,
        ctx: &RequestContext,
        at: At<'_>,
        needed: Needed,
    ) -> Result<Parts, AwsError> {
        let At { arn, who, tally } = at;
        let (door, home) = (&self.door, arn.home_region());
        let one = std::slice::from_ref(arn);
        let (status, event_selectors, insight_selectors, event_configuration, tags) = tokio::try_join!(
            only(
                needed.status,
                door.get_trail_status(ctx, tally, who, home, arn)
            ),
            only(
                needed.event_selectors,
                door.get_event_selectors(ctx, tally, who, home, arn)
            ),
            only(
                needed.insight_selectors,
                door.get_insight_selectors(ctx, tally, who, home, arn)
            ),
            only(
                needed.event_configuration,
                door.get_event_configuration(ctx, tally, who, home, arn)
            ),
            only(
                needed.tags,
                door.list_trail_tags(ctx, tally, who, home, one)
            ),
        )?;
        Ok(Parts {
            status,
            event_selectors,
            insight_selectors,
            event_configuration,
            tags: tags.map(|mut tags| tags.remove(arn).unwrap_or_default()),
        })
    }
}

async fn only<T>(
    wanted: bool,
    read: impl Future<Output = Result<T, AwsError>>,
) -> Result<Option<T>, AwsError> {
    match wanted {
        true => read.await.map(Some),
        false => Ok(None),
    }
}
