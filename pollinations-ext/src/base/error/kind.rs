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
    /// The request is invalid, so nothing was sent. Examples: an invalid URL, an empty prompt, a value that is not
    /// JSON.
    InvalidRequest,
    /// Connecting to the server failed: DNS, TLS, a proxy, or no network.
    Connect,
    /// The connection broke before the whole response arrived, for example with a connection reset.
    Connection,
    /// A timeout expired: that of the call ([`Builder::timeout`](crate::Builder::timeout)), or the idle timeout
    /// ([`Builder::idle_timeout`](crate::Builder::idle_timeout)).
    Timeout,
    /// The server returned an error status: see [`Error::status`](crate::Error::status) and
    /// [`Error::code`](crate::Error::code).
    Api,
    /// The server sent a response that cannot be parsed: see [`Error::body`](crate::Error::body).
    Decode,
    /// A response is larger than [`Builder::max_response_bytes`](crate::Builder::max_response_bytes), an event of a
    /// stream is larger than 8 MiB, or a file is larger than the service accepts.
    TooLarge,
    /// The service reported an error in the middle of a stream. [`Error::partial`](crate::Error::partial) has the
    /// reply so far.
    Stream,
    /// A stream ended before the reply was complete. [`Error::partial`](crate::Error::partial) has the reply so far.
    Truncated,
    /// A file could not be read or written, or the port on 127.0.0.1 for a sign-in is taken.
    Io,
    /// The model's reply does not match the type you asked for: see [`Error::text`](crate::Error::text).
    StructuredOutput,
    /// The model called functions in more rounds than
    /// [`ChatRequest::max_rounds`](crate::chat::ChatRequest::max_rounds) allows.
    TooManyToolRounds,
    /// The user denied access, or the service did not grant a key.
    Denied,
    /// The user did not finish signing in before the code expired.
    Expired,
    /// The redirect of a sign-in has no state or a wrong one, so it may be forged.
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
