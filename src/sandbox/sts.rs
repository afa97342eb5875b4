//! AWS Security Token Service: AssumeRole and GetCallerIdentity.

use std::time::Duration;

use http::StatusCode;

use super::{
    scenario::{Effect, Member, MemberState},
    sessions::{Issued, Principal},
    wire::{Answer, ApiError, Call, envelope, xml},
    world::World,
};
use crate::domain::{AccountId, RoleArn, Service, Timestamp};

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

/// `AssumeRole`.
pub fn assume_role(world: &World, caller: &Principal, call: &Call, request_id: &str) -> Answer {
    let request = Request::read(call)?;
    let denied = || {
        let message = format!(
            "User: {} is not authorized to perform: sts:AssumeRole on resource: {}",
            caller.arn, request.role
        );
        ApiError::new("AccessDenied", message).status(StatusCode::FORBIDDEN)
    };
    let member = world
        .directory
        .member(request.role.account())
        .ok_or_else(denied)?;
    if !may_assume(world, caller, member, &request) {
        return Err(denied());
    }
    let seconds = duration(world, caller, &request)?;
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
    let external = role.external_id.is_none() || role.external_id == request.external_id;
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

/// The parameters of an AssumeRole.
struct Request {
    role: RoleArn,
    session_name: String,
    duration: i64,
    external_id: Option<String>,
    source_identity: Option<String>,
}

impl Request {
    fn read(call: &Call) -> Result<Self, ApiError> {
        let mut form = call.form();
        let mut take = |name: &str| {
            let index = form.iter().position(|(key, _)| key == name)?;
            Some(form.swap_remove(index).1)
        };
        let invalid = |name: &str, value: &str| {
            ApiError::new(
                "ValidationError",
                format!(
                    "1 validation error detected: Value '{value}' at '{name}' failed to satisfy constraint"
                ),
            )
        };
        let arn = take("RoleArn").unwrap_or_default();
        let role = arn
            .parse()
            .map_err(|_| ApiError::new("ValidationError", format!("{arn} is invalid")))?;
        let name = |field: &str, value: String, longest: usize, more: &str| {
            let legal =
                |c: char| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c) || more.contains(c);
            if (2..=longest).contains(&value.chars().count()) && value.chars().all(legal) {
                Ok(value)
            } else {
                Err(invalid(field, &value))
            }
        };
        let duration = take("DurationSeconds").unwrap_or_else(|| "3600".to_owned());
        Ok(Self {
            role,
            session_name: name(
                "roleSessionName",
                take("RoleSessionName").unwrap_or_default(),
                64,
                "",
            )?,
            duration: duration
                .parse()
                .map_err(|_| invalid("durationSeconds", &duration))?,
            external_id: take("ExternalId")
                .map(|v| name("externalId", v, 1_224, ":/"))
                .transpose()?,
            source_identity: take("SourceIdentity")
                .map(|v| name("sourceIdentity", v, 64, ""))
                .transpose()?,
        })
    }
}
