//! What policies can tell accounts apart by. Accounts that agree in all of it are one class: what is decided for one of
//! them is decided for all, and ten thousand accounts take as many decisions as there are classes.

use std::collections::{BTreeSet, HashMap, HashSet};

use foldhash::fast::RandomState;
use serde_json::Value;

use crate::domain::AccountId;

/// Which tags are looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Tags {
    /// These.
    Keys(BTreeSet<String>),
    /// Any: a key is computed.
    All,
}

impl Tags {
    /// Whether any is.
    pub(super) fn any(&self) -> bool {
        match self {
            Self::Keys(keys) => !keys.is_empty(),
            Self::All => true,
        }
    }
}

/// All that the policies mention of accounts and of where they are asked about. It may hold more than matters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mentions {
    /// Accounts.
    pub(super) accounts: HashSet<AccountId, RandomState>,
    /// Units, by path or id, numbered.
    pub(super) units: HashMap<String, usize, RandomState>,
    /// Tags.
    pub(super) tags: Tags,
    /// Their names.
    pub(super) name: bool,
    /// Whether one is the management account.
    pub(super) management: bool,
    /// The Region.
    pub(super) region: bool,
}

impl Default for Mentions {
    fn default() -> Self {
        Self {
            accounts: HashSet::default(),
            units: HashMap::default(),
            tags: Tags::Keys(BTreeSet::new()),
            name: false,
            management: false,
            region: false,
        }
    }
}

impl Mentions {
    /// Adds what this policy mentions, in Cedar's JSON form.
    pub(super) fn add(&mut self, policy: &Value) {
        match policy {
            Value::Object(fields) => {
                self.entity(fields.get("type"), fields.get("id"));
                if let Some(Value::String(attribute)) = fields.get("attr") {
                    self.attribute(attribute);
                }
                for operator in ["hasTag", "getTag"] {
                    if let Some(operands) = fields.get(operator) {
                        self.tag(operands.get("right"));
                    }
                }
                for (field, value) in fields {
                    if field != "annotations" {
                        self.add(value);
                    }
                }
            }
            Value::Array(items) => items.iter().for_each(|item| self.add(item)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }

    fn entity(&mut self, kind: Option<&Value>, id: Option<&Value>) {
        if let (Some(Value::String(kind)), Some(Value::String(id))) = (kind, id) {
            let number = self.units.len();
            match kind.as_str() {
                // What is no id is no account's.
                "Account" => self.accounts.extend(id.parse::<AccountId>()),
                "Unit" => {
                    self.units.entry(id.clone()).or_insert(number);
                }
                _ => {}
            }
        }
    }

    fn attribute(&mut self, name: &str) {
        match name {
            "name" => self.name = true,
            "management" => self.management = true,
            "region" => self.region = true,
            _ => {}
        }
    }

    fn tag(&mut self, key: Option<&Value>) {
        let key = key.and_then(|key| key.get("Value")?.as_str());
        match (&mut self.tags, key) {
            (Tags::Keys(keys), Some(key)) => {
                keys.insert(key.to_owned());
            }
            (tags, None) => *tags = Tags::All,
            (Tags::All, Some(_)) => {}
        }
    }
}
