//! Rust functions that a model may call.

mod functions;
pub(crate) mod schema;

use std::{fmt, sync::Arc};

use pollinations_api::types::FunctionDefinition;
use schemars::JsonSchema;
use serde::{Serialize, de::DeserializeOwned};

pub(crate) use functions::Functions;

use crate::base::maybe_send::{BoxFuture, MaybeSend};

/// What the model receives: the result in JSON, or an error message.
pub(crate) type Outcome = Result<String, String>;
type Call = dyn Fn(&str) -> Result<Running, String> + Send + Sync;
type Running = BoxFuture<Outcome>;

/// A Rust function that a model may call.
///
/// Its argument is one type, usually a struct. The model sees the JSON schema of that type, including the doc
/// comments of its fields. The result is sent as JSON, or unchanged if it is a string.
///
/// # Examples
///
/// ```
/// use pollinations_ext::chat::Function;
/// use pollinations_ext::schemars::{self, JsonSchema};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Deserialize, JsonSchema)]
/// struct Sum {
///     /// The numbers to add.
///     numbers: Vec<f64>,
/// }
///
/// #[derive(Serialize)]
/// struct Total {
///     total: f64,
/// }
///
/// let sum = Function::new("sum", "Adds numbers", |sum: Sum| async move {
///     Ok::<_, std::io::Error>(Total { total: sum.numbers.iter().sum() })
/// });
/// assert_eq!(sum.name(), "sum");
/// ```
#[derive(Clone)]
pub struct Function {
    definition: FunctionDefinition,
    call: Arc<Call>,
}

impl Function {
    /// Wraps a Rust function. The model calls it by its name (letters, digits, `_` and `-`), and decides from the
    /// description when to call it.
    ///
    /// # Examples
    ///
    /// ```
    /// use pollinations_ext::chat::Function;
    ///
    /// // A function that takes nothing.
    /// let clock = Function::new("clock", "Tells the time", |_: ()| async { Ok::<_, std::io::Error>("5 pm") });
    /// # let _ = clock;
    /// ```
    pub fn new<A, F, R, T, E>(name: impl Into<String>, description: impl Into<String>, function: F) -> Self
    where
        A: DeserializeOwned + JsonSchema,
        F: Fn(A) -> R + Send + Sync + 'static,
        R: Future<Output = Result<T, E>> + MaybeSend + 'static,
        T: Serialize,
        E: fmt::Display,
    {
        let mut definition = FunctionDefinition::new(name);
        definition.description = Some(description.into());
        definition.parameters = schema::parameters::<A>();
        let call = move |arguments: &str| -> Result<Running, String> {
            let arguments = parse(arguments).map_err(|error| format!("the arguments are not valid: {error}"))?;
            let result = function(arguments);
            Ok(Box::pin(async move { result.await.map_err(|error| error.to_string()).and_then(|value| show(&value)) }))
        };
        Self { definition, call: Arc::new(call) }
    }

    /// The name of the function, which the model uses to call it.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(function: pollinations_ext::chat::Function) {
    /// println!("{}", function.name());
    /// # }
    /// ```
    pub fn name(&self) -> &str {
        &self.definition.name
    }

    /// The definition that the model sees: name, description and JSON schema.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(function: pollinations_ext::chat::Function) {
    /// println!("{:?}", function.definition().parameters);
    /// # }
    /// ```
    pub fn definition(&self) -> &FunctionDefinition {
        &self.definition
    }

    /// Calls the function with the arguments that the model wrote.
    async fn call(&self, arguments: &str) -> Outcome {
        (self.call)(arguments)?.await
    }
}

/// Parses arguments. If the function takes none, the model may write nothing, `null` or an empty object.
fn parse<A: DeserializeOwned>(arguments: &str) -> serde_json::Result<A> {
    let arguments = if arguments.trim().is_empty() { "{}" } else { arguments };
    serde_json::from_str(arguments).or_else(|error| {
        if arguments.trim() == "{}" { serde_json::from_str("null").map_err(|_| error) } else { Err(error) }
    })
}

fn show<T: Serialize>(value: &T) -> Outcome {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(text)) => Ok(text),
        Ok(value) => Ok(value.to_string()),
        Err(error) => Err(format!("the result cannot be converted to JSON: {error}")),
    }
}

impl fmt::Debug for Function {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Function").field("definition", &self.definition).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use serde_json::json;

    use super::*;

    #[derive(Deserialize, JsonSchema)]
    struct City {
        /// Where it is.
        name: String,
        days: Option<u32>,
    }

    #[tokio::test]
    async fn arguments_and_results_are_json() {
        let function = Function::new("weather", "Tells the weather", |city: City| async move {
            if city.name == "Atlantis" { Err("no such city") } else { Ok(json!({ "sunny": true, "days": city.days })) }
        });
        assert_eq!(
            serde_json::to_value(function.definition()).unwrap(),
            json!({
                "name": "weather",
                "description": "Tells the weather",
                "parameters": {
                    "type": "object",
                    "properties": {
                        "name": { "type": "string", "description": "Where it is." },
                        "days": { "type": ["integer", "null"], "minimum": 0 },
                    },
                    "required": ["name"],
                },
            })
        );
        let result: serde_json::Value =
            serde_json::from_str(&function.call(r#"{"name":"Paris"}"#).await.unwrap()).unwrap();
        assert_eq!(result, json!({ "sunny": true, "days": null }));
        assert_eq!(function.call(r#"{"name":"Atlantis"}"#).await.unwrap_err(), "no such city");
        let error = function.call("{}").await.unwrap_err();
        assert!(error.starts_with("the arguments are not valid: missing field `name`"), "{error}");
        assert!(function.call("not json").await.is_err());
    }

    #[tokio::test]
    async fn a_function_without_parameters_accepts_empty_arguments() {
        let clock = Function::new("clock", "Tells the time", |(): ()| async { Ok::<_, String>("5 pm") });
        for arguments in ["", "{}", " null "] {
            assert_eq!(clock.call(arguments).await.unwrap(), "5 pm", "{arguments:?}");
        }
        let parameters = serde_json::to_value(&clock.definition().parameters).unwrap();
        assert_eq!(parameters, json!({ "type": "object", "properties": {} }));
    }
}
