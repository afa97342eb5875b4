//! From the settings that a request wants, and those that are there, to those that will be.

use serde::Deserialize;

use crate::{
    domain::{AccountId, Region},
    sandbox::{
        cloudtrail::{
            Asking,
            trail::{Logs, Settings},
            validate::{settings, tags::Tag},
        },
        wire::ApiError,
    },
};

/// The parameters of CreateTrail and UpdateTrail: what is absent stays as it is, and an empty text takes away.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Wanted {
    /// The trail.
    pub name: Option<String>,
    s3_bucket_name: Option<String>,
    s3_key_prefix: Option<String>,
    sns_topic_name: Option<String>,
    include_global_service_events: Option<bool>,
    is_multi_region_trail: Option<bool>,
    enable_log_file_validation: Option<bool>,
    cloud_watch_logs_log_group_arn: Option<String>,
    cloud_watch_logs_role_arn: Option<String>,
    kms_key_id: Option<String>,
    /// Whether it is to be the organization's.
    pub is_organization_trail: Option<bool>,
    recursive_logging: Option<bool>,
    /// Tags; of CreateTrail only.
    #[serde(default)]
    pub tags_list: Vec<Tag>,
}

/// How a trail is set of which nothing is said.
pub fn initial() -> Settings {
    Settings {
        bucket: String::new(),
        prefix: None,
        topic_arn: None,
        global_service_events: true,
        multi_region: false,
        log_file_validation: false,
        logs: None,
        kms_key_arn: None,
        organization: false,
        recursive_logging: None,
    }
}

impl Wanted {
    /// The settings as they will be, for a trail of this home, as the caller asks for them.
    pub fn over(
        &self,
        now: &Settings,
        asking: Asking<'_>,
        home: &Region,
    ) -> Result<Settings, ApiError> {
        let account = asking.viewer.account;
        // However a key was named, CloudTrail answers with its ARN.
        let key_arn = |text: &str| asking.world.resources.kms_key(text).arn(account, home);
        let bucket = self.s3_bucket_name.as_ref().unwrap_or(&now.bucket);
        settings::bucket(bucket)?;
        let as_it_is = |text: &str| text.to_owned();
        let prefix = change(&now.prefix, &self.s3_key_prefix, |text| {
            settings::prefix(text).map(|()| as_it_is(text))
        })?;
        let topic_arn = change(&now.topic_arn, &self.sns_topic_name, |text| {
            settings::topic(text, account, home)
        })?;
        let kms_key_arn = change(&now.kms_key_arn, &self.kms_key_id, |text| {
            settings::kms_key(text).map(|()| key_arn(text))
        })?;
        let multi_region = self.is_multi_region_trail.unwrap_or(now.multi_region);
        Ok(Settings {
            bucket: bucket.clone(),
            prefix,
            topic_arn,
            global_service_events: self.global_service_events(now, multi_region)?,
            multi_region,
            log_file_validation: self
                .enable_log_file_validation
                .unwrap_or(now.log_file_validation),
            logs: self.logs(now, account, home)?,
            kms_key_arn,
            organization: self.is_organization_trail.unwrap_or(now.organization),
            recursive_logging: self.recursive_logging.or(now.recursive_logging),
        })
    }

    /// A multi-Region trail always has global services; one that ceases to be multi-Region loses them, unless it is
    /// said that it keeps them.
    fn global_service_events(&self, now: &Settings, multi_region: bool) -> Result<bool, ApiError> {
        let said = self.include_global_service_events;
        if multi_region {
            return if said == Some(false) {
                Err(ApiError::new(
                    "InvalidParameterCombinationException",
                    "Multi-Region trail must include global service events.",
                ))
            } else {
                Ok(true)
            };
        }
        Ok(said.unwrap_or(now.global_service_events && !now.multi_region))
    }

    fn logs(
        &self,
        now: &Settings,
        account: AccountId,
        home: &Region,
    ) -> Result<Option<Logs>, ApiError> {
        let now = now.logs.as_ref();
        let group = change(
            &now.map(|logs| logs.group_arn.clone()),
            &self.cloud_watch_logs_log_group_arn,
            |arn| settings::log_group(arn, account, home).map(|()| arn.to_owned()),
        )?;
        let role = change(
            &now.map(|logs| logs.role_arn.clone()),
            &self.cloud_watch_logs_role_arn,
            |arn| settings::log_role(arn, account).map(|()| arn.to_owned()),
        )?;
        match (group, role) {
            (Some(group_arn), Some(role_arn)) => Ok(Some(Logs {
                group_arn,
                role_arn,
            })),
            (None, None) => Ok(None),
            _ => Err(ApiError::new(
                "InvalidParameterCombinationException",
                "A CloudWatch Logs log group needs a role, and a role a log group.",
            )),
        }
    }
}

/// What is there, what is said instead, or nothing if an empty text is said.
fn change(
    now: &Option<String>,
    said: &Option<String>,
    read: impl FnOnce(&str) -> Result<String, ApiError>,
) -> Result<Option<String>, ApiError> {
    match said.as_deref() {
        None => Ok(now.clone()),
        Some("") => Ok(None),
        Some(text) => read(text).map(Some),
    }
}
