//! From what a trail is and what is wanted of it to the steps between the two. Pure.
//!
//! A plan carried out is a state from which the same wish plans nothing: [`after`] is that state.

mod after;
mod covers;
mod json;
mod parts;
mod settings;

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    domain::{
        Trail, TrailArn,
        trail::{
            Desired, DesiredSettings, EventConfiguration, EventSelectors, InsightSelector, Presence,
        },
    },
    trails::Parts,
};

use super::request::{FieldChange, PlannedAction};

#[cfg(test)]
pub use after::after;
pub use settings::defaults;

/// A trail as it was found: its settings, and the parts that the wish touches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Its settings.
    pub settings: Trail,
    /// Its parts, as far as they were read.
    pub parts: Parts,
}

/// One call that changes something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The call.
    pub call: StepCall,
    /// What it changes.
    pub changes: Vec<FieldChange>,
    /// Whether less is recorded after it.
    pub reduces_logging: bool,
}

/// The calls that change a trail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StepCall {
    /// CreateTrail, with these settings and tags.
    Create(Box<DesiredSettings>, BTreeMap<String, String>),
    /// UpdateTrail, of these settings only.
    Update(Box<DesiredSettings>),
    /// DeleteTrail.
    Delete,
    /// PutEventSelectors.
    PutEventSelectors(EventSelectors),
    /// PutInsightSelectors.
    PutInsightSelectors(Vec<InsightSelector>),
    /// PutEventConfiguration.
    PutEventConfiguration(EventConfiguration),
    /// AddTags.
    AddTags(BTreeMap<String, String>),
    /// RemoveTags, with the values that they have now: AWS takes keys and values.
    RemoveTags(BTreeMap<String, String>),
    /// StartLogging.
    StartLogging,
    /// StopLogging.
    StopLogging,
}

impl StepCall {
    /// The action as a policy names it.
    pub fn action(&self) -> &'static str {
        match self {
            Self::Create(..) => "cloudtrail:CreateTrail",
            Self::Update(_) => "cloudtrail:UpdateTrail",
            Self::Delete => "cloudtrail:DeleteTrail",
            Self::PutEventSelectors(_) => "cloudtrail:PutEventSelectors",
            Self::PutInsightSelectors(_) => "cloudtrail:PutInsightSelectors",
            Self::PutEventConfiguration(_) => "cloudtrail:PutEventConfiguration",
            Self::AddTags(_) => "cloudtrail:AddTags",
            Self::RemoveTags(_) => "cloudtrail:RemoveTags",
            Self::StartLogging => "cloudtrail:StartLogging",
            Self::StopLogging => "cloudtrail:StopLogging",
        }
    }
}

impl Step {
    /// The step as a caller sees it.
    pub fn shown(&self, arn: &TrailArn) -> PlannedAction {
        PlannedAction {
            action: self.call.action(),
            resource: arn.to_string(),
            region: arn.home_region().clone(),
            changes: self.changes.clone(),
            reduces_logging: self.reduces_logging,
        }
    }
}

/// Why there is no plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Impossible {
    /// The trail must be there, and is not.
    NoSuchTrail,
    /// The trail must not be there, and is, with other settings.
    Differs(Vec<FieldChange>),
    /// A new trail needs a bucket, and none is said.
    NoBucket,
}

/// The steps from what is there to what is wanted; none if it already is.
///
/// # Errors
///
/// If what is there cannot become what is wanted by this kind of wish.
pub fn plan(
    arn: &TrailArn,
    found: Option<&Found>,
    desired: &Desired,
    presence: Presence,
) -> Result<Vec<Step>, Impossible> {
    match (presence, found) {
        (Presence::Absent, None) => Ok(Vec::new()),
        (Presence::Absent, Some(_)) => Ok(vec![delete()]),
        (Presence::Existing, None) => Err(Impossible::NoSuchTrail),
        (Presence::New | Presence::Ensured, None) => create(arn, desired),
        (Presence::Existing, Some(found)) => Ok(change(arn, found, desired)),
        (Presence::Ensured, Some(found)) => Ok(ensure(arn, found, desired)),
        (Presence::New, Some(found)) => complete(arn, found, desired),
    }
}

fn delete() -> Step {
    Step {
        call: StepCall::Delete,
        changes: Vec::new(),
        reduces_logging: true,
    }
}

fn create(arn: &TrailArn, desired: &Desired) -> Result<Vec<Step>, Impossible> {
    if desired.settings.bucket.is_none() {
        return Err(Impossible::NoBucket);
    }
    let mut changes = settings::all_said(&desired.settings);
    changes.extend(parts::tags_set(&desired.tags.set));
    let made = Step {
        call: StepCall::Create(Box::new(desired.settings.clone()), desired.tags.set.clone()),
        changes,
        reduces_logging: false,
    };
    let fresh = after::created(arn, &desired.settings, &desired.tags.set);
    let mut steps = vec![made];
    steps.extend(parts::steps(&fresh, &logging_by_default(desired)));
    Ok(steps)
}

/// A created trail does not log by itself, and one that does not log is of no use.
fn logging_by_default(desired: &Desired) -> Desired {
    Desired {
        logging: desired.logging.or(Some(true)),
        ..desired.clone()
    }
}

fn change(arn: &TrailArn, found: &Found, desired: &Desired) -> Vec<Step> {
    let mut steps = Vec::new();
    if let Some(update) = settings::update(arn, &found.settings, &desired.settings) {
        steps.push(update);
    }
    steps.extend(parts::steps(found, desired));
    steps
}

/// A trail that was never started is one whose creation was cut off: the wish that began it starts it too.
fn ensure(arn: &TrailArn, found: &Found, desired: &Desired) -> Vec<Step> {
    match parts::never_logged(&found.parts) {
        true => change(arn, found, &logging_by_default(desired)),
        false => change(arn, found, desired),
    }
}

/// The trail is there although it was to be created. If it is what was asked for, or that left half-made, the rest is
/// done; if it differs, it is someone else's, and nothing is touched.
fn complete(arn: &TrailArn, found: &Found, desired: &Desired) -> Result<Vec<Step>, Impossible> {
    let whole = Desired {
        settings: defaults(&desired.settings),
        ..logging_by_default(desired)
    };
    let steps = change(arn, found, &whole);
    let fits = |step: &Step| match step.call {
        StepCall::PutEventSelectors(_) => parts::selectors_untouched(&found.parts),
        StepCall::PutInsightSelectors(_) => parts::insights_untouched(&found.parts),
        StepCall::PutEventConfiguration(_) => parts::configuration_untouched(&found.parts),
        StepCall::StartLogging => parts::never_logged(&found.parts),
        _ => false,
    };
    if steps.iter().all(fits) {
        return Ok(steps);
    }
    let differing = steps.into_iter().filter(|step| !fits(step));
    Err(Impossible::Differs(
        differing.flat_map(|step| step.changes).collect(),
    ))
}

/// The parts that must be read for this wish.
pub fn needed(desired: &Desired, presence: Presence) -> Needed {
    if presence == Presence::Absent {
        return Needed::default();
    }
    let new = presence == Presence::New;
    let started = new || presence == Presence::Ensured;
    Needed {
        status: started || desired.logging.is_some() || desired.event_selectors.is_some(),
        event_selectors: new || desired.event_selectors.is_some(),
        insight_selectors: desired.insight_selectors.is_some(),
        event_configuration: desired.event_configuration.is_some(),
        tags: !desired.tags.is_empty(),
    }
}

/// Which parts of a trail a wish touches, each read by a call of its own.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Needed {
    /// Whether it logs.
    pub status: bool,
    /// Which events it records.
    pub event_selectors: bool,
    /// Which unusual activity it records.
    pub insight_selectors: bool,
    /// What its events carry besides.
    pub event_configuration: bool,
    /// Its tags.
    pub tags: bool,
}

/// The keys of tags.
type Keys = BTreeSet<String>;

#[cfg(test)]
mod tests;
