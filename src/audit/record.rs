//! The records: what each says, and its line of JSON. Fields stand in this order, and `hash` is always the last.

use std::time::Duration;

use serde::Serialize;

use crate::domain::{AccountId, Region, Timestamp};

use super::clip;

/// The version of the format. Fields may be added to it; what is there keeps its meaning.
pub const VERSION: u8 = 1;

/// Who asks for a change, and with which words.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Asked {
    /// The RPC's full name; empty if the service does something by itself.
    pub rpc: String,
    /// The caller's id for the change, or one made up for it.
    pub request_id: String,
    /// Who.
    pub caller: String,
    /// The policies that allow it; none where no policy is configured.
    pub policies: Vec<String>,
    /// SHA-256 of the request's message, as it came over the wire.
    pub digest: Option<String>,
}

/// What is changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// In which account.
    pub account: AccountId,
    /// In which Region; `None` if that is not known.
    pub region: Option<Region>,
    /// What: an ARN, an account, a service. Empty if it is not known.
    pub target: String,
    /// The name of the session that changes it; `None` if it is not known.
    pub session: Option<String>,
}

/// A change of one target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deed {
    /// Who asks for it.
    pub asked: Asked,
    /// What is changed.
    pub place: Place,
}

/// Whether something was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Effect {
    /// It was, by all steps or some.
    Yes,
    /// It was not.
    No,
    /// Nobody can say.
    Unknown,
}

/// What became of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// In a word, such as `applied`.
    pub result: &'static str,
    /// Whether something was changed.
    pub effect: Effect,
    /// Why it is not as wanted, in a word.
    pub reason: Option<String>,
    /// The actions that were carried out.
    pub actions: Vec<String>,
    /// AWS's ids of the calls that changed something, or may have.
    pub aws_request_ids: Vec<String>,
    /// How long it took.
    pub elapsed: Duration,
}

impl Ended {
    /// Nothing of it was begun.
    pub fn not_started(reason: &str) -> Self {
        Self {
            result: "not_started",
            effect: Effect::No,
            reason: Some(reason.to_owned()),
            actions: Vec::new(),
            aws_request_ids: Vec::new(),
            elapsed: Duration::ZERO,
        }
    }

    /// Whoever did it ended without a word.
    pub fn lost() -> Self {
        Self {
            result: "unknown",
            effect: Effect::Unknown,
            ..Self::not_started("internal")
        }
    }
}

/// Bytes after the last whole line that are no line: the process was killed, or the disk full, in the middle of one. They
/// stay where they are, and are chained over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Torn {
    /// How many.
    pub bytes: u64,
    /// Their SHA-256.
    pub sha256: String,
}

/// What a line says.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Entry {
    /// A process begins to record.
    Start {
        version: &'static str,
        seal: &'static str,
        #[serde(skip_serializing_if = "Option::is_none")]
        torn: Option<Torn>,
        /// A file whose last line could not be read was put aside under this name.
        #[serde(skip_serializing_if = "Option::is_none")]
        set_aside: Option<String>,
    },
    /// It goes on after it could not write.
    Resume {
        #[serde(skip_serializing_if = "Option::is_none")]
        torn: Option<Torn>,
        /// Intents above that were refused: they were written, and could not be made safe.
        withdrawn: Vec<String>,
    },
    /// A new file begins.
    File { seal: &'static str },
    /// Records of requests, and of targets to which nothing was done, were dropped: there were too many.
    Lost { records: u64 },
    /// A target is about to be changed.
    Intent {
        intent: String,
        #[serde(flatten)]
        deed: Written,
        actions: Vec<String>,
    },
    /// What became of a target.
    Outcome {
        /// `None`: nothing was to be done, so that there was no intent.
        #[serde(skip_serializing_if = "Option::is_none")]
        intent: Option<String>,
        #[serde(flatten)]
        deed: Written,
        actions: Vec<String>,
        result: &'static str,
        effect: Effect,
        #[serde(skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
        aws_request_ids: Vec<String>,
        elapsed_ms: u64,
    },
    /// A request that changes nothing has ended.
    Read(Request),
    /// A request that was to change something has ended.
    Write(Request),
    /// The process ends in order, and has recorded everything.
    End,
}

/// A deed as it is written: bounded.
#[derive(Debug, Clone, Serialize)]
pub struct Written {
    rpc: String,
    request_id: String,
    caller: String,
    policies: Vec<String>,
    account: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<String>,
    target: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    session: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    digest: Option<String>,
}

/// The end of a request.
#[derive(Debug, Clone, Serialize)]
pub struct Request {
    rpc: String,
    caller: String,
    code: &'static str,
    elapsed_ms: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    digest: Option<String>,
}

impl Request {
    /// Bounded.
    pub fn new(
        rpc: &str,
        caller: &str,
        code: &'static str,
        elapsed: Duration,
        digest: Option<&str>,
    ) -> Self {
        Self {
            rpc: clip::text(rpc, clip::NAME),
            caller: clip::text(caller, clip::NAME),
            code,
            elapsed_ms: millis(elapsed),
            digest: digest.map(|digest| clip::text(digest, clip::NAME)),
        }
    }
}

impl From<&Deed> for Written {
    fn from(deed: &Deed) -> Self {
        let name = |text: &str| clip::text(text, clip::NAME);
        let (asked, place) = (&deed.asked, &deed.place);
        Self {
            rpc: name(&asked.rpc),
            request_id: name(&asked.request_id),
            caller: name(&asked.caller),
            policies: clip::list(&asked.policies),
            account: place.account.to_string(),
            region: place.region.as_ref().map(ToString::to_string),
            target: name(&place.target),
            session: place.session.as_deref().map(name),
            digest: asked.digest.as_deref().map(name),
        }
    }
}

impl Entry {
    /// A target is about to be changed.
    pub fn intent(id: &str, deed: &Deed, actions: &[String]) -> Self {
        Self::Intent {
            intent: id.to_owned(),
            deed: deed.into(),
            actions: clip::list(actions),
        }
    }

    /// What became of it.
    pub fn outcome(id: Option<String>, deed: &Deed, ended: &Ended) -> Self {
        Self::outcome_in(id, deed.into(), ended)
    }

    fn outcome_in(id: Option<String>, deed: Written, ended: &Ended) -> Self {
        let reason = ended.reason.as_deref();
        Self::Outcome {
            intent: id,
            deed,
            actions: clip::list(&ended.actions),
            result: ended.result,
            effect: ended.effect,
            reason: reason.map(|reason| clip::text(reason, clip::NAME)),
            aws_request_ids: clip::list(&ended.aws_request_ids),
            elapsed_ms: millis(ended.elapsed),
        }
    }
}

impl Entry {
    /// The intent's name, if it is one.
    pub fn intent_id(&self) -> Option<&str> {
        match self {
            Self::Intent { intent, .. } => Some(intent),
            _ => None,
        }
    }

    /// The intents that it withdraws.
    pub fn withdrawn(&self) -> &[String] {
        match self {
            Self::Resume { withdrawn, .. } => withdrawn,
            _ => &[],
        }
    }

    /// The outcome of this intent.
    pub fn outcome_of(&self, ended: &Ended) -> Option<Self> {
        let Self::Intent { intent, deed, .. } = self else {
            return None;
        };
        Some(Self::outcome_in(Some(intent.clone()), deed.clone(), ended))
    }
}

/// A line before it is closed.
#[derive(Serialize)]
pub struct Line<'a> {
    pub v: u8,
    pub seq: u64,
    pub time: String,
    pub chain: &'a str,
    pub prev: &'a str,
    #[serde(flatten)]
    pub entry: &'a Entry,
}

/// RFC 3339 in UTC, always with microseconds.
pub fn time(at: Timestamp) -> String {
    let whole = at.floor_second().to_string();
    let whole = whole.strip_suffix('Z').unwrap_or(&whole);
    format!("{whole}.{:06}Z", at.subsec_nanos() / 1_000)
}

fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}
