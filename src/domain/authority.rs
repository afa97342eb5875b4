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

/// The request that something is done for, as records of it name it.
pub trait Origin: Send + Sync + 'static {
    /// The RPC's full name.
    fn rpc(&self) -> &str;

    /// A digest of what it asks for.
    fn digest(&self) -> Option<String>;
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

    /// The names of the rules by which it is allowed; none if it is not, or they have no names.
    fn grounds(&self, deed: Deed, place: Place<'_>) -> Vec<String> {
        let _ = (deed, place);
        Vec::new()
    }
}

/// What a request may do, and which request that is. Cloning shares it.
#[derive(Clone, Default)]
pub struct Authority {
    judge: Option<Arc<dyn Judge>>,
    /// The rules by which everything is allowed, if there is no judge.
    grounds: Arc<[String]>,
    origin: Option<Arc<dyn Origin>>,
}

impl Authority {
    /// Everything: the service's own work, and every request where no policy is configured.
    pub fn unlimited() -> Self {
        Self::default()
    }

    /// Everything, because these rules let the request through as a whole.
    pub fn granted(grounds: &[String]) -> Self {
        Self {
            grounds: grounds.into(),
            ..Self::default()
        }
    }

    /// What this judge allows.
    pub fn judged(judge: Arc<dyn Judge>) -> Self {
        Self {
            judge: Some(judge),
            ..Self::default()
        }
    }

    /// The same, exercised in this request.
    #[must_use]
    pub fn exercised_in(self, origin: Arc<dyn Origin>) -> Self {
        Self {
            origin: Some(origin),
            ..self
        }
    }

    /// The request; `None` for the service's own work.
    pub fn origin(&self) -> Option<&dyn Origin> {
        self.origin.as_deref()
    }

    /// The names of the rules by which all of this is allowed there, each once, in order.
    pub fn grounds(
        &self,
        deeds: &[Deed],
        account: &Account,
        region: Option<&Region>,
    ) -> Vec<String> {
        let Some(judge) = &self.judge else {
            return self.grounds.to_vec();
        };
        let place = Place { account, region };
        let each = deeds.iter().flat_map(|deed| judge.grounds(*deed, place));
        each.collect::<std::collections::BTreeSet<_>>()
            .into_iter()
            .collect()
    }

    /// Whether everything is allowed, whatever it is.
    pub fn is_unlimited(&self) -> bool {
        self.judge.is_none()
    }

    /// Which facts the decisions depend on.
    pub fn needs(&self) -> Needs {
        self.judge
            .as_ref()
            .map_or_else(Needs::default, |judge| judge.needs())
    }

    /// The names of the rules that let the request through as a whole.
    pub fn whole_grounds(&self) -> Vec<String> {
        self.grounds.to_vec()
    }

    /// Whether it is allowed there.
    pub fn allows(&self, deed: Deed, account: &Account, region: Option<&Region>) -> bool {
        let place = Place { account, region };
        self.judge
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
        let Some(judge) = &self.judge else {
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
        f.write_str(match self.judge {
            None => "Authority(unlimited)",
            Some(_) => "Authority(judged)",
        })
    }
}
