//! Calls functions until the model gives its final reply.

use futures_util::future::join_all;
use pollinations_api::types::{ChatMessage, FunctionMessage, MessageContent, Tool, ToolCall, ToolMessage};

use super::request::{ChatRequest, OPERATION};
use crate::{base::error::Error, reply::chat_reply::ChatReply};

/// The result of [`ChatRequest::run`]: the last reply, and the conversation that led to it.
///
/// # Examples
///
/// ```no_run
/// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), pollinations_ext::Error> {
/// let run = pollinations.chat("openai").user("What time is it?").run().await?;
/// let more = pollinations.chat("openai").messages(run.messages().to_vec()).user("And in Tokyo?").run().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct ToolRun {
    reply: ChatReply,
    messages: Vec<ChatMessage>,
    rounds: u32,
    total_tokens: u64,
}

impl ToolRun {
    /// The text of the last reply.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(run: pollinations_ext::chat::ToolRun) {
    /// println!("{}", run.text());
    /// # }
    /// ```
    pub fn text(&self) -> &str {
        self.reply.text()
    }

    /// The last reply. If it has tool calls, they are for you to handle.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(run: pollinations_ext::chat::ToolRun) {
    /// assert!(run.reply().tool_calls().is_empty());
    /// # }
    /// ```
    pub fn reply(&self) -> &ChatReply {
        &self.reply
    }

    /// The whole conversation: the messages you sent, the calls, their results, and the last reply.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(run: pollinations_ext::chat::ToolRun) {
    /// println!("{} messages", run.messages().len());
    /// # }
    /// ```
    pub fn messages(&self) -> &[ChatMessage] {
        &self.messages
    }

    /// The number of times the model called functions.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(run: pollinations_ext::chat::ToolRun) {
    /// println!("{} rounds", run.rounds());
    /// # }
    /// ```
    pub fn rounds(&self) -> u32 {
        self.rounds
    }

    /// The total number of tokens of all replies, as far as the service reported them.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(run: pollinations_ext::chat::ToolRun) {
    /// println!("{} tokens", run.total_tokens());
    /// # }
    /// ```
    pub fn total_tokens(&self) -> u64 {
        self.total_tokens
    }

    pub(super) fn into_parts(self) -> (ChatReply, Vec<ChatMessage>) {
        (self.reply, self.messages)
    }
}

impl ChatRequest {
    /// Sends the request, calls the functions that the model asks for, sends the results back, and repeats this until
    /// the model answers without another call.
    ///
    /// You add functions with [`rust_function`](Self::rust_function). If a function fails or does not exist, the model gets an
    /// error message and can try again. If the model calls a tool that you added without a Rust function, `run`
    /// returns that reply, so that you can handle the call.
    ///
    /// # Errors
    ///
    /// Same as [`send`](Self::send), and [`ErrorKind::TooManyToolRounds`](crate::ErrorKind::TooManyToolRounds) if the model still calls
    /// functions after [`max_rounds`](Self::max_rounds).
    ///
    /// # Examples
    ///
    /// ```
    /// use pollinations_ext::chat::Function;
    /// use pollinations_ext::schemars::{self, JsonSchema};
    /// use serde::Deserialize;
    ///
    /// #[derive(Deserialize, JsonSchema)]
    /// struct City {
    ///     name: String,
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = pollinations_emulator::Emulator::start().await?;
    /// # let pollinations = pollinations_ext::Pollinations::builder()
    /// #     .base_url(emulator.base_url()).key("sk_test".parse()?).build()?;
    /// let weather = Function::new("weather", "Tells the weather of a city", |city: City| async move {
    ///     Ok::<_, std::io::Error>(format!("{}: sunny", city.name))
    /// });
    /// let run = pollinations.chat("openai").user("How is the weather in Paris?").rust_function(weather).run().await?;
    /// println!("{} (after {} rounds)", run.text(), run.rounds());
    /// # assert_eq!(run.rounds(), 1);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn run(self) -> Result<ToolRun, Error> {
        run(self).await
    }
}

/// Sends a request and calls the functions that the replies ask for.
async fn run(request: ChatRequest) -> Result<ToolRun, Error> {
    let mut request = request.loaded().await?;
    let mut total_tokens: u64 = 0;
    for rounds in 0.. {
        let reply = request.clone().send().await?;
        total_tokens = total_tokens.saturating_add(reply.usage().map_or(0, |usage| usage.total_tokens));
        request.body.messages.push(reply.to_message());
        let calls = reply.tool_calls();
        if calls.is_empty() || calls.iter().any(|call| belongs_to_caller(&request, call)) {
            return Ok(ToolRun { reply, messages: request.body.messages, rounds, total_tokens });
        }
        if rounds >= request.functions.max_rounds {
            break;
        }
        let results = join_all(calls.iter().map(|call| result(&request, call))).await;
        request.body.messages.extend(results);
    }
    Err(request.functions.too_many_rounds(OPERATION))
}

/// Whether you added the tool without a Rust function.
fn belongs_to_caller(request: &ChatRequest, call: &ToolCall) -> bool {
    let name = &call.function.name;
    let offered = request.body.tools.iter().any(|tool| match tool {
        Tool::Function(tool) => tool.function.name == *name,
        _ => false,
    });
    offered && !request.functions.have(name)
}

/// The result of one call, as a message to the model.
async fn result(request: &ChatRequest, call: &ToolCall) -> ChatMessage {
    let name = &call.function.name;
    let outcome = request.functions.call(name, &call.function.arguments).await;
    let text = outcome.unwrap_or_else(|error| format!("error: {error}"));
    // Only a call in the older form has no id.
    if call.id.is_empty() {
        let mut message = FunctionMessage::new(name.clone());
        message.content = Some(text);
        return message.into();
    }
    let mut message = ToolMessage::new(call.id.clone());
    message.content = Some(MessageContent::Text(text));
    message.into()
}
