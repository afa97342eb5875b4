//! S3 ListObjectsV2: one page of the objects of a bucket, in the order of their keys.

use aws_sdk_s3::{config::Builder as Override, primitives::DateTime, types};

use crate::{
    budget::{RequestContext, Tally},
    domain::{Api, Region, Timestamp},
};

use super::{AwsError, CredentialSource, Door, call::Call, error::RawFailure, list_accounts::Page};

/// Where a listing goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListFrom<'a> {
    /// At the first key.
    Start,
    /// After this key, whether or not there is such an object.
    After(&'a str),
    /// At the token of the page before.
    Token(&'a str),
}

/// What is listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Listing<'a> {
    /// The bucket.
    pub bucket: &'a str,
    /// What the keys begin with.
    pub prefix: &'a str,
    /// Where it goes on.
    pub from: ListFrom<'a>,
    /// Objects on a page; S3 puts no more than a thousand there.
    pub most: usize,
}

/// An object as S3 lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedObject {
    /// Its key.
    pub key: String,
    /// How large it is, in bytes.
    pub size: u64,
    /// When it was written.
    pub modified: Option<Timestamp>,
}

impl Door {
    /// Asks for one page of the objects of a bucket, in its Region, in the order of their keys' bytes.
    ///
    /// # Errors
    ///
    /// Whatever remains after retries; see [`AwsError`].
    pub async fn list_objects(
        &self,
        ctx: &RequestContext,
        tally: &Tally,
        who: &dyn CredentialSource,
        region: &Region,
        listing: Listing<'_>,
    ) -> Result<Page<ListedObject>, AwsError> {
        let client = self.clients().s3(region);
        let call = Call::new(ctx, tally, who, Api::ListObjectsV2, region);
        let (after, token) = match listing.from {
            ListFrom::Start => (None, None),
            ListFrom::After(key) => (Some(key.to_owned()), None),
            ListFrom::Token(token) => (None, Some(token.to_owned())),
        };
        let answer = self.call(call, |session| {
            let request = client
                .list_objects_v2()
                .bucket(listing.bucket)
                .prefix(listing.prefix)
                .max_keys(i32::try_from(listing.most).unwrap_or(i32::MAX))
                .set_start_after(after.clone())
                .set_continuation_token(token.clone())
                .customize()
                .config_override(
                    Override::new().credentials_provider(session.credentials().clone()),
                );
            Box::pin(async move {
                let answer = request.send().await.map_err(|e| RawFailure::from_sdk(&e))?;
                let objects = answer.contents.unwrap_or_default();
                let objects = objects.into_iter().map(listed).collect::<Result<_, _>>()?;
                Ok(Page::new(objects, answer.next_continuation_token))
            })
        });
        answer.await
    }
}

/// An object without a key cannot be asked for: rather than lose it, the answer is an error.
fn listed(object: types::Object) -> Result<ListedObject, RawFailure> {
    Ok(ListedObject {
        key: object
            .key
            .ok_or_else(|| RawFailure::malformed("key of an object"))?,
        size: object
            .size
            .and_then(|size| u64::try_from(size).ok())
            .unwrap_or(0),
        modified: object.last_modified.and_then(time),
    })
}

fn time(at: DateTime) -> Option<Timestamp> {
    Timestamp::from_parts(at.secs(), at.subsec_nanos())
}
