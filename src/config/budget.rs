//! Where the slots of budgets come from.

use std::{path::PathBuf, time::Duration};

use super::{
    reader::Section,
    secret::Secret,
    values::{BudgetStore, KeyPrefix, RedisMode, RedisUrl},
};

/// Where the slots of budgets come from.
#[derive(Debug, Clone, PartialEq)]
pub struct Budget {
    /// What kind of store.
    pub store: BudgetStore,
    /// How many replicas there should be; set unless the store is embedded.
    pub replicas: Option<u32>,
    /// Requests that may wait for one bucket.
    pub max_waiting: usize,
    /// The shared store.
    pub redis: Redis,
}

/// Where Redis is.
#[derive(Debug, Clone, PartialEq)]
pub struct Redis {
    /// How the servers are arranged.
    pub mode: RedisMode,
    /// Servers, Sentinels, or nodes of the cluster.
    pub urls: Vec<RedisUrl>,
    /// Who we are to the servers.
    pub username: Option<String>,
    /// See `username`.
    pub password: Option<Secret<String>>,
    /// The Sentinels' name of the primary.
    pub sentinel_service: Option<String>,
    /// Who we are to the Sentinels.
    pub sentinel_username: Option<String>,
    /// See `sentinel_username`.
    pub sentinel_password: Option<Secret<String>>,
    /// Certificates to trust instead of the system's.
    pub ca_file: Option<PathBuf>,
    /// How long one call may take.
    pub timeout: Duration,
    /// What all keys begin with.
    pub key_prefix: KeyPrefix,
}

impl Budget {
    pub(super) fn read(s: &mut Section<'_>) -> Self {
        Self {
            store: s
                .key("store", "Where the slots of each budget come from. `embedded`: this process, which must be the only replica. `redis`: Redis or Valkey, shared by all replicas (docs/budget-store.md). `static`: each replica has an equal part of each quota, also while others are idle or gone.")
                .or(BudgetStore::Embedded),
            replicas: s
                .key("replicas", "How many replicas there should be. A replica that cannot reach the store spends its part of each quota, one in so many. The same on all of them.")
                .within(1..=48)
                .optional("1; required unless `budget.store` is `embedded`"),
            max_waiting: s
                .key("max_waiting", "How many requests may wait for the budget of one account, Region and operation. More are refused at once.")
                .within(1..=1_000_000)
                .or(4096),
            redis: s.section("redis", "The store that replicas share, if `budget.store` is `redis`.", Redis::read),
        }
    }
}

impl Redis {
    fn read(s: &mut Section<'_>) -> Self {
        Self {
            mode: s
                .key("mode", "How the servers are arranged: `single` is one server, or one address that always leads to the primary.")
                .or(RedisMode::Single),
            urls: s.list(
                "urls",
                "The server (`single`), the Sentinels (`sentinel`), or some nodes of the cluster (`cluster`); `rediss://` is TLS.",
            ),
            username: s
                .key("username", "The ACL user.")
                .optional("the default user"),
            password: s.key("password", "Its password.").optional("none"),
            sentinel_service: s
                .key("sentinel_service", "The name under which the Sentinels watch the primary.")
                .optional("none; required if `mode` is `sentinel`"),
            sentinel_username: s
                .key("sentinel_username", "The ACL user of the Sentinels themselves.")
                .optional("the default user"),
            sentinel_password: s
                .key("sentinel_password", "Its password.")
                .optional("none"),
            ca_file: s
                .key::<String>("ca_file", "A file of certificates (PEM) to trust instead of the system's.")
                .optional("the system's certificates")
                .map(PathBuf::from),
            timeout: s
                .key("timeout", "How long one call may take. Three in a row that take longer, and the store counts as gone.")
                .within(Duration::from_millis(10)..=Duration::from_secs(1))
                .or(Duration::from_millis(50)),
            key_prefix: s
                .key("key_prefix", "What all keys begin with, after a brace. Installations that spend the same quotas share one; others in the same Redis need another.")
                .or(KeyPrefix("trailplane".to_owned())),
        }
    }
}
