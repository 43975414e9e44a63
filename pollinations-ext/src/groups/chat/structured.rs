//! Structured output: replies that are parsed into a Rust type.

use pollinations_api::types::JsonSchemaFormat;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;

use super::request::{ChatRequest, OPERATION};
use crate::{
    base::error::{Error, ErrorKind},
    function::schema,
};

impl ChatRequest {
    /// Asks the model for JSON that follows the schema of `T`, and returns it as a `T`.
    ///
    /// # Errors
    ///
    /// Same as [`send`](Self::send), and [`ErrorKind::StructuredOutput`](crate::ErrorKind::StructuredOutput) if the reply does not
    /// match `T`. Then [`Error::text`] has the whole reply.
    ///
    /// # Examples
    ///
    /// ```
    /// use pollinations_ext::schemars::{self, JsonSchema};
    /// use serde::Deserialize;
    ///
    /// #[derive(Debug, Deserialize, JsonSchema)]
    /// struct Flower {
    ///     name: String,
    ///     petals: u32,
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = pollinations_emulator::Emulator::start().await?;
    /// # let pollinations = pollinations_ext::Pollinations::builder()
    /// #     .base_url(emulator.base_url()).key("sk_test".parse()?).build()?;
    /// let flower: Flower = pollinations.chat("openai").user("Name a flower").structured().await?;
    /// println!("{flower:?}");
    /// # Ok(())
    /// # }
    /// ```
    pub async fn structured<T: DeserializeOwned + JsonSchema>(self) -> Result<T, Error> {
        send(self).await
    }
}

/// Sends the request with the schema of `T`.
async fn send<T: DeserializeOwned + JsonSchema>(request: ChatRequest) -> Result<T, Error> {
    let format = JsonSchemaFormat::new(schema::definition::<T>());
    let reply = request.response_format(format).send().await?;
    let text = reply.text();
    parse(text).map_err(|error| {
        let reason = match reply.finish_reason() {
            // A reply that was cut off, or a refusal, is not JSON.
            Some(reason) if *reason != "stop" => format!("; the reply ended because of `{reason}`"),
            _ => String::new(),
        };
        let place = format!("line {}, column {}", error.line(), error.column());
        let message = format!("the model's reply does not match the requested type ({place}{reason})");
        let request_id = reply.request_id().map(str::to_owned);
        Error::new(ErrorKind::StructuredOutput, message)
            .with_operation(OPERATION)
            .with_request_id(request_id)
            .with_text(text)
    })
}

/// Parses JSON, even if the model put it into a code block.
fn parse<T: DeserializeOwned>(text: &str) -> serde_json::Result<T> {
    serde_json::from_str(text).or_else(|error| match code_block(text) {
        Some(code) => serde_json::from_str(code),
        None => Err(error),
    })
}

fn code_block(text: &str) -> Option<&str> {
    let inner = text.trim().strip_prefix("```")?.strip_suffix("```")?;
    Some(inner.strip_prefix("json").unwrap_or(inner))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_in_a_code_block_is_read() {
        for text in ["[1,2]", " [1, 2]\n", "```json\n[1,2]\n```", "```\n[1,2]```\n"] {
            assert_eq!(parse::<Vec<u8>>(text).unwrap(), [1, 2], "{text:?}");
        }
        assert!(parse::<Vec<u8>>("I would rather not.").is_err());
    }
}
