//! What goes wrong, for whom.

use serde::{Deserialize, Serialize};

use super::Latency;

/// One thing that goes wrong, or takes its time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// For whom.
    #[serde(default)]
    pub scope: Scope,
    /// What.
    pub effect: Effect,
    /// Whether the operation takes effect first.
    #[serde(default)]
    pub when: When,
    /// Strikes so many calls; without it every one. Counted for each account, Region and operation.
    #[serde(default)]
    pub times: Option<u64>,
    /// Spares so many calls first.
    #[serde(default)]
    pub skip: u64,
}

/// When a fault strikes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum When {
    /// Before the operation, which then happens only if the call survives.
    #[default]
    Before,
    /// After the operation has succeeded: what it did stays done, and the caller does not hear of it.
    After,
}

/// Which calls are meant. An empty list means all; `*` stands for any run of characters.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Scope {
    /// Account ids or names. For AssumeRole: the account of the role, not the caller's.
    pub accounts: Vec<String>,
    /// Regions.
    pub regions: Vec<String>,
    /// Operations (`LookupEvents`) or services (`CloudTrail`, `STS`, `Organizations`, `Account`). Not used for events.
    pub apis: Vec<String>,
}

impl Scope {
    /// Whether this account (by id or name) and Region are meant.
    pub fn covers(&self, id: &str, name: &str, region: &str) -> bool {
        any(&self.accounts, &[id, name]) && any(&self.regions, &[region])
    }

    /// Whether this account (by id or name) is meant, in whatever Region.
    pub fn covers_account(&self, id: &str, name: &str) -> bool {
        any(&self.accounts, &[id, name])
    }

    /// Whether this operation of this service is meant.
    pub fn covers_api(&self, service: &str, operation: &str) -> bool {
        any(&self.apis, &[service, operation])
    }
}

fn any(patterns: &[String], texts: &[&str]) -> bool {
    patterns.is_empty()
        || patterns
            .iter()
            .any(|pattern| texts.iter().any(|text| glob(pattern, text)))
}

/// Whether the text fits the pattern, in which `*` stands for any run of characters.
pub(in crate::sandbox) fn glob(pattern: &str, text: &str) -> bool {
    let Some((head, tail)) = pattern.split_once('*') else {
        return pattern == text;
    };
    let Some(mut rest) = text.strip_prefix(head) else {
        return false;
    };
    let mut parts: Vec<&str> = tail.split('*').collect();
    let last = parts.pop().unwrap_or_default();
    for part in parts {
        match rest.find(part) {
            Some(at) => rest = rest.get(at + part.len()..).unwrap_or_default(),
            None => return false,
        }
    }
    rest.ends_with(last)
}

/// What happens to a call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Effect {
    /// It takes this long (after the quota was asked; throttled calls answer at once). The last that matches wins.
    Latency(Latency),
    /// It is never answered.
    Hang,
    /// AWS fails, with this probability.
    Error {
        /// The error code, such as `InternalFailure`.
        code: String,
        /// The HTTP status.
        status: u16,
        /// How often, from 0 to 1.
        probability: f64,
    },
    /// The connection is closed without an answer, with this probability.
    Reset {
        /// How often, from 0 to 1.
        probability: f64,
    },
    /// The role lacks the permission.
    Denied,
    /// A service control policy denies the call.
    DeniedByPolicy,
    /// Somebody else spends a share of the same quota, for a part of each period.
    Neighbour {
        /// The share of the quota that it asks for, each call at some moment of an interval of its own; may be above 1.
        share: f64,
        /// How long it is at work in each period, in seconds.
        active_seconds: f64,
        /// The period, in seconds.
        period_seconds: f64,
    },
    /// Sessions of these accounts end after this time, whatever was asked for.
    SessionCap {
        /// Their life, in seconds.
        seconds: u32,
        /// Whether `Expiration` tells; if not, they end before it, as revoked sessions do.
        told: bool,
    },
}

impl Effect {
    /// This error, always.
    pub fn error(code: &str, status: u16) -> Self {
        Self::Error {
            code: code.to_owned(),
            status,
            probability: 1.0,
        }
    }

    /// The connection is closed, always.
    pub fn reset() -> Self {
        Self::Reset { probability: 1.0 }
    }
}

impl Fault {
    /// This effect on every call.
    pub fn new(effect: Effect) -> Self {
        Self {
            scope: Scope::default(),
            effect,
            when: When::Before,
            times: None,
            skip: 0,
        }
    }

    /// After the operation has taken effect.
    #[must_use]
    pub fn after_effect(mut self) -> Self {
        self.when = When::After;
        self
    }

    /// Only so many calls of each account, Region and operation.
    #[must_use]
    pub fn times(mut self, count: u64) -> Self {
        self.times = Some(count);
        self
    }

    /// Only after so many calls of each account, Region and operation.
    #[must_use]
    pub fn skip(mut self, count: u64) -> Self {
        self.skip = count;
        self
    }

    /// Only for accounts whose id or name fits.
    #[must_use]
    pub fn for_account(mut self, pattern: &str) -> Self {
        self.scope.accounts.push(pattern.to_owned());
        self
    }

    /// Only in Regions that fit.
    #[must_use]
    pub fn in_region(mut self, pattern: &str) -> Self {
        self.scope.regions.push(pattern.to_owned());
        self
    }

    /// Only for this operation or service.
    #[must_use]
    pub fn on(mut self, api: &str) -> Self {
        self.scope.apis.push(api.to_owned());
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        for (pattern, text, fits) in [
            ("*", "anything", true),
            ("us-*", "us-east-1", true),
            ("us-*", "eu-west-1", false),
            ("*-1", "us-east-1", true),
            ("us-*-1", "us-east-2", false),
            ("a*b*c", "aXbYc", true),
            ("a*a", "a", false),
            ("exact", "exact", true),
            ("exact", "exactly", false),
        ] {
            assert_eq!(glob(pattern, text), fits, "{pattern} {text}");
        }
    }
}
