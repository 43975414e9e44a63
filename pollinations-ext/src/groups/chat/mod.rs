//! Chat: whole replies, streaming, tool calls, structured output and conversations. Messages can include images,
//! audio and files.
//!
//! Start with [`Pollinations::chat`](crate::Pollinations::chat), which returns a [`ChatRequest`]. Then choose how to
//! send it:
//!
//! | method | returns |
//! |---|---|
//! | [`send`](ChatRequest::send) | the whole reply, a [`ChatReply`] |
//! | [`stream`](ChatRequest::stream) | the reply while the model writes it, a [`ChatStream`] |
//! | [`structured`](ChatRequest::structured) | your own Rust type |
//! | [`run`](ChatRequest::run) | the reply after the model has called your Rust [`Function`]s, a [`ToolRun`] |
//! | [`conversation`](ChatRequest::conversation) | a [`Conversation`], which remembers every turn |
//!
//! # Examples
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
    parts::sources::Source,
};
