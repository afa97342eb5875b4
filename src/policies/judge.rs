//! One need after the other, judged by the statements of policies.

use super::{
    CLOUDTRAIL, Verdict,
    condition::{Context, Truth, holds},
    glob,
    parse::{Effect, Named, Policy, Principal, Statement},
};

/// The most lines of a verdict. Hundreds of trails miss the same thing.
const LINES: usize = 10;

/// One thing that CloudTrail does for a trail.
pub(super) struct Need {
    pub(super) action: &'static str,
    pub(super) resource: Target,
    pub(super) context: Context,
    pub(super) trail: String,
}

/// On what.
pub(super) enum Target {
    /// On this.
    Named(String),
    /// On what the policy is on, whose ARN is not known.
    Itself,
}

impl std::fmt::Display for Need {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.action)?;
        if let Target::Named(resource) = &self.resource {
            write!(f, " on {resource}")?;
        }
        write!(f, " for {}", self.trail)
    }
}

impl Verdict {
    pub(super) fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Denied(mut first), Self::Denied(second)) => {
                first.extend(second);
                Self::Denied(first)
            }
            (denied @ Self::Denied(_), _) | (_, denied @ Self::Denied(_)) => denied,
            (Self::Unknown(mut first), Self::Unknown(second)) => {
                first.extend(second);
                Self::Unknown(first)
            }
            (unknown @ Self::Unknown(_), _) | (_, unknown @ Self::Unknown(_)) => unknown,
            (Self::Allowed, Self::Allowed) => Self::Allowed,
        }
    }
}

/// The verdict on all needs together, by all policies together.
pub(super) fn judge(policies: &[&str], needs: &[Need]) -> Verdict {
    let texts = policies.iter().filter(|text| !text.trim().is_empty());
    let policies: Vec<Policy> = match texts.map(|text| Policy::read(text)).collect() {
        Ok(policies) => policies,
        Err(why) => return Verdict::Unknown(vec![why]),
    };
    let (mut missing, mut unknown) = (Vec::new(), Vec::new());
    for need in needs {
        match answer(&policies, need) {
            Verdict::Allowed => {}
            Verdict::Denied(why) => missing.extend(why),
            Verdict::Unknown(why) => unknown.extend(why),
        }
    }
    match (missing.is_empty(), unknown.is_empty()) {
        (true, true) => Verdict::Allowed,
        (true, false) => Verdict::Unknown(cut(unknown)),
        (false, _) => Verdict::Denied(cut(missing)),
    }
}

fn cut(mut lines: Vec<String>) -> Vec<String> {
    let more = lines.len().saturating_sub(LINES);
    if more > 0 {
        lines.truncate(LINES);
        lines.push(format!("and {more} more"));
    }
    lines
}

/// An explicit Deny wins; then an Allow; and without either nothing is allowed.
fn answer(policies: &[Policy], need: &Need) -> Verdict {
    let (mut allowed, mut denied) = (Truth::No, Truth::No);
    let mut nearest: (u8, String) = (0, "no statement allows it".to_owned());
    for statement in policies.iter().flat_map(|policy| &policy.statements) {
        let (applies, missed) = applies(statement, need);
        match statement.effect {
            Effect::Deny if applies == Truth::Yes => {
                let why = format!("{need}: {} denies it", statement.label);
                return Verdict::Denied(vec![why]);
            }
            Effect::Deny => denied = denied.or(applies),
            Effect::Allow => allowed = allowed.or(applies),
        }
        if let Some((near, why)) = missed.filter(|_| statement.effect == Effect::Allow)
            && near > nearest.0
        {
            nearest = (
                near,
                format!("{} would allow it, but {why}", statement.label),
            );
        }
    }
    match (allowed, denied) {
        (Truth::No, _) => Verdict::Denied(vec![format!("{need}: {}", nearest.1)]),
        (_, Truth::Unknown(why)) | (Truth::Unknown(why), _) => {
            Verdict::Unknown(vec![format!("{need}: {why}")])
        }
        (Truth::Yes, _) => Verdict::Allowed,
    }
}

/// Whether the statement is about this; and if not, how near it comes and what it misses.
fn applies(statement: &Statement, need: &Need) -> (Truth, Option<(u8, String)>) {
    let action = named(&statement.action, |pattern| {
        let pattern = pattern.to_ascii_lowercase();
        Truth::of(glob::fits(&pattern, &need.action.to_ascii_lowercase()))
    });
    if action == Truth::No {
        return (Truth::No, None);
    }
    if statement.principal == Principal::Others {
        let why = format!("is not for the service {CLOUDTRAIL}");
        return (Truth::No, Some((1, why)));
    }
    let resource = named(&statement.resource, |pattern| on(pattern, &need.resource));
    if resource == Truth::No {
        return (Truth::No, Some((2, "is for another Resource".to_owned())));
    }
    let mut all = action.and(resource);
    for condition in &statement.conditions {
        let truth = holds(condition, &need.context);
        if truth == Truth::No {
            let why = format!(
                "its condition {} {} does not hold",
                condition.operator, condition.key
            );
            return (Truth::No, Some((3, why)));
        }
        all = all.and(truth);
    }
    (all, None)
}

fn on(pattern: &str, target: &Target) -> Truth {
    if pattern.contains("${") {
        return Truth::Unknown(format!("the variable in {pattern:?} is not understood"));
    }
    match target {
        Target::Named(resource) => Truth::of(glob::fits(pattern, resource)),
        Target::Itself if pattern == "*" => Truth::Yes,
        Target::Itself => {
            Truth::Unknown(format!("whether {pattern:?} is the resource is not known"))
        }
    }
}

fn named(named: &Named, fits: impl Fn(&str) -> Truth) -> Truth {
    let any = |patterns: &[String]| {
        patterns
            .iter()
            .map(|pattern| fits(pattern))
            .fold(Truth::No, Truth::or)
    };
    match named {
        Named::These(patterns) => any(patterns),
        Named::AllBut(patterns) => any(patterns).not(),
        Named::Itself => Truth::Yes,
    }
}
