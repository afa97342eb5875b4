//! SDK clients: one a Region and service, without credentials of their own. Credentials are laid over each
//! call, so that thousands of accounts share a handful of clients (15 KB each).

use std::{
    collections::HashMap,
    sync::{Mutex, OnceLock, PoisonError},
    time::Duration,
};

use aws_smithy_types::{retry::RetryConfig, timeout::TimeoutConfig};
use aws_types::{SdkConfig, service_config::ServiceConfigKey};

use crate::domain::{Partition, Region};

use super::attribution::OnBehalf;

/// A client whose calls tell whom they are for.
macro_rules! client {
    ($sdk:ident, $config:expr) => {
        $sdk::Client::from_conf(
            $sdk::config::Builder::from($config)
                .interceptor(OnBehalf)
                .build(),
        )
    };
}

/// The clients, made as they are first needed.
pub(super) struct Clients {
    sdk: SdkConfig,
    cloudtrail: PerRegion<aws_sdk_cloudtrail::Client>,
    sts: PerRegion<aws_sdk_sts::Client>,
    organizations: aws_sdk_organizations::Client,
    account: aws_sdk_account::Client,
    s3: PerRegion<aws_sdk_s3::Client>,
    sns: PerRegion<aws_sdk_sns::Client>,
    kms: PerRegion<aws_sdk_kms::Client>,
    logs: PerRegion<aws_sdk_cloudwatchlogs::Client>,
    service_quotas: PerRegion<aws_sdk_servicequotas::Client>,
    iam: OnceLock<aws_sdk_iam::Client>,
    global: SdkConfig,
}

type PerRegion<C> = Mutex<HashMap<Region, C>>;

impl Clients {
    /// Clients over this base configuration. SDK retries are off: a retry is a new attempt and pays its own token.
    pub(super) fn new(sdk: &SdkConfig, partition: Partition, connect_timeout: Duration) -> Self {
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(connect_timeout)
            .build();
        let sdk = sdk
            .to_builder()
            .retry_config(RetryConfig::disabled())
            .timeout_config(timeouts)
            .build();
        // Organizations and Account Management have one endpoint a partition, in its global Region.
        let global = sdk
            .to_builder()
            .region(aws_region(&partition.global_region()))
            .build();
        Self {
            cloudtrail: Mutex::default(),
            sts: Mutex::default(),
            organizations: client!(aws_sdk_organizations, &global),
            account: client!(aws_sdk_account, &global),
            s3: Mutex::default(),
            sns: Mutex::default(),
            kms: Mutex::default(),
            logs: Mutex::default(),
            service_quotas: Mutex::default(),
            iam: OnceLock::new(),
            global,
            sdk,
        }
    }

    pub(super) fn cloudtrail(&self, region: &Region) -> aws_sdk_cloudtrail::Client {
        per_region(&self.cloudtrail, &self.sdk, region, |sdk| {
            client!(aws_sdk_cloudtrail, sdk)
        })
    }

    pub(super) fn sts(&self, region: &Region) -> aws_sdk_sts::Client {
        per_region(&self.sts, &self.sdk, region, |sdk| {
            client!(aws_sdk_sts, sdk)
        })
    }

    pub(super) fn organizations(&self) -> aws_sdk_organizations::Client {
        self.organizations.clone()
    }

    pub(super) fn account(&self) -> aws_sdk_account::Client {
        self.account.clone()
    }

    /// At an endpoint that is not AWS's own the bucket is part of the path: its host has no names below it.
    pub(super) fn s3(&self, region: &Region) -> aws_sdk_s3::Client {
        per_region(&self.s3, &self.sdk, region, |sdk| {
            let config = aws_sdk_s3::config::Builder::from(sdk);
            let config = config.force_path_style(s3_endpoint_is_given(sdk));
            let config = config.interceptor(OnBehalf);
            aws_sdk_s3::Client::from_conf(config.build())
        })
    }

    pub(super) fn sns(&self, region: &Region) -> aws_sdk_sns::Client {
        per_region(&self.sns, &self.sdk, region, |sdk| {
            client!(aws_sdk_sns, sdk)
        })
    }

    pub(super) fn kms(&self, region: &Region) -> aws_sdk_kms::Client {
        per_region(&self.kms, &self.sdk, region, |sdk| {
            client!(aws_sdk_kms, sdk)
        })
    }

    pub(super) fn logs(&self, region: &Region) -> aws_sdk_cloudwatchlogs::Client {
        per_region(&self.logs, &self.sdk, region, |sdk| {
            client!(aws_sdk_cloudwatchlogs, sdk)
        })
    }

    pub(super) fn service_quotas(&self, region: &Region) -> aws_sdk_servicequotas::Client {
        per_region(&self.service_quotas, &self.sdk, region, |sdk| {
            client!(aws_sdk_servicequotas, sdk)
        })
    }

    /// IAM has one endpoint a partition, in its global Region.
    pub(super) fn iam(&self) -> aws_sdk_iam::Client {
        let make = || client!(aws_sdk_iam, &self.global);
        self.iam.get_or_init(make).clone()
    }
}

/// Whether somebody said where S3 is: for all services, or by `AWS_ENDPOINT_URL_S3` and its line in a profile.
fn s3_endpoint_is_given(sdk: &SdkConfig) -> bool {
    let key = ServiceConfigKey::builder()
        .service_id("s3")
        .env("AWS_ENDPOINT_URL")
        .profile("endpoint_url")
        .build();
    let own = || sdk.service_config()?.load_config(key.ok()?);
    sdk.endpoint_url().is_some() || own().is_some()
}

fn per_region<C: Clone>(
    made: &PerRegion<C>,
    sdk: &SdkConfig,
    region: &Region,
    make: impl Fn(&SdkConfig) -> C,
) -> C {
    let mut made = made.lock().unwrap_or_else(PoisonError::into_inner);
    made.entry(region.clone())
        .or_insert_with(|| make(&sdk.to_builder().region(aws_region(region)).build()))
        .clone()
}

fn aws_region(region: &Region) -> aws_types::region::Region {
    aws_types::region::Region::new(region.as_str().to_owned())
}

#[cfg(test)]
mod tests {
    use aws_config::{BehaviorVersion, ConfigLoader};
    use aws_runtime::env_config::file::{EnvConfigFileKind, EnvConfigFiles};

    use super::*;

    /// A loader that sees this profile file and neither the network nor anybody's own files.
    fn loader(profile: &str) -> ConfigLoader {
        let files = EnvConfigFiles::builder().with_contents(EnvConfigFileKind::Config, profile);
        aws_config::defaults(BehaviorVersion::v2026_01_12())
            .profile_files(files.build())
            .region(aws_types::region::Region::new("eu-west-1"))
            .no_credentials()
    }

    #[tokio::test]
    async fn buckets_are_in_the_path_wherever_an_endpoint_is_given() {
        let of = |service: &str| {
            format!(
                "[default]\nservices = here\n[services here]\n{service} =\n  endpoint_url = http://127.0.0.1:1\n"
            )
        };
        let given = async |loader: ConfigLoader| {
            let sdk = loader.load().await;
            s3_endpoint_is_given(&sdk.to_builder().build())
        };
        assert!(!given(loader("")).await);
        assert!(!given(loader(&of("sns"))).await);
        assert!(given(loader(&of("s3"))).await);
        let all = "[default]\nendpoint_url = http://127.0.0.1:1\n";
        assert!(given(loader(all)).await);
        assert!(given(loader("").endpoint_url("http://127.0.0.1:1")).await);
    }
}
