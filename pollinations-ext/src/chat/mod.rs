//! Chat completions: one reply, or the reply as it is written; pictures, sounds and files to look at; tools; structured
//! output; conversations.
//!
//! It starts with [`Pollinations::chat`](crate::Pollinations::chat).
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let emulator = pollinations_emulator::Emulator::start().await?;
//! # let pollinations = pollinations_ext::Pollinations::builder()
//! #     .base_url(emulator.base_url()).key("sk_test".parse()?).build()?;
//! let reply = pollinations.chat("openai").system("Answer in one word").user("Name a flower").send().await?;
//! println!("{}", reply.text());
//! # Ok(())
//! # }
//! ```

mod answer;
mod attachment;
mod body;
mod conversation;
mod request;
mod settings;
mod structured;
mod tool_run;

pub use answer::ChatAnswer;
pub use conversation::{Conversation, ConversationStream};
pub use request::ChatRequest;
pub use tool_run::ToolRun;

pub use crate::function::Function;
pub use crate::reply::{
    chat_reply::ChatReply,
    chat_stream::{ChatChunk, ChatStream},
    sources::Source,
};
