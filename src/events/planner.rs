//! Which condition AWS applies. Pure.
//!
//! CloudTrail takes one attribute with one value a call. Of several conditions the one goes there that leaves least to read;
//! one with several values becomes as many lookups side by side, where that costs fewer calls than reading everything. The
//! rest is compared with the records.

use crate::domain::{LookupAttribute, LookupAttributeKind};

use super::filter::{Attribute, Filters};

/// Values that are looked up side by side at most: each takes a call in each cell, whatever it finds.
const MOST_VALUES: usize = 10;

/// Events a second in a cell of which nothing is known: a busy one, since those are where the choice counts.
const USUAL_DENSITY: f64 = 0.1;

/// Records that a call brings.
const PER_CALL: f64 = 50.0;

/// What is known of how dense cells are, on average, in events a second.
pub(super) trait Knowledge {
    /// Of all events, or of those that one value of this attribute has; `None` if nobody has looked.
    fn density(&self, kind: Option<LookupAttributeKind>) -> Option<f64>;
}

/// Splits the conditions: what AWS applies (one lookup each; none: everything is read), and the rest.
pub(super) fn push_down(
    filters: &Filters,
    seconds: f64,
    known: &impl Knowledge,
) -> (Vec<LookupAttribute>, Filters) {
    // All events are no fewer than those of any value.
    let kinds = LookupAttributeKind::BY_SELECTIVITY.into_iter();
    let densest = kinds.filter_map(|kind| known.density(Some(kind)));
    let all = densest.fold(known.density(None).unwrap_or(USUAL_DENSITY), f64::max);
    let calls = |density: f64| 1.0 + (density * seconds / PER_CALL).floor();
    let cost = |kind: LookupAttributeKind, values: usize| {
        let density = known.density(Some(kind)).unwrap_or(all * part(kind));
        as_f64(values) * calls(density)
    };
    let candidates = LookupAttributeKind::BY_SELECTIVITY.into_iter();
    let candidates = candidates.filter_map(|kind| {
        let values = filters.values(Attribute::Lookup(kind))?;
        (values.len() <= MOST_VALUES).then(|| (kind, values, cost(kind, values.len())))
    });
    // Of those that cost the same the first, which is the most selective by its kind.
    let best = candidates.min_by(|(.., a), (.., b)| a.total_cmp(b));
    let Some((kind, values, _)) =
        best.filter(|(_, values, cost)| values.len() == 1 || *cost <= calls(all))
    else {
        return (Vec::new(), filters.clone());
    };
    let lookup = |value: &String| LookupAttribute {
        kind,
        value: value.clone(),
    };
    let rest = filters.without(Attribute::Lookup(kind));
    (values.iter().map(lookup).collect(), rest)
}

/// What part of all events one value of this attribute has, about: only the order counts, while nothing is known.
fn part(kind: LookupAttributeKind) -> f64 {
    match kind {
        LookupAttributeKind::EventId => 0.0,
        LookupAttributeKind::AccessKeyId => 0.002,
        LookupAttributeKind::ResourceName => 0.005,
        LookupAttributeKind::Username => 0.01,
        LookupAttributeKind::EventName => 0.02,
        LookupAttributeKind::ResourceType => 0.05,
        LookupAttributeKind::EventSource => 0.1,
        LookupAttributeKind::ReadOnly => 0.5,
    }
}

#[expect(clippy::cast_precision_loss, reason = "a few")]
fn as_f64(count: usize) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::events::RecordField;

    const NAME: Attribute = Attribute::Lookup(LookupAttributeKind::EventName);
    const KEY: Attribute = Attribute::Lookup(LookupAttributeKind::AccessKeyId);
    const READ_ONLY: Attribute = Attribute::Lookup(LookupAttributeKind::ReadOnly);
    const ERROR: Attribute = Attribute::Record(RecordField::ErrorCode);
    const DAY: f64 = 86_400.0;

    struct Seen(Vec<(Option<LookupAttributeKind>, f64)>);

    impl Knowledge for Seen {
        fn density(&self, kind: Option<LookupAttributeKind>) -> Option<f64> {
            let seen = self.0.iter().find(|(of, _)| *of == kind);
            seen.map(|(_, density)| *density)
        }
    }

    fn filters(conditions: &[(Attribute, &[&str])]) -> Filters {
        let mut filters = Filters::none();
        for (attribute, values) in conditions {
            assert!(filters.add(*attribute, values.iter().map(|v| (*v).to_owned()).collect()));
        }
        filters
    }

    /// The values that go to AWS.
    fn pushed(filters: &Filters, seconds: f64, seen: Seen) -> Vec<String> {
        let (pushed, rest) = push_down(filters, seconds, &seen);
        assert_eq!(rest == *filters, pushed.is_empty());
        pushed.into_iter().map(|lookup| lookup.value).collect()
    }

    #[test]
    fn the_most_selective_kind_goes_to_aws() {
        let nothing = || Seen(Vec::new());
        let all = filters(&[
            (NAME, &["StopLogging"]),
            (KEY, &["AKIA1"]),
            (READ_ONLY, &["false"]),
            (ERROR, &["AccessDenied"]),
        ]);
        assert_eq!(pushed(&all, DAY, nothing()), ["AKIA1"]);
        // In a window of one call all are alike, and the order decides.
        assert_eq!(pushed(&all, 60.0, nothing()), ["AKIA1"]);
        let (_, rest) = push_down(&all, DAY, &nothing());
        assert_eq!(rest, all.without(KEY));
        let record = filters(&[(ERROR, &["AccessDenied"])]);
        assert!(pushed(&record, DAY, nothing()).is_empty());
    }

    #[test]
    fn what_was_seen_counts_more_than_the_kind() {
        let both = filters(&[(NAME, &["AssumeRole"]), (KEY, &["AKIA1"])]);
        let seen = Seen(vec![
            (None, 1.0),
            (Some(LookupAttributeKind::AccessKeyId), 0.5),
            (Some(LookupAttributeKind::EventName), 0.01),
        ]);
        assert_eq!(pushed(&both, DAY, seen), ["AssumeRole"]);
    }

    #[test]
    fn several_values_are_looked_up_side_by_side_where_that_is_cheaper() {
        let names = filters(&[(NAME, &["StopLogging", "DeleteTrail", "UpdateTrail"])]);
        let busy = || Seen(vec![(None, 1.0)]);
        assert_eq!(pushed(&names, DAY, busy()).len(), 3);
        assert!(
            pushed(&names, 60.0, busy()).is_empty(),
            "two calls read all"
        );
        let quiet = Seen(vec![(None, 0.0001)]);
        assert!(pushed(&names, DAY, quiet).is_empty());
        let many: Vec<String> = (0..=MOST_VALUES).map(|i| i.to_string()).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        assert!(pushed(&filters(&[(NAME, &many)]), DAY, busy()).is_empty());
    }

    #[test]
    fn a_single_value_always_goes_there() {
        let read_only = filters(&[(READ_ONLY, &["true"])]);
        let seen = Seen(vec![
            (None, 0.001),
            (Some(LookupAttributeKind::ReadOnly), 1.0),
        ]);
        assert_eq!(pushed(&read_only, DAY, seen), ["true"]);
    }
}
