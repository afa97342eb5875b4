//! STS AssumeRole: a session in another account.

use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sdk_sts::{config::Builder as Override, types};

use crate::{
    budget::{RequestContext, Tally},
    domain::{AccountId, Api, ExternalId, Region, RoleArn, SessionTags},
};

use super::{
    AwsError, CredentialSource, Door, Session, SessionName, SessionPolicy, SourceIdentity,
    call::Call, error::RawFailure,
};

/// What to ask STS for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleRequest {
    /// The role.
    pub role: RoleArn,
    /// The external id, where the role's trust policy asks for one.
    pub external_id: Option<ExternalId>,
    /// `RoleSessionName`: what the role's account sees in its own CloudTrail.
    pub session_name: SessionName,
    /// How long the session lives: 15 minutes to an hour (more fails when roles are chained).
    pub duration: Duration,
    /// Who alone uses the session; `None` for one that callers share, which no write is made with.
    pub source_identity: Option<SourceIdentity>,
    /// The session's tags.
    pub tags: SessionTags,
    /// What the session may do of what the role may; all of it without.
    pub policy: Option<SessionPolicy>,
}

/// A session just made.
#[derive(Debug, Clone)]
pub struct AssumedRole {
    /// The session.
    pub session: Session,
    /// How long it lives from the moment it was asked for.
    pub lifetime: Duration,
}

impl Door {
    /// Assumes a role. `generation` is what the session will be known by when it is rejected.
    ///
    /// # Errors
    ///
    /// Whatever remains after retries; see [`AwsError`]. Its account is the role's.
    pub async fn assume_role(
        &self,
        ctx: &RequestContext,
        tally: &Tally,
        who: &dyn CredentialSource,
        region: &Region,
        request: &RoleRequest,
        generation: u64,
    ) -> Result<AssumedRole, AwsError> {
        let client = self.clients().sts(region);
        let account = request.role.account();
        let call = Call::new(ctx, tally, who, Api::AssumeRole, region).naming(account);
        let duration = request.duration;
        let external_id = request
            .external_id
            .as_ref()
            .map(|id| id.expose().to_owned());
        let seconds = i32::try_from(duration.as_secs()).unwrap_or(i32::MAX);
        let assumed = self.call(call, |session| {
            let (identity, policy) = (&request.source_identity, &request.policy);
            let of = identity.clone();
            let tags = tags(&request.tags);
            let transitive = request.tags.transitive().map(str::to_owned).collect();
            let request = client
                .assume_role()
                .role_arn(request.role.as_str())
                .role_session_name(request.session_name.as_str())
                .duration_seconds(seconds)
                .set_external_id(external_id.clone())
                .set_source_identity(identity.as_ref().map(|id| id.as_str().to_owned()))
                .set_policy(policy.as_ref().map(|policy| policy.as_str().to_owned()))
                .set_transitive_tag_keys(Some(transitive));
            let credentials = Override::new().credentials_provider(session.credentials().clone());
            Box::pin(async move {
                let request = request.set_tags(Some(tags?));
                let request = request.customize().config_override(credentials);
                let answer = request.send().await.map_err(|e| RawFailure::from_sdk(&e))?;
                let user = answer.assumed_role_user.as_ref();
                in_the_right_account(account, user)?;
                let credentials = answer
                    .credentials
                    .ok_or_else(|| RawFailure::malformed("Credentials"))?;
                let assumed = session_of(account, credentials, duration, generation)?;
                Ok(AssumedRole {
                    session: assumed.session.of_role(of),
                    ..assumed
                })
            })
        });
        assumed.await
    }
}

fn tags(tags: &SessionTags) -> Result<Vec<types::Tag>, RawFailure> {
    let tag = |(key, value)| types::Tag::builder().key(key).value(value).build();
    let built: Result<_, _> = tags.iter().map(tag).collect();
    built.map_err(|error| RawFailure::unbuilt(&error))
}

/// Never answer for one account with the credentials of another, whatever STS or a proxy before it says.
fn in_the_right_account(
    wanted: AccountId,
    user: Option<&types::AssumedRoleUser>,
) -> Result<(), RawFailure> {
    let account = user.and_then(|user| user.arn().split(':').nth(4)?.parse::<AccountId>().ok());
    match account {
        Some(other) if other != wanted => Err(RawFailure::malformed(
            "AssumedRoleUser in the role's account",
        )),
        Some(_) | None => Ok(()),
    }
}

fn session_of(
    account: AccountId,
    from: types::Credentials,
    asked: Duration,
    generation: u64,
) -> Result<AssumedRole, RawFailure> {
    let expires = SystemTime::try_from(from.expiration)
        .map_err(|_| RawFailure::malformed("usable Expiration"))?;
    // The lifetime asked for, unless STS granted less: so a wall clock that is a little behind cannot stretch it.
    let granted = expires
        .duration_since(SystemTime::now())
        .unwrap_or_default();
    let (id, secret, token) = (
        from.access_key_id,
        from.secret_access_key,
        from.session_token,
    );
    let credentials = Credentials::new(id, secret, Some(token), Some(expires), "assume_role");
    Ok(AssumedRole {
        session: Session::new(account, credentials, generation),
        lifetime: granted.min(asked),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(arn: &str) -> types::AssumedRoleUser {
        let built = types::AssumedRoleUser::builder()
            .assumed_role_id("AROAX:s")
            .arn(arn);
        built.build().unwrap()
    }

    #[test]
    fn a_session_in_another_account_is_refused() {
        let wanted = "111111111111".parse().unwrap();
        let right = user("arn:aws:sts::111111111111:assumed-role/Reader/trailplane");
        assert!(in_the_right_account(wanted, Some(&right)).is_ok());
        assert!(in_the_right_account(wanted, None).is_ok());
        let wrong = user("arn:aws:sts::222222222222:assumed-role/Reader/trailplane");
        assert!(in_the_right_account(wanted, Some(&wrong)).is_err());
    }

    #[test]
    fn the_shorter_of_asked_and_granted_counts() {
        let credentials = |seconds: u64| {
            let end = SystemTime::now() + Duration::from_secs(seconds);
            let built = types::Credentials::builder()
                .access_key_id("ASIAEXAMPLE")
                .secret_access_key("secret")
                .session_token("token")
                .expiration(end.into());
            built.build().unwrap()
        };
        let account = "111111111111".parse().unwrap();
        let hour = Duration::from_secs(3600);
        let lifetime = |granted| {
            session_of(account, credentials(granted), hour, 1)
                .unwrap()
                .lifetime
        };
        assert_eq!(lifetime(4000), hour);
        assert!(lifetime(900) <= Duration::from_secs(900));
        assert!(lifetime(900) > Duration::from_secs(890));
        assert_eq!(
            session_of(account, credentials(0), hour, 1)
                .unwrap()
                .lifetime,
            Duration::ZERO
        );
    }
}
