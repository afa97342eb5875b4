//! What a session may do, as policies name it: a set that only ever narrows what a role is allowed.

use std::collections::BTreeSet;

use super::Api;

/// A set of actions.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Permissions(BTreeSet<String>);

impl Permissions {
    /// None at all.
    pub fn none() -> Self {
        Self::default()
    }

    /// These calls.
    pub fn calls(apis: impl IntoIterator<Item = Api>) -> Self {
        Self(apis.into_iter().map(Api::action).collect())
    }

    /// The same and these actions, which are no calls of ours: AWS asks whether the caller may do them.
    #[must_use]
    pub fn and(mut self, actions: &[&str]) -> Self {
        self.0
            .extend(actions.iter().map(|action| (*action).to_owned()));
        self
    }

    /// All of both.
    #[must_use]
    pub fn with(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }

    /// The actions, in order.
    pub fn actions(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_named_as_policies_name_them() {
        let reads = Permissions::calls([Api::HeadBucket, Api::GetTrail]).and(&["iam:PassRole"]);
        let both = reads.with(Permissions::calls([Api::GetTrail]));
        let named: Vec<&str> = both.actions().collect();
        assert_eq!(
            named,
            ["cloudtrail:GetTrail", "iam:PassRole", "s3:ListBucket"]
        );
    }
}
