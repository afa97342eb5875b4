//! Organizations' pages and their tokens.

use serde_json::{Value, json};

use super::Request;
use crate::sandbox::{
    hash,
    wire::{Answer, ApiError, put},
    world::World,
};

/// One page. After the first page comes an empty one with a token, where the scenario has them and there is more.
pub fn page<T: Copy>(
    world: &World,
    request: &Request,
    operation: &str,
    field: &str,
    items: &[T],
    one: impl Fn(T) -> Value,
) -> Answer {
    let size = request.max_results.unwrap_or(20);
    let Some(size) = usize::try_from(size)
        .ok()
        .filter(|size| (1..=20).contains(size))
    else {
        let error = ApiError::new(
            "InvalidInputException",
            "You specified a value for MaxResults that is not from 1 to 20.",
        );
        return Err(error.reason(if size < 1 {
            "MIN_VALUE_EXCEEDED"
        } else {
            "MAX_VALUE_EXCEEDED"
        }));
    };
    let key = list_key(world, request, operation);
    let (offset, empty) = match &request.next_token {
        None => (0, false),
        Some(token) => read_token(token, key).ok_or_else(|| {
            ApiError::new(
                "InvalidInputException",
                "You specified an invalid value for NextToken.",
            )
            .reason("INVALID_NEXT_TOKEN")
        })?,
    };
    let end = if empty {
        offset
    } else {
        (offset + size).min(items.len())
    };
    let shown: Vec<Value> = items
        .get(offset..end)
        .unwrap_or_default()
        .iter()
        .map(|item| one(*item))
        .collect();
    let mut body = json!({ field: shown });
    if end < items.len() {
        let empty_next = world.scenario.organization.empty_pages && offset == 0 && !empty;
        put(&mut body, "NextToken", write_token(end, empty_next, key));
    }
    Ok(body.to_string())
}

/// What a token is bound to: the list that it continues.
fn list_key(world: &World, request: &Request, operation: &str) -> u64 {
    let of = |text: &Option<String>| text.clone().unwrap_or_default();
    let list = format!(
        "{operation}/{}/{}/{}/{}/{:?}",
        of(&request.parent_id),
        of(&request.resource_id),
        of(&request.account_id),
        of(&request.service_principal),
        request.filter,
    );
    hash::with_text(world.scenario.seed, &list)
}

fn write_token(offset: usize, empty: bool, key: u64) -> String {
    let plain = format!("{offset}-{}", u8::from(empty));
    format!("{plain}-{:016x}", hash::with_text(key, &plain))
}

fn read_token(token: &str, key: u64) -> Option<(usize, bool)> {
    let (plain, _) = token.rsplit_once('-')?;
    let (offset, empty) = plain.split_once('-')?;
    let read = (offset.parse().ok()?, empty == "1");
    (write_token(read.0, read.1, key) == token).then_some(read)
}
