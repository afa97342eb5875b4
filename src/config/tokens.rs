//! Whose bearer tokens are believed.

mod values;

use std::{path::PathBuf, time::Duration};

use super::{reader::Section, values::TokenAlgorithm};

pub use values::{IssuerName, IssuerUrl, KeysUrl};

/// Whose bearer tokens are believed.
#[derive(Debug, Clone, PartialEq)]
pub struct Tokens {
    /// The issuers; without any, tokens are not looked at.
    pub issuers: Vec<TokenIssuer>,
    /// How often keys are read.
    pub refresh_interval: Duration,
}

/// An issuer of tokens.
#[derive(Debug, Clone, PartialEq)]
pub struct TokenIssuer {
    /// With which the names of its callers begin.
    pub name: IssuerName,
    /// `iss`.
    pub issuer: IssuerUrl,
    /// One of which must be in `aud`.
    pub audiences: Vec<String>,
    /// How its tokens may be signed.
    pub algorithms: Vec<TokenAlgorithm>,
    /// Where its keys are, in a file.
    pub jwks_file: Option<PathBuf>,
    /// Where its keys are, at a URL.
    pub jwks_url: Option<KeysUrl>,
    /// The CAs of that URL's server.
    pub ca_file: Option<PathBuf>,
    /// A token to show there.
    pub bearer_token_file: Option<PathBuf>,
    /// Which claim is the caller's name.
    pub name_claim: String,
    /// Which claim has the caller's groups.
    pub groups_claim: Option<String>,
    /// How far its clock may be from ours.
    pub leeway: Duration,
    /// How old a token may be.
    pub max_age: Option<Duration>,
}

impl Tokens {
    pub(super) fn read(s: &mut Section<'_>) -> Self {
        Self {
            issuers: s.items("issuers", "Whose tokens are believed; at most 16. With any, callers must prove who they are, by a token or by a certificate.", TokenIssuer::read),
            refresh_interval: s
                .key("refresh_interval", "How often keys are read. A key that an issuer takes back is believed for so long at most, unless the issuer cannot be reached.")
                .within(Duration::from_secs(10)..=Duration::from_secs(86_400))
                .or(Duration::from_secs(300)),
        }
    }
}

impl TokenIssuer {
    fn read(s: &mut Section<'_>) -> Option<Self> {
        let name = s
            .key("name", "A short name. Who brings a token of this issuer is called by it, a colon, and the token's subject.")
            .required();
        let issuer = s.key("issuer", "What its tokens have as `iss`.").required();
        let audiences = s.list(
            "audiences",
            "For whom tokens must be: one of these must be in `aud`. At least one is needed.",
        );
        let algorithms = s.list("algorithms", "How tokens may be signed. Empty: RS256 and ES256. None with a shared secret is offered.");
        let jwks_file = s
            .key::<String>("jwks_file", "Its keys, in a file: a JSON Web Key Set.")
            .optional("(none)");
        let jwks_url = s
            .key("jwks_url", "Its keys, at a URL. Without this and `jwks_file` they are where `/.well-known/openid-configuration` below the issuer tells.")
            .optional("by OpenID discovery");
        let ca_file = s
            .key::<String>("ca_file", "The CAs for these URLs, in PEM.")
            .optional("those of the system");
        let bearer_token_file = s
            .key::<String>(
                "bearer_token_file",
                "A file with a token to show at these URLs. Kubernetes wants the pod's own.",
            )
            .optional("(none)");
        let name_claim = s
            .key("name_claim", "Which claim is the subject in the caller's name. Choose one that nobody can set for themselves.")
            .or("sub".to_owned());
        let groups_claim = s
            .key(
                "groups_claim",
                "Which claim has the caller's groups: a list of texts, or one text.",
            )
            .optional("(no groups)");
        let leeway = s
            .key("leeway", "How far its clock may be from ours.")
            .within(Duration::ZERO..=Duration::from_secs(60))
            .or(Duration::from_secs(10));
        let max_age = s
            .key("max_age", "How old a token may be, by its `iat`, even if it says that it is valid for longer.")
            .within(Duration::from_secs(60)..=Duration::from_secs(365 * 86_400))
            .optional("as long as it says");
        // Only now: without a name the rest is still read, for its faults.
        Some(Self {
            name: name?,
            issuer: issuer?,
            audiences,
            algorithms: match algorithms.is_empty() {
                true => vec![TokenAlgorithm::Rs256, TokenAlgorithm::Es256],
                false => algorithms,
            },
            jwks_file: jwks_file.map(PathBuf::from),
            jwks_url,
            ca_file: ca_file.map(PathBuf::from),
            bearer_token_file: bearer_token_file.map(PathBuf::from),
            name_claim,
            groups_claim,
            leeway,
            max_age,
        })
    }
}
