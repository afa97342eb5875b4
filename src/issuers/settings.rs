//! What is told of each issuer, and how often its keys are read.

use std::{path::PathBuf, time::Duration};

use http::Uri;

use crate::{access::token::Issuer, domain::doubling::Doubling};

/// An issuer, and where its keys are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssuerSettings {
    /// What its tokens must say.
    pub issuer: Issuer,
    /// Where its keys are.
    pub source: KeySource,
}

/// Where the keys of an issuer are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeySource {
    /// A JSON Web Key Set in a file.
    File(PathBuf),
    /// One at a URL.
    Url(Remote),
    /// One whose URL the issuer's OpenID configuration tells, which is at this URL.
    Discovery {
        /// What the configuration must name as its issuer.
        issuer: String,
        /// Where it is.
        configuration: Remote,
    },
}

/// Something that is fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remote {
    /// From where; HTTPS, unless it is this machine.
    pub url: Uri,
    /// The CAs that its server must have a certificate of, in PEM; without, those of the system.
    pub ca_file: Option<PathBuf>,
    /// A token to show there: Kubernetes wants to know who asks.
    pub bearer_token_file: Option<PathBuf>,
}

/// How often keys are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timing {
    /// This long after they were read.
    pub interval: Duration,
    /// After failures.
    pub retry: Doubling,
    /// For tokens that name a key that is not known: no sooner than this after the last time.
    pub between: Duration,
    /// How long one reading may take.
    pub within: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        let between = Duration::from_secs(10);
        Self {
            interval: Duration::from_secs(300),
            retry: Doubling {
                first: Duration::from_secs(2),
                longest: Duration::from_secs(60),
            },
            between,
            within: Duration::from_secs(5),
        }
    }
}
