//! The organization's root, units and accounts: reads only.

use serde_json::{Value, json};

use super::{Request, page};
use crate::{
    domain::{AccountId, Service},
    sandbox::{
        directory::{Unit, parent_path},
        scenario::{Member, MemberState},
        wire::{Answer, ApiError, put},
        world::World,
    },
};

/// The reads of accounts and units.
pub fn read(world: &World, request: &Request, operation: &'static str) -> Answer {
    match operation {
        "ListAccounts" => {
            let accounts: Vec<&Member> = world.directory.members().collect();
            page(world, request, operation, "Accounts", &accounts, |m| {
                account(world, m)
            })
        }
        "ListRoots" => {
            let roots: Vec<&Unit> = world.directory.unit_at("/").into_iter().collect();
            page(world, request, operation, "Roots", &roots, |unit| {
                root(world, unit)
            })
        }
        "ListOrganizationalUnitsForParent" => {
            let children = world.directory.children(parent(world, request)?);
            page(
                world,
                request,
                operation,
                "OrganizationalUnits",
                &children,
                |unit| organizational_unit(world, unit),
            )
        }
        "ListAccountsForParent" => {
            let accounts = world.directory.accounts_in(parent(world, request)?);
            page(world, request, operation, "Accounts", &accounts, |m| {
                account(world, m)
            })
        }
        "ListParents" => list_parents(world, request),
        "ListTagsForResource" => {
            let tags: Vec<(&String, &String)> =
                resource(world, request)?.map_or(Vec::new(), |m| m.tags.iter().collect());
            page(
                world,
                request,
                operation,
                "Tags",
                &tags,
                |(key, value)| json!({"Key": key, "Value": value}),
            )
        }
        "DescribeAccount" => {
            let member = find(world, request.account_id.as_deref())?;
            Ok(json!({"Account": account(world, member)}).to_string())
        }
        other => Err(ApiError::unknown_operation(Service::Organizations, other)),
    }
}

/// `DescribeOrganization`.
pub fn describe_organization(world: &World) -> String {
    let organization = &world.scenario.organization;
    let (id, management) = (&organization.id, organization.management_account);
    json!({"Organization": {
        "Id": id,
        "Arn": format!("arn:aws:organizations::{management}:organization/{id}"),
        "FeatureSet": world.org_state.facts().features,
        "MasterAccountArn": format!("arn:aws:organizations::{management}:account/{id}/{management}"),
        "MasterAccountId": management.to_string(),
        "MasterAccountEmail": email(management, "management"),
        "AvailablePolicyTypes": [],
    }})
    .to_string()
}

fn email(id: AccountId, name: &str) -> String {
    format!("aws+{name}-{id}@example.com")
}

/// An account, as every list of them shows it.
pub fn account(world: &World, member: &Member) -> Value {
    let organization = &world.scenario.organization;
    let (id, management) = (&organization.id, organization.management_account);
    let state = serde_json::to_value(member.state).unwrap_or_default();
    // The retired field knows three states only.
    let status = match member.state {
        MemberState::Active => "ACTIVE",
        MemberState::PendingClosure => "PENDING_CLOSURE",
        MemberState::PendingActivation | MemberState::Suspended | MemberState::Closed => {
            "SUSPENDED"
        }
    };
    let mut value = json!({
        "Id": member.id.to_string(),
        "Arn": format!("arn:aws:organizations::{management}:account/{id}/{}", member.id),
        "Email": email(member.id, &member.name),
        "Name": member.name,
        "Status": status,
        "JoinedMethod": if organization.invited_accounts.contains(&member.id) { "INVITED" } else { "CREATED" },
        "JoinedTimestamp": 1_600_000_000.123,
    });
    if organization.state_field {
        put(&mut value, "State", state);
    }
    value
}

fn root(world: &World, unit: &Unit) -> Value {
    let organization = &world.scenario.organization;
    let arn = format!(
        "arn:aws:organizations::{}:root/{}/{}",
        organization.management_account, organization.id, unit.id
    );
    json!({"Id": unit.id, "Arn": arn, "Name": unit.name, "PolicyTypes": []})
}

fn organizational_unit(world: &World, unit: &Unit) -> Value {
    let organization = &world.scenario.organization;
    let arn = format!(
        "arn:aws:organizations::{}:ou/{}/{}",
        organization.management_account, organization.id, unit.id
    );
    json!({"Id": unit.id, "Arn": arn, "Name": unit.name})
}

fn parent<'a>(world: &'a World, request: &Request) -> Result<&'a Unit, ApiError> {
    let id = request.parent_id.as_deref().unwrap_or_default();
    world.directory.unit(id).ok_or_else(|| {
        ApiError::new(
            "ParentNotFoundException",
            "You specified a parent that doesn't exist.",
        )
    })
}

/// The account of this id.
pub fn find<'a>(world: &'a World, id: Option<&str>) -> Result<&'a Member, ApiError> {
    let id = id.unwrap_or_default();
    let account = id.parse().map_err(|_| {
        ApiError::new(
            "InvalidInputException",
            "You provided a value that does not match the required pattern.",
        )
        .reason("INVALID_PATTERN")
    })?;
    world.directory.member(account).ok_or_else(|| {
        ApiError::new(
            "AccountNotFoundException",
            "You specified an account that doesn't exist.",
        )
    })
}

fn list_parents(world: &World, request: &Request) -> Answer {
    let child = request.child_id.as_deref().unwrap_or_default();
    let path = match world.directory.unit(child) {
        Some(unit) if unit.path != "/" => parent_path(&unit.path),
        Some(_) => {
            return Err(ApiError::new(
                "ChildNotFoundException",
                "A root has no parent.",
            ));
        }
        None => match find(world, Some(child)) {
            Ok(member) => member.unit.as_str(),
            Err(_) => {
                return Err(ApiError::new(
                    "ChildNotFoundException",
                    "We can't find an organizational unit (OU) or AWS account with the ChildId that you specified.",
                ));
            }
        },
    };
    let kind = if path == "/" {
        "ROOT"
    } else {
        "ORGANIZATIONAL_UNIT"
    };
    let parent = world
        .directory
        .unit_at(path)
        .map(|unit| json!({"Id": unit.id, "Type": kind}));
    Ok(json!({"Parents": parent.into_iter().collect::<Vec<_>>()}).to_string())
}

/// The account whose tags are asked for; units and the root have none.
fn resource<'a>(world: &'a World, request: &Request) -> Result<Option<&'a Member>, ApiError> {
    let id = request.resource_id.as_deref().unwrap_or_default();
    if world.directory.unit(id).is_some() {
        return Ok(None);
    }
    find(world, Some(id)).map(Some).map_err(|_| {
        ApiError::new(
            "TargetNotFoundException",
            "We can't find a root, OU, account, or policy with the TargetId that you specified.",
        )
    })
}
