//! What becomes of connections, told to whoever counts them.

/// Why a connection was closed before its first request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// As many are open as may be.
    TooMany,
    /// It had not come in yet, and newer ones wanted its place.
    PushedOut,
    /// It did not come in within the time for that.
    TooSlow,
    /// The TLS handshake failed.
    Tls,
    /// The client's certificate was not accepted, or it has shown none.
    Certificate,
    /// It does not speak HTTP/2.
    NotHttp2,
    /// It left, or broke, before it came in.
    Gone,
}

impl Refusal {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::TooMany,
        Self::PushedOut,
        Self::TooSlow,
        Self::Tls,
        Self::Certificate,
        Self::NotHttp2,
        Self::Gone,
    ];

    /// The word in metrics and logs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::TooMany => "too_many",
            Self::PushedOut => "pushed_out",
            Self::TooSlow => "too_slow",
            Self::Tls => "tls",
            Self::Certificate => "certificate",
            Self::NotHttp2 => "not_http2",
            Self::Gone => "gone",
        }
    }
}

/// Hears of every connection, on its own path: it must not block.
pub trait ConnectionObserver: Send + Sync + 'static {
    /// A connection came in: requests may follow.
    fn opened(&self);
    /// It ended. Called exactly once for each `opened`.
    fn closed(&self);
    /// One was closed before it came in.
    fn refused(&self, why: Refusal);
}
