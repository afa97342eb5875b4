//! The inline policy of a session: what of its role's permissions it may use.

use std::sync::Arc;

use serde_json::json;

use crate::domain::Permissions;

/// STS takes so many characters of policies.
pub const LONGEST: usize = 2_048;

/// A session policy. It allows nothing that the role does not.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionPolicy(Arc<str>);

impl SessionPolicy {
    /// One that lets these actions through, whatever they are about: the role says that. With none, all are denied.
    pub fn allowing(permissions: &Permissions) -> Self {
        let actions: Vec<&str> = permissions.actions().collect();
        let statement = match actions.is_empty() {
            true => json!({"Effect": "Deny", "Action": "*", "Resource": "*"}),
            false => json!({"Effect": "Allow", "Action": actions, "Resource": "*"}),
        };
        let policy = json!({"Version": "2012-10-17", "Statement": [statement]});
        Self(policy.to_string().into())
    }

    /// The document.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Api, Effect};

    #[test]
    fn all_writes_at_once_fit() {
        let every = |api: &&Api| api.effect() == Effect::Write;
        let writes = Permissions::calls(Api::ALL.iter().filter(every).copied());
        let policy = SessionPolicy::allowing(&writes);
        assert!(
            policy.as_str().len() < LONGEST / 2,
            "{}",
            policy.as_str().len()
        );
    }

    #[test]
    fn no_permission_is_a_denial_of_all() {
        let policy = SessionPolicy::allowing(&Permissions::none());
        assert!(policy.as_str().contains("Deny"), "{}", policy.as_str());
    }
}
