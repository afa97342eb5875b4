//! Insight selectors and event configurations.

use super::paths;
use crate::domain::trail::{
    Aggregation, ContextKeyKind, ContextKeySelector, Desired, EventConfiguration, InsightCategory,
    InsightKind, InsightSelector, MaxEventSize,
};

fn insights(selectors: &[(InsightKind, &[InsightCategory])]) -> Vec<String> {
    let selectors = selectors.iter().map(|(kind, categories)| InsightSelector {
        kind: *kind,
        categories: categories.to_vec(),
    });
    paths(&Desired {
        insight_selectors: Some(selectors.collect()),
        ..Desired::default()
    })
}

#[test]
fn insights_name_each_kind_and_category_once() {
    use InsightCategory::{Data, Management, Unknown};
    let (calls, errors) = (InsightKind::ApiCallRate, InsightKind::ApiErrorRate);
    let none: Vec<&str> = Vec::new();
    assert_eq!(insights(&[]), none);
    assert_eq!(
        insights(&[(calls, &[]), (errors, &[Management, Data])]),
        none
    );
    let kind = |at| format!("insight_selectors.selectors[{at}].insight_type");
    assert_eq!(
        insights(&[(calls, &[Data]), (calls, &[Management])]),
        [kind(1)]
    );
    assert_eq!(insights(&[(InsightKind::Unknown, &[])]), [kind(0)]);
    let category = "insight_selectors.selectors[0].event_categories[1]";
    assert_eq!(insights(&[(calls, &[Data, Data])]), [category]);
    assert_eq!(insights(&[(calls, &[Data, Unknown])]), [category]);
}

fn aggregation(templates: &[&str], category: &str) -> Aggregation {
    Aggregation {
        templates: templates.iter().map(|t| (*t).to_owned()).collect(),
        category: category.to_owned(),
    }
}

fn configuration(wanted: EventConfiguration) -> Vec<String> {
    paths(&Desired {
        event_configuration: Some(wanted),
        ..Desired::default()
    })
}

#[test]
fn a_trail_takes_one_aggregation_of_known_templates() {
    let all = ["API_ACTIVITY", "RESOURCE_ACCESS", "USER_ACTIONS"];
    let wrong = |aggregations: &[Aggregation]| {
        configuration(EventConfiguration {
            aggregations: aggregations.to_vec(),
            ..EventConfiguration::default()
        })
    };
    let none: Vec<&str> = Vec::new();
    assert_eq!(wrong(&[]), none);
    assert_eq!(wrong(&[aggregation(&all, "Data")]), none);
    let list = "event_configuration.aggregation_configurations";
    let one = aggregation(&["API_ACTIVITY"], "Data");
    assert_eq!(wrong(&[one.clone(), one]), [list]);
    let field = |name: &str| format!("{list}[0].{name}");
    assert_eq!(
        wrong(&[aggregation(&all, "Management")]),
        [field("event_category")]
    );
    assert_eq!(wrong(&[aggregation(&[], "Data")]), [field("templates")]);
    assert_eq!(
        wrong(&[aggregation(&["X"], "Data")]),
        [field("templates[0]")]
    );
    let twice = ["API_ACTIVITY", "API_ACTIVITY"];
    assert_eq!(
        wrong(&[aggregation(&twice, "Data")]),
        [field("templates[1]")]
    );
}

#[test]
fn what_only_event_data_stores_take_is_refused() {
    let size = |size| {
        configuration(EventConfiguration {
            max_event_size: size,
            ..EventConfiguration::default()
        })
    };
    assert_eq!(size(Some(MaxEventSize::Standard)), Vec::<String>::new());
    assert_eq!(
        size(Some(MaxEventSize::Large)),
        ["event_configuration.max_event_size"]
    );
    let keys = ContextKeySelector {
        kind: ContextKeyKind::RequestContext,
        equals: vec!["aws:PrincipalOrgID".to_owned()],
    };
    let wrong = configuration(EventConfiguration {
        context_keys: vec![keys],
        ..EventConfiguration::default()
    });
    assert_eq!(wrong, ["event_configuration.context_key_selectors"]);
}
