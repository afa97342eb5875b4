//! One decision, by the policies as they are.

use cedar_policy::{Authorizer, Context, Decision, Entities, EntityUid, Request};

use crate::domain::{Account, Region, authority::Place};

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

/// A caller and what it asks about, made ready for any number of questions.
pub(super) struct Subject {
    principal: EntityUid,
    resource: EntityUid,
    known: Entities,
}

impl Rules {
    /// Decides.
    pub fn decide(&self, question: &Question<'_>) -> Verdict {
        let account = question.place.map(|place| place.account);
        let region = question.place.and_then(|place| place.region);
        match self.subject(question.who, account) {
            Ok(subject) => self.decide_of(&subject, question.action, region),
            Err(defect) => Verdict::defect(defect),
        }
    }

    /// This caller, and this account or the organization.
    pub(super) fn subject(&self, who: &Who, account: Option<&Account>) -> Result<Subject, String> {
        let caller = self.types.caller(who)?;
        let principal = caller.uid();
        let mut known = vec![caller];
        let resource = match account {
            Some(account) => {
                let account = self.types.account(account)?;
                let id = account.uid();
                known.push(account);
                id
            }
            None => self.types.organization(),
        };
        let known = self.actions.clone().add_entities(known, None);
        Ok(Subject {
            principal,
            resource,
            known: known.map_err(|error| error.to_string())?,
        })
    }

    /// Decides one question about it.
    pub(super) fn decide_of(
        &self,
        subject: &Subject,
        action: &str,
        region: Option<&Region>,
    ) -> Verdict {
        match self.evaluate(subject, action, region) {
            Ok(verdict) => verdict,
            Err(defect) => Verdict::defect(defect),
        }
    }

    fn evaluate(
        &self,
        subject: &Subject,
        action: &str,
        region: Option<&Region>,
    ) -> Result<Verdict, String> {
        let region = region.map_or(WHOLE, Region::as_str);
        let context = Context::from_pairs([("region".to_owned(), text(region))])
            .map_err(|error| error.to_string())?;
        let (principal, resource) = (subject.principal.clone(), subject.resource.clone());
        let action = self.types.action(action);
        // The schema refuses an action that does not go with what it is asked of.
        let request = Request::new(principal, action, resource, context, Some(&self.schema));
        let request = request.map_err(|error| error.to_string())?;
        let answer = Authorizer::new().is_authorized(&request, &self.policies, &subject.known);
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

impl Verdict {
    fn defect(defect: String) -> Self {
        Self {
            allowed: false,
            by: Vec::new(),
            errors: vec![defect],
        }
    }
}
