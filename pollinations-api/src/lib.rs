#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

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
    #![allow(missing_docs, unreachable_pub, clippy::all, reason = "generated")]

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
///     then.ok(&AccountBalance { balance: 1.5 });
/// });
/// let client = Client::new(&server.base_url(), SharedTransport::default());
/// assert_eq!(client.account_balance().send().await?.balance, 1.5);
/// mock.assert();
/// # Ok(())
/// # }
/// ```
#[cfg(feature = "httpmock")]
pub mod mock {
    #![allow(missing_docs, unreachable_pub, clippy::all, reason = "generated")]

    include!(concat!(env!("OUT_DIR"), "/mock.rs"));
}

/// The enumerations and unions of `openapi.json`.
mod model {
    #![allow(clippy::large_enum_variant, reason = "generated; a message is moved a few times in its life")]

    #[allow(unused_imports, reason = "a document may have no enumerations")]
    use crate::open::open_enum;

    include!(concat!(env!("OUT_DIR"), "/model.rs"));
}

pub use client::{ByteStream, Client, ClientInfo, Error, ResponseValue, builder, prelude};

/// The types of requests and responses.
///
/// Objects are structs with a `builder()`; enumerations are open and keep values they do not know; unions that are told
/// apart by a property are enums whose last variant takes what is new.
pub mod types {
    pub use crate::client::types::*;
    pub use crate::model::*;
}
