//! The operations of the API document, at run time.

use reqwest::Method;

include!(concat!(env!("OUT_DIR"), "/operations.rs"));

/// An operation of `openapi.json`: its method, path, server and properties.
///
/// It is for code below the client, such as a [`Transport`](crate::Transport), which only gets the id.
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
    /// The id, which is also the name of the client's method.
    pub id: &'static str,
    /// The HTTP method.
    pub method: Method,
    /// The path, with the names of parameters in braces (RFC 6570).
    pub path: &'static str,
    /// The URL of the live server that has it, without a trailing slash.
    pub server: &'static str,
    /// Whether it takes no key at all (`security: []` in the document). `false` for an operation with an optional key.
    pub is_public: bool,
    /// Whether the service coalesces it (`x-coalesced` in the document): identical requests share one generation and one
    /// charge, so you can repeat a request whose answer was lost. A streamed answer is never shared.
    pub is_coalesced: bool,
}

impl Operation {
    /// All operations, sorted by id.
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

    /// The operation with this id.
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
