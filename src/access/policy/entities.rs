//! Callers, accounts and the organization in Cedar's terms.

use std::str::FromStr;

use cedar_policy::{Entity, EntityId, EntityTypeName, EntityUid, RestrictedExpression};

use crate::domain::Account;

use super::{classes::for_each_unit, who::Who};

/// The types of the schema.
#[derive(Debug, Clone)]
pub(super) struct Types {
    action: EntityTypeName,
    account: EntityTypeName,
    caller: EntityTypeName,
    group: EntityTypeName,
    organization: EntityTypeName,
    unit: EntityTypeName,
}

impl Types {
    /// # Errors
    /// The library does not take a name: a defect.
    pub(super) fn new() -> Result<Self, String> {
        let named = |name| EntityTypeName::from_str(name).map_err(|error| error.to_string());
        Ok(Self {
            action: named("Action")?,
            account: named("Account")?,
            caller: named("Caller")?,
            group: named("Group")?,
            organization: named("Organization")?,
            unit: named("Unit")?,
        })
    }

    pub(super) fn action(&self, name: &str) -> EntityUid {
        uid(&self.action, name)
    }

    pub(super) fn organization(&self) -> EntityUid {
        uid(&self.organization, "organization")
    }

    pub(super) fn caller(&self, who: &Who) -> Result<Entity, String> {
        let method = who.identity.method().as_str();
        let groups = who.groups.iter().map(|group| uid(&self.group, group));
        Entity::new_with_tags(
            uid(&self.caller, who.identity.name()),
            [("method".to_owned(), text(method))],
            groups,
            [],
        )
        .map_err(|error| error.to_string())
    }

    pub(super) fn account(&self, account: &Account) -> Result<Entity, String> {
        let management = RestrictedExpression::new_bool(account.management);
        let attributes = [
            ("name".to_owned(), text(&account.name)),
            ("management".to_owned(), management),
        ];
        let mut units = Vec::new();
        for_each_unit(account, |unit| units.push(uid(&self.unit, unit)));
        let tags = account.tags.iter().flatten();
        Entity::new_with_tags(
            uid(&self.account, &account.id.to_string()),
            attributes,
            units.into_iter().chain([self.organization()]),
            tags.map(|(key, value)| (key.clone(), text(value))),
        )
        .map_err(|error| error.to_string())
    }
}

pub(super) fn text(value: &str) -> RestrictedExpression {
    RestrictedExpression::new_string(value.to_owned())
}

fn uid(kind: &EntityTypeName, id: &str) -> EntityUid {
    EntityUid::from_type_name_and_id(kind.clone(), EntityId::new(id))
}
