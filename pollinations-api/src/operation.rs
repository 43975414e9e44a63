//! What the document says of each operation, at run time.

use reqwest::Method;

include!(concat!(env!("OUT_DIR"), "/operations.rs"));

/// One operation of `openapi.json`: where it is, and whom it is for.
///
/// This is for what lies under the client, such as a [`Transport`](crate::Transport), which is told the id alone.
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
    /// Its id, which is the name of the client's method, too.
    pub id: &'static str,
    /// The method of its requests.
    pub method: Method,
    /// Its path, with the names of parameters in braces (RFC 6570).
    pub path: &'static str,
    /// The address of the live service that has it, without a slash at the end.
    pub server: &'static str,
    /// Whether it takes no key at all (`security: []` in the document). An operation that does without one but takes it
    /// is none of these.
    pub is_public: bool,
    /// Whether the service coalesces it (`x-coalesced` in the document): identical requests share one generation and
    /// one charge, so that a request whose answer was lost can be sent again. A streamed answer is never shared.
    pub is_coalesced: bool,
}

impl Operation {
    /// All operations, by the order of their ids.
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

    /// The operation of this id.
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
