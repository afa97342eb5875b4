//! One request, from its bytes to its answer.

use std::{future::pending, io};

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;

use crate::{
    domain::{Region, Service},
    sandbox::{
        account, cloudtrail, control,
        faults::{self, End, Fate, Subject},
        iam, id, kms,
        ledger::{Arrival, Pending},
        logs, organizations, permissions,
        quota::Asking,
        s3,
        scenario::{Member, When},
        service_quotas,
        sessions::Principal,
        sns, sts,
        wire::{self, Answer, ApiError, Call},
        world::World,
    },
};

/// Larger requests than any of these APIs has.
const MAX_BODY: usize = 1 << 20;

/// What the sandbox can do. Anything else is answered as AWS answers an operation that it does not know.
const OPERATIONS: &[(Service, &str)] = &[
    (Service::CloudTrail, "LookupEvents"),
    (Service::CloudTrail, "DescribeTrails"),
    (Service::CloudTrail, "ListTrails"),
    (Service::CloudTrail, "GetTrail"),
    (Service::CloudTrail, "GetTrailStatus"),
    (Service::CloudTrail, "GetEventSelectors"),
    (Service::CloudTrail, "GetInsightSelectors"),
    (Service::CloudTrail, "GetEventConfiguration"),
    (Service::CloudTrail, "ListTags"),
    (Service::CloudTrail, "CreateTrail"),
    (Service::CloudTrail, "UpdateTrail"),
    (Service::CloudTrail, "DeleteTrail"),
    (Service::CloudTrail, "StartLogging"),
    (Service::CloudTrail, "StopLogging"),
    (Service::CloudTrail, "PutEventSelectors"),
    (Service::CloudTrail, "PutInsightSelectors"),
    (Service::CloudTrail, "PutEventConfiguration"),
    (Service::CloudTrail, "AddTags"),
    (Service::CloudTrail, "RemoveTags"),
    (Service::Sts, "AssumeRole"),
    (Service::Sts, "GetCallerIdentity"),
    (Service::Organizations, "DescribeOrganization"),
    (Service::Organizations, "ListAccounts"),
    (Service::Organizations, "ListRoots"),
    (Service::Organizations, "ListOrganizationalUnitsForParent"),
    (Service::Organizations, "ListAccountsForParent"),
    (Service::Organizations, "ListParents"),
    (Service::Organizations, "ListTagsForResource"),
    (Service::Organizations, "DescribeAccount"),
    (Service::CloudTrail, "RegisterOrganizationDelegatedAdmin"),
    (Service::CloudTrail, "DeregisterOrganizationDelegatedAdmin"),
    (Service::Organizations, "EnableAllFeatures"),
    (Service::Organizations, "AcceptHandshake"),
    (Service::Organizations, "ListHandshakesForOrganization"),
    (Service::Organizations, "EnableAWSServiceAccess"),
    (Service::Organizations, "DisableAWSServiceAccess"),
    (
        Service::Organizations,
        "ListAWSServiceAccessForOrganization",
    ),
    (Service::Organizations, "RegisterDelegatedAdministrator"),
    (Service::Organizations, "DeregisterDelegatedAdministrator"),
    (Service::Organizations, "ListDelegatedAdministrators"),
    (Service::Organizations, "ListDelegatedServicesForAccount"),
    (Service::Account, "ListRegions"),
    (Service::Account, "GetRegionOptStatus"),
    (Service::S3, "GetBucketPolicy"),
    (Service::S3, "GetBucketLocation"),
    (Service::S3, "HeadBucket"),
    (Service::S3, "ListObjectsV2"),
    (Service::Sns, "GetTopicAttributes"),
    (Service::Kms, "DescribeKey"),
    (Service::Kms, "GetKeyPolicy"),
    (Service::Logs, "DescribeLogGroups"),
    (Service::Iam, "GetRole"),
    (Service::Iam, "ListRolePolicies"),
    (Service::Iam, "GetRolePolicy"),
    (Service::Iam, "ListAttachedRolePolicies"),
    (Service::Iam, "GetPolicy"),
    (Service::Iam, "GetPolicyVersion"),
    (Service::ServiceQuotas, "ListServiceQuotas"),
];

/// The operations of CloudTrail that the sandbox has: each has a quota of its own.
pub fn of_cloudtrail() -> impl Iterator<Item = &'static str> {
    let ours = OPERATIONS
        .iter()
        .filter(|(service, _)| *service == Service::CloudTrail);
    ours.map(|(_, name)| *name)
}

/// The operation of this name, if the sandbox has it.
fn known(service: Service, name: &str) -> Option<&'static str> {
    OPERATIONS
        .iter()
        .find(|(s, n)| *s == service && *n == name)
        .map(|(_, n)| *n)
}

/// Answers a request. An error closes the connection without an answer.
pub async fn answer(
    world: &World,
    request: Request<Incoming>,
) -> io::Result<Response<Full<Bytes>>> {
    let (parts, body) = request.into_parts();
    let Ok(body) = Limited::new(body, MAX_BODY).collect().await else {
        return Ok(wire::response(
            StatusCode::PAYLOAD_TOO_LARGE,
            "text/plain",
            "",
            String::new(),
        ));
    };
    let path = parts.uri.path();
    if path.starts_with("/_sandbox/") {
        return Ok(control::answer(world, &parts.method, &parts.uri));
    }
    let request_id = id::uuid_text(id::event_id(world.scenario.seed, 0, world.elapsed_nanos()));
    match Call::read(&parts.method, &parts.uri, &parts.headers, body.to_bytes()) {
        Err((service, error)) => Ok(wire::respond(service, Err(error), &request_id)),
        Ok(call) => {
            let answer = run(world, &call, &request_id).await?;
            let mut response = wire::respond(call.service, answer, &request_id);
            if call.service == Service::S3 {
                s3::tell_region(world, &call, response.headers_mut());
            }
            Ok(response)
        }
    }
}

/// A call whose caller, operation and Region are known.
struct Known<'a> {
    caller: &'a Principal,
    member: &'a Member,
    operation: &'static str,
    region: (u16, &'a Region),
    request_id: &'a str,
}

async fn run(world: &World, call: &Call, request_id: &str) -> io::Result<Answer> {
    let region = world.directory.region(&call.region);
    let operation = known(call.service, &call.operation);
    let authenticated = world.sessions.authenticate(call, world.clock.now());
    let caller = authenticated.as_ref().ok();
    let arrival = Arrival {
        account: caller.map(|c| c.account),
        region: region.map(|(place, _)| place),
        api: operation.unwrap_or("UnknownOperation"),
        principal: caller.map_or("", |c| c.name.as_str()),
        source_identity: caller
            .and_then(|c| c.source_identity.as_deref())
            .unwrap_or_default(),
        user_agent: &call.user_agent,
    };
    let attempt = world.ledger.begin(arrival, || world.elapsed_nanos());
    let member = caller.and_then(|c| world.directory.member(c.account));
    let answer = match (authenticated, operation, region, member) {
        (Err(error), ..) => Ok(Err(error)),
        (Ok(_), None, ..) => Ok(Err(ApiError::unknown_operation(
            call.service,
            &call.operation,
        ))),
        (Ok(caller), Some(operation), Some(region), Some(member)) => {
            let known = Known {
                caller: &caller,
                member,
                operation,
                region,
                request_id,
            };
            admitted(world, call, &known, &attempt).await
        }
        (Ok(_), ..) => Ok(Err(ApiError::unknown_token(call.service))),
    };
    match &answer {
        Ok(Ok(_)) => attempt.finish("OK"),
        Ok(Err(error)) => attempt.finish(&error.code),
        Err(_) => attempt.finish("ConnectionReset"),
    }
    answer
}

/// Asks whether the Region is enabled and whether the quota allows it, and if so lets the call meet its fate.
async fn admitted(
    world: &World,
    call: &Call,
    known: &Known<'_>,
    attempt: &Pending<'_>,
) -> io::Result<Answer> {
    let (service, (_, region)) = (call.service, known.region);
    if !world.directory.region_enabled(known.caller.account, region) {
        return Ok(Err(ApiError::unknown_token(service)));
    }
    let asking = Asking {
        member: known.member,
        region: known.region,
        service,
        operation: known.operation,
    };
    if !world
        .quotas
        .admit(&world.scenario, asking, attempt.at_nanos())
    {
        return Ok(Err(ApiError::throttled(service)));
    }
    fated(world, call, known, attempt).await
}

/// Lets a call that is admitted meet its fate, before and after it takes effect.
async fn fated(
    world: &World,
    call: &Call,
    known: &Known<'_>,
    attempt: &Pending<'_>,
) -> io::Result<Answer> {
    let role = match known.operation {
        "AssumeRole" => sts::role_account(call).and_then(|id| world.directory.member(id)),
        _ => None,
    };
    let subject = Subject {
        member: role.unwrap_or(known.member),
        region: known.region.1,
        service: call.service,
        operation: known.operation,
        arn: &known.caller.arn,
        ordinal: attempt.ordinal(),
    };
    let fate = |when| faults::fate(&world.scenario, &world.faults, &subject, when);
    if let Some(error) = meet(fate(When::Before)).await? {
        return Ok(Err(error));
    }
    let allowed = permissions::check(known.caller, call, known.operation);
    let answer = allowed.and_then(|()| operate(world, call, known));
    if answer.is_ok()
        && let Some(error) = meet(fate(When::After)).await?
    {
        return Ok(Err(error));
    }
    Ok(answer)
}

/// Lets a call's fate happen. An error of the connection closes it.
async fn meet(Fate { latency, end }: Fate) -> io::Result<Option<ApiError>> {
    if !latency.is_zero() {
        tokio::time::sleep(latency).await;
    }
    match end {
        Some(End::Hang) => pending().await,
        Some(End::Reset) => Err(io::Error::from(io::ErrorKind::ConnectionReset)),
        Some(End::Error(error)) => Ok(Some(error)),
        None => Ok(None),
    }
}

fn operate(world: &World, call: &Call, known: &Known<'_>) -> Answer {
    let Known {
        caller,
        operation,
        request_id,
        ..
    } = *known;
    match call.service {
        Service::CloudTrail => cloudtrail::handle(world, caller, known.region.1, call, operation),
        Service::Organizations => organizations::handle(world, caller, call, operation),
        Service::Account => account::handle(world, caller, call, operation),
        Service::S3 => s3::handle(world, caller, call, operation),
        Service::Sns => sns::handle(world, caller, known.region.1, call, request_id),
        Service::Kms => kms::handle(world, caller, known.region.1, call, operation),
        Service::Logs => logs::handle(world, caller, known.region.1, call),
        Service::Iam => iam::handle(world, caller, call, operation, request_id),
        Service::ServiceQuotas => {
            let operations = of_cloudtrail();
            service_quotas::handle(world, known.member, known.region, call, operations)
        }
        Service::CloudWatch => Err(ApiError::unknown_operation(call.service, operation)),
        Service::Sts if operation == "AssumeRole" => {
            sts::assume_role(world, caller, call, request_id)
        }
        Service::Sts => sts::get_caller_identity(caller, request_id),
    }
}
