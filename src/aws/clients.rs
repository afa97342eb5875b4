//! SDK clients: one a Region and service, without credentials of their own. Credentials are laid over each
//! call, so that thousands of accounts share a handful of clients (15 KB each).

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use aws_smithy_types::{retry::RetryConfig, timeout::TimeoutConfig};
use aws_types::SdkConfig;

use crate::domain::{Partition, Region};

/// The clients, made as they are first needed.
pub(super) struct Clients {
    sdk: SdkConfig,
    cloudtrail: PerRegion<aws_sdk_cloudtrail::Client>,
    sts: PerRegion<aws_sdk_sts::Client>,
    organizations: aws_sdk_organizations::Client,
    account: aws_sdk_account::Client,
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
            organizations: aws_sdk_organizations::Client::new(&global),
            account: aws_sdk_account::Client::new(&global),
            sdk,
        }
    }

    pub(super) fn cloudtrail(&self, region: &Region) -> aws_sdk_cloudtrail::Client {
        per_region(
            &self.cloudtrail,
            &self.sdk,
            region,
            aws_sdk_cloudtrail::Client::new,
        )
    }

    pub(super) fn sts(&self, region: &Region) -> aws_sdk_sts::Client {
        per_region(&self.sts, &self.sdk, region, aws_sdk_sts::Client::new)
    }

    pub(super) fn organizations(&self) -> aws_sdk_organizations::Client {
        self.organizations.clone()
    }

    pub(super) fn account(&self) -> aws_sdk_account::Client {
        self.account.clone()
    }
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
