//! What log files are called, on the wire.

pub mod list;
pub mod read;

use tonic_types::pb;

use super::time;
use crate::{
    api::{
        proto,
        status::{Failure, Reason},
        violations::Violations,
    },
    logs::{
        Kind,
        name::{Detail, InvalidLogFileName, LogFileName, Named, Root},
    },
};

/// Names in one request.
const MOST: usize = 1000;

/// What each name says, in order, or why it is none.
pub fn parse(
    wire: &proto::ParseLogFileNameRequest,
) -> Result<proto::ParseLogFileNameResponse, Violations> {
    let mut found = Violations::new();
    if wire.names.is_empty() {
        found.add(
            "names",
            format_args!("is empty; 1 to {MOST} names are read"),
        );
    }
    found.at_most("names", wire.names.len(), MOST);
    found.finish(Some(()))?;
    let results = wire.names.iter().map(|name| parsed(name)).collect();
    Ok(proto::ParseLogFileNameResponse { results })
}

fn parsed(text: &str) -> proto::ParsedLogFileName {
    match text.parse::<Named>() {
        Ok(named) => proto::ParsedLogFileName {
            name: Some(to_wire(named.name(), named.root())),
            error: None,
        },
        Err(why) => proto::ParsedLogFileName {
            name: None,
            error: Some(refusal(why)),
        },
    }
}

fn refusal(why: InvalidLogFileName) -> pb::Status {
    Failure::new(Reason::InvalidRequest, why.to_string()).into_wire()
}

/// A name, and what stands before it where that is known.
pub fn to_wire(name: &LogFileName, root: Option<&Root>) -> proto::LogFileName {
    let prefix = root.and_then(|root| root.prefix.as_deref());
    let organization = root.and_then(|root| root.organization.as_ref());
    let common = proto::LogFileName {
        prefix: prefix.unwrap_or_default().to_owned(),
        organization_id: organization.map(ToString::to_string).unwrap_or_default(),
        account_id: name.account.to_string(),
        region: name.region.to_string(),
        kind: kind(Kind::of(name)).into(),
        time: Some(time::to_wire(name.time())),
        ..proto::LogFileName::default()
    };
    match &name.detail {
        Detail::Delivered { unique, .. } => proto::LogFileName {
            unique_string: unique.to_string(),
            ..common
        },
        Detail::Digest {
            trail, home_region, ..
        } => proto::LogFileName {
            trail_name: trail.to_string(),
            trail_home_region: home_region.to_string(),
            ..common
        },
    }
}

fn kind(kind: Kind) -> proto::LogFileKind {
    match kind {
        Kind::Events => proto::LogFileKind::Events,
        Kind::Insight => proto::LogFileKind::Insight,
        Kind::NetworkActivity => proto::LogFileKind::NetworkActivity,
        Kind::Aggregated => proto::LogFileKind::Aggregated,
        Kind::Digest => proto::LogFileKind::Digest,
        Kind::BackfillDigest => proto::LogFileKind::BackfillDigest,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_name_has_its_answer_in_its_place() {
        let names = [
            "s3://b/p/AWSLogs/o-exampleorgid/111122223333/CloudTrail-Digest/eu-west-1/2026/11/22/111122223333_CloudTrail-Digest_eu-west-1_audit_us-east-1_20261122T083005Z.json.gz",
            "x.json.gz",
            "111122223333_CloudTrail_us-east-2_20150801T0210Z_Mu0KsOhtH1ar15ZZ.json.gz",
        ];
        let wire = proto::ParseLogFileNameRequest {
            names: names.map(str::to_owned).to_vec(),
        };
        let results = parse(&wire).unwrap().results;
        assert_eq!(
            results[0].name,
            Some(proto::LogFileName {
                prefix: "p".to_owned(),
                organization_id: "o-exampleorgid".to_owned(),
                account_id: "111122223333".to_owned(),
                region: "eu-west-1".to_owned(),
                kind: proto::LogFileKind::Digest.into(),
                time: Some(time::to_wire("2026-11-22T08:30:05Z".parse().unwrap())),
                trail_name: "audit".to_owned(),
                trail_home_region: "us-east-1".to_owned(),
                ..proto::LogFileName::default()
            })
        );
        let error = results[1].error.as_ref().unwrap();
        assert!(error.message.contains("12-digit account id"), "{error:?}");
        assert!(results[1].name.is_none() && results[2].error.is_none());
        let last = results[2].name.as_ref().unwrap();
        assert_eq!(last.unique_string, "Mu0KsOhtH1ar15ZZ");
    }

    #[test]
    fn none_and_too_many_are_refused() {
        for count in [0, MOST + 1] {
            let wire = proto::ParseLogFileNameRequest {
                names: vec!["x".to_owned(); count],
            };
            assert!(parse(&wire).unwrap_err().names("names"), "{count}");
        }
    }
}
