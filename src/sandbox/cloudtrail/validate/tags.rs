//! Tags of trails.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::sandbox::wire::ApiError;

/// Tags that a trail may have.
const MOST: usize = 50;

/// A tag, as requests have it.
#[derive(Debug, Deserialize)]
pub struct Tag {
    /// Its key.
    #[serde(rename = "Key", default)]
    pub key: String,
    /// Its value; none is the same as an empty one.
    #[serde(rename = "Value")]
    pub value: Option<String>,
}

fn invalid(message: String) -> ApiError {
    ApiError::new("InvalidTagParameterException", message)
}

fn allowed(text: &str) -> bool {
    text.chars()
        .all(|c| c.is_alphanumeric() || c == ' ' || "_.:/=+-@".contains(c))
}

/// The keys of these tags, each once and as a key must be.
pub fn keys(tags: &[Tag]) -> Result<Vec<&str>, ApiError> {
    let mut keys = Vec::new();
    for Tag { key, .. } in tags {
        if !(1..=128).contains(&key.chars().count()) {
            return Err(invalid(format!(
                "Tag key {key:?} must have 1 to 128 characters."
            )));
        }
        if !allowed(key) || key.to_lowercase().starts_with("aws:") {
            return Err(invalid(format!("Tag key {key:?} is not allowed.")));
        }
        if keys.contains(&key.as_str()) {
            return Err(invalid(format!("Tag key {key:?} is there twice.")));
        }
        keys.push(key.as_str());
    }
    Ok(keys)
}

/// These tags with the new ones put over them.
pub fn with(
    tags: &BTreeMap<String, String>,
    new: &[Tag],
) -> Result<BTreeMap<String, String>, ApiError> {
    keys(new)?;
    let mut all = tags.clone();
    for Tag { key, value } in new {
        let length = value.as_ref().map(|value| value.chars().count());
        if length.is_some_and(|length| !(1..=256).contains(&length)) {
            let message = format!("The value of tag {key:?} must have 1 to 256 characters.");
            return Err(invalid(message));
        }
        let value = value.clone().unwrap_or_default();
        if !allowed(&value) {
            let message = format!("The value of tag {key:?} is not allowed.");
            return Err(invalid(message));
        }
        all.insert(key.clone(), value);
    }
    if all.len() > MOST {
        let message = format!("A trail may have {MOST} tags.");
        return Err(ApiError::new("TagsLimitExceededException", message));
    }
    Ok(all)
}
