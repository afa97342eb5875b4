//! An open connection to the service: what each request says of who asks, and until when.

use std::time::Duration;

use tokio::time::{Instant, timeout, timeout_at};
use tonic::{
    Request, Status, Streaming,
    metadata::{Ascii, MetadataValue},
    transport::{Channel, Endpoint},
};

use crate::api::proto::{
    account_service_client::AccountServiceClient, budget_service_client::BudgetServiceClient,
    event_service_client::EventServiceClient, trail_service_client::TrailServiceClient,
};

use super::{
    connection::{Protection, TokenFrom},
    error::ClientError,
};

/// A connection that is not there by then will not come.
const CONNECT_WITHIN: Duration = Duration::from_secs(10);
/// A service that is silent for so long is asked whether it is there.
const PING_AFTER: Duration = Duration::from_secs(30);
/// And has so long to answer.
const PONG_WITHIN: Duration = Duration::from_secs(15);
/// The service ends a stream at the deadline, with its last message. This much later it is no more waited for.
const LATER: Duration = Duration::from_secs(2);
/// A page has 3 MiB of records at most, and what stands around them.
const LARGEST_ANSWER: usize = 64 << 20;

/// Where the service is, and what is shown to it.
pub struct At {
    /// Host and port.
    pub address: String,
    /// How the way there is protected.
    pub protection: Protection,
    /// What proves who asks.
    pub token: TokenFrom,
    /// When the command has to be done.
    pub until: Option<Instant>,
}

impl At {
    /// Connects.
    ///
    /// # Errors
    /// There is no service, its certificate is wrong, or a file cannot be read.
    pub async fn connect(&self) -> Result<Service, ClientError> {
        let token = self.token.read()?;
        let within = self.left().unwrap_or(CONNECT_WITHIN).min(CONNECT_WITHIN);
        // tonic's own bound ends with the socket's connection, before the handshakes.
        let connecting = timeout(within, async { self.endpoint()?.connect().await });
        let channel = match connecting.await {
            Ok(connected) => connected.map_err(|error| self.unreachable(error)),
            Err(elapsed) => Err(self.unreachable(elapsed)),
        };
        Ok(Service {
            channel: channel?,
            token,
            until: self.until,
        })
    }

    fn endpoint(&self) -> Result<Endpoint, tonic::transport::Error> {
        let endpoint = match &self.protection {
            Protection::None => Endpoint::from_shared(format!("http://{}", self.address))?,
            Protection::Tls(tls) => Endpoint::from_shared(format!("https://{}", self.address))?
                .tls_config((**tls).clone())?,
        };
        let endpoint = endpoint.user_agent(concat!("trailplane/", env!("CARGO_PKG_VERSION")))?;
        Ok(endpoint
            .http2_keep_alive_interval(PING_AFTER)
            .keep_alive_timeout(PONG_WITHIN))
    }

    /// What is left of the time that the command may take.
    fn left(&self) -> Option<Duration> {
        let until = self.until?;
        Some(until.saturating_duration_since(Instant::now()))
    }

    fn unreachable(&self, why: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> ClientError {
        ClientError::Unreachable {
            address: self.address.clone(),
            source: why.into(),
        }
    }
}

/// An open connection.
#[derive(Debug)]
pub struct Service {
    channel: Channel,
    token: Option<MetadataValue<Ascii>>,
    until: Option<Instant>,
}

impl Service {
    /// A request that says who asks, and until when.
    pub fn request<T>(&self, message: T) -> Request<T> {
        let mut request = Request::new(message);
        if let Some(token) = &self.token {
            request
                .metadata_mut()
                .insert("authorization", token.clone());
        }
        if let Some(until) = self.until {
            request.set_timeout(until.saturating_duration_since(Instant::now()));
        }
        request
    }

    /// The next message of a stream.
    ///
    /// # Errors
    /// The service says so, or it is silent past the deadline.
    pub async fn next<M>(&self, stream: &mut Streaming<M>) -> Result<Option<M>, ClientError> {
        let message = stream.message();
        let message = match self.until {
            None => message.await,
            Some(until) => timeout_at(until + LATER, message)
                .await
                .unwrap_or_else(|_| Err(Status::deadline_exceeded("the deadline came first"))),
        };
        Ok(message?)
    }

    /// EventService.
    pub fn events(&self) -> EventServiceClient<Channel> {
        EventServiceClient::new(self.channel.clone()).max_decoding_message_size(LARGEST_ANSWER)
    }

    /// TrailService.
    pub fn trails(&self) -> TrailServiceClient<Channel> {
        TrailServiceClient::new(self.channel.clone()).max_decoding_message_size(LARGEST_ANSWER)
    }

    /// AccountService.
    pub fn accounts(&self) -> AccountServiceClient<Channel> {
        AccountServiceClient::new(self.channel.clone()).max_decoding_message_size(LARGEST_ANSWER)
    }

    /// BudgetService.
    pub fn budgets(&self) -> BudgetServiceClient<Channel> {
        BudgetServiceClient::new(self.channel.clone()).max_decoding_message_size(LARGEST_ANSWER)
    }
}
