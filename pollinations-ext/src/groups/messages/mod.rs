//! Anthropic's Messages API (`POST /v1/messages`): whole replies and streaming, thinking, tools, images.
//!
//! The names are those of Anthropic's API: turns made of blocks, `tool_use` and `tool_result`, `stop_reason`,
//! thinking blocks with signatures. Start with [`Pollinations::messages`](crate::Pollinations::messages).
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let emulator = pollinations_emulator::Emulator::start().await?;
//! # let pollinations = pollinations_ext::Pollinations::builder()
//! #     .base_url(emulator.base_url()).key("sk_test".parse()?).build()?;
//! let reply = pollinations.messages("claude", 1024).system("Be brief").user("Name a flower").send().await?;
//! println!("{} ({:?})", reply.text(), reply.stop_reason());
//! # assert_eq!(reply.stop_reason(), Some("end_turn"));
//! # Ok(())
//! # }
//! ```

mod image;
mod merged;
mod reply;
mod request;
mod stream;
mod tidy;
mod tool_run;
mod tools;

pub use crate::function::Function;
pub use reply::MessageReply;
pub use request::MessagesRequest;
pub use stream::{MessageEvent, MessageStream};
pub use tool_run::MessageRun;
