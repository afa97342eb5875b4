//! Advanced event selectors: which fields each category has, and which operators each field takes.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::basic::{CAN_BE_LEFT_OUT, invalid};
use crate::sandbox::wire::ApiError;

/// Values of all conditions of one trail at most.
const MOST_VALUES: usize = 500;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Selector {
    name: Option<String>,
    #[serde(default)]
    field_selectors: Vec<Field>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Field {
    #[serde(default)]
    field: String,
    equals: Option<Vec<String>>,
    starts_with: Option<Vec<String>>,
    ends_with: Option<Vec<String>>,
    not_equals: Option<Vec<String>>,
    not_starts_with: Option<Vec<String>>,
    not_ends_with: Option<Vec<String>>,
}

/// What a field may be compared with.
#[derive(Debug, Clone, Copy)]
enum Rule {
    /// Anything, by any operator.
    Any,
    /// Exactly one value, by Equals; one of these, if there are any.
    One(&'static [&'static str]),
    /// By Equals, these values only.
    Equals(&'static [&'static str]),
    /// By NotEquals, these values only.
    NotEquals(&'static [&'static str]),
    /// By Equals or NotEquals.
    EqualsOrNot,
}

const BOOLEANS: &[&str] = &["true", "false"];
const ONE_CATEGORY: (&str, Rule) = ("eventCategory", Rule::One(&[]));
const MANAGEMENT: &[(&str, Rule)] = &[
    ONE_CATEGORY,
    ("readOnly", Rule::One(BOOLEANS)),
    ("eventSource", Rule::NotEquals(&CAN_BE_LEFT_OUT)),
];
const DATA: &[(&str, Rule)] = &[
    ONE_CATEGORY,
    ("resources.type", Rule::One(&[])),
    ("readOnly", Rule::One(BOOLEANS)),
    ("eventName", Rule::Any),
    ("eventSource", Rule::Any),
    ("eventType", Rule::Any),
    ("resources.ARN", Rule::Any),
    ("sessionCredentialFromConsole", Rule::EqualsOrNot),
    ("userIdentity.arn", Rule::Any),
];
const NETWORK_ACTIVITY: &[(&str, Rule)] = &[
    ONE_CATEGORY,
    ("eventSource", Rule::One(&[])),
    ("eventName", Rule::Any),
    ("errorCode", Rule::Equals(&["VpceAccessDenied"])),
    ("vpcEndpointId", Rule::Any),
];

/// Advanced selectors as they are kept.
pub fn selectors(list: &[Value]) -> Result<Vec<Value>, ApiError> {
    if list.is_empty() {
        return Err(invalid("There is no advanced event selector."));
    }
    let mut values = 0;
    let mut kept = Vec::new();
    for value in list {
        let selector = Selector::deserialize(value)
            .map_err(|e| invalid(format!("Advanced event selector: {e}")))?;
        selector.check()?;
        let fields = selector.field_selectors.iter();
        values += fields.map(Field::count).sum::<usize>();
        kept.push(selector.keep());
    }
    if values > MOST_VALUES {
        return Err(invalid(format!(
            "A trail's conditions have at most {MOST_VALUES} values, not {values}."
        )));
    }
    Ok(kept)
}

impl Selector {
    fn check(&self) -> Result<(), ApiError> {
        if self
            .name
            .as_ref()
            .is_some_and(|n| n.chars().count() > 1_000)
        {
            return Err(invalid("A selector's name has at most 1000 characters."));
        }
        let category = self.field("eventCategory")?;
        let rules = match category.equals.as_deref() {
            Some([one]) if one == "Management" => MANAGEMENT,
            Some([one]) if one == "Data" => DATA,
            Some([one]) if one == "NetworkActivity" => NETWORK_ACTIVITY,
            _ => {
                return Err(invalid(
                    "eventCategory must equal Management, Data or NetworkActivity.",
                ));
            }
        };
        if rules.iter().any(|(name, _)| *name == "resources.type") {
            self.field("resources.type")?;
        }
        if rules.iter().any(|(name, _)| *name == "vpcEndpointId") {
            self.field("eventSource")?;
        }
        let mut seen = Vec::new();
        for field in &self.field_selectors {
            let rule = rules.iter().find(|(name, _)| *name == field.field);
            let Some((name, rule)) = rule else {
                let message = format!("Field {:?} is not one of its category.", field.field);
                return Err(invalid(message));
            };
            if seen.contains(name) {
                return Err(invalid(format!("Field {name} is there twice.")));
            }
            seen.push(*name);
            field.check(*rule)?;
        }
        Ok(())
    }

    fn field(&self, name: &str) -> Result<&Field, ApiError> {
        let mut fields = self.field_selectors.iter();
        fields
            .find(|field| field.field == name)
            .ok_or_else(|| invalid(format!("A field selector for {name} is missing.")))
    }

    fn keep(&self) -> Value {
        let fields: Vec<Value> = self.field_selectors.iter().map(Field::keep).collect();
        match &self.name {
            Some(name) => json!({"Name": name, "FieldSelectors": fields}),
            None => json!({"FieldSelectors": fields}),
        }
    }
}

impl Field {
    fn operators(&self) -> impl Iterator<Item = (&'static str, &Vec<String>)> {
        let all = [
            ("Equals", &self.equals),
            ("StartsWith", &self.starts_with),
            ("EndsWith", &self.ends_with),
            ("NotEquals", &self.not_equals),
            ("NotStartsWith", &self.not_starts_with),
            ("NotEndsWith", &self.not_ends_with),
        ];
        all.into_iter()
            .filter_map(|(name, values)| Some((name, values.as_ref()?)))
    }

    fn count(&self) -> usize {
        self.operators().map(|(_, values)| values.len()).sum()
    }

    fn check(&self, rule: Rule) -> Result<(), ApiError> {
        let name = &self.field;
        if self.count() == 0 || self.operators().any(|(_, values)| values.is_empty()) {
            return Err(invalid(format!(
                "Field {name} has an operator without values."
            )));
        }
        let lengths = |value: &String| (1..=2_048).contains(&value.chars().count());
        if !self
            .operators()
            .all(|(_, values)| values.iter().all(lengths))
        {
            let message = format!("Values of field {name} have 1 to 2048 characters.");
            return Err(invalid(message));
        }
        if rule.fits(self) {
            Ok(())
        } else {
            Err(invalid(format!(
                "Field {name} does not take this operator or value."
            )))
        }
    }

    fn keep(&self) -> Value {
        let mut kept = Map::new();
        kept.insert("Field".to_owned(), self.field.clone().into());
        for (name, values) in self.operators() {
            kept.insert(name.to_owned(), values.clone().into());
        }
        Value::Object(kept)
    }
}

impl Rule {
    fn fits(self, field: &Field) -> bool {
        let only =
            |operators: &[&str]| field.operators().all(|(name, _)| operators.contains(&name));
        let of = |allowed: &[&str]| {
            let values = field.operators().flat_map(|(_, values)| values);
            allowed.is_empty() || values.into_iter().all(|v| allowed.contains(&v.as_str()))
        };
        match self {
            Self::Any => true,
            Self::One(allowed) => only(&["Equals"]) && field.count() == 1 && of(allowed),
            Self::Equals(allowed) => only(&["Equals"]) && of(allowed),
            Self::NotEquals(allowed) => only(&["NotEquals"]) && of(allowed),
            Self::EqualsOrNot => only(&["Equals", "NotEquals"]),
        }
    }
}
