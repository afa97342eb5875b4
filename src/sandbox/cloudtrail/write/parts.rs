//! What a trail records: event selectors, insight selectors, event configuration. Each put replaces all of its kind.

use serde::Deserialize;
use serde_json::Value;

use crate::sandbox::{
    cloudtrail::{
        Asking, answer,
        trail::Selectors,
        validate::{advanced, basic, insights},
    },
    wire::{Answer, ApiError},
};

/// The parameters of all these operations together; each uses its own.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Request {
    trail_name: Option<String>,
    event_data_store: Option<String>,
    event_selectors: Option<Vec<Value>>,
    advanced_event_selectors: Option<Vec<Value>>,
    insight_selectors: Option<Vec<Value>>,
    insights_destination: Option<String>,
    max_event_size: Option<String>,
    context_key_selectors: Option<Vec<Value>>,
    aggregation_configurations: Option<Vec<Value>>,
}

/// `PutEventSelectors`: one kind, which takes the place of whatever was there.
pub fn put_event_selectors(asking: Asking<'_>) -> Answer {
    let request: Request = asking.call.json()?;
    asking.change(request.trail_name.as_deref(), |trail| {
        let given = |list: &Option<Vec<Value>>| list.clone().filter(|list| !list.is_empty());
        let basic = given(&request.event_selectors);
        let advanced = given(&request.advanced_event_selectors);
        trail.selectors = Some(match (basic, advanced) {
            (Some(list), None) => Selectors::Basic(basic::selectors(&list)?),
            (None, Some(list)) => Selectors::Advanced(advanced::selectors(&list)?),
            _ => {
                return Err(basic::invalid(
                    "Give event selectors or advanced event selectors, and not both.",
                ));
            }
        });
        Ok(answer::selectors(trail).to_string())
    })
}

/// `PutInsightSelectors`: an empty list switches Insights off.
pub fn put_insight_selectors(asking: Asking<'_>) -> Answer {
    let request: Request = asking.call.json()?;
    only_of_trails(&request, request.insights_destination.is_some())?;
    asking.change(request.trail_name.as_deref(), |trail| {
        let list = request.insight_selectors.as_deref().unwrap_or_default();
        trail.insights = insights::insights(list)?;
        Ok(answer::insights(trail).to_string())
    })
}

/// `PutEventConfiguration`: an empty list of aggregations switches them off; without a list they stay.
pub fn put_event_configuration(asking: Asking<'_>) -> Answer {
    let request: Request = asking.call.json()?;
    let of_a_store = request.max_event_size.is_some() || request.context_key_selectors.is_some();
    only_of_trails(&request, of_a_store)?;
    asking.change(request.trail_name.as_deref(), |trail| {
        if let Some(list) = &request.aggregation_configurations {
            trail.aggregations = insights::aggregations(list)?;
        }
        Ok(answer::configuration(trail).to_string())
    })
}

/// Whether the request is about a trail, and has nothing that only event data stores have.
fn only_of_trails(request: &Request, of_a_store: bool) -> Result<(), ApiError> {
    let (trail, store) = (&request.trail_name, &request.event_data_store);
    insights::one_subject(trail.as_deref(), store.as_deref())?;
    if of_a_store {
        return Err(ApiError::new(
            "InvalidParameterCombinationException",
            "The request has a parameter that only event data stores have.",
        ));
    }
    Ok(())
}
