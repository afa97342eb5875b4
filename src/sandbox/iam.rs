//! AWS IAM: roles and their policies, as far as CloudTrail uses them, and CloudTrail's service-linked role.

use http::StatusCode;

use super::{
    hash, id,
    org_state::CLOUDTRAIL,
    sessions::Principal,
    wire::{Answer, ApiError, Call, encode, envelope, xml},
    world::World,
};
use crate::domain::{AccountId, Service};

/// CloudTrail's service-linked role.
const SERVICE_LINKED_ROLE: &str = "AWSServiceRoleForCloudTrail";
/// AWS's own policy for it.
const SERVICE_POLICY: &str = "arn:aws:iam::aws:policy/aws-service-role/CloudTrailServiceRolePolicy";
/// The name of a role's inline policy.
const INLINE: &str = "logs";

/// A role, as IAM tells it.
struct Role {
    path: String,
    name: String,
    trust: String,
    inline: Option<String>,
    attached: Option<String>,
}

/// Answers the operation.
pub fn handle(
    world: &World,
    caller: &Principal,
    call: &Call,
    operation: &'static str,
    request_id: &str,
) -> Answer {
    // There is one IAM, and it takes signatures for its own Region only.
    if call.region != "us-east-1" {
        let message = format!(
            "Credential should be scoped to a valid region, not '{}'.",
            call.region
        );
        return Err(ApiError::new("SignatureDoesNotMatch", message).status(StatusCode::FORBIDDEN));
    }
    let form = call.form();
    let get = |name: &str| {
        let found = form.iter().find(|(key, _)| key == name);
        found.map_or("", |(_, value)| value.as_str())
    };
    let account = caller.account;
    let role = || role(world, account, get("RoleName"));
    let result = match operation {
        "GetRole" => role().map(|role| describe_role(account, &role)),
        "ListRolePolicies" => role().map(|role| {
            let member = role.inline.map(|_| format!("<member>{INLINE}</member>"));
            list("PolicyNames", &member.unwrap_or_default())
        }),
        "GetRolePolicy" => role().and_then(|role| inline_policy(&role, get("PolicyName"))),
        "ListAttachedRolePolicies" => role().map(|role| {
            let member = role.attached.map(|arn| {
                let name = arn.rsplit('/').next().unwrap_or_default();
                format!(
                    "<member><PolicyName>{}</PolicyName><PolicyArn>{}</PolicyArn></member>",
                    xml(name),
                    xml(&arn)
                )
            });
            list("AttachedPolicies", &member.unwrap_or_default())
        }),
        "GetPolicy" => describe_policy(world, account, get("PolicyArn")),
        "GetPolicyVersion" => policy_version(world, account, get("PolicyArn"), get("VersionId")),
        other => return Err(ApiError::unknown_operation(Service::Iam, other)),
    };
    Ok(envelope(Service::Iam, operation, &result?, request_id))
}

fn no_such(message: String) -> ApiError {
    ApiError::new("NoSuchEntity", message).status(StatusCode::NOT_FOUND)
}

/// A list that is never longer than a page.
fn list(name: &str, members: &str) -> String {
    format!("<{name}>{members}</{name}><IsTruncated>false</IsTruncated>")
}

/// The role of this name: the service-linked one, or one of the resources.
fn role(world: &World, account: AccountId, name: &str) -> Result<Role, ApiError> {
    let missing = || no_such(format!("The role with name {name} cannot be found."));
    if name == SERVICE_LINKED_ROLE {
        let there =
            account == world.directory.management() && world.org_state.facts().service_linked_role;
        return there
            .then(|| Role {
                path: format!("/aws-service-role/{CLOUDTRAIL}/"),
                name: name.to_owned(),
                trust: trust_in_cloudtrail(),
                inline: None,
                attached: Some(SERVICE_POLICY.to_owned()),
            })
            .ok_or_else(missing);
    }
    let arn = format!("arn:aws:iam::{account}:role/{name}");
    let found = world.resources.role(&arn);
    if name.is_empty() || !found.exists() {
        return Err(missing());
    }
    let policy = found.policy(account);
    let managed = found.managed() && policy.is_some();
    Ok(Role {
        path: "/".to_owned(),
        name: name.to_owned(),
        trust: found.trust(),
        attached: managed.then(|| format!("arn:aws:iam::{account}:policy/{name}")),
        inline: policy.filter(|_| !managed),
    })
}

fn trust_in_cloudtrail() -> String {
    format!(
        "{{\"Version\":\"2012-10-17\",\"Statement\":[{{\"Effect\":\"Allow\",\
         \"Principal\":{{\"Service\":\"{CLOUDTRAIL}\"}},\"Action\":\"sts:AssumeRole\"}}]}}"
    )
}

fn describe_role(account: AccountId, role: &Role) -> String {
    let (path, name) = (&role.path, &role.name);
    let key = hash::with_text(hash::mix(account.as_u64()), name);
    format!(
        "<Role><Path>{path}</Path><RoleName>{name}</RoleName><RoleId>AROA{}EXAMPLE</RoleId>\
         <Arn>arn:aws:iam::{account}:role{path}{name}</Arn><CreateDate>2020-09-13T12:26:40Z</CreateDate>\
         <AssumeRolePolicyDocument>{}</AssumeRolePolicyDocument><MaxSessionDuration>3600</MaxSessionDuration></Role>",
        id::base32(key >> 24),
        encode(&role.trust)
    )
}

fn inline_policy(role: &Role, name: &str) -> Result<String, ApiError> {
    let policy = role.inline.as_ref().filter(|_| name == INLINE);
    let policy = policy
        .ok_or_else(|| no_such(format!("The role policy with name {name} cannot be found.")))?;
    Ok(format!(
        "<RoleName>{}</RoleName><PolicyName>{INLINE}</PolicyName><PolicyDocument>{}</PolicyDocument>",
        xml(&role.name),
        encode(policy)
    ))
}

/// The document of a managed policy: AWS's own, or that of the role of the same name.
fn document(world: &World, account: AccountId, arn: &str) -> Result<String, ApiError> {
    if arn == SERVICE_POLICY {
        return Ok(
            "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":[\"cloudtrail:*\",\
             \"organizations:DescribeOrganization\",\"organizations:ListAccounts\",\
             \"organizations:ListAWSServiceAccessForOrganization\"],\"Resource\":\"*\"}]}"
                .to_owned(),
        );
    }
    let missing = || no_such(format!("Policy {arn} does not exist or is not attachable."));
    let name = arn
        .strip_prefix(&format!("arn:aws:iam::{account}:policy/"))
        .ok_or_else(missing)?;
    let role_arn = format!("arn:aws:iam::{account}:role/{name}");
    let role = world.resources.role(&role_arn);
    let managed = role.exists() && role.managed();
    role.policy(account).filter(|_| managed).ok_or_else(missing)
}

fn describe_policy(world: &World, account: AccountId, arn: &str) -> Result<String, ApiError> {
    document(world, account, arn)?;
    let (name, id) = (
        arn.rsplit('/').next().unwrap_or_default(),
        id::base32(hash::with_text(hash::mix(account.as_u64()), arn) >> 24),
    );
    let path = if arn == SERVICE_POLICY {
        "/aws-service-role/"
    } else {
        "/"
    };
    Ok(format!(
        "<Policy><PolicyName>{}</PolicyName><PolicyId>ANPA{id}EXAMPLE</PolicyId><Arn>{}</Arn><Path>{path}</Path>\
         <DefaultVersionId>v1</DefaultVersionId><AttachmentCount>1</AttachmentCount><IsAttachable>true</IsAttachable>\
         <CreateDate>2020-09-13T12:26:40Z</CreateDate><UpdateDate>2020-09-13T12:26:40Z</UpdateDate></Policy>",
        xml(name),
        xml(arn)
    ))
}

fn policy_version(
    world: &World,
    account: AccountId,
    arn: &str,
    version: &str,
) -> Result<String, ApiError> {
    let document = document(world, account, arn)?;
    if version != "v1" {
        return Err(no_such(format!(
            "Policy {arn} version {version} does not exist or is not attachable."
        )));
    }
    Ok(format!(
        "<PolicyVersion><Document>{}</Document><VersionId>v1</VersionId><IsDefaultVersion>true</IsDefaultVersion>\
         <CreateDate>2020-09-13T12:26:40Z</CreateDate></PolicyVersion>",
        encode(&document)
    ))
}
