//! Bring Your Own Pollen (BYOP): sign in users, so that they pay for what your program generates.
//!
//! Your program sends the user to a sign-in page. There they grant your program an API key with a list of models, a
//! budget and an expiry date. You get the key and create a client with it.
//!
//! Which flow to use:
//!
//! - **A program on the user's machine**: `SignIn` (feature `byop-loopback`) signs the user in with one call.
//! - **A web application**: [`CodeFlow`] uses an authorization code with PKCE (RFC 6749, RFC 7636).
//! - **A program without a browser**: [`DeviceFlow`] shows a short code and waits (RFC 8628).
//! - **An older server that supports none of these**: [`FragmentFlow`] returns the key in the fragment of a URL.
//!
//! The first three return a [`Grant`]: the key, its permissions, and when it expires. After that,
//! [`Error::is_signed_out`](crate::Error::is_signed_out) is `true`, and the user has to sign in again.
//!
//! # Examples
//!
//! ```no_run
//! use pollinations_ext::{Pollinations, byop::{CodeFlow, Permission}};
//!
//! # async fn example(address_they_came_back_to: &str) -> Result<(), pollinations_ext::Error> {
//! let flow = CodeFlow::new("pk_your_app".parse()?, "https://example.com/back")
//!     .permissions([Permission::Profile])
//!     .models(["flux", "openai"])
//!     .budget(5.0)
//!     .expiry(7);
//! println!("Please visit {}", flow.url()?);
//!
//! let grant = flow.finish(address_they_came_back_to).await?;
//! let pollinations = Pollinations::builder().key(grant.into_key()).build()?;
//! # Ok(())
//! # }
//! ```

mod asked;
mod callback;
mod code;
mod device;
mod failure;
mod fragment;
#[cfg(feature = "byop-loopback")]
mod loopback;
mod server;
#[cfg(feature = "byop-loopback")]
mod sign_in;
mod state;
mod token;
mod user;
mod verifier;
mod wire;

pub use asked::Permission;
pub use code::{Code, CodeFlow};
pub use device::{DeviceCode, DeviceFlow};
pub use failure::OAuthError;
#[allow(deprecated, reason = "programs that use the former name still compile")]
pub use fragment::Authorization;
pub use fragment::FragmentFlow;
#[cfg(feature = "byop-loopback")]
pub use loopback::Receiver;
pub use server::Server;
#[cfg(feature = "byop-loopback")]
pub use sign_in::SignIn;
pub use state::State;
pub use token::Grant;
pub use user::UserInfo;
pub use verifier::Verifier;

/// The service's sign-in server.
const ENTER_URL: &str = "https://enter.pollinations.ai";
