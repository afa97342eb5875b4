//! Whose tokens are believed, with the keys to verify them by: read from a file or fetched over HTTPS, kept, and read
//! again. What a token must say is in `access::token`, which does no IO; this room brings it keys and the time.

mod http;
mod keeper;
mod settings;
mod source;
mod status;

use std::{sync::Arc, time::Duration};

use futures_util::future::join_all;

use crate::{
    access::{
        Identity,
        token::{Issuer, Presented, Refusal},
    },
    domain::WallClock,
};

use keeper::Keeper;

pub use settings::{IssuerSettings, KeySource, Remote, Timing};
pub use status::KeysStatus;

/// Why the bearer of a token is not known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unverified {
    /// The token proves nothing.
    Refused(Refusal),
    /// The keys of its issuer have not been read yet, so nothing can be said of it.
    NoKeys {
        /// The issuer's short name.
        issuer: String,
        /// When they may have been.
        retry_after: Duration,
    },
}

impl From<Refusal> for Unverified {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

/// The issuers. Cheap to clone; without any, no token is looked at.
#[derive(Clone)]
pub struct Issuers {
    known: Arc<[Known]>,
    clock: WallClock,
}

struct Known {
    issuer: Issuer,
    keeper: Keeper,
}

impl Issuers {
    /// These issuers. Their keys are read once [`Issuers::keep`] runs.
    pub fn new(issuers: Vec<IssuerSettings>, timing: Timing, clock: WallClock) -> Self {
        let known = issuers.into_iter().map(|settings| Known {
            keeper: Keeper::new(settings.issuer.name.clone(), settings.source, timing),
            issuer: settings.issuer,
        });
        Self {
            known: known.collect(),
            clock,
        }
    }

    /// None.
    pub fn none(clock: WallClock) -> Self {
        Self::new(Vec::new(), Timing::default(), clock)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.known.is_empty()
    }

    /// Reads the keys of all, and reads them again, for ever.
    pub async fn keep(&self) {
        join_all(
            self.known
                .iter()
                .map(|known| known.keeper.keep(&self.clock)),
        )
        .await;
    }

    /// Who brings this token. Waits only for keys that are being read because the token names one that is not known.
    ///
    /// # Errors
    /// It proves nothing, or nothing can be said of it yet.
    pub async fn verify(&self, token: &str) -> Result<Identity, Unverified> {
        let token = Presented::read(token)?;
        let mut of_issuer = self.known.iter();
        let known = of_issuer
            .find(|known| known.issuer.issuer == token.issuer())
            .ok_or(Refusal::Issuer)?;
        let first = known.verify(&token, &self.clock);
        if first != Err(Unverified::Refused(Refusal::Key)) || !known.keeper.read_again().await {
            return first;
        }
        known.verify(&token, &self.clock)
    }

    /// How it stands with the keys of each.
    pub fn status(&self) -> Vec<KeysStatus> {
        self.known
            .iter()
            .map(|known| known.keeper.status())
            .collect()
    }
}

impl Known {
    fn verify(&self, token: &Presented<'_>, clock: &WallClock) -> Result<Identity, Unverified> {
        let Some(keys) = self.keeper.keys() else {
            return Err(Unverified::NoKeys {
                issuer: self.issuer.name.to_string(),
                retry_after: self.keeper.retry_after(),
            });
        };
        Ok(self.issuer.verify(token, &keys, clock())?)
    }
}

impl std::fmt::Debug for Issuers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let issuers = self.known.iter().map(|known| &known.issuer);
        f.debug_list().entries(issuers).finish()
    }
}

#[cfg(test)]
mod tests;
