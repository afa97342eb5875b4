//! What a text can be read as. A shape knows how to name itself, so that errors and the documentation say the same.

use std::{net::SocketAddr, time::Duration};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use tracing_subscriber::EnvFilter;

use crate::domain::{AccountId, Api, ExternalId, Partition, Region, RoleArn, target::UnitRef};

use super::{
    duration,
    secret::Secret,
    values::{
        BudgetStore, ByteCount, CacheKind, ClientAuth, CollectorUrl, CursorKey, KeyPrefix,
        LogFilter, LogFormat, RedisMode, RedisUrl, Reflection, RoleName, SessionName,
        TokenAlgorithm, UnitPath,
    },
};

/// A value that is written as one text.
pub(super) trait Shape: Sized {
    /// A phrase: "a duration such as 500ms".
    const SHAPE: &'static str;
    /// Whether an error may show what was found.
    const SECRET: bool = false;
    /// Reads the text as it was written.
    fn read(text: &str) -> Option<Self>;
    /// Writes the value as one would write it in the file.
    fn show(&self) -> String;
}

/// Shapes that are read and written by their own `FromStr` and `Display`.
macro_rules! by_from_str {
    ($($type:ty: $shape:expr),+ $(,)?) => {
        $(impl Shape for $type {
            const SHAPE: &'static str = $shape;
            fn read(text: &str) -> Option<Self> {
                text.parse().ok()
            }
            fn show(&self) -> String {
                self.to_string()
            }
        })+
    };
}

/// Shapes that are one of a few words.
macro_rules! by_word {
    ($($type:ident: $shape:expr; $($variant:ident = $word:expr),+;)+) => {
        $(impl Shape for $type {
            const SHAPE: &'static str = $shape;
            fn read(text: &str) -> Option<Self> {
                match text {
                    $($word => Some(Self::$variant),)+
                    _ => None,
                }
            }
            fn show(&self) -> String {
                match self {
                    $(Self::$variant => $word,)+
                }
                .to_owned()
            }
        })+
    };
}

by_from_str! {
    bool: "true or false",
    u32: "a whole number",
    usize: "a whole number",
    SocketAddr: "an address and a port such as 127.0.0.1:50051 or [::1]:50051",
    AccountId: AccountId::SHAPE,
    Region: Region::SHAPE,
    RoleArn: RoleArn::SHAPE,
    UnitRef: UnitRef::SHAPE,
    Partition: "one of aws, aws-cn, aws-us-gov",
}

impl Shape for f64 {
    const SHAPE: &'static str = "a number";

    fn read(text: &str) -> Option<Self> {
        text.parse().ok().filter(|number: &f64| number.is_finite())
    }

    fn show(&self) -> String {
        format!("{self:?}")
    }
}

impl Shape for String {
    const SHAPE: &'static str = "a text that is not empty";

    fn read(text: &str) -> Option<Self> {
        (!text.is_empty()).then(|| text.to_owned())
    }

    fn show(&self) -> String {
        self.clone()
    }
}

impl Shape for Duration {
    const SHAPE: &'static str = "a duration such as 500ms, 15m or 1h30m";

    fn read(text: &str) -> Option<Self> {
        duration::parse(text)
    }

    fn show(&self) -> String {
        duration::show(*self)
    }
}

impl Shape for ByteCount {
    const SHAPE: &'static str = "a number of bytes such as 65536, 64KiB or 4MiB";

    fn read(text: &str) -> Option<Self> {
        let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
        let unit = Self::UNITS
            .iter()
            .find(|(name, _)| *name == text.trim_start_matches(digits));
        let factor = unit.map(|(_, factor)| *factor)?;
        digits.parse::<usize>().ok()?.checked_mul(factor).map(Self)
    }

    fn show(&self) -> String {
        let whole = |factor: &usize| self.0 != 0 && self.0.is_multiple_of(*factor);
        Self::UNITS
            .iter()
            .rev()
            .find(|(_, factor)| whole(factor))
            .map_or_else(
                || "0".to_owned(),
                |(name, factor)| format!("{}{name}", self.0 / factor),
            )
    }
}

impl Shape for Api {
    const SHAPE: &'static str = Self::SHAPE;

    fn read(text: &str) -> Option<Self> {
        text.parse().ok()
    }

    fn show(&self) -> String {
        self.as_str().to_owned()
    }
}

by_word! {
    LogFormat: "one of json, text"; Json = "json", Text = "text";
    ClientAuth: "one of off, optional, required";
        Off = "off", Optional = "optional", Required = "required";
    Reflection: "one of public, authenticated, off";
        Public = "public", Authenticated = "authenticated", Off = "off";
    TokenAlgorithm: "one of RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, EdDSA";
        Rs256 = "RS256", Rs384 = "RS384", Rs512 = "RS512", Ps256 = "PS256", Ps384 = "PS384",
        Ps512 = "PS512", Es256 = "ES256", Es384 = "ES384", EdDsa = "EdDSA";
    BudgetStore: "one of embedded, redis, static";
        Embedded = "embedded", Redis = "redis", Static = "static";
    CacheKind: "one of off, memory, disk";
        Off = "off", Memory = "memory", Disk = "disk";
    RedisMode: "one of single, sentinel, cluster";
        Single = "single", Sentinel = "sentinel", Cluster = "cluster";
}

impl Shape for LogFilter {
    const SHAPE: &'static str = "a level, or levels by module such as info,trailplane::aws=debug";

    fn read(text: &str) -> Option<Self> {
        let directives = || EnvFilter::builder().parse(text).ok();
        (!text.is_empty()).then(directives)??;
        Some(Self(text.to_owned()))
    }

    fn show(&self) -> String {
        self.0.clone()
    }
}

impl Shape for RoleName {
    const SHAPE: &'static str = "the name of a role, with its path if it has one, such as Trailplane or security/Trailplane";

    fn read(text: &str) -> Option<Self> {
        let anywhere = AccountId::from_u64(0)?;
        RoleArn::of(Partition::Commercial, anywhere, text).ok()?;
        Some(Self(text.to_owned()))
    }

    fn show(&self) -> String {
        self.0.clone()
    }
}

impl Shape for SessionName {
    const SHAPE: &'static str = "2 to 64 letters, digits or +=,.@-_";

    fn read(text: &str) -> Option<Self> {
        let legal = |b: u8| b.is_ascii_alphanumeric() || b"+=,.@-_".contains(&b);
        let right = (2..=64).contains(&text.len()) && text.bytes().all(legal);
        right.then(|| Self(text.to_owned()))
    }

    fn show(&self) -> String {
        self.0.clone()
    }
}

impl Shape for ExternalId {
    const SHAPE: &'static str = Self::SHAPE;
    const SECRET: bool = true;

    fn read(text: &str) -> Option<Self> {
        text.parse().ok()
    }

    fn show(&self) -> String {
        "(secret)".to_owned()
    }
}

impl Shape for CursorKey {
    const SHAPE: &'static str =
        "base64 of at least 32 random bytes, as `openssl rand -base64 32` prints it";
    const SECRET: bool = true;

    fn read(text: &str) -> Option<Self> {
        let bytes = STANDARD.decode(text.trim()).ok()?;
        (bytes.len() >= 32).then(|| Self(Secret::new(bytes)))
    }

    fn show(&self) -> String {
        "(secret)".to_owned()
    }
}

impl Shape for UnitPath {
    const SHAPE: &'static str =
        "a path of organizational unit names such as /Prod/Payments, or / for the root";

    fn read(text: &str) -> Option<Self> {
        let names = text.strip_prefix('/')?;
        if names.is_empty() {
            return Some(Self(Vec::new()));
        }
        let names: Vec<String> = names.split('/').map(str::to_owned).collect();
        let legal = |name: &String| (1..=128).contains(&name.chars().count());
        names.iter().all(legal).then_some(Self(names))
    }

    fn show(&self) -> String {
        format!("/{}", self.0.join("/"))
    }
}

impl Shape for Secret<String> {
    const SHAPE: &'static str = "a text that is not empty";
    const SECRET: bool = true;

    fn read(text: &str) -> Option<Self> {
        (!text.is_empty()).then(|| Self::new(text.to_owned()))
    }

    fn show(&self) -> String {
        "(secret)".to_owned()
    }
}

/// Whether it is one of these schemes, a host, and a port: nothing else.
fn is_address(text: &str, schemes: &[&str]) -> bool {
    let address = schemes.iter().find_map(|scheme| text.strip_prefix(scheme));
    let parts = address.and_then(|address| address.rsplit_once(':'));
    parts.is_some_and(|(host, port)| {
        let named = !host.is_empty() && !host.contains(['@', '/', '?', '#', ' ']);
        named && port.parse().is_ok_and(|port: u16| port > 0)
    })
}

impl Shape for RedisUrl {
    const SHAPE: &'static str = "redis://host:port, or with TLS rediss://host:port, without a user, a password or a database";
    // It may be one with a password, which is why it is wrong.
    const SECRET: bool = true;

    fn read(text: &str) -> Option<Self> {
        is_address(text, &["redis://", "rediss://"]).then(|| Self(text.to_owned()))
    }

    fn show(&self) -> String {
        self.0.clone()
    }
}

impl Shape for CollectorUrl {
    const SHAPE: &'static str =
        "http://host:port or https://host:port, without a path, a user or a password";
    // It may be one with a password, which is why it is wrong.
    const SECRET: bool = true;

    fn read(text: &str) -> Option<Self> {
        is_address(text, &["http://", "https://"]).then(|| Self(text.to_owned()))
    }

    fn show(&self) -> String {
        self.0.clone()
    }
}

impl Shape for KeyPrefix {
    const SHAPE: &'static str = "1 to 64 letters, digits or -_.";

    fn read(text: &str) -> Option<Self> {
        let legal = |b: u8| b.is_ascii_alphanumeric() || b"-_.".contains(&b);
        let right = (1..=64).contains(&text.len()) && text.bytes().all(legal);
        right.then(|| Self(text.to_owned()))
    }

    fn show(&self) -> String {
        self.0.clone()
    }
}
