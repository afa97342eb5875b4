//! SPIFFE IDs, as the standard "SPIFFE Identity and Verifiable Identity Document" has them.

/// The longest that every implementation takes, in bytes.
const LONGEST: usize = 2048;

/// The longest trust domain, in bytes.
const LONGEST_DOMAIN: usize = 255;

const SCHEME: &str = "spiffe://";

/// What is wrong with a SPIFFE ID.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum SpiffeIdError {
    /// Longer than may be.
    #[error("longer than {LONGEST} bytes, or its trust domain longer than {LONGEST_DOMAIN}")]
    TooLong,
    /// The trust domain is not lower-case letters, digits, dots, dashes and underscores.
    #[error("its trust domain is empty or has other characters than a-z, 0-9, '.', '-', '_'")]
    TrustDomain,
    /// The path has an empty or relative part, or a character that may not be there.
    #[error(
        "its path is empty, or has an empty or relative part or a character that may not be there"
    )]
    Path,
}

/// Whether a URI wants to be a SPIFFE ID. Schemes are written in any case; IDs only in lower case.
pub(super) fn is_one(uri: &str) -> bool {
    let scheme = uri.split_once(':').map(|(scheme, _)| scheme);
    scheme.is_some_and(|scheme| scheme.eq_ignore_ascii_case("spiffe"))
}

/// The ID, if it is one of a workload: with a path.
pub(super) fn checked(id: &str) -> Result<&str, SpiffeIdError> {
    let rest = id.strip_prefix(SCHEME).ok_or(SpiffeIdError::TrustDomain)?;
    let (domain, path) = rest.split_once('/').ok_or(SpiffeIdError::Path)?;
    if id.len() > LONGEST || domain.len() > LONGEST_DOMAIN {
        return Err(SpiffeIdError::TooLong);
    }
    let in_domain = |b: u8| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'-' | b'_');
    if domain.is_empty() || !domain.bytes().all(in_domain) {
        return Err(SpiffeIdError::TrustDomain);
    }
    let in_path = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_');
    let part = |part: &str| !matches!(part, "" | "." | "..") && part.bytes().all(in_path);
    if !path.split('/').all(part) {
        return Err(SpiffeIdError::Path);
    }
    Ok(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_taken_as_the_standard_has_them() {
        for id in [
            "spiffe://example.org/ns/audit/sa/reader",
            "spiffe://a_b-c.1/x",
            "spiffe://example.org/9/A.b-c_d",
        ] {
            assert!(is_one(id));
            assert_eq!(checked(id), Ok(id));
        }
        let long = format!("spiffe://example.org/{}", "a".repeat(2048));
        let long_domain = format!("spiffe://{}/a", "a".repeat(256));
        for (wrong, why) in [
            ("spiffe://example.org", SpiffeIdError::Path),
            ("spiffe://example.org/", SpiffeIdError::Path),
            ("spiffe://example.org/a//b", SpiffeIdError::Path),
            ("spiffe://example.org/a/../b", SpiffeIdError::Path),
            ("spiffe://example.org/a/.", SpiffeIdError::Path),
            ("spiffe://example.org/a%2Fb", SpiffeIdError::Path),
            ("spiffe://example.org/a?b", SpiffeIdError::Path),
            ("spiffe://example.org/a b", SpiffeIdError::Path),
            ("spiffe:///a", SpiffeIdError::TrustDomain),
            ("spiffe://Example.org/a", SpiffeIdError::TrustDomain),
            ("spiffe://example.org:8443/a", SpiffeIdError::TrustDomain),
            ("spiffe://user@example.org/a", SpiffeIdError::TrustDomain),
            ("SPIFFE://example.org/a", SpiffeIdError::TrustDomain),
            ("spiffe:example.org/a", SpiffeIdError::TrustDomain),
            (&long, SpiffeIdError::TooLong),
            (&long_domain, SpiffeIdError::TooLong),
        ] {
            assert!(is_one(wrong), "{wrong}");
            assert_eq!(checked(wrong), Err(why), "{wrong}");
        }
        assert!(!is_one("https://example.org/spiffe://"));
    }
}
