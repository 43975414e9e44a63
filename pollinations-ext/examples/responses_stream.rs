//! Streams a response of OpenAI's Responses API that calls a function, and sends the function's output back.

use std::{
    error::Error,
    io::{self, Write as _},
};

use pollinations_ext::{Pollinations, responses::ResponseStream};
use serde_json::json;

/// Prints the text as it arrives, and returns the stream, to read the rest from.
async fn show(mut stream: ResponseStream) -> Result<ResponseStream, Box<dyn Error>> {
    while let Some(event) = stream.next().await {
        print!("{}", event?.text());
        io::stdout().flush()?;
    }
    Ok(stream)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let pollinations = Pollinations::from_env()?;
    let parameters = json!({ "type": "object", "properties": { "city": { "type": "string" } }, "required": ["city"] });
    let request = pollinations.responses("openai").instructions("Be brief");
    let mut request = request.function("weather", "Tells the weather of a city", parameters);
    request = request.user("How is the weather in Paris?");

    let response = show(request.clone().stream().await?).await?.finish().await?;
    request = request.items(response.to_items());
    for call in response.function_calls() {
        println!("{}({})", call.name, call.arguments);
        request = request.function_output(&call.call_id, "sunny, 21 °C");
    }
    let response = show(request.stream().await?).await?.finish().await?;
    println!("\n{}, {} tokens", response.status, response.usage().map_or(0, |usage| usage.total_tokens));
    Ok(())
}
