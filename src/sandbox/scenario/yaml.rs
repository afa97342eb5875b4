//! From a YAML file to a scenario.

use saphyr::{LoadableYamlNode, Scalar, Yaml};
use serde_json::{Map, Number, Value};

use super::{Scenario, ScenarioError};

impl Scenario {
    /// The scenario that this YAML text describes, checked.
    pub fn from_yaml(text: &str) -> Result<Self, ScenarioError> {
        let documents =
            Yaml::load_from_str(text).map_err(|e| ScenarioError::Yaml(e.to_string()))?;
        let value = match documents.as_slice() {
            [] => Value::Object(Map::new()),
            [one] => json(one)?,
            _ => return Err(ScenarioError::Yaml("more than one document".to_owned())),
        };
        let value = if value.is_null() {
            Value::Object(Map::new())
        } else {
            value
        };
        let scenario: Self =
            serde_json::from_value(value).map_err(|e| ScenarioError::Shape(e.to_string()))?;
        scenario.check()?;
        Ok(scenario)
    }
}

fn json(yaml: &Yaml<'_>) -> Result<Value, ScenarioError> {
    Ok(match yaml {
        Yaml::Value(scalar) => scalar_json(scalar),
        Yaml::Sequence(items) => Value::Array(items.iter().map(json).collect::<Result<_, _>>()?),
        Yaml::Mapping(entries) => {
            let mut map = Map::new();
            for (key, value) in entries {
                let key = match json(key)? {
                    Value::String(key) => key,
                    other => other.to_string(),
                };
                map.insert(key, json(value)?);
            }
            Value::Object(map)
        }
        _ => {
            return Err(ScenarioError::Yaml(
                "tags and aliases are not supported".to_owned(),
            ));
        }
    })
}

fn scalar_json(scalar: &Scalar<'_>) -> Value {
    match scalar {
        Scalar::Null => Value::Null,
        Scalar::Boolean(value) => Value::Bool(*value),
        Scalar::Integer(value) => Value::Number((*value).into()),
        Scalar::FloatingPoint(value) => {
            Number::from_f64(value.into_inner()).map_or(Value::Null, Value::Number)
        }
        Scalar::String(value) => Value::String(value.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_the_manual_is_a_scenario() {
        let manual = include_str!("../../../docs/sandbox.md");
        let example = manual
            .split("```yaml")
            .nth(1)
            .unwrap()
            .split("```")
            .next()
            .unwrap();
        let scenario = Scenario::from_yaml(example).unwrap();
        assert_eq!(scenario.members().len(), 4 + 1 + 100);
        assert_eq!(scenario.faults.len(), 2);
    }

    #[test]
    fn every_other_example_of_the_manual_is_part_of_one() {
        let manual = include_str!("../../../docs/sandbox.md");
        let blocks: Vec<&str> = manual.split("```yaml").skip(2).collect();
        assert!(!blocks.is_empty());
        for block in blocks {
            let text = block.split("```").next().unwrap();
            let read = Scenario::from_yaml(text);
            assert!(read.is_ok(), "{text}: {read:?}");
        }
    }

    #[test]
    fn every_fault_of_the_manual_is_one() {
        let manual = include_str!("../../../docs/sandbox.md");
        let (_, section) = manual.split_once("### Faults").unwrap();
        let rows = section.lines().filter(|l| l.starts_with("| `")).take(10);
        for row in rows {
            let effect = row.split('`').nth(1).unwrap();
            let effect = effect.replace(
                "{median_ms, sigma, max_ms}",
                "{median_ms: 1, sigma: 1, max_ms: 1}",
            );
            let text = format!("faults: [{{effect: {effect}}}]");
            assert!(
                Scenario::from_yaml(&text).is_ok(),
                "{text}: {:?}",
                Scenario::from_yaml(&text)
            );
        }
    }

    #[test]
    fn an_empty_file_is_the_blank_scenario() {
        for text in ["", "# nothing\n", "{}"] {
            assert_eq!(Scenario::from_yaml(text).unwrap(), Scenario::blank());
        }
        assert!(Scenario::from_yaml("- a list").is_err());
        assert!(Scenario::from_yaml("a: [").is_err());
    }
}
