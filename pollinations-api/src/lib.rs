#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

pub mod json;
mod open;
mod operation;
mod path;
mod transport;

pub use operation::Operation;
pub use progenitor_client::{ClientHooks, OperationInfo};
pub use reqwest;
pub use transport::{Execution, Shareable, SharedTransport, Transport};

/// The name under which the generated code looks for progenitor's support: progenitor's, with our own path encoding.
mod support {
    #![allow(unreachable_pub, reason = "the generated code publishes them")]

    pub(crate) use super::path::encode_path;
    pub use progenitor_client::{
        ByteStream, ClientHooks, ClientInfo, Error, OperationInfo, RequestBuilderExt, ResponseValue,
    };
}

/// What progenitor made of `openapi.json`.
mod client {
    #![allow(missing_docs, unreachable_pub, unused_imports, dead_code, clippy::all, reason = "generated")]

    use super::support as progenitor_client;

    include!(concat!(env!("OUT_DIR"), "/client.rs"));
}

/// Typed helpers for the `httpmock` crate: what a request of each operation looks like, and what is answered.
///
/// # Examples
///
/// ```
/// use httpmock::MockServer;
/// use pollinations_api::{Client, SharedTransport, mock::MockServerExt, types::AccountBalance};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let server = MockServer::start_async().await;
/// let mock = server.account_balance(|_, then| {
///     then.ok(&AccountBalance::new(1.5));
/// });
/// let client = Client::new(&server.base_url(), SharedTransport::default());
/// assert_eq!(client.account_balance().send().await?.balance, 1.5);
/// mock.assert();
/// # Ok(())
/// # }
/// ```
#[cfg(feature = "httpmock")]
pub mod mock {
    #![allow(missing_docs, unreachable_pub, unused_imports, clippy::all, reason = "generated")]

    include!(concat!(env!("OUT_DIR"), "/mock.rs"));
}

pub use client::{ByteStream, Client, ClientInfo, Error, ResponseValue, builder, prelude};

/// The types of requests and responses.
///
/// - Objects are structs. Make one with `new`, which takes what it must have, with `Default` if there is nothing of the
///   kind, or with a `builder()`; then set fields. Their fields may become more, so they cannot be written as literals.
/// - Enumerations are open and keep values they do not know.
/// - Unions are enums whose last variant, `Other`, takes what is new.
///
/// All of them are read leniently; see [`json`]. What a server sends besides is in `extra()` of each object.
pub mod types {
    #![allow(rustdoc::redundant_explicit_links, reason = "generated: a link is spelled out whatever is in scope")]

    include!(concat!(env!("OUT_DIR"), "/model.rs"));
}
