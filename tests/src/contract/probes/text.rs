//! The message and response APIs, texts from messages, decisions.

use pollinations_ext::{File, types};
use serde_json::json;

use super::{
    super::{
        Aspect::{Answer, Refusal, Stream},
        Probe,
        Spend::{Cheap, None as Free},
    },
    Context, Running, error_text, expect_status, require,
};

const MODEL: &str = "claude";

/// An image that is the same each time, so that a recorded run recognizes the request.
fn pixel() -> File {
    File::bytes(include_bytes!("../pixel.png").to_vec()).name("pixel.png")
}

/// The parameters of a function that the models must call.
fn parameters() -> serde_json::Value {
    json!({ "type": "object", "properties": { "city": { "type": "string" } }, "required": ["city"] })
}

pub(super) fn all() -> Vec<Probe> {
    let mut probes = messages();
    probes.extend(responses());
    probes.extend([
        probe!(Cheap, Answer, "generate_text_from_messages", "text from messages", |context| {
            let request = context.client()?.chat("openai").system("Be brief").user("Say hello").seed(1);
            let answer = request.answer().await.map_err(error_text)?;
            require(!answer.text().is_empty(), "the text is empty")
        }),
        probe!(Cheap, Stream, "generate_text_from_messages", "streamed text", |context| {
            let request = context.client()?.chat("openai").user("Say hello").seed(1);
            let text = request.answer_stream().await.map_err(error_text)?.finish().await.map_err(error_text)?;
            require(!text.is_empty(), "the text is empty")
        }),
        probe!(Cheap, Answer, "generate_text_from_messages", "text with a tool call", |context| {
            let request = context.client()?.chat("openai").user("Call weather for Paris");
            let request = request.function("weather", "Tells the weather of a city", parameters());
            let required = types::ToolChoice::Mode(types::ToolChoiceMode::Required);
            request.tool_choice(required).answer().await.map(drop).map_err(error_text)
        }),
        probe!(Free, Refusal, "generate_text_from_messages", "text without a key", |context| {
            expect_status(context.anonymous_client()?.chat("openai").user("Hello").answer().await.map(drop), 401)
        }),
        probe!(Cheap, Answer, "create_decision", "decision", |context| {
            let request = context.client()?.decide("The parcel has not come, and the customer is furious.");
            let request =
                request.choice("topic", "What is it about?", [("delivery", "a parcel"), ("other", "anything")]);
            let request = request.score("anger", "How angry is the customer?", ["calm", "annoyed", "furious"]);
            let decision = request.proposition("late", "The parcel is late").send().await.map_err(error_text)?;
            let is_answered = decision.choice("topic").is_some() && decision.score("anger").is_some();
            require(is_answered && decision.probability("late").is_some(), "a question has no answer")
        }),
        probe!(Free, Refusal, "create_decision", "decision without questions", |context| {
            let request = context.client()?.decide("It is raining.").field("questions", "none");
            expect_status(request.send().await.map(drop), 400)
        }),
    ]);
    probes
}

fn messages() -> Vec<Probe> {
    vec![
        probe!(Cheap, Answer, "create_message", "message", |context| {
            let request = context.client()?.messages(MODEL, 256).system("Be brief").user("Say hello");
            let reply = request.send().await.map_err(error_text)?;
            require(
                !reply.text().is_empty() && reply.stop_reason().is_some(),
                "the message has no text or no stop reason",
            )
        }),
        probe!(Cheap, Stream, "create_message", "streamed message", |context| {
            let stream = context.client()?.messages(MODEL, 256).user("Say hello").stream().await.map_err(error_text)?;
            let reply = stream.finish().await.map_err(error_text)?;
            require(!reply.text().is_empty() && reply.usage().output_tokens > 0, "the stream has no text or no usage")
        }),
        probe!(Cheap, Answer, "create_message", "tool call and result", |context| {
            let request = context.client()?.messages(MODEL, 256).user("Call weather for Paris");
            let request = request.function("weather", "Tells the weather of a city", parameters());
            let any = types::MessageToolChoice::new(types::MessageToolChoiceMode::Any);
            let reply = request.clone().tool_choice(any).send().await.map_err(error_text)?;
            let mut next = request.turn(reply.to_turn());
            for call in reply.tool_uses() {
                next = next.tool_result(&call.id, "sunny");
            }
            require(!reply.tool_uses().is_empty(), "the model did not call the tool")?;
            next.send().await.map(drop).map_err(error_text)
        }),
        probe!(Cheap, Answer, "create_message", "message with an image", |context| {
            let request = context.client()?.messages(MODEL, 256).user("What is this?").image(pixel());
            request.send().await.map(drop).map_err(error_text)
        }),
        probe!(Cheap, Answer, "create_message", "signed thinking block", |context| {
            let request = context.client()?.messages(MODEL, 2048).user("Is 91 prime?").thinking(1024);
            let reply = request.clone().send().await.map_err(error_text)?;
            request.turn(reply.to_turn()).user("And 97?").send().await.map(drop).map_err(error_text)
        }),
        probe!(Free, Refusal, "create_message", "message without a key", |context| {
            expect_status(context.anonymous_client()?.messages(MODEL, 256).user("Hello").send().await.map(drop), 401)
        }),
        probe!(Free, Refusal, "create_message", "message of 0 tokens", |context| {
            expect_status(context.client()?.messages(MODEL, 0).user("Hello").send().await.map(drop), 400)
        }),
    ]
}

fn responses() -> Vec<Probe> {
    vec![
        probe!(Cheap, Answer, "create_response", "response", |context| {
            let request = context.client()?.responses("openai").instructions("Be brief").user("Say hello");
            let response = request.send().await.map_err(error_text)?;
            require(!response.text().is_empty() && response.usage().is_some(), "the response has no text or no usage")
        }),
        probe!(Cheap, Stream, "create_response", "streamed response", |context| {
            let stream = context.client()?.responses("openai").user("Say hello").stream().await.map_err(error_text)?;
            let response = stream.finish().await.map_err(error_text)?;
            require(!response.text().is_empty() && response.usage().is_some(), "the stream has no text or no usage")
        }),
        probe!(Cheap, Answer, "create_response", "function call and output", |context| {
            let request = context.client()?.responses("openai").user("Call weather for Paris");
            let request = request.function("weather", "Tells the weather of a city", parameters());
            let response = request.clone().tool_choice("required").send().await.map_err(error_text)?;
            let mut next = request.items(response.to_items());
            for call in response.function_calls() {
                next = next.function_output(&call.call_id, "sunny");
            }
            require(!response.function_calls().is_empty(), "the model did not call the function")?;
            next.send().await.map(drop).map_err(error_text)
        }),
        probe!(Cheap, Answer, "create_response", "response with an image", |context| {
            let request = context.client()?.responses("openai").user("What is this?").image(pixel());
            request.send().await.map(drop).map_err(error_text)
        }),
        probe!(Free, Refusal, "create_response", "response without a key", |context| {
            expect_status(context.anonymous_client()?.responses("openai").user("Hello").send().await.map(drop), 401)
        }),
        probe!(Free, Refusal, "create_response", "response of 0 tokens", |context| {
            let request = context.client()?.responses("openai").user("Hello").max_output_tokens(0);
            expect_status(request.send().await.map(drop), 400)
        }),
    ]
}
