//! What an AssumeRole asks for.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    domain::RoleArn,
    sandbox::wire::{ApiError, Call},
};

/// The parameters of an AssumeRole.
pub struct Request {
    pub role: RoleArn,
    pub session_name: String,
    pub duration: i64,
    pub external_id: Option<String>,
    pub source_identity: Option<String>,
    pub tags: BTreeMap<String, String>,
    pub transitive: BTreeSet<String>,
    pub policy: Option<String>,
}

impl Request {
    pub fn read(call: &Call) -> Result<Self, ApiError> {
        let mut form = call.form();
        let mut take = |name: &str| {
            let index = form.iter().position(|(key, _)| key == name)?;
            Some(form.swap_remove(index).1)
        };
        let invalid = |name: &str, value: &str| {
            ApiError::new(
                "ValidationError",
                format!(
                    "1 validation error detected: Value '{value}' at '{name}' failed to satisfy constraint"
                ),
            )
        };
        let arn = take("RoleArn").unwrap_or_default();
        let role = arn
            .parse()
            .map_err(|_| ApiError::new("ValidationError", format!("{arn} is invalid")))?;
        let name = |field: &str, value: String, longest: usize, more: &str| {
            let legal =
                |c: char| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c) || more.contains(c);
            if (2..=longest).contains(&value.chars().count()) && value.chars().all(legal) {
                Ok(value)
            } else {
                Err(invalid(field, &value))
            }
        };
        let tags = members(call, "Tags.member.");
        let keyed = |(place, key): (&String, &String)| {
            let place = place.strip_suffix(".Key")?;
            let value = tags.get(&format!("{place}.Value"));
            Some((key.clone(), value.cloned().unwrap_or_default()))
        };
        let tags: BTreeMap<String, String> = tags.iter().filter_map(keyed).collect();
        let transitive: BTreeSet<String> = members(call, "TransitiveTagKeys.member.")
            .into_values()
            .collect();
        if let Some(stray) = transitive.iter().find(|key| !tags.contains_key(*key)) {
            return Err(invalid("transitiveTagKeys", stray));
        }
        let policy = take("Policy");
        if policy
            .as_ref()
            .is_some_and(|text| text.is_empty() || text.chars().count() > 2_048)
        {
            return Err(invalid("policy", "(too long)"));
        }
        let duration = take("DurationSeconds").unwrap_or_else(|| "3600".to_owned());
        Ok(Self {
            role,
            session_name: name(
                "roleSessionName",
                take("RoleSessionName").unwrap_or_default(),
                64,
                "",
            )?,
            duration: duration
                .parse()
                .map_err(|_| invalid("durationSeconds", &duration))?,
            external_id: take("ExternalId")
                .map(|v| name("externalId", v, 1_224, ":/"))
                .transpose()?,
            source_identity: take("SourceIdentity")
                .map(|v| name("sourceIdentity", v, 64, ""))
                .transpose()?,
            tags,
            transitive,
            policy,
        })
    }
}

/// The elements of a list, by their place.
fn members(call: &Call, prefix: &str) -> BTreeMap<String, String> {
    let of = |(key, value): (String, String)| Some((key.strip_prefix(prefix)?.to_owned(), value));
    call.form().into_iter().filter_map(of).collect()
}
