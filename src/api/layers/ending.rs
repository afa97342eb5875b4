//! How an answer ended: the status among its headers, its trailers, or the error that its body ended with. Whoever wants to
//! know stands in the body, and is dropped with it: that is the one thing that always happens.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{HeaderMap, Response};
use http_body::{Body as HttpBody, Frame, SizeHint};
use tonic::{Code, Status, body::Body};
use tracing::Span;

/// Who wants to know. Told once, or not at all if the caller left before the end.
pub(super) trait Ending: Send + Unpin + 'static {
    /// It ended with this code.
    fn code(&mut self, code: Code);

    /// In which span the rest of the answer is made.
    fn span(&self) -> Span {
        Span::none()
    }
}

/// The answer, with `who` told of its end.
pub(super) fn watched(response: Response<Body>, mut who: impl Ending) -> Response<Body> {
    // An error without a body has its status among the headers.
    see(&mut who, response.headers());
    response.map(|inner| Body::new(Watched { inner, who }))
}

fn see(who: &mut impl Ending, headers: &HeaderMap) {
    if let Some(status) = Status::from_header_map(headers) {
        who.code(status.code());
    }
}

struct Watched<E> {
    inner: Body,
    who: E,
}

impl<E: Ending> HttpBody for Watched<E> {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let this = &mut *self;
        let polled = this
            .who
            .span()
            .in_scope(|| Pin::new(&mut this.inner).poll_frame(cx));
        match &polled {
            Poll::Ready(Some(Ok(frame))) => {
                if let Some(trailers) = frame.trailers_ref() {
                    see(&mut this.who, trailers);
                }
            }
            Poll::Ready(Some(Err(status))) => this.who.code(status.code()),
            Poll::Ready(None) | Poll::Pending => {}
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
