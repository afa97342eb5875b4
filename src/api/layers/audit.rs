//! One record for every request that was let in, at its end: by whom, which RPC, with which digest, to which code. Stands
//! inside the limits, so that strangers who are refused cannot fill the disk; the log has them.

use std::{
    convert::Infallible,
    pin::Pin,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{Extensions, Request, Response};
use http_body::{Body as HttpBody, Frame, SizeHint};
use sha2::{Digest, Sha256};
use tokio::time::Instant;
use tonic::{Code, Status, body::Body};
use tower::{Layer, Service};

use super::{
    Answer,
    caller::caller,
    ending::{Ending, watched},
    row,
};
use crate::{
    api::rpcs::{Class, Rpc},
    audit::{self, Audit},
    budget::CallerId,
    domain::authority::Origin,
};

/// What gRPC puts before a message: whether it is compressed, and how long it is.
const PREFIX: usize = 5;

/// See the module.
#[derive(Debug, Clone)]
pub struct AuditLayer {
    audit: Audit,
}

impl AuditLayer {
    /// Records there.
    pub fn new(audit: Audit) -> Self {
        Self { audit }
    }
}

impl<S> Layer<S> for AuditLayer {
    type Service = Audited<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Audited {
            inner,
            audit: self.audit.clone(),
        }
    }
}

/// See the module.
#[derive(Debug, Clone)]
pub struct Audited<S> {
    inner: S,
    audit: Audit,
}

impl<S> Service<Request<Body>> for Audited<S>
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible>,
    S::Future: Send + 'static,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Answer<Infallible>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let Some(rpc) = row(&request).filter(|_| self.audit.is_on()) else {
            return Box::pin(self.inner.call(request));
        };
        let asked = Asked(Arc::new(Shared {
            rpc,
            message: Mutex::default(),
            plans: AtomicBool::new(false),
        }));
        let watch = Watch {
            asked: asked.clone(),
            caller: caller(request.extensions()),
            start: Instant::now(),
            code: None,
            audit: self.audit.clone(),
        };
        let (mut head, body) = request.into_parts();
        head.extensions.insert(asked.clone());
        let inner = body;
        let body = Body::new(Heard { inner, asked });
        let work = self.inner.call(Request::from_parts(head, body));
        Box::pin(async move { Ok(watched(work.await?, watch)) })
    }
}

/// A request, as records name it; in its extensions for the services. Cloning shares it.
#[derive(Debug, Clone)]
pub struct Asked(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    rpc: &'static Rpc,
    message: Mutex<Message>,
    plans: AtomicBool,
}

#[derive(Debug, Default)]
struct Message {
    /// Bytes seen, up to those that precede a message.
    prefix: usize,
    hash: Sha256,
    any: bool,
}

/// The request, if it is recorded.
pub fn asked(extensions: &Extensions) -> Option<Asked> {
    extensions.get::<Asked>().cloned()
}

impl Asked {
    /// It changes nothing, whatever its RPC may do: it is only a plan.
    pub fn plans(&self) {
        self.0.plans.store(true, Ordering::Relaxed);
    }

    /// What is done for it.
    pub fn origin(self) -> Arc<dyn Origin> {
        self.0
    }

    fn hear(&self, bytes: &[u8]) {
        let message = self.0.message.lock();
        let mut message = message.unwrap_or_else(PoisonError::into_inner);
        let skipped = (PREFIX - message.prefix).min(bytes.len());
        message.prefix += skipped;
        let rest = bytes.get(skipped..).unwrap_or_default();
        message.any = true;
        message.hash.update(rest);
    }

    fn changes_nothing(&self) -> bool {
        match self.0.rpc.class {
            Class::Read | Class::ReadStream | Class::Follow => true,
            Class::Write | Class::WriteStream => self.0.plans.load(Ordering::Relaxed),
        }
    }
}

impl Origin for Shared {
    fn rpc(&self) -> &str {
        self.rpc.full_name()
    }

    fn digest(&self) -> Option<String> {
        let message = self.message.lock();
        let message = message.unwrap_or_else(PoisonError::into_inner);
        let digest = || audit::hex(&message.hash.clone().finalize());
        message.any.then(|| format!("sha256:{}", digest()))
    }
}

/// Records once, when dropped: that is the one thing that always happens.
struct Watch {
    asked: Asked,
    caller: CallerId,
    start: Instant,
    code: Option<Code>,
    audit: Audit,
}

impl Ending for Watch {
    fn code(&mut self, code: Code) {
        self.code = Some(code);
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let shared = &self.asked.0;
        let code = self.code.unwrap_or(Code::Cancelled);
        let record = audit::Request::new(
            shared.rpc(),
            self.caller.as_str(),
            crate::api::status::code_name(code),
            self.start.elapsed(),
            shared.digest().as_deref(),
        );
        match self.asked.changes_nothing() {
            true => self.audit.read(record),
            false => self.audit.write(record),
        }
    }
}

/// A request's body, whose bytes are heard as they are read.
struct Heard {
    inner: Body,
    asked: Asked,
}

impl HttpBody for Heard {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let polled = Pin::new(&mut self.inner).poll_frame(cx);
        if let Poll::Ready(Some(Ok(frame))) = &polled
            && let Some(bytes) = frame.data_ref()
        {
            self.asked.hear(bytes);
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
