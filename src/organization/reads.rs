//! What can be read of an organization, each to its last page.

use futures_util::future::BoxFuture;

use super::facts::{CLOUDTRAIL, Role};
use crate::{
    aws::{
        AwsError, CredentialSource, DelegatedAdministrator, Door, FailureKind, FeatureSet,
        Handshake, HandshakeState, HandshakesOf, Organization, Page,
    },
    budget::{RequestContext, Tally},
    domain::{AccountId, Timestamp},
};

/// Pages of one listing: 10,000 accounts by 20 are 500. More is an endpoint that never ends.
const MOST_PAGES: usize = 1_000;

/// Reads with one set of credentials, for one request.
#[derive(Clone, Copy)]
pub(super) struct Reads<'a> {
    pub(super) door: &'a Door,
    pub(super) ctx: &'a RequestContext,
    pub(super) tally: &'a Tally,
    pub(super) who: &'a dyn CredentialSource,
}

/// How far an organization is on its way to all features.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AllFeatures {
    /// It has them.
    Enabled,
    /// Nobody has asked for them.
    NotBegun,
    /// Accounts that were invited must still approve.
    Waiting {
        /// Which.
        pending: Vec<AccountId>,
        /// When the request ends if they do not.
        expires: Option<Timestamp>,
    },
    /// All have approved; the management account must finish it.
    Ready {
        /// The handshake to accept.
        handshake: String,
        /// When the request ends if it does not.
        expires: Option<Timestamp>,
    },
}

impl<'a> Reads<'a> {
    /// The organization.
    pub(super) async fn organization(self) -> Result<Organization, AwsError> {
        self.door
            .describe_organization(self.ctx, self.tally, self.who)
            .await
    }

    /// Whether CloudTrail has trusted access.
    pub(super) async fn trusted(self) -> Result<bool, AwsError> {
        let services = every(|token| {
            Box::pin(async move {
                self.door
                    .list_aws_service_access_for_organization(
                        self.ctx,
                        self.tally,
                        self.who,
                        token.as_deref(),
                    )
                    .await
            })
        });
        Ok(services.await?.iter().any(|service| service == CLOUDTRAIL))
    }

    /// The delegated administrators of CloudTrail, in order of id.
    pub(super) async fn administrators(self) -> Result<Vec<DelegatedAdministrator>, AwsError> {
        let listed = every(|token| {
            Box::pin(async move {
                self.door
                    .list_delegated_administrators(
                        self.ctx,
                        self.tally,
                        self.who,
                        CLOUDTRAIL,
                        token.as_deref(),
                    )
                    .await
            })
        });
        let mut administrators = listed.await?;
        administrators.sort_by_key(|administrator| administrator.id);
        Ok(administrators)
    }

    /// Whether this account is one of them.
    pub(super) async fn is_administrator(self, account: AccountId) -> Result<bool, AwsError> {
        let all = self.administrators().await?;
        Ok(all.iter().any(|one| one.id == account))
    }

    /// What this account is in the organization, as the credentials' own account sees it.
    pub(super) async fn role(
        self,
        organization: &Organization,
        account: AccountId,
    ) -> Result<Role, AwsError> {
        if account == organization.management {
            return Ok(Role::Management);
        }
        let own = self.who.session(self.ctx).await?.account();
        match self.administrators().await {
            Ok(all) if all.iter().any(|one| one.id == account) => Ok(Role::DelegatedAdministrator),
            Ok(_) => Ok(Role::Member),
            // Organizations answers members in other words than principals that lack the permission.
            Err(error) if account == own && is_only_a_member(&error) => Ok(Role::Member),
            Err(error) => Err(error),
        }
    }

    /// How far the organization is on its way to all features.
    pub(super) async fn all_features(self, now: FeatureSet) -> Result<AllFeatures, AwsError> {
        if now == FeatureSet::All {
            return Ok(AllFeatures::Enabled);
        }
        let sent = self.handshakes(HandshakesOf::EnablingAllFeatures).await?;
        let live = sent
            .into_iter()
            .find(|one| matches!(one.state, HandshakeState::Requested | HandshakeState::Open));
        let Some(live) = live else {
            return Ok(AllFeatures::NotBegun);
        };
        let answers = self.handshakes(HandshakesOf::Parent(&live.id)).await?;
        let mut pending: Vec<AccountId> = answers
            .into_iter()
            .filter(|one| one.state != HandshakeState::Accepted)
            .flat_map(|one| one.accounts)
            .collect();
        pending.sort();
        pending.dedup();
        let expires = live.expires;
        Ok(if pending.is_empty() {
            AllFeatures::Ready {
                handshake: live.id,
                expires,
            }
        } else {
            AllFeatures::Waiting { pending, expires }
        })
    }

    async fn handshakes(self, of: HandshakesOf<'a>) -> Result<Vec<Handshake>, AwsError> {
        every(|token| {
            Box::pin(async move {
                self.door
                    .list_handshakes_for_organization(
                        self.ctx,
                        self.tally,
                        self.who,
                        of,
                        token.as_deref(),
                    )
                    .await
            })
        })
        .await
    }
}

/// Whether a denial tells of the account and not of its principal: IAM names the action, Organizations does not.
fn is_only_a_member(error: &AwsError) -> bool {
    error.kind == FailureKind::AccessDenied && !error.message.contains("not authorized to perform")
}

/// Every page. An empty one with a token is not the last; a token that comes again, or too many, are the end.
pub(super) async fn every<'a, T>(
    page: impl Fn(Option<String>) -> BoxFuture<'a, Result<Page<T>, AwsError>>,
) -> Result<Vec<T>, AwsError> {
    let (mut items, mut token) = (Vec::new(), None);
    for _ in 0..MOST_PAGES {
        let next = page(token.clone()).await?;
        items.extend(next.items);
        if next.token.is_none() || next.token == token {
            break;
        }
        token = next.token;
    }
    Ok(items)
}
