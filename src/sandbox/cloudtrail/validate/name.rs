//! Names and ARNs of trails, by AWS's rules.

use crate::sandbox::wire::ApiError;

/// How a request means a trail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Named<'a> {
    /// By its name.
    Name(&'a str),
    /// By its whole ARN.
    Arn(&'a str),
}

impl<'a> Named<'a> {
    /// Reads it from a request.
    pub fn read(text: &'a str) -> Result<Self, ApiError> {
        if text.starts_with("arn:") {
            return trail_arn(text).map(|()| Self::Arn(text));
        }
        name(text).map(|()| Self::Name(text))
    }
}

/// Whether this can be a trail's name.
pub fn name(text: &str) -> Result<(), ApiError> {
    let wrong = |what: &str| Err(ApiError::new("InvalidTrailNameException", what));
    let mark = |c: char| "._-".contains(c);
    if !(3..=128).contains(&text.len()) {
        return wrong("Trail name must be between 3 and 128 characters.");
    }
    if !text.chars().all(|c| c.is_ascii_alphanumeric() || mark(c)) {
        return wrong(
            "Trail name or ARN can only contain uppercase letters, lowercase letters, numbers, periods (.), hyphens (-), and underscores (_).",
        );
    }
    if text.starts_with(mark) || text.ends_with(mark) {
        return wrong("Trail name must start and end with a letter or a number.");
    }
    let marks: Vec<bool> = text.chars().map(mark).collect();
    if marks.windows(2).any(|pair| pair == [true, true]) {
        return wrong("Trail name cannot have adjacent periods, hyphens or underscores.");
    }
    if text.split('.').count() == 4 && text.split('.').all(|part| part.parse::<u8>().is_ok()) {
        return wrong("Trail name cannot be an IP address.");
    }
    Ok(())
}

/// Whether this is the ARN of a trail.
pub fn trail_arn(text: &str) -> Result<(), ApiError> {
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    let fits = match parts.as_slice() {
        ["arn", partition, "cloudtrail", region, account, resource] => {
            partition.starts_with("aws")
                && !region.is_empty()
                && account.len() == 12
                && account.bytes().all(|b| b.is_ascii_digit())
                && resource
                    .strip_prefix("trail/")
                    .is_some_and(|rest| name(rest).is_ok())
        }
        _ => false,
    };
    if fits {
        return Ok(());
    }
    let message = format!("{text} is not the ARN of a trail.");
    Err(ApiError::new("CloudTrailARNInvalidException", message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_taken_by_the_documented_rules() {
        for fine in ["abc", "A.b_c-9", "1.2.3", "256.1.1.1.1", &"x".repeat(128)] {
            assert_eq!(name(fine), Ok(()), "{fine}");
        }
        for wrong in [
            "",
            "ab",
            "a b",
            "-ab",
            "ab.",
            "a--b",
            "a._b",
            "1.2.3.4",
            "übung",
            &"x".repeat(129),
        ] {
            assert_eq!(
                name(wrong).unwrap_err().code,
                "InvalidTrailNameException",
                "{wrong}"
            );
        }
    }

    #[test]
    fn only_arns_of_trails_are_taken() {
        let arn = "arn:aws:cloudtrail:us-east-1:123456789012:trail/main";
        assert_eq!(Named::read(arn), Ok(Named::Arn(arn)));
        for wrong in [
            "arn:",
            "arn:aws:s3:::bucket",
            "arn:aws:s3:us-east-1:123456789012:trail/main",
            "arn:aws:cloudtrail:us-east-1:123456789012:channel/main",
            "arn:aws:cloudtrail:us-east-1:12345678901:trail/main",
            "arn:aws:cloudtrail::123456789012:trail/main",
            "arn:aws:cloudtrail:us-east-1:123456789012:trail/a",
        ] {
            let code = Named::read(wrong).unwrap_err().code;
            assert_eq!(code, "CloudTrailARNInvalidException", "{wrong}");
        }
    }
}
