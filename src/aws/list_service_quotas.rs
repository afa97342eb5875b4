//! Service Quotas ListServiceQuotas: how often CloudTrail lets this account make each call in this Region.

use std::time::Duration;

use aws_sdk_servicequotas::{
    config::Builder as Override,
    types::{PeriodUnit, QuotaPeriod, ServiceQuota},
};

use crate::{
    budget::{RequestContext, Tally},
    domain::{Api, Region, quota::PublishedQuota},
};

use super::{AwsError, CredentialSource, Door, call::Call, error::RawFailure, list_accounts::Page};

/// The most that Service Quotas puts on a page.
const LARGEST_PAGE: i32 = 100;

impl Door {
    /// Asks for one page of CloudTrail's quotas for the account of the credentials in this Region: those that have a
    /// value, rates and others.
    ///
    /// # Errors
    ///
    /// Whatever remains after retries; see [`AwsError`].
    pub async fn list_service_quotas(
        &self,
        ctx: &RequestContext,
        tally: &Tally,
        who: &dyn CredentialSource,
        region: &Region,
        token: Option<&str>,
    ) -> Result<Page<PublishedQuota>, AwsError> {
        let client = self.clients().service_quotas(region);
        let call = Call::new(ctx, tally, who, Api::ListServiceQuotas, region);
        let answer = self.call(call, |session| {
            let request = client
                .list_service_quotas()
                .service_code(PublishedQuota::SERVICE_CODE)
                .max_results(LARGEST_PAGE)
                .set_next_token(token.map(str::to_owned))
                .customize()
                .config_override(
                    Override::new().credentials_provider(session.credentials().clone()),
                );
            Box::pin(async move {
                let answer = request.send().await.map_err(|e| RawFailure::from_sdk(&e))?;
                let found = answer.quotas.unwrap_or_default().into_iter();
                Ok(Page::new(
                    found.filter_map(published).collect(),
                    answer.next_token,
                ))
            })
        });
        answer.await
    }
}

fn published(quota: ServiceQuota) -> Option<PublishedQuota> {
    Some(PublishedQuota {
        code: quota.quota_code.unwrap_or_default(),
        name: quota.quota_name.unwrap_or_default(),
        value: quota.value?,
        // Rates are told with a period of one second; a quota without one may be something else, as its name tells.
        period: quota
            .period
            .map_or(Some(Duration::from_secs(1)), |told| period(&told))?,
    })
}

fn period(period: &QuotaPeriod) -> Option<Duration> {
    let count = u32::try_from(period.period_value?).ok()?;
    let unit = match period.period_unit.as_ref()? {
        PeriodUnit::Microsecond => Duration::from_micros(1),
        PeriodUnit::Millisecond => Duration::from_millis(1),
        PeriodUnit::Second => Duration::from_secs(1),
        PeriodUnit::Minute => Duration::from_secs(60),
        PeriodUnit::Hour => Duration::from_secs(3_600),
        PeriodUnit::Day => Duration::from_secs(86_400),
        PeriodUnit::Week => Duration::from_secs(604_800),
        _ => return None,
    };
    Some(unit.saturating_mul(count))
}
