//! How events are looked up, and what of AWS's quotas may be spent on it.

use std::{path::PathBuf, time::Duration};

use crate::domain::{AccountId, Api, Region};

use super::{
    reader::Section,
    values::{ByteCount, CacheKind, CursorKey},
    warm_up::WarmUp,
};

/// How events are looked up.
#[derive(Debug, Clone, PartialEq)]
pub struct Events {
    /// Events younger than this may still be incomplete.
    pub settle_lag: Duration,
    /// Memory of one ordered stream.
    pub stream_memory_bytes: ByteCount,
    /// How long one cell may hold up an ordered stream.
    pub cell_patience: Duration,
    /// What is remembered of what was looked up.
    pub cache: Cache,
    /// What is looked up before anybody asks.
    pub warm_up: WarmUp,
}

/// What is remembered of what was looked up.
#[derive(Debug, Clone, PartialEq)]
pub struct Cache {
    /// Where.
    pub kind: CacheKind,
    /// How much.
    pub max_bytes: ByteCount,
    /// The directory; set if and only if it is on disk.
    pub directory: Option<PathBuf>,
}

impl Events {
    pub(super) fn read(s: &mut Section<'_>) -> Self {
        Self {
            settle_lag: s
                .key(
                    "settle_lag",
                    "CloudTrail delivers late: events younger than this are marked as not settled.",
                )
                .within(Duration::ZERO..=Duration::from_secs(86_400))
                .or(Duration::from_secs(900)),
            stream_memory_bytes: s
                .key(
                    "stream_memory_bytes",
                    "Memory that one ordered stream may hold; half as much again where few cells are read far ahead.",
                )
                .within(ByteCount::mebi(1)..=ByteCount::mebi(4096))
                .or(ByteCount::mebi(64)),
            cell_patience: s
                .key("cell_patience", "How long one account and Region may hold up an ordered stream before it is reported and left behind.")
                .within(Duration::from_secs(1)..=Duration::from_secs(3600))
                .or(Duration::from_secs(60)),
            cache: s.section("cache", "Settled events are remembered, so that AWS is asked for them once.", Cache::read),
            warm_up: s.section("warm_up", "Chosen accounts and Regions are read into the cache before anybody asks, with what of their LookupEvents quotas nobody else wants: at most half, and nothing while others use it. The newest day of all comes first, then older ones. It goes no further back once these accounts and Regions take three quarters of `events.cache.max_bytes`. Each replica has a cache of its own and warms it by itself: the calls are spent once for each, and all together they take no more than half. `/statusz` shows how far it is.", WarmUp::read),
        }
    }
}

impl Cache {
    fn read(s: &mut Section<'_>) -> Self {
        Self {
            kind: s
                .key("kind", "Where they are remembered. `memory`: in this process, until it ends. `disk`: in a file of `directory`, which may be deleted at any time.")
                .or(CacheKind::Memory),
            max_bytes: s
                .key("max_bytes", "How much of it, compressed: a gibibyte holds about eight million events. What was not used for the longest time goes first.")
                .within(ByteCount::mebi(1)..=ByteCount::mebi(1 << 20))
                .or(ByteCount::mebi(16)),
            directory: s
                .key::<String>("directory", "The directory of the file; it is made if it is not there. No other process may use it. The file holds records as AWS gives them, with all that answers leave out: keep it on an encrypted volume.")
                .optional("none; required if `kind` is `disk`")
                .map(PathBuf::from),
        }
    }
}

/// How page tokens are signed.
#[derive(Debug, Clone, PartialEq)]
pub struct Cursor {
    /// The first signs, all verify. Empty: a random one is made, and tokens end with the process.
    pub keys: Vec<CursorKey>,
}

impl Cursor {
    pub(super) fn read(s: &mut Section<'_>) -> Self {
        Self {
            keys: s.list(
                "keys",
                "The secrets that sign page tokens, the same on every replica. The first signs, all verify: put a new one first, and drop the old one a day later. If empty a random one is made, and page tokens end with the process.",
            ),
        }
    }
}

/// What of AWS's quotas may be spent.
#[derive(Debug, Clone, PartialEq)]
pub struct Quotas {
    /// The part of each quota that is ours, above 0 up to 1.
    pub share: f64,
    /// Whether CloudTrail's quotas are read from Service Quotas in each account and Region.
    pub read_service_quotas: bool,
    /// Quotas that are not AWS's default, or of which another part is ours.
    pub overrides: Vec<QuotaOverride>,
}

/// A quota that is not AWS's default, or of which another part is ours. The most specific one that fits counts.
#[derive(Debug, Clone, PartialEq)]
pub struct QuotaOverride {
    /// The operation.
    pub api: Api,
    /// Calls a second. This or `share` is set.
    pub per_second: Option<f64>,
    /// The part that is ours, above 0 up to 1.
    pub share: Option<f64>,
    /// Only in this account.
    pub account: Option<AccountId>,
    /// Only in this Region.
    pub region: Option<Region>,
}

impl Quotas {
    pub(super) fn read(s: &mut Section<'_>) -> Self {
        Self {
            share: s
                .key("share", "The part of each AWS quota that Trailplane may spend. People in the console spend the same quota.")
                .within(0.01..=1.0)
                .or(1.0),
            read_service_quotas: s
                .key("read_service_quotas", "Whether to read CloudTrail's quotas from Service Quotas in each account and Region, once the accounts are known and then daily. What is read counts instead of AWS's default; an override counts more. The member role needs `servicequotas:ListServiceQuotas`; where that is refused the defaults hold.")
                .or(false),
            overrides: s.items(
                "overrides",
                "Quotas that are not AWS's default, because AWS raised them, or of which others need a part. The most specific one that fits counts.",
                QuotaOverride::read,
            ),
        }
    }
}

impl QuotaOverride {
    fn read(s: &mut Section<'_>) -> Option<Self> {
        let api = s.key("api", "The AWS operation.").required();
        let has_share = s.has("share");
        let per_second = s
            .key("per_second", "Calls a second in one account and Region. Unless set, as it would be without this override.")
            .within(0.01..=10_000.0)
            .because("per_second, share, or both")
            .required_unless(has_share, "(required without `share`)");
        let share = s
            .key("share", "The part of them that Trailplane may spend, instead of `quotas.share`: less, where people or other tools need more of it.")
            .within(0.01..=1.0)
            .optional("as without this override");
        let account = s
            .key("account", "Only in this account.")
            .optional("every account");
        let region = s
            .key("region", "Only in this Region.")
            .optional("every Region");
        per_second.or(share)?;
        Some(Self {
            api: api?,
            per_second,
            share,
            account,
            region,
        })
    }
}
