//! Bring Your Own Pollen: users pay for what a program generates.
//!
//! A program sends its user to the service, which asks whether to grant it a key: for these models, up to this budget,
//! until that day. The key comes back and goes straight into a client.
//!
//! - A web application makes the link with [`Authorization`], sends the browser there, and gives the address that it
//!   comes back to to [`Authorization::accept`].
//! - A program on the user's machine does the same with [`Receiver`] as the place to come back to (feature
//!   `byop-loopback`).
//! - A program without a browser shows a short code and waits: [`DeviceFlow`] (RFC 8628).
//!
//! # Examples
//!
//! ```
//! use pollinations_ext::{Pollinations, byop::{Authorization, Permission}};
//!
//! let authorization = Authorization::new("https://example.com/back")
//!     .permissions([Permission::Profile, Permission::Balance])
//!     .models(["flux", "openai"])
//!     .budget(5.0)
//!     .expiry(7);
//! println!("Please visit {}", authorization.url()?);
//!
//! // The address that the user's browser came back to.
//! let back = format!("https://example.com/back#api_key=sk_users&state={}", authorization.state());
//! let key = authorization.accept(&back)?;
//! let pollinations = Pollinations::builder().key(key).build()?;
//! # Ok::<(), pollinations_ext::Error>(())
//! ```

mod authorize;
mod device;
#[cfg(feature = "byop-loopback")]
mod loopback;
mod state;

pub use authorize::{Authorization, Permission};
pub use device::{DeviceCode, DeviceFlow};
#[cfg(feature = "byop-loopback")]
pub use loopback::Receiver;
pub use state::State;

/// Where the service asks its users.
const ENTER_URL: &str = "https://enter.pollinations.ai";
