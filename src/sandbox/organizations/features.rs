//! The change from consolidated billing to all features: the management account asks for it, every invited account
//! approves, and the management account finishes it. Each of these is the acceptance of a handshake.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Request, access_denied, invalid, page};
use crate::{
    domain::AccountId,
    sandbox::{
        hash,
        org_state::{Migration, OrgFacts},
        scenario::FeatureSet,
        wire::{Answer, ApiError},
        world::World,
    },
};

/// The life of a handshake.
const LIFE_SECONDS: i64 = 90 * 86_400;

/// What a list of handshakes is narrowed to.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Filter {
    action_type: Option<String>,
    parent_handshake_id: Option<String>,
}

/// A handshake of the change.
#[derive(Debug, Clone, Copy)]
enum Handshake {
    /// The management account's, which finishes it.
    Enable,
    /// An invited account's approval.
    Approve(AccountId),
}

/// Where a handshake stands.
#[derive(Debug, Clone, Copy)]
enum State {
    Requested,
    Open,
    Accepted,
}

/// `EnableAllFeatures`.
pub fn enable(world: &World) -> Answer {
    let refused = |reason, message| {
        Err(ApiError::new("HandshakeConstraintViolationException", message).reason(reason))
    };
    let now = world.now();
    let waiting = world.scenario.organization.invited_accounts.iter();
    world.org_state.change(|facts| {
        if facts.features == FeatureSet::All {
            return refused(
                "ORGANIZATION_ALREADY_HAS_ALL_FEATURES",
                "Your organization has already enabled all features.",
            );
        }
        if facts.migration != Migration::NotBegun {
            return refused(
                "ORGANIZATION_IS_ALREADY_PENDING_ALL_FEATURES_MIGRATION",
                "Your organization has already begun the process to enable all features.",
            );
        }
        facts.migration = Migration::Begun {
            at: now,
            waiting: waiting.copied().collect(),
        };
        // AWS's own example: a handshake that was just asked for is not open yet, whoever must still answer.
        Ok(answer(world, Handshake::Enable, State::Requested, now))
    })
}

/// `AcceptHandshake`, of the two kinds that belong to the change.
pub fn accept(world: &World, caller: AccountId, request: &Request) -> Answer {
    let id = request.handshake_id.as_deref().unwrap_or_default();
    let shaped = id.strip_prefix("h-").is_some_and(|rest| {
        (8..=32).contains(&rest.len())
            && rest
                .chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
    });
    if !shaped {
        return Err(invalid(
            "INVALID_PATTERN",
            "You provided a value that does not match the required pattern.",
        ));
    }
    let invited = world.scenario.organization.invited_accounts.iter();
    let handshake = std::iter::once(Handshake::Enable)
        .chain(invited.map(|account| Handshake::Approve(*account)))
        .find(|handshake| self::id(world, *handshake) == id);
    world.org_state.change(|facts| {
        let known = handshake.filter(|_| facts.migration != Migration::NotBegun);
        let handshake = known.ok_or_else(|| {
            ApiError::new(
                "HandshakeNotFoundException",
                "We can't find a handshake with the HandshakeId that you specified.",
            )
        })?;
        let owner = match handshake {
            Handshake::Enable => world.directory.management(),
            Handshake::Approve(account) => account,
        };
        if caller != owner {
            return Err(access_denied());
        }
        let at = take(facts, handshake)?;
        Ok(answer(world, handshake, State::Accepted, at))
    })
}

/// Accepts the handshake, if it can be accepted now. Says when the change was asked for.
fn take(facts: &mut OrgFacts, handshake: Handshake) -> Result<i64, ApiError> {
    let already = || {
        ApiError::new(
            "HandshakeAlreadyInStateException",
            "The specified handshake is already in the requested state.",
        )
    };
    let Migration::Begun { at, waiting } = &mut facts.migration else {
        return Err(already());
    };
    let at = *at;
    match handshake {
        Handshake::Approve(account) => {
            if !waiting.remove(&account) {
                return Err(already());
            }
        }
        Handshake::Enable if !waiting.is_empty() => {
            return Err(ApiError::new(
                "InvalidHandshakeTransitionException",
                "You can't perform the operation on the handshake in its current state.",
            ));
        }
        Handshake::Enable => {
            facts.migration = Migration::Finished { at };
            facts.features = FeatureSet::All;
        }
    }
    Ok(at)
}

/// `ListHandshakesForOrganization`: what the management account sent.
pub fn list(world: &World, request: &Request, operation: &'static str) -> Answer {
    let facts = world.org_state.facts();
    let (at, waiting, finished) = match &facts.migration {
        Migration::NotBegun => {
            return page::<Handshake>(world, request, operation, "Handshakes", &[], |_| {
                json!(null)
            });
        }
        Migration::Begun { at, waiting } => (*at, Some(waiting), false),
        Migration::Finished { at } => (*at, None, true),
    };
    let waits = |account| waiting.is_some_and(|waiting| waiting.contains(&account));
    let state = |handshake| match handshake {
        Handshake::Enable if finished => State::Accepted,
        Handshake::Enable if waiting.is_some_and(|w| !w.is_empty()) => State::Requested,
        Handshake::Enable => State::Open,
        Handshake::Approve(account) if waits(account) => State::Open,
        Handshake::Approve(_) => State::Accepted,
    };
    let parent = id(world, Handshake::Enable);
    let filter = request.filter.as_ref();
    let wanted = |handshake: &Handshake| {
        let action = filter.and_then(|f| f.action_type.as_deref());
        let under = filter.and_then(|f| f.parent_handshake_id.as_deref());
        action.is_none_or(|action| action == self::action(*handshake))
            && under.is_none_or(|id| id == parent && matches!(handshake, Handshake::Approve(_)))
    };
    let invited = world.scenario.organization.invited_accounts.iter();
    let handshakes: Vec<Handshake> = std::iter::once(Handshake::Enable)
        .chain(invited.map(|account| Handshake::Approve(*account)))
        .filter(wanted)
        .collect();
    page(
        world,
        request,
        operation,
        "Handshakes",
        &handshakes,
        |one| describe(world, one, state(one), at),
    )
}

fn action(handshake: Handshake) -> &'static str {
    match handshake {
        Handshake::Enable => "ENABLE_ALL_FEATURES",
        Handshake::Approve(_) => "APPROVE_ALL_FEATURES",
    }
}

fn id(world: &World, handshake: Handshake) -> String {
    let whose = match handshake {
        Handshake::Enable => world.directory.management(),
        Handshake::Approve(account) => account,
    };
    let key = hash::with_text(world.scenario.seed, action(handshake));
    format!("h-{:016x}", hash::with(key, whose.as_u64()))
}

fn answer(world: &World, handshake: Handshake, state: State, at: i64) -> String {
    json!({"Handshake": describe(world, handshake, state, at)}).to_string()
}

fn describe(world: &World, handshake: Handshake, state: State, at: i64) -> Value {
    let organization = &world.scenario.organization;
    let (whole, management) = (&organization.id, organization.management_account);
    let (id, action) = (id(world, handshake), action(handshake));
    // As a party an organization is named without its prefix.
    let party = whole.strip_prefix("o-").unwrap_or(whole);
    let mut parties = vec![json!({"Id": party, "Type": "ORGANIZATION"})];
    let mut resources = vec![json!({"Type": "ORGANIZATION", "Value": whole})];
    if let Handshake::Approve(account) = handshake {
        let parent = self::id(world, Handshake::Enable);
        let parent = parent.strip_prefix("h-").unwrap_or(&parent);
        parties.push(json!({"Id": account.to_string(), "Type": "ACCOUNT"}));
        resources.push(json!({"Type": "ACCOUNT", "Value": account.to_string()}));
        resources.insert(0, json!({"Type": "PARENT_HANDSHAKE", "Value": parent}));
    }
    let state = match state {
        State::Requested => "REQUESTED",
        State::Open => "OPEN",
        State::Accepted => "ACCEPTED",
    };
    json!({
        "Id": id,
        "Arn": format!("arn:aws:organizations::{management}:handshake/{whole}/{}/{id}", action.to_lowercase()),
        "Parties": parties,
        "State": state,
        "RequestedTimestamp": at,
        "ExpirationTimestamp": at + LIFE_SECONDS,
        "Action": action,
        "Resources": resources,
    })
}
