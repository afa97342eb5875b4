//! Domain types in a scenario file: written as their text, parsed as they are read.

use std::{fmt::Display, str::FromStr};

use serde::{Deserialize, Deserializer, Serializer, de::Error};

pub fn serialize<T: Display, S: Serializer>(value: &T, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(value)
}

pub fn deserialize<'de, T, D>(from: D) -> Result<T, D::Error>
where
    T: FromStr<Err: Display>,
    D: Deserializer<'de>,
{
    parse(Text::deserialize(from)?)
}

/// A text, or a number that YAML took for one: an account id without quotes. (One that starts with a zero needs
/// its quotes: YAML has lost the zero.)
#[derive(Deserialize)]
#[serde(untagged)]
enum Text {
    Number(u64),
    Text(String),
}

fn parse<T: FromStr<Err: Display>, E: Error>(text: Text) -> Result<T, E> {
    let text = match text {
        Text::Number(number) => number.to_string(),
        Text::Text(text) => text,
    };
    text.parse().map_err(E::custom)
}

/// The same for lists.
pub mod many {
    use super::*;

    pub fn serialize<T: Display, S: Serializer>(values: &[T], to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(values.iter().map(ToString::to_string))
    }

    pub fn deserialize<'de, T, D>(from: D) -> Result<Vec<T>, D::Error>
    where
        T: FromStr<Err: Display>,
        D: Deserializer<'de>,
    {
        let texts = Vec::<Text>::deserialize(from)?;
        texts.into_iter().map(parse).collect()
    }
}

/// The same for what may be absent.
pub mod maybe {
    use super::*;

    pub fn serialize<T: Display, S: Serializer>(
        value: &Option<T>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        match value {
            Some(value) => to.collect_str(value),
            None => to.serialize_none(),
        }
    }

    pub fn deserialize<'de, T, D>(from: D) -> Result<Option<T>, D::Error>
    where
        T: FromStr<Err: Display>,
        D: Deserializer<'de>,
    {
        Option::<Text>::deserialize(from)?.map(parse).transpose()
    }
}
