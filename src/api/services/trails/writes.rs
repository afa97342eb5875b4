//! The changes: all of them are one use case, and one stream of what becomes of the targets.

use std::future::ready;

use futures_util::{Stream, StreamExt, stream};
use tonic::{Request, Response, Status, codegen::BoxStream};

use super::TrailApi;
use crate::{
    api::{
        convert::changes::{self as convert, ChangeAnswer, ChangeMessage},
        layers::audit,
        proto::Lane,
        services::{context, new_id, only_plans, unfinished},
        status::{self, Failure},
    },
    budget::{self, RequestContext},
    trails::{
        TrailError,
        change::{ChangeItem, Changes},
    },
};

/// A program waits, and has hundreds of targets; pages that people wait for go first.
const USUAL: budget::Lane = budget::Lane::Standard;

impl TrailApi {
    /// Carries out one change.
    pub(super) async fn change<M: ChangeMessage>(
        &self,
        request: Request<M>,
    ) -> Result<Response<BoxStream<M::Answer>>, Status> {
        let ctx = context(&request, Lane::Unspecified, USUAL)?;
        let recorded = audit::asked(request.extensions());
        let asked = convert::parse(request.into_inner(), new_id)?;
        only_plans(recorded, asked.validate_only);
        let mut changes = self.trails.change(&ctx, asked).await.map_err(refused)?;
        let policies = changes.take_policies().and_then(convert::policies);
        let items = stream::unfold(changes, |mut changes: Changes| async {
            let item = match changes.next().await {
                Some(item) => Ok(item),
                None => Err(changes.refused()?),
            };
            Some((item, changes))
        });
        let first = stream::iter(policies.map(Ok));
        Ok(Response::new(Box::pin(first.chain(relay(items, ctx)))))
    }
}

fn refused(error: TrailError) -> Failure {
    match error {
        TrailError::UnknownOwners(places) => {
            status::unknown_owners(&places, |at| format!("trail_arns[{at}]"))
        }
        other => other.into(),
    }
}

/// The messages of an answer. The last item is a summary; without one the answer is not whole, and the caller must not
/// take it for one.
fn relay<A: ChangeAnswer>(
    items: impl Stream<Item = Result<ChangeItem, TrailError>> + Send + 'static,
    ctx: RequestContext,
) -> impl Stream<Item = Result<A, Status>> + Send + 'static {
    let items = items.map(Some).chain(stream::iter([None]));
    items.scan(false, move |whole, item| {
        ready(match item {
            Some(Ok(item)) => {
                *whole = matches!(item, ChangeItem::Summary(_));
                Some(Ok(convert::item(item)))
            }
            Some(Err(error)) => {
                *whole = true;
                Some(Err(refused(error).into()))
            }
            None if *whole => None,
            None => Some(Err(unfinished(&ctx, "a change ended without its summary"))),
        })
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::Instant;
    use tokio_util::sync::CancellationToken;
    use tonic::Code;

    use super::*;
    use crate::{
        api::proto::StopLoggingResponse,
        budget::CallerId,
        domain::{Authority, Coverage},
        trails::change::Summary,
    };

    fn context() -> RequestContext {
        RequestContext {
            caller: CallerId::new("test"),
            lane: USUAL,
            deadline: Instant::now() + Duration::from_secs(60),
            cancel: CancellationToken::new(),
            authority: Authority::unlimited(),
            span: tracing::Span::none(),
        }
    }

    fn summary() -> ChangeItem {
        ChangeItem::Summary(Box::new(Summary {
            request_id: "r".into(),
            counts: Vec::new(),
            stopped: None,
            coverage: Coverage::default(),
            stale: false,
            calls: 0,
        }))
    }

    async fn codes(items: Vec<ChangeItem>, ctx: RequestContext) -> Vec<Code> {
        let items = stream::iter(items.into_iter().map(Ok));
        let messages = relay::<StopLoggingResponse>(items, ctx);
        let codes = messages.map(|message| message.map_or_else(|s| s.code(), |_| Code::Ok));
        codes.collect().await
    }

    #[tokio::test]
    async fn an_answer_without_its_summary_is_an_error() {
        assert_eq!(codes(vec![summary()], context()).await, [Code::Ok]);
        assert_eq!(codes(vec![], context()).await, [Code::Internal]);
        let draining = context();
        draining.cancel.cancel();
        assert_eq!(codes(vec![], draining).await, [Code::Unavailable]);
        let late = RequestContext {
            deadline: Instant::now(),
            ..context()
        };
        assert_eq!(codes(vec![], late).await, [Code::DeadlineExceeded]);
    }

    #[test]
    fn ids_are_made_up_once_each_and_are_ids() {
        let (one, other) = (new_id(), new_id());
        assert_ne!(one, other);
        assert_eq!(one.len(), 32);
        assert!(one.bytes().all(|byte| byte.is_ascii_hexdigit()));
    }
}
