//! Where to ask: arguments that become a TargetSelector, and how urgent it is.

use clap::{Args, ValueEnum};

use crate::api::proto::{self, TargetSelector};

/// Which accounts and Regions.
#[derive(Debug, Args, Default)]
#[command(next_help_heading = "Where")]
pub struct Targets {
    /// An account, 12 digits; may be repeated. Without it: all.
    #[arg(long = "account", value_name = "ID")]
    accounts: Vec<String>,
    /// Accounts below this organizational unit: an id, or a path such as /Prod/Payments; may be repeated.
    #[arg(long = "ou", value_name = "UNIT")]
    units: Vec<String>,
    /// Only accounts with this tag; may be repeated, and all must hold.
    #[arg(long = "tag", value_name = "KEY=VALUE", value_parser = tag)]
    tags: Vec<(String, String)>,
    /// Never this account; may be repeated.
    #[arg(long = "exclude", value_name = "ID")]
    excluded: Vec<String>,
    /// Only this Region; may be repeated.
    #[arg(long = "region", value_name = "REGION")]
    regions: Vec<String>,
}

/// A tag as it is written.
pub fn tag(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').ok_or("expected KEY=VALUE")?;
    Ok((key.to_owned(), value.to_owned()))
}

impl Targets {
    /// As the protocol has it.
    pub fn to_wire(&self) -> Option<TargetSelector> {
        Some(TargetSelector {
            account_ids: self.accounts.clone(),
            organizational_units: self.units.clone(),
            account_tags: self.tags.iter().cloned().collect(),
            exclude_account_ids: self.excluded.clone(),
            regions: self.regions.clone(),
        })
    }
}

/// Which lane of every budget's queue the request waits in.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Lane {
    /// A person waits for one page.
    Interactive,
    /// A program waits.
    Standard,
    /// A long answer is being streamed.
    Batch,
    /// Nobody waits.
    Background,
}

impl Lane {
    /// As the protocol has it; without one, the usual lane of the RPC.
    pub fn to_wire(lane: Option<Self>) -> i32 {
        let lane = match lane {
            None => proto::Lane::Unspecified,
            Some(Self::Interactive) => proto::Lane::Interactive,
            Some(Self::Standard) => proto::Lane::Standard,
            Some(Self::Batch) => proto::Lane::Batch,
            Some(Self::Background) => proto::Lane::Background,
        };
        lane.into()
    }
}
