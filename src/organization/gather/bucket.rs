//! The bucket. Only the account that owns it reads its policy, and its name does not say which that is: those that the
//! request names are asked in turn.

use super::{Gather, unless_missing};
use crate::{
    aws::{AwsError, FailureKind},
    domain::{AccountId, Region},
    organization::evidence::{Seen, Target},
    policies::{Verdict, evaluate},
};

impl Gather<'_> {
    pub(super) async fn bucket(&self) -> Seen<Target> {
        match self.bucket_region().await {
            Ok(Some(region)) => self.bucket_in(region).await,
            Ok(None) => Seen::Known(Target::Missing),
            Err(error) => Err(error).into(),
        }
    }

    /// Where the bucket is; `None` if there is none of this name in all of S3.
    async fn bucket_region(&self) -> Result<Option<Region>, AwsError> {
        let who = self.sessions(self.creator);
        let region = self.door.head_bucket(
            self.ctx,
            self.tally,
            &*who,
            &self.trail.home,
            &self.trail.bucket,
        );
        unless_missing(region.await)
    }

    async fn bucket_in(&self, region: Region) -> Seen<Target> {
        let owners = match self.trail.bucket_owner {
            Some(owner) => vec![owner],
            None => self.candidates(),
        };
        let mut first_error = None;
        for account in owners {
            match self.bucket_policy(account, &region).await {
                Ok(policy) => return Seen::Known(self.bucket_judged(region, policy.as_deref())),
                Err(error) if error.kind == FailureKind::NotFound => {
                    return Seen::Known(Target::Missing);
                }
                Err(error) => {
                    let told = first_error.get_or_insert_with(|| error.clone());
                    // Who may not look, or does not own it, leaves it to the next; the end of time is the end.
                    if matches!(
                        error.kind,
                        FailureKind::DeadlineExceeded | FailureKind::Cancelled
                    ) {
                        return Err(told.clone()).into();
                    }
                }
            }
        }
        match first_error {
            Some(error) => Err(error).into(),
            None => Seen::Known(Target::Missing),
        }
    }

    async fn bucket_policy(
        &self,
        account: AccountId,
        region: &Region,
    ) -> Result<Option<String>, AwsError> {
        let who = self.sessions(account);
        let bucket = &self.trail.bucket;
        self.door
            .get_bucket_policy(self.ctx, self.tally, &*who, region, bucket)
            .await
    }

    fn bucket_judged(&self, region: Region, policy: Option<&str>) -> Target {
        Target::Present {
            arn: format!("arn:{}:s3:::{}", region.partition(), self.trail.bucket),
            region: Some(region),
            verdict: match policy {
                Some(policy) => evaluate::bucket(policy, &self.deliveries),
                None => Verdict::Denied(vec!["the bucket has no policy".to_owned()]),
            },
        }
    }
}
