//! Bearer tokens: signed JWTs of issuers that are known (OIDC, Kubernetes ServiceAccounts). Pure: the keys of the issuer
//! and the time are arguments. Where keys come from is not known here.
//!
//! A token is read in two steps. [`Presented`] is what it says of itself, which proves nothing and only chooses the issuer
//! and its key. [`Issuer::verify`] is what makes a name of it.

mod algorithm;
mod claims;
mod keys;
mod name;
mod presented;
mod refusal;

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use jsonwebtoken::{Validation, decode};

use crate::domain::Timestamp;

use super::Identity;
use claims::{Bounds, Claims};

pub use algorithm::Algorithm;
pub use keys::{Keys, KeysError};
pub use name::IssuerName;
pub use presented::Presented;
pub use refusal::Refusal;

/// An issuer whose tokens are believed, and what a token of its must say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issuer {
    /// What the names of its callers begin with.
    pub name: IssuerName,
    /// What its tokens have as `iss`, to the letter.
    pub issuer: String,
    /// A token must be for one of these.
    pub audiences: Vec<String>,
    /// A token must be signed by one of these.
    pub algorithms: Vec<Algorithm>,
    /// Which claim is the caller's name.
    pub name_claim: String,
    /// Which claim has the caller's groups, if any has.
    pub groups_claim: Option<String>,
    /// How far its clock may be from ours.
    pub leeway: Duration,
    /// A token may be no older than this, however long it says that it is valid.
    pub max_age: Option<Duration>,
}

impl Issuer {
    /// Who brings this token, if it is one of this issuer, signed by one of its `keys`, for us, and now.
    ///
    /// # Errors
    /// It proves nothing: which check failed.
    pub fn verify(
        &self,
        token: &Presented<'_>,
        keys: &Keys,
        now: Timestamp,
    ) -> Result<Identity, Refusal> {
        if token.issuer() != self.issuer {
            return Err(Refusal::Issuer);
        }
        let algorithm = token.algorithm(&self.algorithms)?;
        let key = keys.choose(token.key_id(), algorithm)?;
        let decoded = decode::<Claims>(token.text(), key, &by(algorithm));
        let claims = decoded.map_err(|error| Refusal::of(&error))?.claims;
        if claims.iss != self.issuer {
            return Err(Refusal::Issuer);
        }
        let bounds = Bounds {
            leeway: self.leeway,
            max_age: self.max_age,
        };
        claims.check_time(now, bounds)?;
        claims.check_audience(&self.audiences)?;
        let (name, groups) = (self.name_of(&claims)?, self.groups_of(&claims)?);
        Ok(Identity::bearer(&name, groups))
    }

    fn name_of(&self, claims: &Claims) -> Result<String, Refusal> {
        let subject = claims.text(&self.name_claim).ok_or(Refusal::Subject)?;
        self.name.of_subject(subject).ok_or(Refusal::Subject)
    }

    /// The groups, each under the issuer's name: those of two issuers are never the same.
    fn groups_of(&self, claims: &Claims) -> Result<BTreeSet<Arc<str>>, Refusal> {
        let Some(claim) = &self.groups_claim else {
            return Ok(BTreeSet::new());
        };
        let groups = claims.texts(claim).ok_or(Refusal::Groups)?;
        let named = groups.iter().map(|group| self.name.of_subject(group));
        named
            .map(|group| group.map(Arc::from).ok_or(Refusal::Groups))
            .collect()
    }
}

/// The signature, by this algorithm and no other. What the token says is checked by us: the library reads the system's
/// clock, and takes lists where the standard wants one value.
fn by(algorithm: Algorithm) -> Validation {
    let mut validation = Validation::new(algorithm.in_library());
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation.validate_aud = false;
    validation
}

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
