//! OpenAI's Responses API (`POST /v1/responses`): whole responses and streaming, reasoning, tools, images.
//!
//! The names are those of OpenAI's API: input items, `function_call` and `function_call_output`, output items,
//! `status`. The service stores nothing, so each request has the whole conversation. Start with
//! [`Pollinations::responses`](crate::Pollinations::responses).
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let emulator = pollinations_emulator::Emulator::start().await?;
//! # let pollinations = pollinations_ext::Pollinations::builder()
//! #     .base_url(emulator.base_url()).key("sk_test".parse()?).build()?;
//! let response = pollinations.responses("openai").instructions("Be brief").user("Name a flower").send().await?;
//! println!("{} ({})", response.text(), response.status);
//! # assert_eq!(response.status, pollinations_ext::types::ResponseStatus::Completed);
//! # Ok(())
//! # }
//! ```

mod image;
mod merged;
mod request;
mod response;
mod settings;
mod stream;
mod tidy;
mod tool_run;
mod tools;

pub use crate::function::Function;
pub use request::ResponsesRequest;
pub use response::ModelResponse;
pub use stream::{ResponseEvent, ResponseStream};
pub use tool_run::ResponseRun;
