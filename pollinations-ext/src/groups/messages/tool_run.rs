//! Calls functions until the model gives its final reply.

use futures_util::future::join_all;
use pollinations_api::types::{MessageBlock, MessageRole, MessageToolUseBlock, MessageTurn, MessageTurnContent};
use serde_json::Value;

use super::{reply::MessageReply, request::MessagesRequest, stream::OPERATION, tools::result_block};
use crate::base::error::Error;

/// The result of [`MessagesRequest::run`]: the last reply, and the conversation that led to it.
///
/// # Examples
///
/// ```no_run
/// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), pollinations_ext::Error> {
/// let run = pollinations.messages("claude", 1024).user("What time is it?").run().await?;
/// let more = pollinations.messages("claude", 1024).turns(run.turns().to_vec()).user("And in Tokyo?").run().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct MessageRun {
    reply: MessageReply,
    turns: Vec<MessageTurn>,
    rounds: u32,
    output_tokens: i64,
}

impl MessageRun {
    /// The text of the last reply.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(run: pollinations_ext::messages::MessageRun) {
    /// println!("{}", run.text());
    /// # }
    /// ```
    pub fn text(&self) -> String {
        self.reply.text()
    }

    /// The last reply. If it has tool calls, they are for you to handle.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(run: pollinations_ext::messages::MessageRun) {
    /// assert!(run.reply().tool_uses().is_empty());
    /// # }
    /// ```
    pub fn reply(&self) -> &MessageReply {
        &self.reply
    }

    /// The whole conversation: the turns you sent, the calls, their results, and the last reply.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(run: pollinations_ext::messages::MessageRun) {
    /// println!("{} turns", run.turns().len());
    /// # }
    /// ```
    pub fn turns(&self) -> &[MessageTurn] {
        &self.turns
    }

    /// The number of times the model called functions.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(run: pollinations_ext::messages::MessageRun) {
    /// println!("{} rounds", run.rounds());
    /// # }
    /// ```
    pub fn rounds(&self) -> u32 {
        self.rounds
    }

    /// The total number of output tokens of all replies.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(run: pollinations_ext::messages::MessageRun) {
    /// println!("{} tokens", run.output_tokens());
    /// # }
    /// ```
    pub fn output_tokens(&self) -> i64 {
        self.output_tokens
    }
}

impl MessagesRequest {
    /// Sends the request, calls the functions that the model asks for, sends the results back, and repeats this until
    /// the model answers without another call.
    ///
    /// You add functions with [`rust_function`](Self::rust_function). If a function fails or does not exist, the model gets an
    /// error (`is_error`) and can try again. If the model calls a tool that you added without a Rust function, `run`
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
    /// use pollinations_ext::messages::Function;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = pollinations_emulator::Emulator::start().await?;
    /// # let pollinations = pollinations_ext::Pollinations::builder()
    /// #     .base_url(emulator.base_url()).key("sk_test".parse()?).build()?;
    /// let clock = Function::new("clock", "Tells the time", |_: ()| async { Ok::<_, std::io::Error>("5 pm") });
    /// let run = pollinations.messages("claude", 1024).user("What does the clock say?").rust_function(clock).run().await?;
    /// println!("{} (after {} rounds)", run.text(), run.rounds());
    /// # assert_eq!((run.text().as_str(), run.rounds()), ("The tools answered: 5 pm", 1));
    /// # Ok(())
    /// # }
    /// ```
    pub async fn run(self) -> Result<MessageRun, Error> {
        let mut request = self.loaded().await?;
        let mut output_tokens: i64 = 0;
        for rounds in 0.. {
            let reply = request.clone().send().await?;
            output_tokens = output_tokens.saturating_add(reply.usage().output_tokens);
            request.body.messages.push(reply.to_turn());
            let calls = reply.tool_uses();
            if calls.is_empty() || calls.iter().any(|call| belongs_to_caller(&request, call)) {
                return Ok(MessageRun { reply, turns: request.body.messages, rounds, output_tokens });
            }
            if rounds >= request.functions.max_rounds {
                break;
            }
            let results = join_all(calls.iter().map(|call| result(&request, call))).await;
            let results = MessageTurn::new(MessageTurnContent::Blocks(results), MessageRole::User);
            request.body.messages.push(results);
        }
        Err(request.functions.too_many_rounds(OPERATION))
    }
}

/// Whether you added the tool without a Rust function.
fn belongs_to_caller(request: &MessagesRequest, call: &MessageToolUseBlock) -> bool {
    let offered = request.body.tools.iter().any(|tool| tool.name == call.name);
    offered && !request.functions.have(&call.name)
}

/// The result of one call, as a block for the model.
async fn result(request: &MessagesRequest, call: &MessageToolUseBlock) -> MessageBlock {
    let arguments = match &call.input {
        // The arguments are incomplete, so they are not JSON.
        Value::String(text) => text.clone(),
        input => input.to_string(),
    };
    let outcome = request.functions.call(&call.name, &arguments).await;
    let failed = outcome.is_err();
    result_block(call.id.clone(), outcome.unwrap_or_else(|error| error), failed)
}
