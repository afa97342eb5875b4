//! The tags of sessions, as the configuration has them.

use std::collections::{BTreeMap, BTreeSet};

/// Tags that sessions carry: trust policies and policies can ask for them, and CloudTrail records them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct SessionTags {
    tags: BTreeMap<String, String>,
    transitive: BTreeSet<String>,
}

/// A tag that STS would refuse.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSessionTag {
    /// The key.
    #[error(
        "{0:?} is no key of a tag: 1 to 128 letters, digits, blanks or _.:/=+-@, and not beginning with aws:"
    )]
    Key(String),
    /// The value.
    #[error(
        "the value of {0:?} has more than 256 characters, or others than letters, digits, blanks or _.:/=+-@"
    )]
    Value(String),
    /// Two keys that are one to STS.
    #[error("{0:?} is there twice: STS does not tell upper from lower case")]
    Twice(String),
    /// Too many.
    #[error("{0} tags: at most 50")]
    TooMany(usize),
    /// A key that is to be passed on, and is none of the tags.
    #[error("{0:?} is none of the tags")]
    NotATag(String),
}

impl SessionTags {
    /// These tags, and the keys of those that stay with sessions assumed from the session.
    ///
    /// # Errors
    ///
    /// The first thing that STS would refuse.
    pub fn new(
        tags: BTreeMap<String, String>,
        transitive: BTreeSet<String>,
    ) -> Result<Self, InvalidSessionTag> {
        if tags.len() > 50 {
            return Err(InvalidSessionTag::TooMany(tags.len()));
        }
        let mut seen = BTreeSet::new();
        for (key, value) in &tags {
            let lower = key.to_lowercase();
            if !(1..=128).contains(&key.chars().count()) || !legal(key) || lower.starts_with("aws:")
            {
                return Err(InvalidSessionTag::Key(key.clone()));
            }
            if value.chars().count() > 256 || !legal(value) {
                return Err(InvalidSessionTag::Value(key.clone()));
            }
            if !seen.insert(lower) {
                return Err(InvalidSessionTag::Twice(key.clone()));
            }
        }
        if let Some(stray) = transitive.iter().find(|key| !tags.contains_key(*key)) {
            return Err(InvalidSessionTag::NotATag(stray.clone()));
        }
        Ok(Self { tags, transitive })
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.tags.is_empty()
    }

    /// Keys and values.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.tags
            .iter()
            .map(|(key, value)| (key.as_str(), value.as_str()))
    }

    /// The keys of those that are passed on.
    pub fn transitive(&self) -> impl Iterator<Item = &str> {
        self.transitive.iter().map(String::as_str)
    }
}

/// Letters, blanks and digits of any script, and some signs.
fn legal(text: &str) -> bool {
    let sign = |c: char| "_.:/=+-@".contains(c);
    text.chars()
        .all(|c| c.is_alphanumeric() || (c.is_whitespace() && !c.is_control()) || sign(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tags(pairs: &[(&str, &str)], transitive: &[&str]) -> Result<SessionTags, InvalidSessionTag> {
        let owned = |text: &&str| (*text).to_owned();
        SessionTags::new(
            pairs
                .iter()
                .map(|(key, value)| (owned(key), owned(value)))
                .collect(),
            transitive.iter().map(owned).collect(),
        )
    }

    #[test]
    fn what_sts_takes_is_taken_and_nothing_else() {
        assert!(
            tags(
                &[("team", "cloud security"), ("Kosten", "Größe/1")],
                &["team"]
            )
            .is_ok()
        );
        assert!(tags(&[("empty", "")], &[]).is_ok());
        assert!(matches!(
            tags(&[("", "x")], &[]),
            Err(InvalidSessionTag::Key(_))
        ));
        assert!(matches!(
            tags(&[("AWS:x", "x")], &[]),
            Err(InvalidSessionTag::Key(_))
        ));
        assert!(matches!(
            tags(&[("a\nb", "x")], &[]),
            Err(InvalidSessionTag::Key(_))
        ));
        assert!(matches!(
            tags(&[("a", "x,y")], &[]),
            Err(InvalidSessionTag::Value(_))
        ));
        assert!(matches!(
            tags(&[("a", "x"), ("A", "y")], &[]),
            Err(InvalidSessionTag::Twice(_))
        ));
        assert!(matches!(
            tags(&[("a", "x")], &["b"]),
            Err(InvalidSessionTag::NotATag(_))
        ));
    }
}
