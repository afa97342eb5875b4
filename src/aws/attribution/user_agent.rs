//! The caller in the user agent: of every call, so that reads, whose sessions are shared, tell whose they are too.
//!
//! The clients are shared by all callers. So whom a call is for is not theirs to know: it is set around the attempt, for
//! as long as that is polled, and read by an interceptor when the request is built.

use aws_smithy_runtime_api::{
    box_error::BoxError,
    client::{
        interceptors::{
            Intercept, context::BeforeTransmitInterceptorContextMut, dyn_dispatch_hint,
        },
        runtime_components::RuntimeComponents,
    },
};
use aws_smithy_types::config_bag::ConfigBag;

use super::SourceIdentity;

tokio::task_local! {
    static CALLER: SourceIdentity;
}

/// The headers that AWS reads the user agent from.
const HEADERS: [&str; 2] = ["user-agent", "x-amz-user-agent"];

/// The attempt, made on behalf of this caller.
pub fn on_behalf<F: Future>(caller: &str, attempt: F) -> impl Future<Output = F::Output> {
    CALLER.scope(SourceIdentity::of(caller), attempt)
}

/// Writes the caller into the user agent, in the same words as the source identity of a write. It is one token: without
/// blanks, and of 64 characters at most.
#[derive(Debug)]
pub struct OnBehalf;

#[dyn_dispatch_hint]
impl Intercept for OnBehalf {
    fn name(&self) -> &'static str {
        "OnBehalf"
    }

    fn modify_before_signing(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let Ok(caller) = CALLER.try_with(|caller| caller.as_str().to_owned()) else {
            return Ok(());
        };
        let headers = context.request_mut().headers_mut();
        for name in HEADERS {
            let before = headers.get(name).unwrap_or_default();
            let now = format!(
                "{before} trailplane/{} caller/{caller}",
                env!("CARGO_PKG_VERSION")
            );
            headers.try_insert(name, now.trim_start().to_owned())?;
        }
        Ok(())
    }
}
