//! CloudWatch Logs DescribeLogGroups: log groups by the beginning of their names.

use aws_sdk_cloudwatchlogs::config::Builder as Override;

use crate::{
    budget::{RequestContext, Tally},
    domain::{Api, Region},
};

use super::{AwsError, CredentialSource, Door, call::Call, error::RawFailure, list_accounts::Page};

/// The most that CloudWatch Logs puts on a page.
const LARGEST_PAGE: i32 = 50;

/// A log group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogGroup {
    /// Its name.
    pub name: String,
    /// Its ARN. CloudWatch Logs has two ways to write it, with and without `:*` at the end.
    pub arn: String,
}

impl Door {
    /// Asks for one page of the log groups of the Region whose names begin so.
    ///
    /// # Errors
    ///
    /// Whatever remains after retries; see [`AwsError`].
    pub async fn describe_log_groups(
        &self,
        ctx: &RequestContext,
        tally: &Tally,
        who: &dyn CredentialSource,
        region: &Region,
        prefix: &str,
        token: Option<&str>,
    ) -> Result<Page<LogGroup>, AwsError> {
        let client = self.clients().logs(region);
        let call = Call::new(ctx, tally, who, Api::DescribeLogGroups, region);
        let answer = self.call(call, |session| {
            let request = client
                .describe_log_groups()
                .log_group_name_prefix(prefix)
                .limit(LARGEST_PAGE)
                .set_next_token(token.map(str::to_owned))
                .customize()
                .config_override(
                    Override::new().credentials_provider(session.credentials().clone()),
                );
            Box::pin(async move {
                let answer = request.send().await.map_err(|e| RawFailure::from_sdk(&e))?;
                let found = answer.log_groups.unwrap_or_default().into_iter();
                let found = found.map(|group| LogGroup {
                    name: group.log_group_name.unwrap_or_default(),
                    arn: group.log_group_arn.or(group.arn).unwrap_or_default(),
                });
                Ok(Page::new(found.collect(), answer.next_token))
            })
        });
        answer.await
    }
}
