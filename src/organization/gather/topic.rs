//! The topic: of the account that its ARN names, or else of the one that creates the trail, in the home Region.

use super::{Gather, unless_missing};
use crate::{
    aws::{AwsError, Topic},
    domain::{Arn, Region},
    organization::evidence::{Seen, Target, Unread},
    policies::{Verdict, evaluate},
};

/// The key that AWS manages for SNS. Its policy lets no other service encrypt with it.
const MANAGED_KEY: &str = "alias/aws/sns";

impl Gather<'_> {
    pub(super) async fn topic(&self) -> Option<Seen<Target>> {
        let arn = self.deliveries.sns_topic.as_deref()?;
        let Some((region, account)) = Arn::parse(arn).and_then(|arn| arn.place()) else {
            return Some(Seen::Unread(Unread {
                action: "sns:GetTopicAttributes".to_owned(),
                account: self.creator,
                why: format!("{arn} is not the ARN of a topic"),
                denied: false,
            }));
        };
        let who = self.sessions(account);
        let read = async {
            let topic = self
                .door
                .get_topic_attributes(self.ctx, self.tally, &*who, &region, arn);
            Ok::<_, AwsError>(match unless_missing(topic.await)? {
                Some(topic) => self.topic_judged(region.clone(), arn, &topic),
                None => Target::Missing,
            })
        };
        Some(read.await.into())
    }

    fn topic_judged(&self, region: Region, arn: &str, topic: &Topic) -> Target {
        let verdict = match &topic.policy {
            Some(policy) => evaluate::topic(policy, &self.deliveries),
            None => Verdict::Denied(vec!["the topic has no policy".to_owned()]),
        };
        Target::Present {
            arn: arn.to_owned(),
            region: Some(region),
            verdict: encrypted(verdict, topic.kms_key_id.as_deref()),
        }
    }
}

/// An encrypted topic needs a key that CloudTrail may use too.
fn encrypted(verdict: Verdict, key: Option<&str>) -> Verdict {
    match (verdict, key) {
        (Verdict::Allowed, Some(key)) if key.ends_with(MANAGED_KEY) => {
            Verdict::Denied(vec![format!(
                "the topic is encrypted with {MANAGED_KEY}, which CloudTrail cannot use: give it a key of your own"
            )])
        }
        (Verdict::Allowed, Some(key)) => Verdict::Unknown(vec![format!(
            "it lets CloudTrail publish, but the topic is encrypted: key {key} must also let CloudTrail call \
             kms:GenerateDataKey* and kms:Decrypt"
        )]),
        (verdict, _) => verdict,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_encrypted_topic_is_not_taken_to_be_open() {
        let managed = encrypted(Verdict::Allowed, Some("alias/aws/sns"));
        assert!(matches!(managed, Verdict::Denied(_)), "{managed:?}");
        let own = encrypted(Verdict::Allowed, Some("1234"));
        assert!(matches!(own, Verdict::Unknown(_)), "{own:?}");
        let denied = Verdict::Denied(vec!["x".to_owned()]);
        assert_eq!(encrypted(denied.clone(), Some("1234")), denied);
        assert_eq!(encrypted(Verdict::Allowed, None), Verdict::Allowed);
    }
}
