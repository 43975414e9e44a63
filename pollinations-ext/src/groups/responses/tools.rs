//! Tools that the model may call.

use pollinations_api::types::ResponseTool;
use serde_json::{Map, Value, json};

use super::request::ResponsesRequest;
use crate::function::Function;

impl ResponsesRequest {
    /// Adds a tool that the model may call.
    ///
    /// # Examples
    ///
    /// ```
    /// use pollinations_ext::types::ResponseTool;
    ///
    /// # fn example(pollinations: pollinations_ext::Pollinations) {
    /// let mut clock = ResponseTool::new("clock");
    /// clock.strict = Some(true);
    /// let request = pollinations.responses("openai").user("How late is it?").tool(clock);
    /// # }
    /// ```
    pub fn tool(mut self, tool: impl Into<ResponseTool>) -> Self {
        self.body.tools.push(tool.into());
        self
    }

    /// Adds a function that you run yourself when the response asks for it
    /// ([`function_calls`](crate::responses::ModelResponse::function_calls)). `parameters` is the JSON schema of its
    /// arguments, or `None` if it has none.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(pollinations: pollinations_ext::Pollinations) {
    /// let parameters = serde_json::json!({ "type": "object", "properties": { "city": { "type": "string" } } });
    /// let request = pollinations
    ///     .responses("openai")
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
            _ => Map::from_iter([
                ("type".to_owned(), "object".into()),
                ("properties".to_owned(), Value::Object(Map::new())),
            ]),
        };
        self.tool(tool(name.into(), Some(description.into()), parameters))
    }

    /// Adds a Rust function. [`run`](Self::run) calls it when the model asks for it.
    ///
    /// # Examples
    ///
    /// ```
    /// use pollinations_ext::responses::Function;
    ///
    /// # fn example(pollinations: pollinations_ext::Pollinations) {
    /// let clock = Function::new("clock", "Tells the time", |_: ()| async { Ok::<_, std::io::Error>("5 pm") });
    /// let request = pollinations.responses("openai").user("How late is it?").rust_function(clock);
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

    /// Sets how many times [`run`](Self::run) lets the model call functions before it fails. The default is 8.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(pollinations: pollinations_ext::Pollinations) {
    /// let request = pollinations.responses("openai").user("Plan a trip").max_rounds(3);
    /// # }
    /// ```
    pub fn max_rounds(mut self, rounds: u32) -> Self {
        self.functions.max_rounds = rounds;
        self
    }

    /// Adds the output of a function call, by the `call_id` of the call.
    ///
    /// # Examples
    ///
    /// ```
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), pollinations_ext::Error> {
    /// let mut request = pollinations.responses("openai").user("How warm is it?").function("temperature", "", None);
    /// let response = request.clone().send().await?;
    /// request = request.items(response.to_items());
    /// for call in response.function_calls() {
    ///     request = request.function_output(&call.call_id, "21 °C");
    /// }
    /// println!("{}", request.send().await?.text());
    /// # Ok(())
    /// # }
    /// ```
    pub fn function_output(self, call_id: impl AsRef<str>, output: impl AsRef<str>) -> Self {
        self.item(output_item(call_id.as_ref(), output.as_ref()))
    }
}

fn tool(name: String, description: Option<String>, parameters: Map<String, Value>) -> ResponseTool {
    let mut tool = ResponseTool::new(name);
    tool.description = description.filter(|text| !text.is_empty());
    tool.parameters = parameters;
    tool
}

/// The output of a call, as an item for the model.
pub(super) fn output_item(call_id: &str, output: &str) -> Value {
    json!({ "type": "function_call_output", "call_id": call_id, "output": output })
}
