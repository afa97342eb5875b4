//! What Service Quotas publishes of CloudTrail, and which operation each of its quotas is about. Pure.

use std::time::Duration;

use super::{Api, Service};

/// A quota as Service Quotas tells it for one account and Region.
#[derive(Debug, Clone, PartialEq)]
pub struct PublishedQuota {
    /// Its code, such as `L-6826A2E9`.
    pub code: String,
    /// Its name, such as `Transactions per second (TPS) for the LookupEvents API`.
    pub name: String,
    /// How many, in a period.
    pub value: f64,
    /// The period.
    pub period: Duration,
}

/// The codes of the quotas that are calls a second, from a published list of CloudTrail's. GetEventConfiguration and
/// PutEventConfiguration are not on it; their names would tell.
const CODES: &[(&str, Api)] = &[
    ("L-6826A2E9", Api::LookupEvents),
    ("L-7AC9FF3E", Api::DescribeTrails),
    ("L-54F77C56", Api::ListTrails),
    ("L-9260AF5B", Api::GetTrail),
    ("L-5E4FC5D2", Api::GetTrailStatus),
    ("L-262F8D6F", Api::GetEventSelectors),
    ("L-E2417ECC", Api::GetInsightSelectors),
    ("L-AD66B35A", Api::ListTags),
    ("L-62E172F7", Api::ListPublicKeys),
    ("L-C9DC023A", Api::CreateTrail),
    ("L-865ADF4E", Api::UpdateTrail),
    ("L-866533BF", Api::DeleteTrail),
    ("L-773FB33E", Api::StartLogging),
    ("L-9552D44E", Api::StopLogging),
    ("L-2A4525B6", Api::PutEventSelectors),
    ("L-8719FDD4", Api::PutInsightSelectors),
    ("L-0DE8FCE1", Api::AddTags),
    ("L-EF071748", Api::RemoveTags),
    ("L-88C956C4", Api::RegisterOrganizationDelegatedAdmin),
    ("L-BEA14027", Api::DeregisterOrganizationDelegatedAdmin),
];

impl PublishedQuota {
    /// Service Quotas' code for CloudTrail.
    pub const SERVICE_CODE: &str = "cloudtrail";

    /// The most calls a second that are believed, as in the configuration; AWS's largest for CloudTrail is 100.
    pub const FASTEST: f64 = 10_000.0;

    /// The least that is believed. A quota of none at all would be one that nobody can use.
    pub const SLOWEST: f64 = 0.01;

    /// The operation that it is about and its calls a second; nothing if we make no such call, if it is no rate, or
    /// if code and name do not mean the same.
    pub fn rate(&self) -> Option<(Api, f64)> {
        let per_second = self.value / self.period.as_secs_f64();
        let sane = (Self::SLOWEST..=Self::FASTEST).contains(&per_second);
        self.api().filter(|_| sane).map(|api| (api, per_second))
    }

    fn api(&self) -> Option<Api> {
        let coded = CODES.iter().find(|(code, _)| *code == self.code);
        match (coded.map(|(_, api)| *api), self.named()) {
            (Some(coded), Some(named)) => (coded == named).then_some(coded),
            (coded, named) => coded.or(named),
        }
    }

    fn named(&self) -> Option<Api> {
        let name = self
            .name
            .strip_prefix("Transactions per second (TPS) for the ")?;
        let api: Api = name.strip_suffix(" API")?.parse().ok()?;
        (api.service() == Service::CloudTrail).then_some(api)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn quota(code: &str, name: &str, value: f64, seconds: u64) -> PublishedQuota {
        PublishedQuota {
            code: code.to_owned(),
            name: name.to_owned(),
            value,
            period: Duration::from_secs(seconds),
        }
    }

    fn named(api: &str, value: f64) -> PublishedQuota {
        let name = format!("Transactions per second (TPS) for the {api} API");
        quota("L-00000000", &name, value, 1)
    }

    #[test]
    fn every_operation_of_cloudtrail_is_known_by_its_name_and_almost_all_by_their_codes() {
        let coded: BTreeSet<Api> = CODES.iter().map(|(_, api)| *api).collect();
        let codes: BTreeSet<&str> = CODES.iter().map(|(code, _)| *code).collect();
        assert_eq!((coded.len(), codes.len()), (CODES.len(), CODES.len()));
        for api in Api::ALL {
            let ours = api.service() == Service::CloudTrail;
            let expected = ours.then_some((*api, 4.0));
            assert_eq!(named(api.as_str(), 4.0).rate(), expected, "{api}");
            let without = [Api::GetEventConfiguration, Api::PutEventConfiguration];
            let has_code = ours && !without.contains(api);
            assert_eq!(coded.contains(api), has_code, "{api}");
        }
        for (code, api) in CODES {
            assert_eq!(quota(code, "", 4.0, 1).rate(), Some((*api, 4.0)));
        }
    }

    #[test]
    fn what_is_no_rate_of_ours_is_left_alone() {
        let lookup = "Transactions per second (TPS) for the LookupEvents API";
        for other in [
            quota("L-6826A2E9", "Trails per Region", f64::NAN, 1),
            quota("L-00000000", "Trails per Region", 5.0, 1),
            quota("L-00000000", "LookupEvents", 5.0, 1),
            quota("L-00000000", &lookup.to_lowercase(), 5.0, 1),
            // The code is LookupEvents', the name is not.
            quota(
                "L-6826A2E9",
                "Transactions per second (TPS) for the GetTrail API",
                5.0,
                1,
            ),
            named("AssumeRole", 5.0),
            named("StartQuery", 5.0),
        ] {
            assert_eq!(other.rate(), None, "{other:?}");
        }
    }

    #[test]
    fn only_sane_values_are_believed() {
        let rate = |value, seconds| quota("L-6826A2E9", "", value, seconds).rate();
        for (value, seconds, per_second) in
            [(0.01, 1, 0.01), (10_000.0, 1, 10_000.0), (120.0, 60, 2.0)]
        {
            assert_eq!(rate(value, seconds), Some((Api::LookupEvents, per_second)));
        }
        for (value, seconds) in [
            (0.0, 1),
            (-2.0, 1),
            (0.009, 1),
            (10_001.0, 1),
            (f64::INFINITY, 1),
            (f64::NAN, 1),
            (2.0, 0),
            (2.0, 604_800),
        ] {
            assert_eq!(rate(value, seconds), None, "{value} in {seconds} s");
        }
    }
}
