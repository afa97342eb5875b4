//! One row for every RPC of every service: what class it is, how long it may take, whether it is built. Layers
//! read the row; starting fails if a descriptor has an RPC without one.

use std::{collections::BTreeMap, time::Duration};

use prost::Message;
use prost_types::FileDescriptorSet;

/// What an RPC does to AWS, and in which shape it answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Class {
    /// One answer; changes nothing.
    Read,
    /// A stream that ends by itself; changes nothing.
    ReadStream,
    /// A stream that goes on until the caller leaves; changes nothing.
    Follow,
    /// One answer; changes something.
    Write,
    /// A stream of results; changes something.
    WriteStream,
}

impl Class {
    /// What it costs.
    pub fn load(self) -> Load {
        match self {
            Self::Read => Load::Page,
            Self::ReadStream | Self::Follow => Load::Stream,
            Self::Write | Self::WriteStream => Load::Change,
        }
    }

    /// Whether it changes nothing.
    pub fn only_reads(self) -> bool {
        match self {
            Self::Read | Self::ReadStream | Self::Follow => true,
            Self::Write | Self::WriteStream => false,
        }
    }

    /// Whether the answer is a stream.
    pub fn streams(self) -> bool {
        match self {
            Self::ReadStream | Self::Follow | Self::WriteStream => true,
            Self::Read | Self::Write => false,
        }
    }
}

/// What a request costs whoever serves it, for the limits of clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Load {
    /// One answer.
    Page,
    /// An answer that goes on.
    Stream,
    /// A change.
    Change,
}

impl Load {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Page, Self::Stream, Self::Change];

    /// The word for people.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Page => "requests",
            Self::Stream => "streams",
            Self::Change => "changes",
        }
    }
}

/// How long an RPC may take: what applies if the caller sets no deadline, and what a caller can have at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowance {
    /// Without a deadline of the caller's.
    pub default: Duration,
    /// At most.
    pub cap: Duration,
}

impl Allowance {
    /// What a caller who asks for `wish` gets.
    pub fn grant(self, wish: Option<Duration>) -> Duration {
        wish.unwrap_or(self.default).min(self.cap)
    }
}

/// The allowances of the two shapes of answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowances {
    /// For single answers.
    pub unary: Allowance,
    /// For streams.
    pub stream: Allowance,
}

impl Default for Allowances {
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Self {
            unary: Allowance {
                default: seconds(60),
                cap: seconds(300),
            },
            stream: Allowance {
                default: seconds(3600),
                cap: seconds(86_400),
            },
        }
    }
}

/// Of what its permission is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum On {
    /// Of each account that it is about: use cases ask, before they spend a call there.
    Accounts,
    /// Of the organization, before anything is done.
    Organization,
}

/// Whether an RPC is built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Built {
    /// It works.
    Yes,
    /// It answers UNIMPLEMENTED.
    NotYet,
}

/// One RPC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rpc {
    /// The HTTP path: `/trailplane.v1.EventService/LookupEvents`.
    pub path: &'static str,
    /// The service's short name.
    pub service: &'static str,
    /// The method's name.
    pub method: &'static str,
    /// What it does.
    pub class: Class,
    /// Of what its permission is asked; the permission is called like the method.
    pub on: On,
    /// Whether it is built.
    pub built: Built,
}

impl Rpc {
    /// The row of the RPC with this HTTP path.
    pub fn find(path: &str) -> Option<&'static Self> {
        RPCS.iter().find(|rpc| rpc.path == path)
    }

    /// `trailplane.v1.EventService/LookupEvents`, as OpenTelemetry's `rpc.method` has it.
    pub fn full_name(&self) -> &'static str {
        self.path.trim_start_matches('/')
    }

    /// How long it may take.
    pub fn allowance(&self, allowances: &Allowances) -> Allowance {
        if self.class.streams() {
            allowances.stream
        } else {
            allowances.unary
        }
    }
}

macro_rules! rpcs {
    ($($service:ident { $($method:ident $class:ident $on:ident $built:ident;)+ })+) => {
        /// Every RPC of ours. Health and reflection are not here: they stay outside of limits and deadlines.
        pub const RPCS: &[Rpc] = &[$($(Rpc {
            path: concat!("/trailplane.v1.", stringify!($service), "/", stringify!($method)),
            service: stringify!($service),
            method: stringify!($method),
            class: Class::$class,
            on: On::$on,
            built: Built::$built,
        }),+),+];

        /// The full names of our services.
        pub const SERVICES: &[&str] = &[$(concat!("trailplane.v1.", stringify!($service))),+];
    };
}

rpcs! {
    EventService {
        LookupEvents Read Accounts Yes;
        StreamEvents ReadStream Accounts Yes;
        TailEvents Follow Accounts Yes;
        PlanLookup Read Accounts Yes;
    }
    AccountService {
        ListAccounts Read Accounts Yes;
        GetAccount Read Accounts Yes;
        RefreshAccounts Read Organization Yes;
        CheckAccess ReadStream Accounts Yes;
    }
    TrailService {
        ListTrails Read Accounts Yes;
        GetTrail Read Accounts Yes;
        GetTrailStatus Read Accounts Yes;
        CreateTrail WriteStream Accounts Yes;
        UpdateTrail WriteStream Accounts Yes;
        DeleteTrail WriteStream Accounts Yes;
        StartLogging WriteStream Accounts Yes;
        StopLogging WriteStream Accounts Yes;
        ApplyTrail WriteStream Accounts Yes;
        GetEventSelectors Read Accounts Yes;
        PutEventSelectors WriteStream Accounts Yes;
        GetInsightSelectors Read Accounts Yes;
        PutInsightSelectors WriteStream Accounts Yes;
        GetEventConfiguration Read Accounts Yes;
        PutEventConfiguration WriteStream Accounts Yes;
        ListTags Read Accounts Yes;
        AddTags WriteStream Accounts Yes;
        RemoveTags WriteStream Accounts Yes;
    }
    OrganizationService {
        GetOrganization Read Organization Yes;
        EnableAllFeatures Write Organization Yes;
        EnableTrustedAccess Write Organization Yes;
        RegisterDelegatedAdministrator Write Organization Yes;
        DeregisterDelegatedAdministrator Write Organization Yes;
        ListDelegatedAdministrators Read Organization Yes;
        CheckOrganizationTrail Read Organization Yes;
    }
    BudgetService {
        ListBudgets Read Accounts Yes;
        WatchBudgets Follow Accounts Yes;
    }
    LogFileService {
        ListLogFiles Read Accounts Yes;
        ReadLogEvents ReadStream Accounts Yes;
        ValidateLogFiles ReadStream Accounts NotYet;
        ParseLogFileName Read Organization Yes;
    }
    AlarmService {
        ListAlarmTemplates Read Organization NotYet;
        ApplyAlarms WriteStream Accounts NotYet;
        ListAlarms Read Accounts NotYet;
    }
}

/// The table and the contract do not agree.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum TableError {
    /// The descriptors cannot be read.
    #[error("the compiled descriptors cannot be read: {0}")]
    Descriptors(String),
    /// An RPC of the contract has no row.
    #[error("{0} has no row in the table of RPCs")]
    NoRow(String),
    /// A row is for an RPC that the contract does not have.
    #[error("the table of RPCs has a row for {0}, which the contract does not have")]
    NoRpc(&'static str),
    /// A row's class and the contract disagree about streaming.
    #[error("{0}: the contract and its row disagree about streaming")]
    Shape(&'static str),
}

/// Compares the table with compiled descriptors.
pub fn check(descriptors: &[u8]) -> Result<(), TableError> {
    let set = FileDescriptorSet::decode(descriptors)
        .map_err(|error| TableError::Descriptors(error.to_string()))?;
    let mut contract = BTreeMap::new();
    for file in &set.file {
        for service in &file.service {
            for method in &service.method {
                let path = format!("/{}.{}/{}", file.package(), service.name(), method.name());
                contract.insert(path, method.server_streaming());
            }
        }
    }
    for rpc in RPCS {
        match contract.remove(rpc.path) {
            None => return Err(TableError::NoRpc(rpc.path)),
            Some(streams) if streams != rpc.class.streams() => {
                return Err(TableError::Shape(rpc.path));
            }
            Some(_) => {}
        }
    }
    match contract.into_keys().next() {
        Some(path) => Err(TableError::NoRow(path)),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests;
