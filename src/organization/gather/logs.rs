//! The log group, and the role that writes to it, with all of its policies.

use std::sync::Arc;

use super::{Gather, misplaced, unless_missing};
use crate::{
    aws::{AwsError, CredentialSource},
    domain::{Arn, Region},
    organization::{
        evidence::{LogDelivery, Logs, Target},
        reads::every,
    },
    policies::evaluate,
};

impl Gather<'_> {
    pub(super) async fn logs(&self) -> Option<Logs> {
        let wanted = self.trail.logs.as_ref()?;
        if !misplaced(wanted, self.creator, &self.trail.home).is_empty() {
            return None;
        }
        let (region, account) = Arn::parse(&wanted.group)?.place()?;
        let who = self.sessions(account);
        let (group, role) = tokio::join!(
            self.log_group(&who, &region, wanted),
            self.log_role(&who, wanted)
        );
        Some(Logs {
            group: group.into(),
            role: role.into(),
        })
    }

    async fn log_group(
        &self,
        who: &Arc<dyn CredentialSource>,
        region: &Region,
        wanted: &LogDelivery,
    ) -> Result<bool, AwsError> {
        let name = group_name(&wanted.group);
        // Others may begin with the same letters.
        let found = every(|token| {
            let who = Arc::clone(who);
            Box::pin(async move {
                let token = token.as_deref();
                self.door
                    .describe_log_groups(self.ctx, self.tally, &*who, region, name, token)
                    .await
            })
        });
        Ok(found.await?.iter().any(|group| group.name == name))
    }

    async fn log_role(
        &self,
        who: &Arc<dyn CredentialSource>,
        wanted: &LogDelivery,
    ) -> Result<Target, AwsError> {
        let name = wanted.role.rsplit('/').next().unwrap_or_default();
        let role = self.door.get_role(self.ctx, self.tally, &**who, name).await;
        let Some(role) = unless_missing(role)? else {
            return Ok(Target::Missing);
        };
        let policies = self.role_policies(who, name).await?;
        let policies: Vec<&str> = policies.iter().map(String::as_str).collect();
        let trust = role.trust.as_deref().unwrap_or_default();
        Ok(Target::Present {
            arn: role.arn,
            region: None,
            verdict: evaluate::log_role(&policies, trust, &self.deliveries),
        })
    }

    /// All policies of a role: its own, and those attached to it.
    async fn role_policies(
        &self,
        who: &Arc<dyn CredentialSource>,
        role: &str,
    ) -> Result<Vec<String>, AwsError> {
        let (door, ctx, tally) = (self.door, self.ctx, self.tally);
        let own = every(|token| {
            let who = Arc::clone(who);
            Box::pin(async move {
                let token = token.as_deref();
                door.list_role_policies(ctx, tally, &*who, role, token)
                    .await
            })
        });
        let mut policies = Vec::new();
        for name in own.await? {
            policies.push(
                door.get_role_policy(ctx, tally, &**who, role, &name)
                    .await?,
            );
        }
        let attached = every(|token| {
            let who = Arc::clone(who);
            Box::pin(async move {
                let token = token.as_deref();
                door.list_attached_role_policies(ctx, tally, &*who, role, token)
                    .await
            })
        });
        for arn in attached.await? {
            let version = door.get_policy(ctx, tally, &**who, &arn).await?;
            let policy = door.get_policy_version(ctx, tally, &**who, &arn, &version);
            policies.push(policy.await?);
        }
        Ok(policies)
    }
}

/// The name in a log group's ARN, which may end in `:*`.
fn group_name(arn: &str) -> &str {
    let arn = arn.strip_suffix(":*").unwrap_or(arn);
    arn.splitn(7, ':').nth(6).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_groups_name_is_what_its_arn_ends_in() {
        let arn = "arn:aws:logs:eu-west-1:111111111111:log-group:/trails/all";
        assert_eq!(group_name(arn), "/trails/all");
        assert_eq!(group_name(&format!("{arn}:*")), "/trails/all");
    }
}
