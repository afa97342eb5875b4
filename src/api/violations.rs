//! Everything that is wrong with a request, collected before anything is answered.

use std::fmt::Display;

use tonic_types::FieldViolation;

/// How many violations an answer lists. Error details travel in HTTP/2 trailers, which common clients cap at
/// 8 KiB: 30 lines of at most 160 bytes fit, with base64 and the rest.
const LISTED: usize = 30;

/// The longest description; longer ones are cut.
const DESCRIPTION: usize = 160;

/// A collector of field violations. Parsing goes on after the first, so that the caller sees all at once.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Violations {
    listed: Vec<(String, String)>,
    more: usize,
}

impl Violations {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The value at `field` is wrong: `description` says what is expected and what was found.
    pub fn add(&mut self, field: impl Into<String>, description: impl Display) {
        if self.listed.len() < LISTED {
            let text = description.to_string();
            let cut: String = text.chars().take(DESCRIPTION).collect();
            self.listed.push((field.into(), cut));
        } else {
            self.more += 1;
        }
    }

    /// The value, or `None` and a violation.
    pub fn keep<T, E: Display>(
        &mut self,
        field: impl Into<String>,
        parsed: Result<T, E>,
    ) -> Option<T> {
        parsed.map_err(|why| self.add(field, why)).ok()
    }

    /// A list that is too long is reported once and not looked into. True if it may be.
    pub fn at_most(&mut self, field: &str, len: usize, limit: usize) -> bool {
        if len > limit {
            self.add(
                field,
                format_args!("{len} values; at most {limit} are allowed"),
            );
        }
        len <= limit
    }

    /// The same of a message that is a field of another: `at` is what precedes its fields, such as `lookup.`.
    #[must_use]
    pub fn below(mut self, at: &str) -> Self {
        for (field, _) in &mut self.listed {
            field.insert_str(0, at);
        }
        self
    }

    /// Whether nothing is wrong so far.
    pub fn is_empty(&self) -> bool {
        self.listed.is_empty()
    }

    /// Whether this field is listed.
    pub fn names(&self, field: &str) -> bool {
        self.listed.iter().any(|(listed, _)| listed == field)
    }

    /// How many there are, listed or not.
    pub fn len(&self) -> usize {
        self.listed.len() + self.more
    }

    /// The value if nothing is wrong, or all that is.
    ///
    /// A parser yields `None` only where it also added a violation; if it did not, that defect is reported as
    /// one rather than hidden.
    pub fn finish<T>(mut self, value: Option<T>) -> Result<T, Self> {
        match value {
            Some(value) if self.is_empty() => Ok(value),
            Some(_) => Err(self),
            None => {
                if self.is_empty() {
                    self.add("", "the request could not be read");
                }
                Err(self)
            }
        }
    }

    /// As google.rpc.BadRequest lists them.
    pub fn to_field_violations(&self) -> Vec<FieldViolation> {
        let mut all: Vec<FieldViolation> = self
            .listed
            .iter()
            .map(|(field, description)| FieldViolation::new(field, description))
            .collect();
        if self.more > 0 {
            all.push(FieldViolation::new("", format!("and {} more", self.more)));
        }
        all
    }

    /// One line: the first violation, and how many there are besides.
    pub fn summary(&self) -> String {
        match (self.listed.first(), self.len()) {
            (None, _) => "the request is not valid".to_owned(),
            (Some((field, what)), 1) => format!("{field}: {what}"),
            (Some((field, what)), all) => format!("{field}: {what} (and {} more)", all - 1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_are_kept_up_to_a_bound_and_the_rest_is_counted() {
        let mut found = Violations::new();
        for at in 0..100 {
            found.add(format!("account_ids[{at}]"), "x".repeat(1000));
        }
        let listed = found.to_field_violations();
        assert_eq!(listed.len(), LISTED + 1);
        assert_eq!(listed[LISTED].description, "and 70 more");
        let bytes: usize = listed
            .iter()
            .map(|v| v.field.len() + v.description.len())
            .sum();
        assert!(
            bytes * 4 / 3 < 8192,
            "{bytes} bytes do not fit into trailers"
        );
        assert!(found.summary().ends_with("(and 99 more)"));
    }

    #[test]
    fn a_missing_value_is_never_taken_for_a_good_one() {
        assert!(Violations::new().finish(None::<u8>).is_err());
        assert_eq!(Violations::new().finish(Some(1)), Ok(1));
        let mut found = Violations::new();
        assert_eq!(found.keep("n", "x".parse::<u8>()), None);
        assert!(found.finish(Some(1)).is_err());
    }
}
