//! Why a token proves nothing.

use jsonwebtoken::errors::{Error, ErrorKind};

/// Which check a token has failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// It is longer than any that is read.
    TooLong,
    /// It is no JWT, or one with parts that are not understood.
    Malformed,
    /// It is a JWT of another kind than those by which one calls.
    Kind,
    /// It is of no issuer that is known.
    Issuer,
    /// It is signed in a way that its issuer is not allowed.
    Algorithm,
    /// Its issuer has no key of that id for that algorithm.
    Key,
    /// It names no key, or one id of several, and more than one key could be meant.
    AmbiguousKey,
    /// It was not signed by that key.
    Signature,
    /// Its time is over.
    Expired,
    /// Its time has not come.
    NotYet,
    /// It is older than tokens of this issuer may be, or does not say how old it is.
    Age,
    /// It is for somebody else.
    Audience,
    /// It does not say who brings it, or in a way that is no name.
    Subject,
    /// Its groups are not readable as such, or too many.
    Groups,
}

impl Refusal {
    /// The word for programs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::TooLong => "too_long",
            Self::Malformed => "malformed",
            Self::Kind => "kind",
            Self::Issuer => "issuer",
            Self::Algorithm => "algorithm",
            Self::Key => "key",
            Self::AmbiguousKey => "ambiguous_key",
            Self::Signature => "signature",
            Self::Expired => "expired",
            Self::NotYet => "not_yet",
            Self::Age => "age",
            Self::Audience => "audience",
            Self::Subject => "subject",
            Self::Groups => "groups",
        }
    }

    /// The same as a clause for people.
    pub fn explain(self) -> &'static str {
        match self {
            Self::TooLong => "it is too long",
            Self::Malformed => "it is not a signed JWT, or not one that can be read",
            Self::Kind => "it is a JWT for another purpose",
            Self::Issuer => "it is of no issuer that this server believes",
            Self::Algorithm => "it is signed by an algorithm that is not allowed",
            Self::Key => "its issuer has no such key",
            Self::AmbiguousKey => "it does not say which of its issuer's keys has signed it",
            Self::Signature => "its signature is wrong",
            Self::Expired => "it has expired",
            Self::NotYet => "it is not valid yet",
            Self::Age => "it is too old, or does not say how old it is",
            Self::Audience => "it is for another audience",
            Self::Subject => "it does not name who brings it",
            Self::Groups => "its groups cannot be read, or are too many",
        }
    }

    /// What the library says of a token whose algorithm and key were chosen before.
    pub(super) fn of(error: &Error) -> Self {
        match error.kind() {
            ErrorKind::Json(_)
            | ErrorKind::Base64(_)
            | ErrorKind::Utf8(_)
            | ErrorKind::InvalidToken => Self::Malformed,
            _ => Self::Signature,
        }
    }
}
