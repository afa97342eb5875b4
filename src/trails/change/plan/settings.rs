//! A trail's own settings: what differs, and what AWS would set by itself.

use serde_json::{Value, json};

use crate::{
    domain::{
        Trail, TrailArn,
        trail::{DesiredSettings, RecordedAccounts, RecordedRegions, Wish},
    },
    trails::change::request::FieldChange,
};

use super::{Step, StepCall, json::changed};

/// The settings with everything said: what CreateTrail takes where nothing is.
pub fn defaults(wanted: &DesiredSettings) -> DesiredSettings {
    let absent = |wish: &Wish<String>| match wish {
        Wish::Keep => Wish::Clear,
        said => said.clone(),
    };
    DesiredSettings {
        bucket: wanted.bucket.clone(),
        prefix: absent(&wanted.prefix),
        sns_topic: absent(&wanted.sns_topic),
        log_group_arn: absent(&wanted.log_group_arn),
        log_role_arn: absent(&wanted.log_role_arn),
        kms_key_id: absent(&wanted.kms_key_id),
        regions: wanted.regions.or(Some(RecordedRegions::Home)),
        accounts: wanted.accounts.or(Some(RecordedAccounts::Owner)),
        global_service_events: wanted.global_service_events.or(Some(true)),
        log_file_validation: wanted.log_file_validation.or(Some(false)),
        recursive_logging: wanted.recursive_logging,
    }
}

/// Everything that is said, as changes from nothing.
pub fn all_said(wanted: &DesiredSettings) -> Vec<FieldChange> {
    let mut changes = Vec::new();
    let mut said = |path: &str, value: Option<Value>| {
        if value.is_some() {
            changes.push(changed(path, None, value));
        }
    };
    let text = |wish: &Wish<String>| wish.wanted().map(|text| json!(text));
    said(BUCKET, wanted.bucket.as_ref().map(|text| json!(text)));
    said(PREFIX, text(&wanted.prefix));
    said(TOPIC, text(&wanted.sns_topic));
    said(LOG_GROUP, text(&wanted.log_group_arn));
    said(LOG_ROLE, text(&wanted.log_role_arn));
    said(KMS_KEY, text(&wanted.kms_key_id));
    said(MULTI_REGION, wanted.regions.map(|r| json!(everywhere(r))));
    said(ORGANIZATION, wanted.accounts.map(|a| json!(everyone(a))));
    said(GLOBAL, wanted.global_service_events.map(Value::from));
    said(VALIDATION, wanted.log_file_validation.map(Value::from));
    said(RECURSIVE, wanted.recursive_logging.map(Value::from));
    changes
}

const BUCKET: &str = "trail.s3_bucket_name";
const PREFIX: &str = "trail.s3_key_prefix";
const TOPIC: &str = "trail.sns_topic_name";
const LOG_GROUP: &str = "trail.cloud_watch_logs_log_group_arn";
const LOG_ROLE: &str = "trail.cloud_watch_logs_role_arn";
const KMS_KEY: &str = "trail.kms_key_id";
const MULTI_REGION: &str = "trail.is_multi_region_trail";
const ORGANIZATION: &str = "trail.is_organization_trail";
const GLOBAL: &str = "trail.include_global_service_events";
const VALIDATION: &str = "trail.enable_log_file_validation";
const RECURSIVE: &str = "trail.recursive_logging";

fn everywhere(regions: RecordedRegions) -> bool {
    regions == RecordedRegions::All
}

fn everyone(accounts: RecordedAccounts) -> bool {
    accounts == RecordedAccounts::Organization
}

/// The update between two states, under construction.
struct Difference {
    update: DesiredSettings,
    changes: Vec<FieldChange>,
    reduces: bool,
}

/// The UpdateTrail that is needed, if one is.
pub fn update(arn: &TrailArn, is: &Trail, wanted: &DesiredSettings) -> Option<Step> {
    let mut difference = Difference {
        update: DesiredSettings::default(),
        changes: Vec::new(),
        reduces: false,
    };
    difference.texts(arn, is, wanted);
    difference.flags(is, wanted);
    (!difference.changes.is_empty()).then(|| Step {
        call: StepCall::Update(Box::new(difference.update)),
        changes: difference.changes,
        reduces_logging: difference.reduces,
    })
}

impl Difference {
    fn texts(&mut self, arn: &TrailArn, is: &Trail, wanted: &DesiredSettings) {
        if let Some(bucket) = wanted.bucket.as_ref().filter(|b| **b != is.bucket) {
            self.note(BUCKET, Some(json!(is.bucket)), Some(json!(bucket)));
            self.update.bucket = Some(bucket.clone());
        }
        let exactly = |a: &str, b: &str| a == b;
        let topic = |wanted: &str, is: &str| same_topic(arn, wanted, is);
        self.update.prefix = self.text(PREFIX, &is.prefix, &wanted.prefix, exactly);
        self.update.sns_topic = self.text(TOPIC, &is.sns_topic_arn, &wanted.sns_topic, topic);
        self.log_group(is, wanted);
        self.update.kms_key_id = self.text(KMS_KEY, &is.kms_key_id, &wanted.kms_key_id, same_key);
    }

    /// The group and its role go together: AWS takes one only with the other.
    fn log_group(&mut self, is: &Trail, wanted: &DesiredSettings) {
        let group = self.text(
            LOG_GROUP,
            &is.log_group_arn,
            &wanted.log_group_arn,
            same_group,
        );
        let role = self.text(LOG_ROLE, &is.log_role_arn, &wanted.log_role_arn, |a, b| {
            a == b
        });
        if group == Wish::Keep && role == Wish::Keep {
            return;
        }
        // Events stop going to where alarms may watch them.
        self.reduces |= group == Wish::Clear;
        let both = |change: Wish<String>, wanted: &Wish<String>, is: &Option<String>| match change {
            Wish::Keep => match (wanted, is) {
                (Wish::Set(value), _) => Wish::Set(value.clone()),
                (_, Some(value)) => Wish::Set(value.clone()),
                (_, None) => Wish::Keep,
            },
            said => said,
        };
        self.update.log_group_arn = both(group, &wanted.log_group_arn, &is.log_group_arn);
        self.update.log_role_arn = both(role, &wanted.log_role_arn, &is.log_role_arn);
    }

    fn text(
        &mut self,
        path: &str,
        is: &Option<String>,
        wanted: &Wish<String>,
        same: impl Fn(&str, &str) -> bool,
    ) -> Wish<String> {
        let found = || is.as_ref().map(|text| json!(text));
        match (wanted, is) {
            (Wish::Clear, Some(_)) => {
                self.note(path, found(), None);
                Wish::Clear
            }
            (Wish::Set(value), Some(is)) if same(value, is) => Wish::Keep,
            (Wish::Set(value), _) => {
                self.note(path, found(), Some(json!(value)));
                Wish::Set(value.clone())
            }
            (Wish::Keep, _) | (Wish::Clear, None) => Wish::Keep,
        }
    }

    fn flags(&mut self, is: &Trail, wanted: &DesiredSettings) {
        let was = (everywhere(is.regions), everyone(is.accounts));
        let regions = wanted.regions.filter(|r| *r != is.regions);
        if let Some(regions) = regions {
            self.note(
                MULTI_REGION,
                Some(was.0.into()),
                Some(json!(everywhere(regions))),
            );
            self.reduces |= regions == RecordedRegions::Home;
            self.update.regions = Some(regions);
        }
        if let Some(accounts) = wanted.accounts.filter(|a| *a != is.accounts) {
            self.note(
                ORGANIZATION,
                Some(was.1.into()),
                Some(json!(everyone(accounts))),
            );
            self.reduces |= accounts == RecordedAccounts::Owner;
            self.update.accounts = Some(accounts);
        }
        self.update.global_service_events = self.global(is, wanted, regions);
        let validation = (is.log_file_validation, wanted.log_file_validation);
        self.update.log_file_validation = self.flag(VALIDATION, validation);
        let recursive = (is.recursive_logging, wanted.recursive_logging);
        self.update.recursive_logging = self.flag(RECURSIVE, recursive);
    }

    /// AWS turns global service events on with all Regions, and off with one Region, unless told otherwise in the
    /// same call. What it would do by itself is shown, and only asked for if it was asked for.
    fn global(
        &mut self,
        is: &Trail,
        wanted: &DesiredSettings,
        regions: Option<RecordedRegions>,
    ) -> Option<bool> {
        let by_itself = regions.map_or(is.global_service_events, everywhere);
        let then = wanted.global_service_events.unwrap_or(by_itself);
        if then != is.global_service_events {
            let was = is.global_service_events;
            self.note(GLOBAL, Some(was.into()), Some(then.into()));
            self.reduces |= !then;
        }
        wanted
            .global_service_events
            .filter(|said| *said != by_itself)
    }

    /// A switch: turning it off means that less is recorded, or that less can be proved of what is.
    fn flag(&mut self, path: &str, (is, wanted): (bool, Option<bool>)) -> Option<bool> {
        let wanted = wanted.filter(|wanted| *wanted != is)?;
        self.note(path, Some(is.into()), Some(wanted.into()));
        self.reduces |= !wanted;
        Some(wanted)
    }

    fn note(&mut self, path: &str, before: Option<Value>, after: Option<Value>) {
        self.changes.push(changed(path, before, after));
    }
}

/// Whether the topic that is wanted, by name or ARN, is the one that there is. A name is one of the trail's own
/// account and home Region.
fn same_topic(arn: &TrailArn, wanted: &str, is: &str) -> bool {
    if wanted.starts_with("arn:") {
        return wanted == is;
    }
    let (region, owner) = (arn.home_region(), arn.owner());
    let partition = region.partition();
    is == format!("arn:{partition}:sns:{region}:{owner}:{wanted}")
}

/// Whether it is the same key. CloudTrail answers with the ARN where an id was given. An alias is resolved before
/// the plan is made.
fn same_key(wanted: &str, is: &str) -> bool {
    let id = |text: &str| text.rsplit('/').next().unwrap_or(text).to_owned();
    wanted == is
        || (!wanted.contains(":alias/") && !wanted.starts_with("alias/") && {
            // Two ARNs must be equal: multi-Region keys share their id.
            !(wanted.starts_with("arn:") && is.starts_with("arn:")) && id(wanted) == id(is)
        })
}

/// Whether it is the same log group. AWS writes `:*` behind the ARN of a group, or does not.
fn same_group(wanted: &str, is: &str) -> bool {
    let bare = |arn: &str| arn.trim_end_matches(":*").to_owned();
    bare(wanted) == bare(is)
}
