//! What the trust policy of an account's role says, as far as trying tells: whether it insists on the external id, and
//! whether it lets us assume the role in a caller's name. Once an account, whatever the number of its Regions.

use std::sync::Arc;

use tokio::sync::OnceCell;

use super::{ActionAccess, tried, verdict};
use crate::{
    aws::{AwsError, FailureKind},
    budget::{RequestContext, Tally},
    domain::AccountId,
    fleet::{
        Fleet,
        sessions::{Sessions, Trial},
        settings::{Access, AssumableRole},
    },
};

/// Whether the role can't be assumed without its external id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ExternalIdEnforcement {
    /// It was tried without, and refused.
    Enforced,
    /// It was tried without, and went: whoever may call AssumeRole from where the role trusts can get in.
    NotEnforced,
    /// There is nothing to try: the account has no external id, or is entered without assuming a role.
    NotConfigured,
    /// It was not tried, or what came of it tells nothing.
    Unknown,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trust {
    pub external_id: ExternalIdEnforcement,
    /// What changes need besides AssumeRole itself.
    pub naming: Vec<ActionAccess>,
}

/// The finding on one account, which its cells share: the first of them pays for it.
#[derive(Clone)]
pub struct TrustCheck {
    sessions: Sessions,
    role: Option<AssumableRole>,
    found: Arc<OnceCell<Trust>>,
}

impl TrustCheck {
    pub fn new(fleet: &Fleet, account: AccountId) -> Self {
        Self {
            sessions: fleet.inner.shared.sessions.clone(),
            role: match fleet.access(account) {
                Ok(Access::Role(role)) => Some(role),
                Ok(Access::OwnCredentials) | Err(_) => None,
            },
            found: Arc::default(),
        }
    }

    /// What is known without a call: of a role that cannot be assumed at all, nothing.
    pub fn untried(&self) -> Trust {
        let external_id = self.role.as_ref().map(|role| role.external_id.is_some());
        Trust {
            external_id: match external_id {
                Some(true) => ExternalIdEnforcement::Unknown,
                Some(false) | None => ExternalIdEnforcement::NotConfigured,
            },
            naming: Vec::new(),
        }
    }

    /// The finding, of a role that can be assumed as configured.
    pub async fn found(&self, ctx: &RequestContext, tally: &Tally) -> Trust {
        let Some(role) = &self.role else {
            return self.untried();
        };
        let find = || async {
            let (external_id, naming) = tokio::join!(
                self.external_id(ctx, tally, role),
                self.naming(ctx, tally, role)
            );
            Trust {
                external_id,
                naming,
            }
        };
        self.found.get_or_init(find).await.clone()
    }

    async fn external_id(
        &self,
        ctx: &RequestContext,
        tally: &Tally,
        role: &AssumableRole,
    ) -> ExternalIdEnforcement {
        if role.external_id.is_none() {
            return ExternalIdEnforcement::NotConfigured;
        }
        let trial = Trial::WithoutExternalId;
        match self.sessions.try_role(ctx, tally, role, trial).await {
            Ok(()) => {
                tracing::warn!(
                    account = %role.arn.account(),
                    role = role.arn.as_str(),
                    "the role can be assumed without its external id: its trust policy does not ask for it"
                );
                ExternalIdEnforcement::NotEnforced
            }
            Err(error) if error.kind == FailureKind::RoleNotAssumable => {
                ExternalIdEnforcement::Enforced
            }
            Err(_) => ExternalIdEnforcement::Unknown,
        }
    }

    async fn naming(
        &self,
        ctx: &RequestContext,
        tally: &Tally,
        role: &AssumableRole,
    ) -> Vec<ActionAccess> {
        let trial = Trial::InTheCallersName;
        let outcome = self.sessions.try_role(ctx, tally, role, trial).await;
        named(&outcome, self.sessions.has_tags())
    }
}

/// The permissions that one AssumeRole asked for at once. AWS names one that is missing; of the other it says nothing.
fn named(outcome: &Result<(), AwsError>, tagged: bool) -> Vec<ActionAccess> {
    let kind = outcome.as_ref().err().map(|error| error.kind);
    let silent = |action| ActionAccess {
        action,
        verdict: verdict(FailureKind::Other),
        aws_code: None,
    };
    let of = |action, of_the_other| match kind {
        Some(kind) if kind == of_the_other => silent(action),
        _ => tried(action, outcome),
    };
    let naming = of("sts:SetSourceIdentity", FailureKind::SessionTagsRefused);
    let tagging = || of("sts:TagSession", FailureKind::SourceIdentityRefused);
    let mut named = vec![naming];
    named.extend(tagged.then(tagging));
    named
}
