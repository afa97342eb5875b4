//! What a request may do, as use cases ask it: of each account and Region, before a call is spent there. Who decides,
//! and by which rules, they do not know.

use std::{fmt, sync::Arc};

use super::{Account, Region};

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Deed {
    /// What the RPC itself does.
    Call,
    /// To record less than before.
    ReduceLogging,
    /// To see the secrets that records hold.
    SeeSecrets,
}

impl Deed {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Call, Self::ReduceLogging, Self::SeeSecrets];
}

/// Where it is asked for.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// The account.
    pub account: &'a Account,
    /// The Region; `None` for the account as a whole.
    pub region: Option<&'a Region>,
}

/// Facts about accounts that decisions depend on. While one is not known there is no decision: a rule that forbids by
/// it would not be heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Needs {
    /// The organizational units.
    pub units: bool,
    /// The tags.
    pub tags: bool,
}

/// Decides for one caller and one RPC.
pub trait Judge: Send + Sync + 'static {
    /// Which facts the decisions depend on.
    fn needs(&self) -> Needs;

    /// Whether it is allowed now. An answer may change while a request runs: the rules can.
    fn allows(&self, deed: Deed, place: Place<'_>) -> bool;

    /// The same of each of these Regions.
    fn allows_each(&self, deed: Deed, account: &Account, regions: &[Region]) -> Vec<bool> {
        let place = |region| Place {
            account,
            region: Some(region),
        };
        let each = regions.iter();
        each.map(|region| self.allows(deed, place(region)))
            .collect()
    }
}

/// What a request may do. Cloning shares it.
#[derive(Clone, Default)]
pub struct Authority(Option<Arc<dyn Judge>>);

impl Authority {
    /// Everything: the service's own work, and every request where no policy is configured.
    pub fn unlimited() -> Self {
        Self(None)
    }

    /// What this judge allows.
    pub fn judged(judge: Arc<dyn Judge>) -> Self {
        Self(Some(judge))
    }

    /// Whether everything is allowed, whatever it is.
    pub fn is_unlimited(&self) -> bool {
        self.0.is_none()
    }

    /// Which facts the decisions depend on.
    pub fn needs(&self) -> Needs {
        self.0
            .as_ref()
            .map_or_else(Needs::default, |judge| judge.needs())
    }

    /// Whether it is allowed there.
    pub fn allows(&self, deed: Deed, account: &Account, region: Option<&Region>) -> bool {
        let place = Place { account, region };
        self.0
            .as_ref()
            .is_none_or(|judge| judge.allows(deed, place))
    }

    /// Those of these Regions in which it is allowed, in their order.
    pub fn open_regions<'a>(
        &self,
        deed: Deed,
        account: &Account,
        regions: &'a [Region],
    ) -> Vec<&'a Region> {
        let Some(judge) = &self.0 else {
            return regions.iter().collect();
        };
        let allowed = judge.allows_each(deed, account, regions);
        let each = regions.iter().zip(allowed);
        each.filter_map(|(region, allowed)| allowed.then_some(region))
            .collect()
    }
}

impl fmt::Debug for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            None => "Authority(unlimited)",
            Some(_) => "Authority(judged)",
        })
    }
}
