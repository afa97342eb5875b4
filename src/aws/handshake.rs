//! Handshakes of Organizations, as its operations answer with them.

use aws_sdk_organizations::types::{self, HandshakePartyType};

use crate::domain::{AccountId, Timestamp};

use super::error::RawFailure;

/// What accounts must agree to before something happens to the organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handshake {
    /// Its id: `h-` and 8 to 32 letters and digits.
    pub id: String,
    /// How far it is.
    pub state: HandshakeState,
    /// The accounts that are parties to it.
    pub accounts: Vec<AccountId>,
    /// When it ends unanswered.
    pub expires: Option<Timestamp>,
}

/// How far a handshake is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HandshakeState {
    /// Sent; not all parties have answered.
    Requested,
    /// All parties have agreed; what it is for has not happened yet.
    Open,
    /// Withdrawn.
    Canceled,
    /// Agreed to, and done.
    Accepted,
    /// A party said no.
    Declined,
    /// Not answered in time.
    Expired,
    /// One that this version does not know.
    Unknown,
}

pub(super) fn handshake(from: types::Handshake) -> Result<Handshake, RawFailure> {
    let parties = from.parties.unwrap_or_default().into_iter();
    let accounts = parties.filter(|party| party.r#type == HandshakePartyType::Account);
    Ok(Handshake {
        id: from
            .id
            .ok_or_else(|| RawFailure::malformed("handshake Id"))?,
        state: from
            .state
            .map_or(HandshakeState::Unknown, |state| match state {
                types::HandshakeState::Requested => HandshakeState::Requested,
                types::HandshakeState::Open => HandshakeState::Open,
                types::HandshakeState::Canceled => HandshakeState::Canceled,
                types::HandshakeState::Accepted => HandshakeState::Accepted,
                types::HandshakeState::Declined => HandshakeState::Declined,
                types::HandshakeState::Expired => HandshakeState::Expired,
                _ => HandshakeState::Unknown,
            }),
        accounts: accounts.filter_map(|party| party.id.parse().ok()).collect(),
        expires: from
            .expiration_timestamp
            .and_then(|at| Timestamp::from_parts(at.secs(), at.subsec_nanos())),
    })
}
