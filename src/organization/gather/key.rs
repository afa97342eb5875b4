//! The key: of the account that its ARN names, or else of the one that creates the trail; in the bucket's Region, where
//! it must be.

use super::{Gather, unless_missing};
use crate::{
    aws::{AwsError, Key},
    domain::{Arn, Region},
    organization::evidence::{Seen, Target},
    policies::{Deliveries, Verdict, evaluate},
};

impl Gather<'_> {
    pub(super) async fn key(&self, bucket: Option<Region>) -> Option<Seen<Target>> {
        let id = self.trail.kms_key.as_deref()?;
        let place = Arn::parse(id).and_then(|arn| arn.place());
        let (region, account) = place.unwrap_or_else(|| {
            let region = bucket.unwrap_or_else(|| self.trail.home.clone());
            (region, self.creator)
        });
        let who = self.sessions(account);
        let read = async {
            let (door, ctx, tally) = (self.door, self.ctx, self.tally);
            let described = door.describe_key(ctx, tally, &*who, &region, id).await;
            let Some(key) = unless_missing(described)? else {
                return Ok::<_, AwsError>(Target::Missing);
            };
            let policy = door
                .get_key_policy(ctx, tally, &*who, &region, &key.arn)
                .await?;
            Ok(self.key_judged(region.clone(), key, &policy))
        };
        Some(read.await.into())
    }

    fn key_judged(&self, region: Region, key: Key, policy: &str) -> Target {
        let unfit = unfit(&key);
        let deliveries = Deliveries {
            kms_key: Some(key.arn.clone()),
            ..self.deliveries.clone()
        };
        Target::Present {
            verdict: match unfit.is_empty() {
                true => evaluate::kms_key(policy, &deliveries),
                false => Verdict::Denied(unfit),
            },
            arn: key.arn,
            region: Some(region),
        }
    }
}

/// What makes a key unfit, whatever its policy.
fn unfit(key: &Key) -> Vec<String> {
    let mut unfit = Vec::new();
    if key.by_aws {
        unfit.push("AWS manages it, and its policy cannot be changed".to_owned());
    }
    if !key.symmetric {
        unfit.push("it is not a symmetric encryption key".to_owned());
    }
    if !key.enabled {
        let state = key.state.as_deref().unwrap_or("disabled");
        unfit.push(format!("it is not enabled: its state is {state}"));
    }
    unfit
}
