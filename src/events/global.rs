//! Services whose events are in the partition's global Region only, wherever the caller looked.

use std::sync::Arc;

use crate::{
    domain::{AccountId, Cell, CellReason, CellReport, Event, LookupAttributeKind, Region},
    fleet::{TargetCell, Targets},
};

use super::filter::{Attribute, Filters};

/// Event sources that record in the partition's global Region (CloudTrail user guide: IAM, STS through the
/// global endpoint, CloudFront; Route 53, Organizations and console sign-in as seen in practice).
pub const GLOBAL_SOURCES: [&str; 10] = [
    "iam.amazonaws.com",
    "sts.amazonaws.com",
    "signin.amazonaws.com",
    "organizations.amazonaws.com",
    "cloudfront.amazonaws.com",
    "route53.amazonaws.com",
    "route53domains.amazonaws.com",
    "account.amazonaws.com",
    "globalaccelerator.amazonaws.com",
    "shield.amazonaws.com",
];

/// Whether an event of a global service could meet these conditions.
pub fn can_match(filters: &Filters) -> bool {
    let sources = filters.values(Attribute::Lookup(LookupAttributeKind::EventSource));
    sources.is_none_or(|sources| {
        sources
            .iter()
            .any(|source| GLOBAL_SOURCES.contains(&source.as_str()))
    })
}

/// Whether this event is of a global service. In a Region that was added for them, nothing else is wanted.
pub fn is_global(event: &Event) -> bool {
    GLOBAL_SOURCES.contains(&&*event.source)
}

/// Adds the global Region to every account that takes part and in which it is allowed, unless the targets have it.
/// Answers whether it was added anywhere.
pub fn add(
    targets: &mut Targets,
    global: &Region,
    allowed: impl Fn(AccountId, &Region) -> bool,
) -> bool {
    let asked = targets.cells.iter().map(|target| &target.cell.region);
    let left_out = &targets.left_out.cells;
    let skipped = left_out.iter().map(|report| &report.cell.region);
    if asked.chain(skipped).any(|region| region == global) {
        return false;
    }
    let here = |report: &&CellReport| report.reason == Some(CellReason::RegionDisabled);
    let asked = targets.cells.iter();
    let asked = asked.map(|target| (target.cell.account, &target.account_name));
    let disabled = left_out.iter().filter(here);
    let disabled = disabled.map(|report| (report.cell.account, &report.account_name));
    let mut accounts: Vec<(AccountId, Arc<str>)> = asked
        .chain(disabled)
        .map(|(account, name)| (account, Arc::clone(name)))
        .collect();
    accounts.sort();
    accounts.dedup();
    let all = accounts.len();
    accounts.retain(|(account, _)| allowed(*account, global));
    targets.left_out.narrowed |= accounts.len() < all;
    let any = !accounts.is_empty();
    let added = accounts
        .into_iter()
        .map(|(account, account_name)| TargetCell {
            cell: Cell {
                account,
                region: global.clone(),
            },
            account_name,
            named: false,
        });
    targets.cells.extend(added);
    targets.cells.sort_by(|a, b| a.cell.cmp(&b.cell));
    any
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_condition_on_the_source_can_rule_global_services_out() {
        let source = Attribute::Lookup(LookupAttributeKind::EventSource);
        let with = |values: &[&str]| {
            let mut filters = Filters::none();
            filters.add(source, values.iter().map(|v| (*v).to_owned()).collect());
            filters
        };
        assert!(can_match(&Filters::none()));
        assert!(can_match(&with(&[
            "ec2.amazonaws.com",
            "iam.amazonaws.com"
        ])));
        assert!(!can_match(&with(&["ec2.amazonaws.com"])));
    }
}
