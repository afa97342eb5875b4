//! Services whose events are in the partition's global Region only, wherever the caller looked.

use crate::domain::{Event, LookupAttributeKind};

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
