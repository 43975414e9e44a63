//! Realtime sessions: rejected handshakes, events, and every way in which a session ends.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use pollinations_emulator::{Emulator, Fault, Key};
use pollinations_ext::{
    Error, ErrorKind, KeyPlacement, PaymentKind, Pollinations, RetryPolicy,
    realtime::{RealtimeEvent, RealtimeRequest, RealtimeSession},
};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    time::timeout,
};
use tokio_tungstenite::{
    WebSocketStream, accept_hdr_async,
    tungstenite::{
        Message,
        handshake::server::{ErrorResponse, Request, Response},
        protocol::{
            CloseFrame,
            frame::{
                Frame,
                coding::{CloseCode, Data, OpCode},
            },
        },
    },
};

const MODEL: &str = "openai/gpt-realtime-2.1";

fn client(url: &str) -> Pollinations {
    builder(url).retry(RetryPolicy::none()).build().unwrap()
}

fn builder(url: &str) -> pollinations_ext::Builder {
    Pollinations::builder().base_url(url).key("sk_test".parse().unwrap())
}

fn request(url: &str) -> RealtimeRequest {
    client(url).realtime(MODEL)
}

async fn refused(emulator: &Emulator) -> Error {
    request(emulator.base_url()).connect().await.unwrap_err()
}

/// A server that accepts a WebSocket, and then runs `talk`.
async fn serving<F, R>(talk: F) -> String
where
    F: FnOnce(WebSocketStream<TcpStream>) -> R + Send + 'static,
    R: Future<Output = ()> + Send,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        #[allow(clippy::result_large_err, reason = "the type is tungstenite's")]
        let check = |request: &Request, response: Response| -> Result<Response, ErrorResponse> {
            let headers = request.headers();
            assert_eq!(headers["authorization"], "Bearer sk_test");
            assert_eq!(request.uri().to_string(), "/v1/realtime?model=openai%2Fgpt-realtime-2.1");
            Ok(response)
        };
        talk(accept_hdr_async(stream, check).await.unwrap()).await;
    });
    url
}

/// A server that answers one request with this raw response.
async fn answering(response: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut bytes = [0; 4096];
        let _ = stream.read(&mut bytes).await.unwrap();
        stream.write_all(response.as_bytes()).await.unwrap();
        stream.shutdown().await.unwrap();
    });
    url
}

#[tokio::test]
async fn a_rejected_handshake_is_the_api_error_of_the_service() {
    let emulator = Emulator::builder().balance(0.0).start().await.unwrap();
    let error = refused(&emulator).await;
    assert_eq!(error.status().unwrap(), 402);
    assert_eq!(error.payment(), Some(PaymentKind::Balance));
    assert!(error.fix_url().unwrap().starts_with("https://enter.pollinations.ai/"), "{error:?}");
    assert_eq!(error.operation(), Some("realtime_v1"));

    let emulator = Emulator::builder().key(Key::new("sk_other")).start().await.unwrap();
    assert_eq!(refused(&emulator).await.status().unwrap(), 401);
    let emulator = Emulator::builder().key(Key::new("sk_test").budget(0.0)).start().await.unwrap();
    assert_eq!(refused(&emulator).await.payment(), Some(PaymentKind::KeyBudget));
    let emulator = Emulator::builder().key(Key::new("sk_test").models(["flux"])).start().await.unwrap();
    assert_eq!(refused(&emulator).await.status().unwrap(), 403);

    let emulator = Emulator::start().await.unwrap();
    emulator.inject(Fault::status(429).retry_after("7"));
    let error = refused(&emulator).await;
    assert_eq!((error.status().unwrap().as_u16(), error.retry_after()), (429, Some(Duration::from_secs(7))));
    let error = client(emulator.base_url()).realtime("no/such-model").connect().await.unwrap_err();
    assert_eq!(error.status().unwrap(), 400);
    // A request without the `Upgrade` header is not a WebSocket handshake.
    let error = client(emulator.base_url()).api().realtime_v1().send().await.unwrap_err();
    assert_eq!(error.status().unwrap(), 426);
    // None of this was charged, and no URL contained the key.
    assert_eq!(emulator.charges(), 0);
    assert!(emulator.journal().iter().all(|entry| !entry.query.contains("key")));
}

#[tokio::test]
async fn a_failed_handshake_is_retried() {
    let emulator = Emulator::start().await.unwrap();
    emulator.inject(Fault::status(503).operation("realtime_v1").times(2));
    let policy = RetryPolicy::default().base_delay(Duration::from_millis(1));
    let client = builder(emulator.base_url()).retry(policy).build().unwrap();
    let mut session = client.realtime(MODEL).connect().await.unwrap();
    assert_eq!(session.next().await.unwrap().unwrap().kind(), "session.created");
    let journal = emulator.journal();
    assert_eq!(journal.iter().map(|entry| entry.status).collect::<Vec<_>>(), [503, 503, 101]);
    let nonce = |at: usize| {
        journal[at]
            .headers
            .iter()
            .find(|(name, _)| name == "sec-websocket-key")
            .map(|(_, value)| value.clone())
            .unwrap()
    };
    assert_ne!(nonce(0), nonce(1), "each attempt must have its own nonce");
}

#[tokio::test]
async fn responses_that_are_not_a_valid_handshake_are_errors() {
    for (response, kind, status) in [
        ("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n", ErrorKind::Api, 302),
        ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", ErrorKind::Decode, 200),
        (
            "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n\r\n",
            ErrorKind::Decode,
            101,
        ),
        ("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: chat\r\n\r\n", ErrorKind::Decode, 101),
    ] {
        let error = request(&answering(response).await).connect().await.unwrap_err();
        assert_eq!((error.kind(), error.status().unwrap().as_u16()), (kind, status), "{error:?}");
        assert!(!format!("{error} {error:?}").contains("sk_test"));
    }
    let error = request("http://127.0.0.1:1").connect().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Connect);
    // A server that never answers.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let error = request(&url).timeout(Duration::from_millis(50)).connect().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
}

#[tokio::test]
async fn the_key_is_sent_in_the_header_even_if_the_placement_is_query() {
    let emulator = Emulator::builder().key(Key::new("sk_test")).start().await.unwrap();
    let client = builder(emulator.base_url()).key_placement(KeyPlacement::Query).build().unwrap();
    client.realtime(MODEL).unversioned().connect().await.unwrap().close().await.unwrap();
    let journal = emulator.journal();
    assert_eq!((journal[0].path.as_str(), journal[0].query.as_str()), ("/realtime", "model=openai%2Fgpt-realtime-2.1"));
}

async fn talk(mut session: RealtimeSession) -> RealtimeSession {
    session.say("Name a flower").await.unwrap();
    let reply = session.respond().await.unwrap();
    assert_eq!(reply.text(), "You said: Name a flower (with the instruction: Be brief)");
    assert_eq!(reply.status(), "completed");
    assert!(reply.usage().unwrap()["total_tokens"].as_u64().unwrap() > 10);
    session
}

#[tokio::test]
async fn a_session_is_charged_once_when_it_ends() {
    let emulator = Emulator::start().await.unwrap();
    let session = request(emulator.base_url()).instructions("Be brief").text_only().connect().await.unwrap();
    let session = talk(talk(session).await).await;
    assert_eq!(emulator.charges(), 0);
    session.close().await.unwrap();
    for _ in 0..100 {
        if emulator.charges() == 1 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(emulator.charges(), 1);
    assert!(emulator.balance() < 100.0);
}

#[tokio::test]
async fn two_tasks_can_send_and_receive_audio_at_the_same_time() {
    let emulator = Emulator::start().await.unwrap();
    let request = request(emulator.base_url()).voice("alloy").transcribe_input("whisper-1");
    let (mut sender, mut receiver) = request.connect().await.unwrap().split();
    // The service answers by itself when two seconds of speech are followed by silence.
    let speaking = tokio::spawn(async move {
        let loud = 8_000_i16.to_le_bytes().repeat(24_000 * 2);
        let silence = vec![0; 48_000];
        for piece in loud.chunks(4_800).chain(silence.chunks(4_800)) {
            sender.send(RealtimeEvent::audio(piece)).await.unwrap();
        }
        sender
    });
    let (mut kinds, mut sound, mut said, mut heard) = (Vec::new(), 0, String::new(), None);
    while let Some(event) = receiver.next().await {
        let event = event.unwrap();
        assert!(event.error().is_none(), "{event:?}");
        sound += event.audio_delta().map_or(0, |piece| piece.len());
        said += event.transcript_delta().unwrap_or_default();
        heard = event.input_transcript().map(str::to_owned).or(heard);
        kinds.push(event.kind().to_owned());
        if event.is_done() {
            break;
        }
    }
    for kind in
        ["input_audio_buffer.speech_started", "input_audio_buffer.speech_stopped", "input_audio_buffer.committed"]
    {
        assert!(kinds.iter().any(|known| known == kind), "{kind} is not in {kinds:?}");
    }
    assert_eq!(heard.as_deref(), Some("A recording of 2.5 s."));
    assert_eq!(said, "You said: A recording of 2.5 s.");
    // 7 words of 0.3 s each.
    assert_eq!(sound, 7 * 14_400);
    let mut sender = speaking.await.unwrap();
    sender.close().await.unwrap();
    while let Some(event) = receiver.next().await {
        event.unwrap();
    }
    assert_eq!(sender.send(RealtimeEvent::respond()).await.unwrap_err().kind(), ErrorKind::Connection);
}

#[tokio::test]
async fn a_reply_can_be_cancelled() {
    let emulator = Emulator::start().await.unwrap();
    let mut session = request(emulator.base_url()).text_only().connect().await.unwrap();
    let long = "word ".repeat(500);
    session.say(long.as_str()).await.unwrap();
    session.send(RealtimeEvent::respond()).await.unwrap();
    let mut begun = false;
    let done = loop {
        let event = session.next().await.unwrap().unwrap();
        if event.text_delta().is_some() && !begun {
            begun = true;
            session.send(RealtimeEvent::cancel()).await.unwrap();
        }
        if event.is_done() {
            break event;
        }
    };
    let response = done.response().unwrap();
    assert_eq!(response["status"], "cancelled");
    let partial = response["output"][0]["content"][0]["text"].as_str().unwrap();
    assert!(format!("You said: {long}").starts_with(partial) && partial.len() < long.len(), "{partial}");
    // The next turn works as usual.
    session.say("Hello").await.unwrap();
    assert_eq!(session.respond().await.unwrap().text(), "You said: Hello");
}

#[tokio::test]
async fn the_model_calls_a_function_and_uses_its_output() {
    let emulator = Emulator::start().await.unwrap();
    let parameters = json!({ "type": "object", "properties": { "city": { "type": "string" } }, "required": ["city"] });
    let request = request(emulator.base_url()).text_only().function("weather", "Tells the weather", parameters);
    let mut session = request.connect().await.unwrap();
    session.say("How is the weather in Paris?").await.unwrap();
    let reply = session.respond().await.unwrap();
    let call = reply.calls().remove(0);
    assert_eq!(call.name, "weather");
    assert!(serde_json::from_str::<Value>(&call.arguments).unwrap()["city"].is_string());
    session.send(RealtimeEvent::function_output(call.call_id, "sunny")).await.unwrap();
    assert_eq!(session.respond().await.unwrap().text(), "The tools answered: sunny");
}

#[tokio::test]
async fn an_error_event_does_not_close_the_session() {
    let emulator = Emulator::start().await.unwrap();
    let mut session = request(emulator.base_url()).text_only().connect().await.unwrap();
    for (event, code) in [
        (RealtimeEvent::new("no.such.event"), "invalid_value"),
        (RealtimeEvent::commit_audio(), "input_audio_buffer_commit_empty"),
        (RealtimeEvent::cancel(), "response_cancel_not_active"),
        (RealtimeEvent::new("input_audio_buffer.append").with("audio", "?"), "invalid_value"),
        (RealtimeEvent::new("conversation.item.create"), "invalid_value"),
        (RealtimeEvent::new("session.update"), "missing_required_parameter"),
    ] {
        session.send(event.with("event_id", "mine")).await.unwrap();
        let error = session.reply().await.unwrap_err();
        assert_eq!((error.kind(), error.code().unwrap().as_str()), (ErrorKind::Stream, code), "{error:?}");
        assert!(error.body().unwrap().contains("mine"), "{error:?}");
    }
    session.say("Hello").await.unwrap();
    assert_eq!(session.respond().await.unwrap().text(), "You said: Hello");
}

#[tokio::test]
async fn fragmented_messages_are_joined_and_pings_between_fragments_answered() {
    let url = serving(|mut socket| async move {
        let frame = |text: &'static str, code, is_last| Message::Frame(Frame::message(text.as_bytes(), code, is_last));
        socket.send(frame("{\"type\":\"a\",", OpCode::Data(Data::Text), false)).await.unwrap();
        socket.send(Message::Ping("x".into())).await.unwrap();
        socket.send(frame("\"delta\":\"\u{e9}", OpCode::Data(Data::Continue), false)).await.unwrap();
        socket.send(frame("\"}", OpCode::Data(Data::Continue), true)).await.unwrap();
        // White space as a keep-alive, and a binary message.
        socket.send(Message::text(" ")).await.unwrap();
        socket.send(Message::binary(&br#"{"type":"b"}"#[..])).await.unwrap();
        socket.send(Message::text("not JSON")).await.unwrap();
        socket.send(Message::text(r#"{"type":"c"}"#)).await.unwrap();
        let pong = socket.next().await.unwrap().unwrap();
        assert_eq!(pong, Message::Pong("x".into()));
        socket.send(Message::text(r#"{"type":"the pong arrived"}"#)).await.unwrap();
        socket.close(None).await.unwrap();
        while socket.next().await.is_some() {}
    })
    .await;
    let mut session = request(&url).connect().await.unwrap();
    let first = session.next().await.unwrap().unwrap();
    assert_eq!((first.kind(), first.get("delta").unwrap().as_str()), ("a", Some("\u{e9}")));
    assert_eq!(session.next().await.unwrap().unwrap().kind(), "b");
    let error = session.next().await.unwrap().unwrap_err();
    assert_eq!((error.kind(), error.body()), (ErrorKind::Decode, Some("not JSON")));
    assert_eq!(session.next().await.unwrap().unwrap().kind(), "c");
    assert_eq!(session.next().await.unwrap().unwrap().kind(), "the pong arrived");
    assert!(session.next().await.is_none());
}

#[tokio::test]
async fn a_message_above_the_size_limit_ends_the_session() {
    let url = serving(|mut socket| async move {
        socket.send(Message::text(format!(r#"{{"type":"{}"}}"#, "x".repeat(2_000)))).await.unwrap();
        let Some(Ok(Message::Close(Some(frame)))) = socket.next().await else { panic!("the client did not close") };
        assert_eq!(frame.code, CloseCode::Size);
    })
    .await;
    let mut session = request(&url).max_message_bytes(1_000).connect().await.unwrap();
    let error = session.send(RealtimeEvent::text("x".repeat(1_000))).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TooLarge, "a message above the limit must not be sent");
    let error = session.next().await.unwrap().unwrap_err();
    assert_eq!((error.kind(), error.operation()), (ErrorKind::TooLarge, Some("realtime_v1")));
    assert!(session.next().await.is_none());
}

#[tokio::test]
async fn close_codes_of_the_server_end_the_session_normally_or_with_an_error() {
    for (code, reason, kind) in [
        (Some(1000), "done", None),
        (None, "", None),
        (Some(1001), "", Some("the server closed the session with code 1001: it gave no reason")),
        (
            Some(1011),
            "the key sk_test failed",
            Some("the server closed the session with code 1011: the key [key] failed"),
        ),
        (Some(4402), "no pollen left", Some("the server closed the session with code 4402: no pollen left")),
    ] {
        let url = serving(move |mut socket| async move {
            let frame = code.map(|code| CloseFrame { code: CloseCode::from(code), reason: reason.into() });
            socket.close(frame).await.unwrap();
            while socket.next().await.is_some() {}
        })
        .await;
        let mut session = request(&url).connect().await.unwrap();
        match (session.next().await, kind) {
            (None, None) => {}
            (Some(Err(error)), Some(message)) => {
                assert_eq!((error.kind(), error.message()), (ErrorKind::Stream, message));
                assert!(session.next().await.is_none());
            }
            (other, _) => panic!("{code:?}: {other:?}"),
        }
    }
    // The server drops the connection without a close frame.
    let url = serving(|socket| async move { drop(socket) }).await;
    let mut session = request(&url).connect().await.unwrap();
    assert_eq!(session.reply().await.unwrap_err().kind(), ErrorKind::Connection);
    // The server closes the session in the middle of a reply.
    let url = serving(|mut socket| async move {
        socket.send(Message::text(r#"{"type":"response.output_text.delta","delta":"a"}"#)).await.unwrap();
        socket.close(None).await.unwrap();
        while socket.next().await.is_some() {}
    })
    .await;
    let mut session = request(&url).connect().await.unwrap();
    assert_eq!(session.reply().await.unwrap_err().kind(), ErrorKind::Truncated);
}

#[tokio::test]
async fn a_silent_server_is_pinged_before_the_idle_timeout() {
    // A server that answers pings keeps the session open.
    let url = serving(|mut socket| async move { while socket.next().await.is_some() {} }).await;
    let idle = Duration::from_millis(200);
    let client = |url: &str| builder(url).idle_timeout(idle).build().unwrap();
    let mut session = client(&url).realtime(MODEL).connect().await.unwrap();
    assert!(timeout(5 * idle, session.next()).await.is_err(), "the session was closed");
    session.close().await.unwrap();
    // A server that does not answer pings runs into the timeout.
    let url = serving(|socket| async move {
        tokio::time::sleep(Duration::from_secs(60)).await;
        drop(socket);
    })
    .await;
    let mut session = client(&url).realtime(MODEL).connect().await.unwrap();
    let error = timeout(Duration::from_secs(20), session.next()).await.unwrap().unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
}

#[tokio::test]
async fn dropping_both_halves_closes_the_session() {
    let (told, closed) = tokio::sync::oneshot::channel();
    let url = serving(|mut socket| async move {
        let first = socket.next().await.unwrap().unwrap();
        assert!(first.to_text().unwrap().contains("session.update"), "{first:?}");
        let Some(Ok(Message::Close(Some(frame)))) = socket.next().await else { panic!("the client did not close") };
        told.send(frame.code).unwrap();
    })
    .await;
    let (sender, mut receiver) = request(&url).text_only().connect().await.unwrap().split();
    drop(sender);
    // The receiver still works after the sender was dropped.
    assert!(timeout(Duration::from_millis(200), receiver.next()).await.is_err());
    drop(receiver);
    let code = timeout(Duration::from_secs(10), closed).await.unwrap().unwrap();
    assert_eq!(code, CloseCode::Normal);
}

#[tokio::test]
async fn a_slow_reader_loses_no_events() {
    const EVENTS: usize = 5_000;
    let url = serving(|mut socket| async move {
        for number in 0..EVENTS {
            socket
                .send(Message::text(format!(r#"{{"type":"a","number":{number},"pad":"{:0>2000}"}}"#, 0)))
                .await
                .unwrap();
        }
        socket.close(None).await.unwrap();
        while socket.next().await.is_some() {}
    })
    .await;
    let mut session = request(&url).max_message_bytes(4_000).max_queue_bytes(10_000).connect().await.unwrap();
    tokio::time::sleep(Duration::from_millis(200)).await;
    for number in 0..EVENTS {
        let event = session.next().await.unwrap().unwrap();
        assert_eq!(event.get("number").unwrap().as_u64(), Some(number as u64));
    }
    assert!(session.next().await.is_none());
}

#[tokio::test]
async fn a_session_is_a_stream_and_a_sink() {
    fn assert_send_and_sync<T: Send + Sync + 'static>(_: &T) {}

    let emulator = Emulator::start().await.unwrap();
    let session = request(emulator.base_url()).text_only().connect().await.unwrap();
    assert_send_and_sync(&session);
    let (sender, receiver) = session.split();
    assert_send_and_sync(&sender);
    assert_send_and_sync(&receiver);
    let events = [RealtimeEvent::text("Hello"), RealtimeEvent::respond()];
    let mut sink = sender.clone();
    sink.send_all(&mut futures_util::stream::iter(events).map(Ok)).await.unwrap();
    let done = receiver.filter_map(async |event| event.ok().filter(RealtimeEvent::is_done));
    let done = std::pin::pin!(done).next().await.unwrap();
    assert_eq!(done.response().unwrap()["status"], "completed");
    SinkExt::close(&mut sink).await.unwrap();
    let _ = sender;
}

#[tokio::test]
async fn stopping_the_emulator_ends_its_sessions() {
    let emulator = Emulator::start().await.unwrap();
    let mut session = request(emulator.base_url()).connect().await.unwrap();
    assert_eq!(session.next().await.unwrap().unwrap().kind(), "session.created");
    emulator.stop().await;
    let error = timeout(Duration::from_secs(10), session.next()).await.unwrap().unwrap().unwrap_err();
    assert!(error.message().contains("1001"), "{error}");
}
