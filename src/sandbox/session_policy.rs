//! The inline policies of sessions: read and judged as far as they name actions. Whatever else a statement says (a
//! resource that is not everything, a condition) is refused as malformed, rather than passed over.

use serde_json::Value;

use super::{scenario::glob, wire::ApiError};

/// What a session may do of what its role may.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionPolicy {
    allowed: Vec<String>,
    denied: Vec<String>,
}

impl SessionPolicy {
    /// Reads the document.
    pub fn read(text: &str) -> Result<Self, ApiError> {
        let malformed = || ApiError::new("MalformedPolicyDocument", "Syntax errors in policy.");
        let document: Value = serde_json::from_str(text).map_err(|_| malformed())?;
        let statements = document.get("Statement").ok_or_else(malformed)?;
        let mut policy = Self {
            allowed: Vec::new(),
            denied: Vec::new(),
        };
        for statement in many(statements) {
            policy.take(statement).ok_or_else(malformed)?;
        }
        Ok(policy)
    }

    fn take(&mut self, statement: &Value) -> Option<()> {
        let known = ["Sid", "Effect", "Action", "Resource"];
        let strange = |key: &String| !known.contains(&key.as_str());
        if statement.as_object()?.keys().any(strange) || statement.get("Resource")? != "*" {
            return None;
        }
        let actions = many(statement.get("Action")?);
        let actions: Option<Vec<String>> = actions
            .iter()
            .map(|action| action.as_str().map(str::to_lowercase))
            .collect();
        match statement.get("Effect")?.as_str()? {
            "Allow" => self.allowed.extend(actions?),
            "Deny" => self.denied.extend(actions?),
            _ => return None,
        }
        Some(())
    }

    /// Whether the session may do this.
    pub fn allows(&self, action: &str) -> bool {
        let action = action.to_lowercase();
        let named = |patterns: &[String]| patterns.iter().any(|pattern| glob(pattern, &action));
        named(&self.allowed) && !named(&self.denied)
    }
}

fn many(value: &Value) -> &[Value] {
    match value {
        Value::Array(values) => values,
        one => std::slice::from_ref(one),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_allowed_and_not_denied() {
        let policy = SessionPolicy::read(
            r#"{"Version":"2012-10-17","Statement":[
                {"Effect":"Allow","Action":["cloudtrail:Get*","iam:PassRole"],"Resource":"*"},
                {"Effect":"Deny","Action":"cloudtrail:GetTrailStatus","Resource":"*"}]}"#,
        )
        .unwrap();
        assert!(policy.allows("cloudtrail:GetTrail") && policy.allows("IAM:passrole"));
        assert!(!policy.allows("cloudtrail:GetTrailStatus"));
        assert!(!policy.allows("cloudtrail:StopLogging"));
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for text in [
            "{",
            "{}",
            r#"{"Statement":{"Effect":"Allow","Action":"*","Resource":"arn:x"}}"#,
            r#"{"Statement":{"Effect":"Allow","Action":"*","Resource":"*","Condition":{}}}"#,
        ] {
            let error = SessionPolicy::read(text).unwrap_err();
            assert_eq!(error.code, "MalformedPolicyDocument", "{text}");
        }
    }
}
