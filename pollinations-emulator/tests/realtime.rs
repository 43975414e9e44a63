//! Realtime sessions, event by event, with a plain WebSocket client.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use futures_util::{SinkExt, StreamExt};
use pollinations_emulator::Emulator;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{Message, client::IntoClientRequest, handshake::client::Response},
};

const MODEL: &str = "openai/gpt-realtime-2.1";

/// A plain WebSocket client that sends and receives JSON events.
struct Talk(WebSocketStream<TcpStream>);

impl Talk {
    async fn open(emulator: &Emulator, target: &str, headers: &[(&'static str, &str)]) -> (Self, Response) {
        let host = emulator.base_url().strip_prefix("http://").unwrap();
        let mut request = format!("ws://{host}{target}").into_client_request().unwrap();
        for (name, value) in headers {
            request.headers_mut().insert(*name, value.parse().unwrap());
        }
        let (socket, response) = client_async(request, TcpStream::connect(host).await.unwrap()).await.unwrap();
        (Self(socket), response)
    }

    async fn with_key(emulator: &Emulator) -> Self {
        let mut talk = Self::open(emulator, "/v1/realtime", &[("authorization", "Bearer sk_test")]).await.0;
        assert_eq!(talk.next().await["type"], "session.created");
        talk
    }

    async fn say(&mut self, event: Value) {
        self.0.send(Message::text(event.to_string())).await.unwrap();
    }

    async fn next(&mut self) -> Value {
        let message = self.0.next().await.unwrap().unwrap();
        serde_json::from_str(message.to_text().unwrap()).unwrap()
    }

    /// The events up to and including the next one of this type.
    async fn until(&mut self, kind: &str) -> Vec<Value> {
        let mut events = Vec::new();
        loop {
            let event = self.next().await;
            events.push(event.clone());
            if event["type"] == kind {
                return events;
            }
            assert!(events.len() < 10_000 && event["type"] != "error", "expected {kind}, found {event}");
        }
    }

    async fn message(&mut self, text: &str) -> Value {
        let content = json!([{ "type": "input_text", "text": text }]);
        let item = json!({ "type": "message", "role": "user", "content": content });
        self.say(json!({ "type": "conversation.item.create", "item": item })).await;
        self.until("conversation.item.done").await.pop().unwrap()["item"].clone()
    }
}

fn kinds(events: &[Value]) -> Vec<&str> {
    events.iter().map(|event| event["type"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_text_response_has_all_events_in_order() {
    let emulator = Emulator::start().await.unwrap();
    let mut talk = Talk::with_key(&emulator).await;
    talk.message("Hello there").await;
    talk.say(
        json!({ "type": "response.create", "response": { "output_modalities": ["text"], "metadata": { "a": "b" } } }),
    )
    .await;
    let events = talk.until("rate_limits.updated").await;
    assert_eq!(
        kinds(&events),
        [
            "response.created",
            "response.output_item.added",
            "conversation.item.added",
            "response.content_part.added",
            "response.output_text.delta",
            "response.output_text.delta",
            "response.output_text.delta",
            "response.output_text.delta",
            "response.output_text.done",
            "response.content_part.done",
            "conversation.item.done",
            "response.output_item.done",
            "response.done",
            "rate_limits.updated",
        ]
    );
    let done = &events[12]["response"];
    assert_eq!(done["status"], "completed");
    assert_eq!(done["metadata"]["a"], "b");
    assert_eq!(done["output"][0]["content"][0], json!({ "type": "output_text", "text": "You said: Hello there" }));
    assert_eq!((&done["usage"]["input_tokens"], &done["usage"]["output_tokens"]), (&json!(2), &json!(4)));
    // Event IDs are unique, and all events name the same response.
    let ids: std::collections::BTreeSet<&str> =
        events.iter().map(|event| event["event_id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), events.len());
    assert!(events[1..12].iter().all(|event| event["response_id"].is_null() || event["response_id"] == done["id"]));
}

#[tokio::test]
async fn older_clients_can_use_the_key_in_the_query_the_subprotocol_and_older_event_names() {
    let emulator = Emulator::start().await.unwrap();
    let headers = [("sec-websocket-protocol", "realtime, openai-beta.realtime-v1"), ("openai-beta", "realtime=v1")];
    let (mut talk, response) = Talk::open(&emulator, &format!("/realtime?key=sk_test&model={MODEL}"), &headers).await;
    assert_eq!(response.headers()["sec-websocket-protocol"], "realtime");
    assert!(response.headers()["x-request-id"].to_str().unwrap().starts_with("req_"));
    assert_eq!(talk.next().await["session"]["model"], MODEL);
    let session = json!({ "modalities": ["text", "audio"], "voice": "echo", "turn_detection": null });
    talk.say(json!({ "type": "session.update", "session": session })).await;
    let updated = talk.next().await;
    assert_eq!(updated["session"]["audio"]["output"]["voice"], "echo");
    assert_eq!(updated["session"]["audio"]["input"]["turn_detection"], Value::Null);
    let content = json!([{ "type": "input_text", "text": "Hi" }]);
    let item = json!({ "type": "message", "role": "user", "content": content });
    talk.say(json!({ "type": "conversation.item.create", "item": item })).await;
    assert_eq!(talk.next().await["type"], "conversation.item.created");
    talk.say(json!({ "type": "response.create" })).await;
    let events = talk.until("response.done").await;
    for kind in ["response.audio.delta", "response.audio_transcript.delta", "response.audio_transcript.done"] {
        assert!(kinds(&events).contains(&kind), "{kind}: {:?}", kinds(&events));
    }
}

#[tokio::test]
async fn items_are_retrieved_deleted_and_inserted() {
    let emulator = Emulator::start().await.unwrap();
    let mut talk = Talk::with_key(&emulator).await;
    let first = talk.message("one").await;
    talk.message("two").await;
    talk.say(json!({ "type": "conversation.item.retrieve", "item_id": first["id"] })).await;
    let events = talk.until("conversation.item.retrieved").await;
    assert_eq!(events[0]["item"], first);
    let content = json!([{ "type": "input_text", "text": "between" }]);
    let item = json!({ "id": "mine", "type": "message", "role": "user", "content": content });
    let create = json!({ "type": "conversation.item.create", "previous_item_id": first["id"], "item": item });
    talk.say(create.clone()).await;
    assert_eq!(talk.next().await["previous_item_id"], first["id"]);
    talk.until("conversation.item.done").await;
    talk.say(create).await;
    assert_eq!(talk.next().await["error"]["code"], "item_create_duplicate_id");
    talk.say(json!({ "type": "conversation.item.delete", "item_id": "mine" })).await;
    assert_eq!(talk.next().await["type"], "conversation.item.deleted");
    talk.say(json!({ "type": "conversation.item.delete", "item_id": "mine", "event_id": "again" })).await;
    let error = talk.next().await["error"].clone();
    assert_eq!((&error["param"], &error["event_id"]), (&json!("item_id"), &json!("again")));
}

#[tokio::test]
async fn only_one_response_runs_at_a_time_and_speech_interrupts_it() {
    let emulator = Emulator::start().await.unwrap();
    let mut talk = Talk::with_key(&emulator).await;
    talk.message(&"word ".repeat(300)).await;
    talk.say(json!({ "type": "response.create" })).await;
    talk.until("response.output_audio.delta").await;
    talk.say(json!({ "type": "response.create" })).await;
    let error = loop {
        let event = talk.next().await;
        if event["type"] == "error" {
            break event;
        }
    };
    assert_eq!(error["error"]["code"], "conversation_already_has_active_response");
    // 100 ms of audio.
    let loud = BASE64_STANDARD.encode(9_000_i16.to_le_bytes().repeat(2_400));
    talk.say(json!({ "type": "input_audio_buffer.append", "audio": loud })).await;
    let events = talk.until("response.done").await;
    assert!(kinds(&events).contains(&"input_audio_buffer.speech_started"));
    let response = &events.last().unwrap()["response"];
    assert_eq!(
        (&response["status"], &response["status_details"]["reason"]),
        (&json!("cancelled"), &json!("turn_detected"))
    );
    let item = &response["output"][0];
    assert_eq!(item["status"], "incomplete");
    // Truncate the audio that the user did not hear.
    let id = item["id"].clone();
    talk.say(json!({ "type": "conversation.item.truncate", "item_id": id, "content_index": 0, "audio_end_ms": 10 }))
        .await;
    assert_eq!(talk.until("conversation.item.truncated").await.last().unwrap()["audio_end_ms"], 10);
}

#[tokio::test]
async fn transcription_sessions_only_transcribe() {
    let emulator = Emulator::start().await.unwrap();
    let target = "/v1/realtime?model=openai/gpt-live-transcribe";
    let (mut talk, _) = Talk::open(&emulator, target, &[("authorization", "Bearer sk_test")]).await;
    assert_eq!(talk.next().await["session"]["type"], "transcription");
    let sound = BASE64_STANDARD.encode(vec![0; 24_000]);
    talk.say(json!({ "type": "input_audio_buffer.append", "audio": sound })).await;
    talk.say(json!({ "type": "input_audio_buffer.commit" })).await;
    let events = talk.until("conversation.item.input_audio_transcription.completed").await;
    assert_eq!(events[0]["type"], "input_audio_buffer.committed");
    assert_eq!(events.last().unwrap()["transcript"], "A recording of 0.5 s.");
    talk.say(json!({ "type": "response.create" })).await;
    assert_eq!(talk.next().await["type"], "error");
    drop(talk);
    // The session is charged even though the client disconnected without closing it.
    for _ in 0..200 {
        if emulator.charges() == 1 {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("the session was not charged");
}

#[tokio::test]
async fn invalid_events_are_answered_with_errors() {
    let emulator = Emulator::start().await.unwrap();
    let mut talk = Talk::with_key(&emulator).await;
    for (message, code) in [
        ("not JSON", "invalid_json"),
        ("[]", "invalid_json"),
        ("{}", "missing_required_parameter"),
        (r#"{"type":"x"}"#, "invalid_value"),
    ] {
        talk.0.send(Message::text(message)).await.unwrap();
        let event = talk.next().await;
        assert_eq!((&event["type"], &event["error"]["code"]), (&json!("error"), &json!(code)), "{message}");
    }
    for session in
        [json!({}), json!({ "type": "other" }), json!({ "type": "realtime", "output_modalities": ["smell"] })]
    {
        talk.say(json!({ "type": "session.update", "session": session })).await;
        assert_eq!(talk.next().await["type"], "error", "{session}");
    }
    // A session that was never used costs nothing.
    talk.0.close(None).await.unwrap();
    while talk.0.next().await.is_some() {}
    assert_eq!(emulator.charges(), 0);
}
