//! Tools that the model may call.

use pollinations_api::types::{
    MessageBlock, MessageTool, MessageToolChoice, MessageToolResultBlock, MessageToolResultContent,
};
use serde_json::{Map, Value};

use super::request::MessagesRequest;
use crate::function::Function;

impl MessagesRequest {
    /// Adds a tool that the model may call.
    ///
    /// # Examples
    ///
    /// ```
    /// use pollinations_ext::types::MessageTool;
    ///
    /// # fn example(pollinations: pollinations_ext::Pollinations) {
    /// let mut search = MessageTool::new("web_search");
    /// search.type_ = Some("web_search_20250305".to_owned());
    /// let request = pollinations.messages("claude", 1024).user("What is new?").tool(search);
    /// # }
    /// ```
    pub fn tool(mut self, tool: impl Into<MessageTool>) -> Self {
        self.body.tools.push(tool.into());
        self
    }

    /// Adds a function that you run yourself when the reply asks for it
    /// ([`tool_uses`](crate::messages::MessageReply::tool_uses)). `parameters` is the JSON schema of its arguments,
    /// or `None` if it has none.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(pollinations: pollinations_ext::Pollinations) {
    /// let parameters = serde_json::json!({ "type": "object", "properties": { "city": { "type": "string" } } });
    /// let request = pollinations
    ///     .messages("claude", 1024)
    ///     .user("How is the weather in Paris?")
    ///     .function("weather", "Tells the weather of a city", parameters);
    /// # }
    /// ```
    pub fn function(
        self,
        name: impl Into<String>,
        description: impl Into<String>,
        parameters: impl Into<Option<Value>>,
    ) -> Self {
        let parameters = match parameters.into() {
            Some(Value::Object(parameters)) => parameters,
            _ => Map::from_iter([("type".to_owned(), "object".into())]),
        };
        self.tool(tool(name.into(), Some(description.into()), parameters))
    }

    /// Adds a Rust function. [`run`](Self::run) calls it when the model asks for it.
    ///
    /// # Examples
    ///
    /// ```
    /// use pollinations_ext::messages::Function;
    ///
    /// # fn example(pollinations: pollinations_ext::Pollinations) {
    /// let clock = Function::new("clock", "Tells the time", |_: ()| async { Ok::<_, std::io::Error>("5 pm") });
    /// let request = pollinations.messages("claude", 1024).user("How late is it?").rust_function(clock);
    /// # }
    /// ```
    pub fn rust_function(mut self, function: Function) -> Self {
        let definition = function.definition().clone();
        self.functions.add(function);
        self.tool(tool(definition.name, definition.description, definition.parameters))
    }

    /// The former name of [`rust_function`](Self::rust_function).
    #[deprecated(since = "0.1.0", note = "use `rust_function`")]
    pub fn callable(self, function: Function) -> Self {
        self.rust_function(function)
    }

    /// Sets whether the model may call a tool (`auto`), must call one (`any`), must call a particular one (`tool`,
    /// with a name), or must not call tools (`none`).
    ///
    /// # Examples
    ///
    /// ```
    /// use pollinations_ext::types::{MessageToolChoice, MessageToolChoiceMode};
    ///
    /// # fn example(pollinations: pollinations_ext::Pollinations) {
    /// let any = MessageToolChoice::new(MessageToolChoiceMode::Any);
    /// let request =
    ///     pollinations.messages("claude", 1024).user("How late is it?").function("clock", "Tells the time", None).tool_choice(any);
    /// # }
    /// ```
    pub fn tool_choice(mut self, choice: impl Into<MessageToolChoice>) -> Self {
        self.body.tool_choice = Some(choice.into());
        self
    }

    /// Sets how many times [`run`](Self::run) lets the model call functions before it fails. The default is 8.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(pollinations: pollinations_ext::Pollinations) {
    /// let request = pollinations.messages("claude", 1024).user("Plan a trip").max_rounds(3);
    /// # }
    /// ```
    pub fn max_rounds(mut self, rounds: u32) -> Self {
        self.functions.max_rounds = rounds;
        self
    }

    /// Adds the result of a tool call, by the ID of the call.
    ///
    /// Consecutive results are put into one turn, as the API requires.
    ///
    /// # Examples
    ///
    /// ```
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), pollinations_ext::Error> {
    /// let mut request = pollinations.messages("claude", 1024).user("How warm is it?").function("temperature", "", None);
    /// let reply = request.clone().send().await?;
    /// request = request.turn(reply.to_turn());
    /// for call in reply.tool_uses() {
    ///     request = request.tool_result(&call.id, "21 °C");
    /// }
    /// println!("{}", request.send().await?.text());
    /// # Ok(())
    /// # }
    /// ```
    pub fn tool_result(self, call_id: impl Into<String>, result: impl Into<String>) -> Self {
        self.block(result_block(call_id.into(), result.into(), false))
    }

    /// Tells the model that a tool call failed, and why. The model may then try something else.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(pollinations: pollinations_ext::Pollinations, kept: Vec<pollinations_ext::types::MessageTurn>) {
    /// let request = pollinations.messages("claude", 1024).turns(kept).tool_error("toolu_1", "the sensor is offline");
    /// # }
    /// ```
    pub fn tool_error(self, call_id: impl Into<String>, reason: impl Into<String>) -> Self {
        self.block(result_block(call_id.into(), reason.into(), true))
    }
}

fn tool(name: String, description: Option<String>, parameters: Map<String, Value>) -> MessageTool {
    let mut tool = MessageTool::new(name);
    tool.description = description.filter(|text| !text.is_empty());
    tool.input_schema = parameters;
    tool
}

/// The result of a call, as a block for the model.
pub(super) fn result_block(call_id: String, result: String, failed: bool) -> MessageBlock {
    let mut block = MessageToolResultBlock::new(call_id);
    block.content = Some(MessageToolResultContent::Text(result));
    block.is_error = failed.then_some(true);
    block.into()
}
