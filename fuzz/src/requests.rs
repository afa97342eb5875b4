//! Requests of all services, from the bytes of the message to what the rooms take. The first byte chooses the RPC.
//!
//! A request is taken, or refused in a way that a client can hold: with the code of bad input, and with details that fit
//! into HTTP/2's trailers.

use prost::Message;
use tonic::{Code, Status};
use trailplane::{
    api::{
        convert::{accounts, budgets, changes, lookup, organization, selector, trails},
        proto::*,
        violations::Violations,
    },
    domain::Timestamp,
};

/// What clients take of trailers, less what stands beside the details, in base64.
const LONGEST_DETAILS: usize = 6 << 10;

type Read = fn(&[u8]) -> Option<Result<(), Status>>;

/// `None` if these bytes are no such message.
fn reads<M: Message + Default, T, E: Into<Status>>(
    bytes: &[u8],
    parse: impl FnOnce(M) -> Result<T, E>,
) -> Option<Result<(), Status>> {
    let message = M::decode(bytes).ok()?;
    Some(parse(message).map(drop).map_err(Into::into))
}

fn now() -> Timestamp {
    Timestamp::from_seconds(1_800_000_000)
}

fn signed(token: &str) -> bool {
    token.starts_with('A')
}

macro_rules! changes {
    ($($request:ident)+) => {
        [$((|bytes| reads(bytes, |m: $request| changes::parse(m, || "made".into()))) as Read),+]
    };
}

const READS: [Read; 16] = [
    |bytes| reads(bytes, |m| lookup::page(m, now(), signed)),
    |bytes| reads(bytes, |m| lookup::planned(m, now(), signed)),
    |bytes| reads(bytes, |m| lookup::stream(m, now(), signed)),
    |bytes| reads(bytes, |m| lookup::tail(m, now(), signed)),
    |bytes| reads(bytes, trails::Listing::parse),
    |bytes| reads(bytes, trails::get),
    |bytes| reads(bytes, trails::get_status),
    |bytes| reads(bytes, |m: TrailReference| trails::reference(Some(m))),
    |bytes| reads(bytes, |m: ListTagsRequest| trails::tagged(&m)),
    |bytes| reads(bytes, accounts::ListRequest::parse),
    |bytes| {
        reads(bytes, |m: GetAccountRequest| {
            accounts::account_id(&m.account_id)
        })
    },
    |bytes| reads(bytes, budgets::ListRequest::parse),
    |bytes| reads(bytes, budgets::WatchRequest::parse),
    |bytes| reads(bytes, organization::Listing::parse),
    |bytes| reads(bytes, organization::Checked::parse),
    |bytes| reads(bytes, targets),
];

const CHANGES: [Read; 10] = changes![
    CreateTrailRequest UpdateTrailRequest DeleteTrailRequest StartLoggingRequest StopLoggingRequest
    ApplyTrailRequest PutEventSelectorsRequest PutInsightSelectorsRequest PutEventConfigurationRequest AddTagsRequest
];

fn targets(message: CheckAccessRequest) -> Result<(), Violations> {
    let mut found = Violations::new();
    let read = selector::parse(&mut found, message.targets);
    found.finish(Some(read)).map(drop)
}

/// See the module.
pub fn run(data: &[u8]) {
    let Some((which, bytes)) = data.split_first() else {
        return;
    };
    let all = READS.len() + CHANGES.len();
    let which = usize::from(*which) % all;
    let read = READS
        .iter()
        .chain(&CHANGES)
        .nth(which)
        .expect("one of them");
    let Some(Err(refused)) = read(bytes) else {
        return;
    };
    assert!(
        matches!(
            refused.code(),
            Code::InvalidArgument | Code::FailedPrecondition
        ),
        "{refused:?}"
    );
    assert!(!refused.message().is_empty());
    assert!(
        refused.details().len() + refused.message().len() <= LONGEST_DETAILS,
        "{} bytes of details, {} of message",
        refused.details().len(),
        refused.message().len()
    );
}
