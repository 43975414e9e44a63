//! Keys never leak. The test makes every public call with random keys under every fault, and searches everything that
//! can be printed for the keys. It is a separate test program, because it captures the log of the whole process.

use std::{
    error::Error as StdError,
    fmt::{Debug, Write as _},
    pin::Pin,
    sync::{Arc, Mutex, OnceLock},
    time::Duration,
};

use futures_util::TryStreamExt;
use pollinations_emulator::{Emulator, Fault};
use pollinations_ext::{
    ApiKey, Error, File, KeyPlacement, Pollinations, RetryPolicy,
    byop::{CodeFlow, DeviceFlow, Server},
};
use pollinations_tests::{Log, Script, Step, Then};
use proptest::{
    prelude::Strategy,
    strategy::ValueTree,
    test_runner::{TestRng, TestRunner},
};
use tracing_subscriber::fmt::format::FmtSpan;

/// No output may contain this many consecutive characters of a key.
const PIECE: usize = 8;

/// The number of random keys.
const KEYS: usize = 6;

/// Everything that this process logs through `tracing` or `log`.
fn log() -> &'static Log {
    static LOG: OnceLock<Log> = OnceLock::new();
    LOG.get_or_init(|| {
        let log = Log::default();
        log::set_boxed_logger(Box::new(log.clone())).unwrap();
        log::set_max_level(log::LevelFilter::Trace);
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_span_events(FmtSpan::FULL)
            .with_ansi(false)
            .with_writer(log.clone())
            .finish();
        tracing::subscriber::set_global_default(subscriber).unwrap();
        log
    })
}

/// Everything that can be printed of a result, including the sources of an error.
fn printed<T: Debug>(result: Result<T, Error>) -> String {
    match result {
        Ok(value) => format!("{value:?} {value:#?}"),
        Err(error) => {
            let mut said = format!("{error} {error:#} {error:?} {error:#?}");
            let mut cause = error.source();
            while let Some(error) = cause {
                let _ = write!(said, " / {error} {error:?} {error:#?}");
                cause = error.source();
            }
            said
        }
    }
}

type Printed<'a> = Pin<Box<dyn Future<Output = String> + 'a>>;

/// Every public call, and everything that can be printed of its request and its result.
fn calls<'a>(
    client: &'a Pollinations,
    key: &'a str,
    enter: &'a str,
    folder: &'a tempfile::TempDir,
) -> Vec<(&'static str, Printed<'a>)> {
    macro_rules! calls {
        ($($name:literal: $request:expr => |$bound:ident| $result:expr;)*) => {
            vec![$(($name, Box::pin(async move {
                let $bound = $request;
                let before = format!("{:?}", $bound);
                before + &printed($result.await)
            }) as Printed<'a>)),*]
        };
    }
    let png = || File::bytes(b"\x89PNG\r\n\x1a\n0000".to_vec()).name("x.png").content_type("image/png");
    let wav = || File::bytes(b"RIFF0000WAVE".to_vec()).name("x.wav");
    let path = |name: &str| folder.path().join(name);
    calls! {
        "chat": client.chat("openai").user("x") => |call| call.send();
        "chat raw": client.chat("openai").user("x") => |call| call.send_raw();
        "chat stream": client.chat("openai").user("x") => |call| async { call.stream().await?.finish().await };
        "chat text": client.chat("openai").user("x") => |call| async {
            call.stream().await?.text_stream().try_collect::<String>().await
        };
        "text from messages": client.chat("openai").user("x") => |call| call.answer();
        "text from messages, streamed": client.chat("openai").user("x") => |call| async {
            call.answer_stream().await?.finish().await
        };
        "message": client.messages("claude", 9).user("x") => |call| call.send();
        "message raw": client.messages("claude", 9).user("x") => |call| call.send_raw();
        "message with tools": client.messages("claude", 9).user("x") => |call| call.run();
        "message stream": client.messages("claude", 9).user("x") => |call| async { call.stream().await?.finish().await };
        "response": client.responses("openai").user("x") => |call| call.send();
        "response raw": client.responses("openai").user("x") => |call| call.send_raw();
        "response with tools": client.responses("openai").user("x") => |call| call.run();
        "response stream": client.responses("openai").user("x") => |call| async {
            call.stream().await?.finish().await
        };
        "decision": client.decide("x").proposition("a", "b") => |call| call.send();
        "text": client.text("x") => |call| call.send();
        "text by POST": client.text("x") => |call| call.send_post();
        "text stream": client.text("x") => |call| async { call.stream().await?.finish().await };
        "image": client.image("x").size(16, 16) => |call| async { call.send().await?.bytes().await };
        "image saved": client.image("x").size(16, 16) => |call| async { call.send().await?.save(path("x.jpg")).await };
        "image URL": client.image("x") => |call| async { call.url_without_key() };
        "image URL refused": client.image("x") => |call| async { call.url().map(|_| ()) };
        "images": client.images("x").size(16, 16).n(2) => |call| async { call.send().await?.first().bytes().await };
        "images as URLs": client.images("x").size(16, 16).response_format("url") => |call| async {
            call.send().await?.first().bytes().await
        };
        "images raw": client.images("x").size(16, 16) => |call| call.send_raw();
        "edit": client.edit("x", [png()]).size(16, 16) => |call| call.send();
        "edit by URL": client.edit("x", ["https://example.com/x.png"]).size(16, 16) => |call| call.send_raw();
        "object": client.three_d("x").model("hyper3d/rodin-2.5") => |call| async { call.send().await?.bytes().await };
        "object by POST": client.three_d("x").model("hyper3d/rodin-2.5") => |call| async {
            call.send_post().await?.bytes().await
        };
        "object URL refused": client.three_d("x") => |call| async { call.url().map(|_| ()) };
        "video": client.video("x", "veo") => |call| async { call.send().await?.bytes().await };
        "speech": client.speech("x") => |call| async { call.send().await?.bytes().await };
        "speech by GET": client.speech("x") => |call| async { call.send_get().await?.bytes().await };
        "music": client.music("x") => |call| async { call.send().await?.bytes().await };
        "transcription": client.transcribe(wav()) => |call| call.send();
        "diarized": client.transcribe(wav()) => |call| call.diarized();
        "speech with timestamps": client.speech_with_timestamps("x") => |call| call.send();
        "voice": client.change_voice(wav()) => |call| async { call.send().await?.bytes().await };
        "isolated voice": client.isolate_voice(wav()) => |call| async { call.send().await?.bytes().await };
        "stems": client.separate_stems(wav()) => |call| async { call.send().await?.bytes().await };
        "stems saved": client.separate_stems(wav()) => |call| call.save_to(path("stems"));
        "embedding": client.embed("x") => |call| call.send();
        "embedding of an image": client.embed_media().image(png()) => |call| call.send_raw();
        "embeddings": client.embed_batch(["x", "y"]) => |call| async { Ok::<_, Error>(call.send().await?) };
        "upload": client.media().upload(png()) => |call| call.send();
        "upload, raw body": client.media().upload(png()).raw() => |call| call.send();
        "upload, base64": client.media().upload(png()).base64() => |call| call.send();
        "media": client.media() => |call| async { call.fetch("0123456789abcdef").await?.bytes().await };
        "media exists": client.media() => |call| async { call.exists("0123456789abcdef").await };
        "media metadata": client.media() => |call| async { call.metadata("0123456789abcdef").await };
        "media deleted": client.media() => |call| async { call.delete("0123456789abcdef").await };
        "gallery": client.media().gallery("cats") => |call| call.send();
        "gallery stream": client.media().gallery("cats") => |call| async { call.files().try_collect::<Vec<_>>().await };
        "upload of a file": client.media().upload(File::path(path("x.png"))).id("mine").tag("cats") => |call| call.send();
        "all models": client.models() => |call| call.all().into_future();
        "one model": client.models() => |call| call.get("openai").into_future();
        "model found": client.models() => |call| async { call.find("openai").await };
        "model status": client.models().status() => |call| call.into_future();
        "model stats": client.models().stats() => |call| call.into_future();
        "models": client.models() => |call| call.list().into_future();
        "text models": client.models() => |call| call.text().into_future();
        "image models": client.models() => |call| call.image().into_future();
        "audio models": client.models() => |call| call.audio().into_future();
        "balance": client.account() => |call| call.balance().into_future();
        "profile": client.account() => |call| call.profile().into_future();
        "usage": client.account().usage() => |call| call.send();
        "usage as CSV": client.account().usage() => |call| async { call.csv().await?.bytes().await };
        "usage rows": client.account().usage() => |call| call.csv_rows();
        "usage stream": client.account().usage() => |call| async { call.records().try_collect::<Vec<_>>().await };
        "daily usage": client.account().usage_daily() => |call| call.send();
        "key usage": client.account().key_usage() => |call| async { call.records().try_collect::<Vec<_>>().await };
        "keys": client.account().keys() => |call| call.list().into_future();
        "new key": client.account().keys().create("x").budget(0.5) => |call| call.send();
        "new key, raw": client.account().keys().create("x") => |call| call.send_raw();
        "changed key": client.account().keys().update("x").name("y") => |call| call.send();
        "revoked key": client.account().keys() => |call| call.revoke("x").into_future();
        "earnings": client.account().earnings() => |call| call.send();
        "single earnings": client.account().earnings_transactions() => |call| call.send();
        "quests": client.account() => |call| call.quests().into_future();
        "agents": client.account().agents() => |call| call.list().into_future();
        "models of the account": client.account().my_models() => |call| call.list().into_future();
        "connected apps": client.account().integrations() => |call| call.list().into_future();
        "disconnected app": client.account().integrations() => |call| async { call.disconnect("x").await };
        "user of the key": client => |call| call.user_info();
        "key status": client => |call| call.key_status().into_future();
        "device flow": DeviceFlow::new(key.parse().unwrap()).server(Server::at(enter)) => |call| call.start();
        "sign-in": CodeFlow::new(key.parse().unwrap(), "https://app.example/back").server(Server::at(enter)) => |call| async {
            let address = format!("https://app.example/back?code=c0de&state={}", call.state()?);
            call.finish(&address).await
        };
        "user info": Server::at(enter) => |call| async {
            let key = key.parse()?;
            call.user_info(&key).await
        };
    }
}

/// Faults of the emulator, which never echoes a request.
fn faults() -> Vec<Fault> {
    vec![
        Fault::default(),
        Fault::status(401),
        Fault::status(402).reason("key_budget"),
        Fault::status(429).retry_after("0"),
        Fault::status(500),
        Fault::status(502).html(),
        Fault::status(400).body(""),
        Fault::reset(),
        Fault::default().reset_after(20),
        Fault::default().truncate(20),
        Fault::default().malformed(),
        Fault::default().stream_error(1),
        Fault::default().content_type("text/html"),
    ]
}

/// Responses of a malicious server, which echoes the key, in full or in part, wherever it can.
fn echoes(key: &str) -> Vec<Step> {
    let part = &key[..key.len() * 2 / 3];
    let json = |status, body: String| Step::json(status, body);
    let events = |body: String| Step::Answer(200, vec![("content-type", "text/event-stream".to_owned())], body);
    let quoted = serde_json::to_string(key).unwrap();
    vec![
        json(
            401,
            format!(
                r#"{{"error":{{"code":{quoted},"message":{quoted},"requestId":{quoted},"details":{{"key":{quoted}}}}}}}"#
            ),
        ),
        json(400, format!(r#"{{"error":{quoted}}}"#)),
        json(400, format!(r#"{{"error":{{"message":"it begins with {part}"}}}}"#)),
        json(400, format!("not json {key} and {part}")),
        json(
            200,
            format!(r#"{{"balance":{quoted},"data":{quoted},"choices":{quoted},"id":5,"text":{{"a":{quoted}}}}}"#),
        ),
        json(200, quoted.clone()),
        json(200, format!("[{quoted}, 1, {{\"name\": 5, \"x\": {quoted}}}]")),
        Step::Answer(502, vec![("content-type", "text/html".to_owned())], format!("<title>no {key}</title>")),
        // Cut off within the title.
        Step::Answer(502, vec![("content-type", "text/html".to_owned())], format!("<title>no {part}")),
        Step::Answer(200, vec![("content-type", "text/html".to_owned())], format!("<title>{key}</title> {part}")),
        Step::Answer(400, vec![("x-request-id", key.to_owned()), ("retry-after", key.to_owned())], String::new()),
        Step::Answer(200, vec![("x-request-id", key.to_owned()), ("content-type", key.to_owned())], "{}".to_owned()),
        Step::Answer(
            200,
            vec![("x-request-id", key.to_owned()), ("content-encoding", key.to_owned())],
            "{}".to_owned(),
        ),
        Step::Answer(307, vec![("location", format!("http://127.0.0.1:9/?key={key}"))], String::new()),
        Step::Answer(307, vec![("location", format!("nonsense:{key}"))], String::new()),
        Step::Answer(307, vec![("location", format!("/{key}?key={key}"))], String::new()),
        events(format!("data: {{\"error\":{{\"message\":{quoted},\"code\":{quoted}}}}}\n\n")),
        events(format!("data: {{\"choices\":{quoted}}}\n\n")),
        events(format!("data: {key}\n\ndata: {part}\n\n")),
        events(format!("data: {{\"choices\":[]}}\n\ndata: {{\"error\":{{\"message\":\"{part}\"}}}}\n\n")),
        Step::Raw(format!("HTTP/1.1 {key}\r\n\r\n").into_bytes(), Then::Close),
        Step::Raw(key.as_bytes().to_vec(), Then::Reset),
        Step::Raw(
            format!(
                "HTTP/1.1 200 X\r\nx-request-id: {key}\r\ncontent-type: image/png\r\ncontent-length: 999\r\n\r\n{key}"
            )
            .into_bytes(),
            Then::Close,
        ),
        Step::Raw(
            format!(
                "HTTP/1.1 200 X\r\nx-request-id: {key}\r\ncontent-type: text/plain\r\ncontent-length: 999\r\n\r\n{key}"
            )
            .into_bytes(),
            Then::Close,
        ),
    ]
}

/// Fails if the text contains any `PIECE` consecutive characters of the key.
fn search(text: &str, key: &str, place: &str) {
    for piece in key.as_bytes().windows(PIECE) {
        let piece = std::str::from_utf8(piece).unwrap();
        if let Some(at) = text.find(piece) {
            let from = text[..at].char_indices().rev().nth(200).map_or(0, |(at, _)| at);
            panic!("{piece}, of {key}, is in {place}: …{}", text[from..].chars().take(500).collect::<String>());
        }
    }
}

/// Keys in the format of the service, and other keys that are valid in a header.
fn keys() -> Vec<String> {
    let mut runner = TestRunner::new_with_rng(Default::default(), TestRng::deterministic_rng(Default::default()));
    let tail = proptest::prop_oneof!["[0-9A-Za-z]{32}", "[0-9A-Za-z_-]{13,60}", "[!-~]{16,80}"];
    let key = (proptest::sample::select(vec!["sk_", "pk_"]), tail).prop_map(|(prefix, tail)| format!("{prefix}{tail}"));
    (0..KEYS).map(|_| key.new_tree(&mut runner).unwrap().current()).collect()
}

fn client(url: &str, key: &str, placement: KeyPlacement) -> Pollinations {
    let key: ApiKey = key.parse().unwrap();
    search(&format!("{key:?} {key:#?}"), key.expose_secret(), "the key itself");
    let builder = Pollinations::builder()
        .base_url(url)
        .media_url(url)
        .fallback_key(key.clone())
        .key(key.clone())
        .key_placement(placement)
        .retry(RetryPolicy::default().base_delay(Duration::ZERO).max_retries(1))
        .timeout(Duration::from_secs(5))
        .idle_timeout(Duration::from_secs(2));
    search(&format!("{builder:?} {builder:#?}"), key.expose_secret(), "the builder");
    let client = builder.build().unwrap();
    search(&format!("{client:?} {client:#?} {:?}", client.api()), key.expose_secret(), "the client");
    client
}

async fn through_the_emulator(key: &str, placement: KeyPlacement) {
    let lines = Arc::new(Mutex::new(String::new()));
    let written = Arc::clone(&lines);
    let emulator = Emulator::builder()
        .on_request(move |entry| {
            let _ = writeln!(written.lock().unwrap(), "{entry} {entry:?}");
        })
        .start()
        .await
        .unwrap();
    let client = client(emulator.base_url(), key, placement);
    let folder = tempfile::tempdir().unwrap();
    for fault in faults() {
        emulator.clear_faults();
        emulator.inject(fault.clone().always());
        for (name, call) in calls(&client, key, emulator.base_url(), &folder) {
            let place = format!("the output of {name} after {fault:?} ({placement:?})");
            search(&call.await, key, &place);
        }
        // Errors of the generated client do not contain a URL.
        let error = client.api().account_balance().send().await.err();
        search(&format!("{error:?} {error:#?}"), key, &format!("the generated client's error after {fault:?}"));
    }
    search(&format!("{emulator:?}"), key, "the emulator");
    let journal = emulator.journal();
    assert!(journal.len() > 300, "{} requests", journal.len());
    search(&format!("{journal:?} {}", serde_json::to_string(&journal).unwrap()), key, "the journal");
    search(&lines.lock().unwrap(), key, "the request log of the emulator");
    search(&log().take(), key, "the log");
}

async fn through_echoes(key: &str, placement: KeyPlacement) {
    let folder = tempfile::tempdir().unwrap();
    for echo in echoes(key) {
        let script = Script::play(vec![echo.clone()]).await;
        let client = client(&script.url, key, placement);
        for (name, call) in calls(&client, key, &script.url, &folder) {
            let text = call.await;
            // A successful response may contain whatever the server sends.
            let is_error = text.contains("Error {");
            if is_error {
                search(&text, key, &format!("the output of {name} after {echo:?} ({placement:?})"));
            }
        }
        let sent = script.requests().concat();
        assert!(sent.contains("Bearer ") || sent.contains("key="), "the key was never sent");
    }
    search(&log().take(), key, "the log");
}

/// Responses with a key that was just created, which the client does not know yet.
fn creations(key: &str) -> Vec<Step> {
    let part = &key[..key.len() * 2 / 3];
    let quoted = serde_json::to_string(key).unwrap();
    let made = format!(r#"{{"id":"key_1","key":{quoted},"name":"x","echo":[{quoted}]}}"#);
    vec![
        Step::json(200, made.clone()),
        Step::json(200, format!("{made}}}")),
        Step::json(200, &made[..made.len() - 1 - key.len() / 2]),
        Step::json(200, format!(r#"{{"id":{quoted},"key":5}}"#)),
        Step::json(200, format!(r#"{{"id":"key_1","key":[{quoted}]}}"#)),
        Step::json(200, quoted.clone()),
        Step::json(200, format!(r#"{{"error":{{"message":"made {key}"}},"key":{quoted}}}"#)),
        Step::json(500, made.clone()),
        Step::json(
            400,
            format!(r#"{{"error":{{"code":"BAD_REQUEST","message":{quoted},"details":{{"made":{quoted}}}}}}}"#),
        ),
        Step::json(500, format!("cut off: {part}")),
        Step::ShortBody("application/json", made),
        Step::Answer(502, vec![("content-type", "text/html".to_owned())], format!("<title>{key}</title>")),
    ]
}

/// Checks that a new key does not leak. The client does not know it yet, so it cannot search for its characters.
async fn new_keys(key: &str, tail: &str) {
    for creation in creations(tail) {
        let script = Script::play(vec![creation.clone()]).await;
        let client = client(&script.url, key, KeyPlacement::Header);
        let request = client.account().keys().create("x");
        search(&format!("{request:?}"), tail, "the request");
        search(&printed(request.clone().send().await), tail, &format!("the result of {creation:?}"));
        search(&printed(request.send_raw().await), tail, &format!("the raw response of {creation:?}"));
    }
    search(&log().take(), tail, "the log");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_output_contains_eight_characters_of_a_key() {
    log().take();
    for (number, key) in keys().iter().enumerate() {
        let placement = if number % 2 == 0 { KeyPlacement::Header } else { KeyPlacement::Query };
        through_the_emulator(key, placement).await;
        through_echoes(key, placement).await;
        new_keys(key, &format!("sk_{number}NewlyMadeKey0123456789abcdefgh")).await;
    }
    tracing::info!("captured");
    log::info!("captured too");
    let text = log().take();
    assert!(text.contains("captured") && text.contains("captured too"), "the log was not captured: {text}");
}
