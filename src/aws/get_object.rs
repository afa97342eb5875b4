//! S3 GetObject: an object's metadata, and its bytes as they come.

use std::{collections::HashMap, time::Duration};

use aws_sdk_s3::{
    config::Builder as Override, operation::get_object::GetObjectOutput, primitives::ByteStream,
};
use bytes::Bytes;
use tokio::time::timeout;

use crate::{
    budget::{RequestContext, Tally},
    domain::{AccountId, Api, Region},
};

use super::{
    AwsError, CredentialSource, Door, FailureKind,
    call::Call,
    error::{RawFailure, causes},
};

/// How long the next bytes may take.
const NEXT_BYTES: Duration = Duration::from_secs(30);

/// An object that was asked for.
#[derive(Debug)]
pub struct Object {
    /// How large it says that it is, in bytes.
    pub size: Option<u64>,
    /// What its writer noted with it: names in lower case, without `x-amz-meta-`. CloudTrail's digests have their
    /// signature here.
    pub metadata: HashMap<String, String>,
    /// Its bytes.
    pub body: ObjectBody,
}

/// The bytes of an object, as they come. It holds what the connection has read ahead, and no more; dropping it ends it.
#[derive(Debug)]
pub struct ObjectBody {
    stream: ByteStream,
    /// Bytes that may still come.
    left: u64,
    most: u64,
    ctx: RequestContext,
    account: AccountId,
    region: Region,
}

impl ObjectBody {
    /// The next bytes; `None` at the end.
    ///
    /// # Errors
    ///
    /// If the connection breaks or stands still, the request ends, or the object is larger than it may be. What was read
    /// before stays good.
    pub async fn next(&mut self) -> Result<Option<Bytes>, AwsError> {
        let next = timeout(NEXT_BYTES, self.stream.try_next());
        let bytes = match self.ctx.race(next).await {
            Err(interrupted) => return Err(self.error(interrupted.into(), String::new())),
            Ok(Err(_)) => {
                let still = "the object's bytes stopped coming".to_owned();
                return Err(self.error(FailureKind::Timeout, still));
            }
            Ok(Ok(Err(error))) => {
                return Err(self.error(FailureKind::Transient, causes(&error)));
            }
            Ok(Ok(Ok(bytes))) => bytes,
        };
        let Some(bytes) = bytes else { return Ok(None) };
        match self.left.checked_sub(bytes.len() as u64) {
            Some(left) => self.left = left,
            None => {
                let large = format!("the object is larger than {} bytes", self.most);
                return Err(self.error(FailureKind::Refused, large));
            }
        }
        Ok(Some(bytes))
    }

    fn error(&self, kind: FailureKind, message: String) -> AwsError {
        AwsError {
            api: Api::GetObject,
            account: self.account,
            region: self.region.clone(),
            kind,
            code: None,
            message,
            request_id: None,
            remembered_for: None,
        }
    }
}

impl Door {
    /// Asks for an object, in its bucket's Region. At most so many bytes of it are read.
    ///
    /// # Errors
    ///
    /// Whatever remains after retries; see [`AwsError`].
    #[expect(
        clippy::too_many_arguments,
        reason = "who asks, where, for what, and how much of it"
    )]
    pub async fn get_object(
        &self,
        ctx: &RequestContext,
        tally: &Tally,
        who: &dyn CredentialSource,
        region: &Region,
        bucket: &str,
        key: &str,
        most: u64,
    ) -> Result<Object, AwsError> {
        let client = self.clients().s3(region);
        let call = Call::new(ctx, tally, who, Api::GetObject, region);
        let answer = self.call(call, |session| {
            let request = client
                .get_object()
                .bucket(bucket)
                .key(key)
                .customize()
                .config_override(
                    Override::new().credentials_provider(session.credentials().clone()),
                );
            let account = session.account();
            Box::pin(async move {
                let answer = request.send().await.map_err(|e| RawFailure::from_sdk(&e))?;
                Ok((account, answer))
            })
        });
        let (account, answer) = answer.await?;
        let GetObjectOutput {
            body,
            content_length,
            metadata,
            ..
        } = answer;
        Ok(Object {
            size: content_length.and_then(|size| u64::try_from(size).ok()),
            metadata: metadata.unwrap_or_default(),
            body: ObjectBody {
                stream: body,
                left: most,
                most,
                ctx: ctx.clone(),
                account,
                region: region.clone(),
            },
        })
    }
}
