#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]
// The client of another document may have long chains of types that contain each other. The compiler checks each link
// to find out whether they are `Send`.
#![recursion_limit = "1024"]

pub mod json;
mod open;
mod operation;
mod path;
mod prepared;
mod transport;

pub use operation::Operation;
pub use prepared::{PrepareError, PreparedRequest};
pub use progenitor_client::{ClientHooks, OperationInfo};
pub use reqwest;
pub use transport::{Execution, Shareable, SharedTransport, Transport};

/// The generated code expects progenitor's support module under this name. This one has our own path encoding.
mod support {
    #![allow(unreachable_pub, reason = "the generated code publishes them")]

    pub(crate) use super::path::encode_path;
    pub use progenitor_client::{
        ByteStream, ClientHooks, ClientInfo, Error, OperationInfo, RequestBuilderExt, ResponseValue,
    };
}

/// The code that progenitor generated from `openapi.json`.
mod client {
    #![allow(missing_docs, unreachable_pub, unused_imports, dead_code, clippy::all, reason = "generated")]

    use super::support as progenitor_client;

    include!(concat!(env!("OUT_DIR"), "/client.rs"));
}

/// Typed helpers for the `httpmock` crate: mocks of the requests and responses of each operation.
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
/// - Objects are structs. Create one with `new`, which takes the required fields, with `Default` if there are no
///   required fields, or with a `builder()`. Then set other fields. Objects may gain fields, so you cannot write them
///   as struct literals.
/// - Enumerations are open: they keep values that this version does not know.
/// - Unions are enums. Their last variant, `Other`, holds any other value.
///
/// All types are parsed leniently; see [`json`]. `extra()` of each object has its unknown fields.
pub mod types {
    #![allow(rustdoc::redundant_explicit_links, reason = "generated: a link is spelled out whatever is in scope")]

    include!(concat!(env!("OUT_DIR"), "/model.rs"));
}
