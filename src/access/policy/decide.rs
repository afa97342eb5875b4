//! One decision, by the policies as they are.

use cedar_policy::{Authorizer, Context, Decision, Entities, EntityUid, Request};

use crate::domain::authority::Place;

use super::{entities::text, load::Rules, who::Who};

/// The Region of what is asked about an account as a whole, or about the organization.
const WHOLE: &str = "global";

/// May this caller do this there?
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// Who.
    pub who: &'a Who,
    /// An action of the schema: the name of an RPC, or one of the few others.
    pub action: &'a str,
    /// Where; `None` for the organization.
    pub place: Option<Place<'a>>,
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// Whether it is allowed.
    pub allowed: bool,
    /// The policies that decided: those that permit it, or those that forbid it. None of either: nothing permits it.
    pub by: Vec<String>,
    /// What went wrong in deciding. Then it is not allowed: one that forbids may have gone unheard.
    pub errors: Vec<String>,
}

impl Rules {
    /// Decides.
    pub fn decide(&self, question: &Question<'_>) -> Verdict {
        match self.evaluate(question) {
            Ok(verdict) => verdict,
            Err(defect) => Verdict {
                allowed: false,
                by: Vec::new(),
                errors: vec![defect],
            },
        }
    }

    fn evaluate(&self, question: &Question<'_>) -> Result<Verdict, String> {
        let caller = self.types.caller(question.who)?;
        let action = self.types.action(question.action);
        let region = question.place.and_then(|place| place.region);
        let region = region.map_or_else(|| WHOLE.to_owned(), ToString::to_string);
        let context = Context::from_pairs([("region".to_owned(), text(&region))])
            .map_err(|error| error.to_string())?;
        let mut known = vec![caller];
        let resource: EntityUid = match question.place {
            Some(place) => {
                let account = self.types.account(place.account)?;
                let id = account.uid();
                known.push(account);
                id
            }
            None => self.types.organization(),
        };
        let Some(principal) = known.first().map(cedar_policy::Entity::uid) else {
            return Err("there is no caller".to_owned());
        };
        // The schema refuses an action that does not go with what it is asked of.
        let request = Request::new(principal, action, resource, context, Some(&self.schema));
        let request = request.map_err(|error| error.to_string())?;
        let entities: Entities = self.actions.clone();
        let entities = entities
            .add_entities(known, None)
            .map_err(|error| error.to_string())?;
        let answer = Authorizer::new().is_authorized(&request, &self.policies, &entities);
        let diagnostics = answer.diagnostics();
        let errors: Vec<String> = diagnostics.errors().map(ToString::to_string).collect();
        let mut by: Vec<String> = diagnostics.reason().map(ToString::to_string).collect();
        by.sort();
        Ok(Verdict {
            allowed: answer.decision() == Decision::Allow && errors.is_empty(),
            by,
            errors,
        })
    }
}
