//! Whom a session acts for, in what STS and HTTP take of a name.
//!
//! Names of callers and ids of requests are longer than AWS's fields and have other characters. A name that fits is
//! itself; any other is cut and cleaned to what a person can still read, with a hash of all of it behind, so that no two
//! names become one, and the same name is the same everywhere and always.

mod user_agent;

use std::{fmt, sync::Arc};

use sha2::{Digest, Sha256};

pub(super) use user_agent::{OnBehalf, on_behalf};

/// Between what can be read and the hash. A name that is as it was does not end like this.
const MARK: char = '+';

/// Hexadecimal digits of the hash: 64 bits.
const DIGITS: usize = 16;

/// `SourceIdentity` and `RoleSessionName` have so many characters.
const SHORTEST: usize = 2;
const LONGEST: usize = 64;

/// How much of the beginning and of the end of a name is kept where not all of it fits: issuers and domains stand at
/// the beginning of names, and who it is at their end.
const HEAD: usize = 16;
const GAP: &str = "..";
const TAIL: usize = LONGEST - HEAD - GAP.len() - DIGITS - 1;

/// `SourceIdentity`: who is behind a session. CloudTrail records it with each call, and no later session can change it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceIdentity(Arc<str>);

impl SourceIdentity {
    /// The caller of this name.
    pub fn of(caller: &str) -> Self {
        Self(fitting(caller).into())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// `RoleSessionName`: the last part of the ARN by which CloudTrail knows who made a call.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionName(Arc<str>);

impl SessionName {
    /// The request of this id; or any other text.
    pub fn of(request_id: &str) -> Self {
        Self(fitting(request_id).into())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SourceIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for SessionName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The name itself if STS takes it as it is, else what can be read of it and its hash.
fn fitting(name: &str) -> String {
    if (SHORTEST..=LONGEST).contains(&name.len()) && name.chars().all(legal) && !looks_made(name) {
        return name.to_owned();
    }
    let mut shown = cleaned(name);
    if shown.len() > LONGEST - DIGITS - 1 {
        // All of it is ASCII by now, so that bytes are characters.
        let tail: String = shown.chars().skip(shown.len() - TAIL).collect();
        shown.truncate(HEAD);
        shown = shown + GAP + &tail;
    }
    let hash = Sha256::digest(name.as_bytes());
    let digits = hash.iter().take(DIGITS / 2);
    shown.push(MARK);
    digits.fold(shown, |shown, byte| format!("{shown}{byte:02x}"))
}

/// Each run of characters that STS does not take is one hyphen.
fn cleaned(name: &str) -> String {
    let mut shown = String::with_capacity(name.len());
    for c in name.chars() {
        match legal(c) {
            true => shown.push(c),
            false if shown.ends_with('-') => {}
            false => shown.push('-'),
        }
    }
    shown
}

/// `[\w+=,.@-]`, in ASCII: STS says `\w`, and takes no other letters.
fn legal(c: char) -> bool {
    c.is_ascii_alphanumeric() || "_+=,.@-".contains(c)
}

/// Whether it ends like a name that was made to fit: it could be somebody else's.
fn looks_made(name: &str) -> bool {
    let hash = name.rsplit_once(MARK).map(|(_, hash)| hash);
    hash.is_some_and(|hash| hash.len() == DIGITS && hash.bytes().all(|b| b.is_ascii_hexdigit()))
}

#[cfg(test)]
mod tests;
