//! How an issuer of tokens is named, and where its keys are. Each is right once it exists.

use std::net::IpAddr;

use http::Uri;

use crate::config::shape::Shape;

/// A short name for an issuer of tokens, with which the names of its callers begin.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct IssuerName(String);

/// What the tokens of an issuer have as `iss`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct IssuerUrl(String);

/// Where keys are: HTTPS, or this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeysUrl(String);

impl IssuerName {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl IssuerUrl {
    /// To the letter as tokens have it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Where its OpenID configuration is, if it is a URL of which that can be told (OpenID Connect Discovery 1.0, 4).
    pub fn configuration(&self) -> Option<KeysUrl> {
        let base = self.0.trim_end_matches('/');
        KeysUrl::read(&format!("{base}/.well-known/openid-configuration"))
    }
}

impl KeysUrl {
    /// The URL.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Shape for IssuerName {
    const SHAPE: &'static str =
        "1 to 32 lower-case letters, digits or -, a letter first, and neither spiffe nor anonymous";

    fn read(text: &str) -> Option<Self> {
        let legal = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        let right = (1..=32).contains(&text.len())
            && text.starts_with(|first: char| first.is_ascii_lowercase())
            && text.bytes().all(legal)
            && !["spiffe", "anonymous"].contains(&text);
        right.then(|| Self(text.to_owned()))
    }

    fn show(&self) -> String {
        self.0.clone()
    }
}

impl Shape for IssuerUrl {
    const SHAPE: &'static str = "the issuer to the letter as its tokens have it in `iss`, such as https://issuer.example.org";

    fn read(text: &str) -> Option<Self> {
        let right = (1..=2048).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
        right.then(|| Self(text.to_owned()))
    }

    fn show(&self) -> String {
        self.0.clone()
    }
}

impl Shape for KeysUrl {
    const SHAPE: &'static str =
        "an https:// URL without a user, or an http:// one of a loopback address";

    fn read(text: &str) -> Option<Self> {
        let url: Uri = text.parse().ok()?;
        let (host, authority) = (url.host()?, url.authority()?);
        let bare = host.trim_matches(['[', ']']);
        let address: Option<IpAddr> = bare.parse().ok();
        let here = host == "localhost" || address.is_some_and(|address| address.is_loopback());
        let right = match url.scheme_str() {
            Some("https") => true,
            Some("http") => here,
            _ => false,
        };
        (right && !authority.as_str().contains('@')).then(|| Self(text.to_owned()))
    }

    fn show(&self) -> String {
        self.0.clone()
    }
}
