//! Amazon S3: where buckets are, and their policies. They hold no objects: nothing is delivered to them. Path-style
//! addresses only.

use http::{HeaderMap, HeaderValue, StatusCode};

use super::{
    resources::Bucket,
    sessions::Principal,
    wire::{Answer, ApiError, Call, xml},
    world::World,
};
use crate::domain::Service;

/// Answers the operation.
pub fn handle(world: &World, caller: &Principal, call: &Call, operation: &'static str) -> Answer {
    let name = bucket_name(call);
    let bucket = world.resources.bucket(name);
    if !bucket.exists() {
        let error = ApiError::new("NoSuchBucket", "The specified bucket does not exist");
        return Err(error.status(StatusCode::NOT_FOUND));
    }
    let home = home(&bucket, call);
    // The global endpoint tells the place of every bucket.
    let asks_place = operation == "GetBucketLocation" && call.region == "us-east-1";
    if home != call.region && !asks_place {
        let error = ApiError::new(
            "PermanentRedirect",
            "The bucket you are attempting to access must be addressed using the specified endpoint. Please send all \
             future requests to this endpoint.",
        );
        return Err(error.status(StatusCode::MOVED_PERMANENTLY));
    }
    let owner = bucket.owner(caller.account);
    let expected = call.expected_owner.as_deref();
    if owner != caller.account || expected.is_some_and(|id| id != owner.to_string()) {
        return Err(ApiError::denied(Service::S3, "Access Denied"));
    }
    match operation {
        "GetBucketPolicy" => bucket.policy(caller.account).ok_or_else(|| {
            ApiError::new("NoSuchBucketPolicy", "The bucket policy does not exist")
                .status(StatusCode::NOT_FOUND)
        }),
        "GetBucketLocation" => {
            // The oldest Region has no name here.
            let place = if home == "us-east-1" { "" } else { home };
            Ok(format!(
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
                 <LocationConstraint xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">{place}</LocationConstraint>"
            ))
        }
        "HeadBucket" => Ok(String::new()),
        "ListObjectsV2" => Ok(format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
             <ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Name>{}</Name><KeyCount>0</KeyCount>\
             <MaxKeys>1000</MaxKeys><IsTruncated>false</IsTruncated></ListBucketResult>",
            xml(name)
        )),
        other => Err(ApiError::unknown_operation(Service::S3, other)),
    }
}

fn bucket_name(call: &Call) -> &str {
    call.path.trim_matches('/')
}

fn home<'a>(bucket: &'a Bucket<'a>, call: &'a Call) -> &'a str {
    bucket
        .region()
        .map_or(call.region.as_str(), |region| region.as_str())
}

/// Adds the bucket's Region to the answer, as S3 does whether or not the call succeeded.
pub fn tell_region(world: &World, call: &Call, headers: &mut HeaderMap) {
    let bucket = world.resources.bucket(bucket_name(call));
    if bucket.exists()
        && let Ok(region) = HeaderValue::from_str(home(&bucket, call))
    {
        headers.insert("x-amz-bucket-region", region);
    }
}
