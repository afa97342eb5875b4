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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_are_of_every_unit_and_a_second_without_a_word() {
        let told = |period: Option<(i32, &str)>| {
            let period = period.map(|(value, unit)| {
                let period = QuotaPeriod::builder().period_value(value);
                period.period_unit(unit.into()).build()
            });
            let quota = ServiceQuota::builder().value(1.0).set_period(period);
            published(quota.build()).map(|quota| quota.period)
        };
        let seconds = |seconds| Some(Duration::from_secs(seconds));
        assert_eq!(told(None), seconds(1));
        assert_eq!(told(Some((1_000, "MILLISECOND"))), seconds(1));
        assert_eq!(told(Some((1_000_000, "MICROSECOND"))), seconds(1));
        for (unit, length) in [
            ("SECOND", 1),
            ("MINUTE", 60),
            ("HOUR", 3_600),
            ("DAY", 86_400),
            ("WEEK", 604_800),
        ] {
            assert_eq!(told(Some((2, unit))), seconds(2 * length), "{unit}");
        }
        assert_eq!(told(Some((1, "FORTNIGHT"))), None);
        assert_eq!(told(Some((-1, "SECOND"))), None);
        assert_eq!(published(ServiceQuota::builder().build()), None, "no value");
    }
}
