//! Basic event selectors.

use super::{Found, partition, shown};
use crate::domain::{
    Arn, Partition, Region,
    trail::{BasicEventSelector, DataResource},
};

/// The most selectors.
pub(super) const SELECTORS: usize = 5;
/// The most data resources, over all selectors of a trail.
pub(super) const DATA_RESOURCES: usize = 250;
/// Services whose management events can be left out.
pub(super) const EXCLUDABLE: &[&str] = &["kms.amazonaws.com", "rdsdata.amazonaws.com"];

/// What a basic selector can take data events of.
#[derive(Clone, Copy)]
enum Kind {
    Object,
    Function,
    Table,
}

impl Kind {
    fn of(resource_type: &str) -> Option<Self> {
        match resource_type {
            "AWS::S3::Object" => Some(Self::Object),
            "AWS::Lambda::Function" => Some(Self::Function),
            "AWS::DynamoDB::Table" => Some(Self::Table),
            _ => None,
        }
    }

    fn service(self) -> &'static str {
        match self {
            Self::Object => "s3",
            Self::Function => "lambda",
            Self::Table => "dynamodb",
        }
    }

    fn shape(self) -> &'static str {
        match self {
            Self::Object => {
                "arn:<partition>:s3, or arn:<partition>:s3:::<bucket>/<beginning of the keys>"
            }
            Self::Function => {
                "arn:<partition>:lambda, or arn:<partition>:lambda:<region>:<account id>:function:<name>"
            }
            Self::Table => {
                "arn:<partition>:dynamodb, or arn:<partition>:dynamodb:<region>:<account id>:table/<name>"
            }
        }
    }

    fn fits(self, arn: &Arn<'_>) -> bool {
        let named = |mark: &str| {
            let name = arn.resource.strip_prefix(mark);
            name.is_some_and(|name| !name.is_empty()) && arn.place().is_some()
        };
        arn.service == self.service()
            && match self {
                // A bucket without the slash is "not valid" to AWS.
                Self::Object => {
                    let bucket = arn.resource.split_once('/').map(|(bucket, _)| bucket);
                    let plain = |b: &str| !b.is_empty() && !b.contains('*');
                    bucket.is_some_and(plain) && arn.region.is_empty() && arn.account.is_empty()
                }
                Self::Function => named("function:"),
                Self::Table => named("table/"),
            }
    }
}

/// The partition, if the value stands for all resources of its type. `arn:aws:s3:::` is what AWS's documentation once
/// gave for all buckets (now `arn:aws:s3`), and what common tools still write; AWS takes it as a prefix of all of them,
/// and so it is no resource to count either.
fn all_of(kind: Kind, value: &str) -> Option<Partition> {
    let value = match kind {
        Kind::Object => value.strip_suffix(":::").unwrap_or(value),
        Kind::Function | Kind::Table => value,
    };
    match value.split(':').collect::<Vec<_>>()[..] {
        ["arn", partition, service] if service == kind.service() => partition.parse().ok(),
        _ => None,
    }
}

pub(super) fn check(found: &mut Found, homes: &[Region], selectors: &[BasicEventSelector]) {
    const LIST: &str = "event_selectors.basic";
    found.check(
        (1..=SELECTORS).contains(&selectors.len()),
        LIST,
        format_args!(
            "has {} selectors; 1 to {SELECTORS} are allowed",
            selectors.len()
        ),
    );
    let mut counted = 0;
    for (at, selector) in selectors.iter().enumerate() {
        let path = format!("{LIST}[{at}]");
        found.check(
            selector.management_events || !selector.data_resources.is_empty(),
            &path,
            "takes neither management events nor data events",
        );
        for (at, source) in selector.excluded_sources.iter().enumerate() {
            let path = format!("{path}.exclude_management_event_sources[{at}]");
            excluded(found, &path, selector, source);
        }
        for (at, resource) in selector.data_resources.iter().enumerate() {
            let path = format!("{path}.data_resources[{at}]");
            counted += data_resource(found, &path, homes, resource);
        }
    }
    found.check(
        counted <= DATA_RESOURCES,
        LIST,
        format_args!(
            "has {counted} data resources over all selectors; at most {DATA_RESOURCES} are allowed, \
             not counting those that stand for all"
        ),
    );
}

fn excluded(found: &mut Found, path: &str, selector: &BasicEventSelector, source: &str) {
    found.check(
        EXCLUDABLE.contains(&source),
        path,
        format_args!("{} is not {}", shown(source), EXCLUDABLE.join(" or ")),
    );
    found.check(
        selector.management_events,
        path,
        "leaves out management events of a selector that takes none",
    );
}

/// How many count towards the limit.
fn data_resource(
    found: &mut Found,
    path: &str,
    homes: &[Region],
    resource: &DataResource,
) -> usize {
    found.check(
        !resource.values.is_empty(),
        format_args!("{path}.values"),
        format_args!("is empty; 1 to {DATA_RESOURCES} are allowed"),
    );
    let Some(kind) = Kind::of(&resource.resource_type) else {
        found.add(
            format_args!("{path}.type"),
            format_args!(
                "{} is not AWS::S3::Object, AWS::Lambda::Function or AWS::DynamoDB::Table; \
                 advanced selectors take other types",
                shown(&resource.resource_type)
            ),
        );
        return resource.values.len();
    };
    let mut counted = 0;
    for (at, value) in resource.values.iter().enumerate() {
        let path = format!("{path}.values[{at}]");
        let all = all_of(kind, value);
        counted += usize::from(all.is_none());
        let right = Arn::parse(value).filter(|arn| kind.fits(arn));
        match all.or(right.map(|arn| arn.partition)) {
            None => found.add(
                &path,
                format_args!("{} is not {}", shown(value), kind.shape()),
            ),
            Some(of) => partition(found, &path, of, homes),
        }
    }
    counted
}
