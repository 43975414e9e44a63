//! The WebSocket of realtime sessions.

use pollinations_ext::realtime::{RealtimeEvent, RealtimeRequest};
use serde_json::json;

use super::{
    super::{
        Aspect::{Answer, Content, Refusal},
        Context, Probe,
        Spend::{All, None as Free},
    },
    Running, error_text, expect_status, require,
};

const MODEL: &str = "openai/gpt-realtime-2.1";

pub(super) fn all() -> Vec<Probe> {
    vec![
        probe!(Free, Refusal, "realtime_v1", "session without a key", |context| {
            expect_status(context.anonymous_client()?.realtime(MODEL).connect().await.map(drop), 401)
        }),
        probe!(Free, Refusal, "realtime", "session without Upgrade", |context| {
            let api = context.client()?.api();
            let status = api.realtime().send().await.err().and_then(|error| error.status());
            require(status.is_some_and(|status| status == 426), "the status is not 426")
        }),
        probe!(All, Answer, "realtime_v1", "text session", |context| {
            text_session(context.client()?.realtime(MODEL)).await
        }),
        probe!(All, Answer, "realtime", "session by the other path", |context| {
            text_session(context.client()?.realtime(MODEL).unversioned()).await
        }),
        probe!(All, Answer, "realtime_v1", "audio session", |context| {
            let mut session = context.client()?.realtime(MODEL).manual_turns().connect().await.map_err(error_text)?;
            // Half a second.
            session.send(RealtimeEvent::audio([0; 24_000])).await.map_err(error_text)?;
            session.send(RealtimeEvent::commit_audio()).await.map_err(error_text)?;
            let reply = session.respond().await.map_err(error_text)?;
            require(reply.audio().len() > 1000 && !reply.transcript().is_empty(), "there is no speech")?;
            session.close().await.map_err(error_text)
        }),
        probe!(All, Content, "realtime_v1", "function call in a session", |context| {
            let parameters = json!({ "type": "object", "properties": { "city": { "type": "string" } } });
            let request = context.client()?.realtime(MODEL).text_only();
            let request = request.function("weather", "Tells the weather of a city", parameters);
            let mut session = request.session("/tool_choice", "required").connect().await.map_err(error_text)?;
            session.say("Call weather for Paris").await.map_err(error_text)?;
            let calls = session.respond().await.map_err(error_text)?.calls();
            let call = calls.first().ok_or("no function was called")?;
            require(call.name == "weather", "another function was called")?;
            require(
                serde_json::from_str::<serde_json::Value>(&call.arguments).is_ok(),
                "the arguments of the call are not JSON",
            )?;
            session.close().await.map_err(error_text)
        }),
    ]
}

/// Has a short conversation in text, event by event: the answer begins, arrives in deltas that add up to the whole,
/// and ends with its usage.
async fn text_session(request: RealtimeRequest) -> Result<(), String> {
    let mut session = request.text_only().connect().await.map_err(error_text)?;
    session.say("Say hello").await.map_err(error_text)?;
    session.send(RealtimeEvent::respond()).await.map_err(error_text)?;
    let (mut kinds, mut text, mut whole) = (Vec::new(), String::new(), None);
    while let Some(event) = session.next().await {
        let event = event.map_err(error_text)?;
        if let Some(error) = event.error() {
            return Err(error_text(error));
        }
        require(event.event_id().is_some(), "an event without an id")?;
        text += event.text_delta().unwrap_or_default();
        if event.kind() == "response.output_text.done" {
            whole = event.get("text").and_then(|text| text.as_str()).map(str::to_owned);
        }
        kinds.push(event.kind().to_owned());
        if event.is_done() {
            let response = event.response().ok_or("`response.done` has no response")?;
            require(response["status"] == "completed", "the answer was not completed")?;
            require(response["usage"]["total_tokens"].as_u64() > Some(0), "the answer has no usage")?;
            break;
        }
    }
    require(kinds.first().is_some_and(|kind| kind == "session.created"), "it does not begin with `session.created`")?;
    let order = ["session.updated", "response.created", "response.output_item.added", "response.output_item.done"];
    let places: Vec<_> = order.iter().map(|wanted| kinds.iter().position(|kind| kind == wanted)).collect();
    require(
        places.iter().all(Option::is_some) && places.is_sorted(),
        &format!("events are missing or out of order: {kinds:?}"),
    )?;
    require(!text.is_empty() && whole.as_ref() == Some(&text), "the streamed text differs from the complete text")?;
    session.close().await.map_err(error_text)
}
