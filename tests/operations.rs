//! The door's own operations, one by one, against AWSs that others wrote: what is sent is understood, and what comes
//! back is read.

mod log_files;
mod ministack;
mod moto;
mod policies;
mod sandbox;

use std::time::Duration;

use aws_credential_types::Credentials;
use aws_types::SdkConfig;
use trailplane::{
    budget::{RequestContext, Tally},
    domain::Region,
};

use crate::support::{
    emulator::Emulator,
    rig::{Rig, request},
};

/// A door to an AWS, with own credentials there.
struct World<A = Emulator> {
    rig: Rig,
    ctx: RequestContext,
    tally: Tally,
    region: Region,
    /// The same AWS as the SDK's own clients see it, to set things up.
    sdk: SdkConfig,
    _aws: A,
}

impl World {
    async fn ministack() -> Self {
        let aws = Emulator::ministack().await;
        let endpoint = aws.endpoint();
        Self::at(aws, &endpoint, "111111111111", "rootsecret").await
    }

    async fn moto() -> Self {
        let aws = Emulator::moto().await;
        let endpoint = aws.endpoint();
        Self::at(aws, &endpoint, "AKIDEXAMPLE", "any").await
    }
}

impl<A> World<A> {
    async fn at(aws: A, endpoint: &str, key: &str, secret: &str) -> Self {
        let region: Region = "eu-west-1".parse().unwrap();
        let sdk = aws_config::defaults(aws_config::BehaviorVersion::latest())
            .endpoint_url(endpoint)
            .region(aws_types::region::Region::new("eu-west-1"))
            .credentials_provider(Credentials::new(key, secret, None, None, "test"))
            .http_client(aws_smithy_http_client::Builder::new().build_http());
        Self {
            sdk: sdk.load().await,
            rig: Rig::new(endpoint, key, secret).await,
            ctx: request(Duration::from_secs(60)),
            tally: Tally::default(),
            region,
            _aws: aws,
        }
    }
}

/// Calls an operation of the door with the world's own identity: `op!(world.start_logging(&region, &arn))`.
macro_rules! op {
    ($world:ident.$operation:ident($($argument:expr),*)) => {
        $world
            .rig
            .door
            .$operation(&$world.ctx, &$world.tally, &*$world.rig.base $(, $argument)*)
            .await
    };
}
use op;
