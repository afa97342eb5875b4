//! AWS Security Token Service: AssumeRole and GetCallerIdentity.

mod log;
mod request;

pub use log::{AssumeRoleLog, AssumedRole};

use std::time::Duration;

use http::StatusCode;

use super::{
    scenario::{Effect, Member, MemberState},
    session_policy::SessionPolicy,
    sessions::{Issued, Principal},
    wire::{Answer, ApiError, Call, envelope, xml},
    world::World,
};
use crate::domain::{AccountId, RoleArn, Service, Timestamp};
use request::Request;

/// `GetCallerIdentity`.
pub fn get_caller_identity(caller: &Principal, request_id: &str) -> Answer {
    let result = format!(
        "<Arn>{}</Arn><UserId>{}</UserId><Account>{}</Account>",
        xml(&caller.arn),
        xml(&caller.user_id),
        caller.account
    );
    Ok(envelope(
        Service::Sts,
        "GetCallerIdentity",
        &result,
        request_id,
    ))
}

/// The account of the role that an AssumeRole names.
pub fn role_account(call: &Call) -> Option<AccountId> {
    let form = call.form();
    let (_, arn) = form.iter().find(|(key, _)| key == "RoleArn")?;
    Some(arn.parse::<RoleArn>().ok()?.account())
}

/// `AssumeRole`. Each is written down, with what it asked for and what came of it.
pub fn assume_role(world: &World, caller: &Principal, call: &Call, request_id: &str) -> Answer {
    let request = Request::read(call)?;
    let answer = assume(world, caller, &request, request_id);
    let outcome = answer.as_ref().map_or_else(|e| e.code.as_str(), |_| "OK");
    world.assumed.note(caller, &request, outcome);
    answer
}

fn assume(world: &World, caller: &Principal, request: &Request, request_id: &str) -> Answer {
    let may_not = |action: &str| {
        let message = format!(
            "User: {} is not authorized to perform: {action} on resource: {}",
            caller.arn, request.role
        );
        ApiError::new("AccessDenied", message).status(StatusCode::FORBIDDEN)
    };
    let denied = || may_not("sts:AssumeRole");
    let member = world
        .directory
        .member(request.role.account())
        .ok_or_else(denied)?;
    if !may_assume(world, caller, member, request) {
        return Err(denied());
    }
    // One that was set before is passed on, which takes the permission too.
    let names = request.source_identity.is_some() || caller.source_identity.is_some();
    if names && !member.role_trust.source_identity {
        return Err(may_not("sts:SetSourceIdentity"));
    }
    if !request.tags.is_empty() && !member.role_trust.session_tags {
        return Err(may_not("sts:TagSession"));
    }
    let policy = request.policy.as_deref().map(SessionPolicy::read);
    let policy = policy.transpose()?;
    let seconds = duration(world, caller, request)?;
    let source_identity = match (&caller.source_identity, &request.source_identity) {
        // A source identity can be set once and then stays.
        (Some(set), Some(new)) if set != new => return Err(denied()),
        (Some(set), _) => Some(set.clone()),
        (None, new) => new.clone(),
    };
    let now = world.clock.now();
    let (expires, told) = ends(world, member, now, seconds);
    let name = world
        .scenario
        .role
        .name
        .rsplit('/')
        .next()
        .unwrap_or_default();
    let arn = format!(
        "arn:aws:sts::{}:assumed-role/{name}/{}",
        member.id, request.session_name
    );
    let user_id = format!(
        "AROA{}EXAMPLE:{}",
        super::id::base32(member.id.as_u64()),
        request.session_name
    );
    let issued = world.sessions.issue(expires, now, |session| Principal {
        account: member.id,
        arn: arn.clone(),
        user_id: user_id.clone(),
        name: request.session_name.clone(),
        source_identity: source_identity.clone(),
        session: Some(session),
        policy: policy.clone(),
    });
    let result = result(&issued, told, &arn, &user_id, source_identity.as_deref());
    Ok(envelope(Service::Sts, "AssumeRole", &result, request_id))
}

/// A wrong external id, a role that is not there, and one that does not trust the caller all look alike from outside.
fn may_assume(world: &World, caller: &Principal, member: &Member, request: &Request) -> bool {
    let role = &world.scenario.role;
    let trusts = if role.trusted_accounts.is_empty() {
        caller.account == world.directory.management()
    } else {
        role.trusted_accounts.contains(&caller.account)
    };
    let named = request
        .role
        .as_str()
        .split_once(":role/")
        .map(|(_, name)| name);
    let asks = member.role_trust.external_id && role.external_id.is_some();
    let external = !asks || role.external_id == request.external_id;
    trusts
        && external
        && member.has_role
        && member.state == MemberState::Active
        && named == Some(role.name.as_str())
}

fn duration(world: &World, caller: &Principal, request: &Request) -> Result<u32, ApiError> {
    let invalid = |message: String| ApiError::new("ValidationError", message);
    let role = &world.scenario.role;
    let asked = request.duration;
    if !(i64::from(role.min_session_seconds)..=43_200).contains(&asked) {
        let bound = if asked > 43_200 {
            "less than or equal to 43200".to_owned()
        } else {
            format!("greater than or equal to {}", role.min_session_seconds)
        };
        return Err(invalid(format!(
            "1 validation error detected: Value '{asked}' at 'durationSeconds' failed to satisfy constraint: Member must have value {bound}"
        )));
    }
    if caller.session.is_some() && asked > 3_600 {
        return Err(invalid(
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining".to_owned(),
        ));
    }
    if asked > i64::from(role.max_session_seconds) {
        return Err(invalid(
            "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
                .to_owned(),
        ));
    }
    Ok(u32::try_from(asked).unwrap_or(3_600))
}

/// When the session really ends, and when STS says it does.
fn ends(world: &World, member: &Member, now: Timestamp, seconds: u32) -> (Timestamp, Timestamp) {
    let asked = now.plus(Duration::from_secs(seconds.into()));
    let id = member.id.to_string();
    let cap = world
        .scenario
        .faults
        .iter()
        .rev()
        .find_map(|fault| match fault.effect {
            Effect::SessionCap { seconds, told }
                if fault.scope.covers_account(&id, &member.name) =>
            {
                Some((seconds, told))
            }
            _ => None,
        });
    match cap {
        None => (asked, asked),
        Some((cap, told)) => {
            let ends = now.plus(Duration::from_secs(cap.into())).min(asked);
            (ends, if told { ends } else { asked })
        }
    }
}

fn result(
    issued: &Issued,
    expires: Timestamp,
    arn: &str,
    user_id: &str,
    source_identity: Option<&str>,
) -> String {
    let identity = source_identity.map_or(String::new(), |s| {
        format!("<SourceIdentity>{}</SourceIdentity>", xml(s))
    });
    format!(
        "<AssumedRoleUser><AssumedRoleId>{}</AssumedRoleId><Arn>{}</Arn></AssumedRoleUser>\
         <Credentials><AccessKeyId>{}</AccessKeyId><SecretAccessKey>{}</SecretAccessKey><SessionToken>{}</SessionToken>\
         <Expiration>{}</Expiration></Credentials>{identity}",
        xml(user_id),
        xml(arn),
        issued.access_key_id,
        issued.secret,
        issued.token,
        expires.floor_second(),
    )
}
