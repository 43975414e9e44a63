//! Calls functions until the model gives its final response.

use futures_util::future::join_all;
use pollinations_api::types::ResponseFunctionCall;
use serde_json::Value;

use super::{request::ResponsesRequest, response::ModelResponse, stream::OPERATION, tools::output_item};
use crate::base::error::Error;

/// The result of [`ResponsesRequest::run`]: the last response, and the conversation that led to it.
///
/// # Examples
///
/// ```no_run
/// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), pollinations_ext::Error> {
/// let run = pollinations.responses("openai").user("What time is it?").run().await?;
/// let more = pollinations.responses("openai").items(run.items().to_vec()).user("And in Tokyo?").run().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct ResponseRun {
    response: ModelResponse,
    items: Vec<Value>,
    rounds: u32,
    total_tokens: u64,
}

impl ResponseRun {
    /// The text of the last response.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(run: pollinations_ext::responses::ResponseRun) {
    /// println!("{}", run.text());
    /// # }
    /// ```
    pub fn text(&self) -> String {
        self.response.text()
    }

    /// The last response. If it has function calls, they are for you to handle.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(run: pollinations_ext::responses::ResponseRun) {
    /// assert!(run.response().function_calls().is_empty());
    /// # }
    /// ```
    pub fn response(&self) -> &ModelResponse {
        &self.response
    }

    /// The whole conversation as input items: the items you sent, the model's output, the function outputs, and the
    /// last response.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(run: pollinations_ext::responses::ResponseRun) {
    /// println!("{} items", run.items().len());
    /// # }
    /// ```
    pub fn items(&self) -> &[Value] {
        &self.items
    }

    /// The number of times the model called functions.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(run: pollinations_ext::responses::ResponseRun) {
    /// println!("{} rounds", run.rounds());
    /// # }
    /// ```
    pub fn rounds(&self) -> u32 {
        self.rounds
    }

    /// The total number of tokens of all responses, as far as the service reported them.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(run: pollinations_ext::responses::ResponseRun) {
    /// println!("{} tokens", run.total_tokens());
    /// # }
    /// ```
    pub fn total_tokens(&self) -> u64 {
        self.total_tokens
    }
}

impl ResponsesRequest {
    /// Sends the request, calls the functions that the model asks for, sends the outputs back, and repeats this until
    /// the model answers without another call.
    ///
    /// You add functions with [`rust_function`](Self::rust_function). If a function fails or does not exist, the model gets an
    /// error message and can try again. If the model calls a function that you added without a Rust function, `run`
    /// returns that response, so that you can handle the call.
    ///
    /// # Errors
    ///
    /// Same as [`send`](Self::send), and [`ErrorKind::TooManyToolRounds`](crate::ErrorKind::TooManyToolRounds) if the model still calls
    /// functions after [`max_rounds`](Self::max_rounds).
    ///
    /// # Examples
    ///
    /// ```
    /// use pollinations_ext::responses::Function;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = pollinations_emulator::Emulator::start().await?;
    /// # let pollinations = pollinations_ext::Pollinations::builder()
    /// #     .base_url(emulator.base_url()).key("sk_test".parse()?).build()?;
    /// let clock = Function::new("clock", "Tells the time", |_: ()| async { Ok::<_, std::io::Error>("5 pm") });
    /// let run = pollinations.responses("openai").user("What does the clock say?").rust_function(clock).run().await?;
    /// println!("{} (after {} rounds)", run.text(), run.rounds());
    /// # assert_eq!((run.text().as_str(), run.rounds()), ("The tools answered: 5 pm", 1));
    /// # Ok(())
    /// # }
    /// ```
    pub async fn run(self) -> Result<ResponseRun, Error> {
        let mut request = self.loaded().await?;
        let mut total_tokens: u64 = 0;
        for rounds in 0.. {
            let response = request.clone().send().await?;
            total_tokens = total_tokens.saturating_add(response.usage().map_or(0, |usage| usage.total_tokens));
            request.input.extend(response.to_items());
            let calls = response.function_calls();
            if calls.is_empty() || calls.iter().any(|call| belongs_to_caller(&request, call)) {
                return Ok(ResponseRun { response, items: request.input, rounds, total_tokens });
            }
            if rounds >= request.functions.max_rounds {
                break;
            }
            let outputs = join_all(calls.iter().map(|call| output(&request, call))).await;
            request.input.extend(outputs);
        }
        Err(request.functions.too_many_rounds(OPERATION))
    }
}

/// Whether you added the function without a Rust function.
fn belongs_to_caller(request: &ResponsesRequest, call: &ResponseFunctionCall) -> bool {
    let offered = request.body.tools.iter().any(|tool| tool.name == call.name);
    offered && !request.functions.have(&call.name)
}

/// The output of one call, as an item for the model.
async fn output(request: &ResponsesRequest, call: &ResponseFunctionCall) -> Value {
    let outcome = request.functions.call(&call.name, &call.arguments).await;
    output_item(&call.call_id, &outcome.unwrap_or_else(|error| format!("error: {error}")))
}
