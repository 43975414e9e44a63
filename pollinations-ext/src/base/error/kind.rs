//! The kinds of errors.

/// The kinds of [`Error`](crate::Error).
///
/// # Examples
///
/// ```
/// use pollinations_ext::{ApiKey, ErrorKind};
///
/// assert_eq!(ApiKey::new("hunter2").unwrap_err().kind(), ErrorKind::InvalidKey);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The API key is missing or malformed.
    InvalidKey,
    /// The request is invalid, so nothing was sent: an invalid URL, an empty prompt, a value that is not JSON.
    InvalidRequest,
    /// The client cannot connect to the server: DNS, TLS, a proxy, or no network.
    Connect,
    /// The connection broke before the whole response arrived.
    Connection,
    /// A timeout expired: that of the call ([`Builder::timeout`](crate::Builder::timeout)), or that for silence within
    /// a response ([`Builder::idle_timeout`](crate::Builder::idle_timeout)).
    Timeout,
    /// The server answered with an error status: see [`Error::status`](crate::Error::status) and
    /// [`Error::code`](crate::Error::code).
    Api,
    /// The server sent something that this version cannot read: see [`Error::body`](crate::Error::body).
    Decode,
    /// A response is larger than [`Builder::max_response_bytes`](crate::Builder::max_response_bytes), an event of a
    /// stream is larger than 8 MiB, or a file is larger than the service accepts.
    TooLarge,
    /// The model failed in the middle of a stream and said so. [`Error::partial`](crate::Error::partial) has what
    /// arrived.
    Stream,
    /// A stream ended before the reply was complete. [`Error::partial`](crate::Error::partial) has what arrived.
    Truncated,
    /// A file could not be read or written, or the local port for a sign-in is taken.
    Io,
    /// The model's answer does not fit the type you asked for: see [`Error::text`](crate::Error::text).
    StructuredOutput,
    /// The model called functions more often than [`ChatRequest::max_rounds`](crate::chat::ChatRequest::max_rounds)
    /// allows.
    TooManyToolRounds,
    /// The user denied access, or the service did not grant a key.
    Denied,
    /// The user did not finish signing in before the code expired.
    Expired,
    /// The answer to a sign-in has no state or a wrong one, so it may be forged.
    StateMismatch,
}

/// The names that some kinds had before. They also work as patterns.
#[allow(non_upper_case_globals, reason = "they were variants")]
impl ErrorKind {
    /// The former name of [`InvalidKey`](Self::InvalidKey).
    #[deprecated(since = "0.1.0", note = "use `ErrorKind::InvalidKey`")]
    pub const Key: Self = Self::InvalidKey;

    /// The former name of [`InvalidRequest`](Self::InvalidRequest).
    #[deprecated(since = "0.1.0", note = "use `ErrorKind::InvalidRequest`")]
    pub const Request: Self = Self::InvalidRequest;

    /// The former name of [`StructuredOutput`](Self::StructuredOutput).
    #[deprecated(since = "0.1.0", note = "use `ErrorKind::StructuredOutput`")]
    pub const Structure: Self = Self::StructuredOutput;

    /// The former name of [`TooManyToolRounds`](Self::TooManyToolRounds).
    #[deprecated(since = "0.1.0", note = "use `ErrorKind::TooManyToolRounds`")]
    pub const ToolRounds: Self = Self::TooManyToolRounds;

    /// The former name of [`StateMismatch`](Self::StateMismatch).
    #[deprecated(since = "0.1.0", note = "use `ErrorKind::StateMismatch`")]
    pub const State: Self = Self::StateMismatch;
}
