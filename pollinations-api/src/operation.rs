//! The operations of the API document, at run time.

use reqwest::Method;

include!(concat!(env!("OUT_DIR"), "/operations.rs"));

/// An operation of `openapi.json`: its method, path, server and properties.
///
/// Use it in code below the client, such as a [`Transport`](crate::Transport), which only receives the operation's
/// ID.
///
/// # Examples
///
/// ```
/// use pollinations_api::{Operation, reqwest::Method};
///
/// let chat = Operation::find("chat_completions").unwrap();
/// assert_eq!((&chat.method, chat.path), (&Method::POST, "/v1/chat/completions"));
/// assert_eq!(chat.server, "https://gen.pollinations.ai");
/// assert!(!chat.is_public && chat.is_coalesced);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Operation {
    /// The ID, which is also the name of the client's method.
    pub id: &'static str,
    /// The HTTP method.
    pub method: Method,
    /// The path, with the names of parameters in braces (RFC 6570).
    pub path: &'static str,
    /// The URL of the live server of this operation, without a trailing slash.
    pub server: &'static str,
    /// Whether it never takes an API key (`security: []` in the document). `false` if the key is optional.
    pub is_public: bool,
    /// Whether the service coalesces it (`x-coalesced` in the document): identical requests share one generation,
    /// which is billed once. So you can repeat a request whose response was lost. Streamed responses are never
    /// shared.
    pub is_coalesced: bool,
}

impl Operation {
    /// All operations, sorted by ID.
    ///
    /// # Examples
    ///
    /// ```
    /// for operation in pollinations_api::Operation::all() {
    ///     println!("{} {}: {}", operation.method, operation.path, operation.id);
    /// }
    /// ```
    pub fn all() -> &'static [Self] {
        OPERATIONS
    }

    /// The operation with this ID.
    ///
    /// # Examples
    ///
    /// ```
    /// use pollinations_api::Operation;
    ///
    /// assert!(Operation::find("upload_media").is_some());
    /// assert!(Operation::find("uploadMedia").is_none());
    /// ```
    pub fn find(id: &str) -> Option<&'static Self> {
        let at = OPERATIONS.binary_search_by(|operation| operation.id.cmp(id)).ok()?;
        OPERATIONS.get(at)
    }
}
