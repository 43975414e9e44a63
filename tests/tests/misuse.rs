//! Mistakes in programs that use the client. Every mistake is an error that says what is wrong. No mistake leads to a
//! panic, or to a request with a different meaning.

use std::{fmt::Debug, time::Duration};

use futures_util::{FutureExt, StreamExt};
use pollinations_emulator::Emulator;
use pollinations_ext::{ApiKey, Builder, Error, ErrorKind, File, Pollinations, RetryBudget, RetryPolicy, byop, types};
use pollinations_tests::{Recorder, Script, Step, Then};
use serde_json::json;

fn error_of<T>(result: Result<T, Error>) -> Option<Error> {
    result.map(drop).err()
}

/// Checks that the error has this kind and was found before sending, and that its message is one line with `words`.
#[track_caller]
fn assert_error(what: &str, error: Option<Error>, kind: ErrorKind, words: &str) {
    let error = error.unwrap_or_else(|| panic!("{what}: no error"));
    let shown = error.to_string();
    assert_eq!(error.kind(), kind, "{what}: {shown}");
    assert!(shown.contains(words) && !shown.contains('\n'), "{what}: {shown}");
    assert_eq!(error.attempts(), 0, "{what}: {shown}");
}

/// NaN and infinity are not JSON numbers. They would be sent as `null`, which has a different meaning.
#[tokio::test]
async fn nan_and_infinite_numbers_are_rejected() {
    let recorder = Recorder::json(json!({})).await;
    let client = recorder.client();
    let chat = || client.chat("m").user("Hi");
    let file = || File::bytes(b"RIFF".to_vec()).content_type("audio/wav");
    macro_rules! refused {
        ($($name:literal $request:expr;)*) => { $( {
            let error = $request.await.map(drop).err();
            assert_error(stringify!($request), error, ErrorKind::InvalidRequest, $name);
        } )* };
    }
    refused! {
        "temperature" chat().temperature(f64::NAN).send();
        "temperature" chat().temperature(f64::NAN).stream();
        "temperature" chat().temperature(f64::NAN).answer();
        "top_p" chat().top_p(f64::INFINITY).send();
        "frequency_penalty" chat().frequency_penalty(f64::NEG_INFINITY).send_raw();
        "temperature" client.messages("m", 9).user("Hi").temperature(f64::NAN).send();
        "top_p" client.messages("m", 9).user("Hi").top_p(f64::NAN).stream();
        "temperature" client.responses("m").user("Hi").temperature(f64::NAN).send();
        "top_p" client.responses("m").user("Hi").top_p(f64::NAN).stream();
        "temperature" client.text("Hi").temperature(f64::NAN).send();
        "top_p" client.text("Hi").top_p(f64::NAN).send_post();
        "speed" client.speech("Hi").speed(f64::NAN).send();
        "speed" client.speech("Hi").speed(f64::NAN).send_get();
        "duration" client.music("A waltz").duration(f64::INFINITY).send();
        "temperature" client.transcribe(file()).temperature(f64::NAN).send();
        "budget" client.account().keys().create("x").budget(f64::NAN).send();
        "budget" client.account().keys().update("x").budget(f64::INFINITY).send();
    }
    let address = client.text("Hi").temperature(f64::NAN).url();
    assert_error("a URL", error_of(address), ErrorKind::InvalidRequest, "temperature");
    assert!(recorder.take().is_empty());
}

#[tokio::test]
async fn empty_prompts_and_ids_are_rejected() {
    let recorder = Recorder::json(json!({})).await;
    let client = recorder.client();
    let none: [&str; 0] = [];
    let wrong = [
        ("text", error_of(client.text("").send().await)),
        ("text, posted", error_of(client.text("").send_post().await)),
        ("text, streamed", error_of(client.text("").stream().await)),
        ("text, dots", error_of(client.text("..").send().await)),
        ("text, a dot", error_of(client.text(".").url())),
        ("image", error_of(client.image("").send().await)),
        ("image, dots", error_of(client.image(".").send().await)),
        ("image, address", error_of(client.image("").url())),
        ("images", error_of(client.images("").send().await)),
        ("edit", error_of(client.edit("", ["https://example.com/x.png"]).send().await)),
        ("edit, no image", error_of(client.edit("at night", none).send().await)),
        ("video", error_of(client.video("", "veo").send().await)),
        ("3D", error_of(client.three_d("").send().await)),
        ("embed", error_of(client.embed_media().send().await)),
        ("key", error_of(client.account().keys().update("").send().await)),
        ("agent", error_of(client.account().agents().get("..").await)),
        ("model", error_of(client.models().get("").await)),
        ("media", error_of(client.media().fetch("").await)),
    ];
    for (what, error) in wrong {
        assert_error(what, error, ErrorKind::InvalidRequest, "");
    }
    assert!(recorder.take().is_empty());

    // The client does not check whether a body is complete. The service rejects it with a message.
    let emulator = Emulator::start().await.unwrap();
    let client = builder().base_url(emulator.base_url()).build().unwrap();
    for error in [
        error_of(client.chat("openai").send().await),
        error_of(client.chat("openai").stream().await),
        error_of(client.messages("claude", 9).send().await),
        error_of(client.responses("openai").send().await),
        error_of(client.decide("It rains.").send().await),
        error_of(client.speech("").send().await),
        error_of(client.speech_with_timestamps("").send().await),
    ]
    .into_iter()
    .flatten()
    {
        let is_explained = error.status().is_some_and(|status| status.as_u16() == 400) && error.message().len() > 15;
        assert!(is_explained || error.kind() == ErrorKind::InvalidRequest, "{error}");
    }
}

#[tokio::test]
async fn invalid_headers_are_rejected_and_unusual_queries_are_escaped() {
    let recorder = Recorder::json(json!({})).await;
    let client = recorder.client();
    let chat = || client.chat("m").user("Hi");
    for value in ["a\r\nx-other: 1", "a\nb", "a\0b", "\u{7f}"] {
        assert_error(value, error_of(chat().header("x-mine", value).send().await), ErrorKind::InvalidRequest, "x-mine");
        assert_error(
            value,
            error_of(client.text("Hi").header("x-mine", value).stream().await),
            ErrorKind::InvalidRequest,
            "x-mine",
        );
    }
    for name in ["", "x mine", "x:mine", "x\r\nmine", "x-ümine"] {
        assert_error(name, error_of(chat().header(name, "1").send().await), ErrorKind::InvalidRequest, "header");
    }
    // Unusual characters in a query are percent-encoded.
    client.account().balance().query("a b&c=d#e\r\n", "f g&h\0").send_raw().await.unwrap();
    let sent = recorder.requests();
    assert!(sent.contains("a+b%26c%3Dd%23e%0D%0A=f+g%26h%00"), "{sent}");
}

#[test]
fn malformed_keys_are_rejected_without_being_shown() {
    for text in [
        "",
        " ",
        "sk_",
        "hunter2",
        "sk_a b",
        "sk_a\nb",
        "sk_a\r\nx: 1",
        "sk_\0",
        "sk_ü",
        "Bearer sk_abc",
        "\"sk_abc\"",
        "SK_ABC",
        "xx_abc",
    ] {
        let error = text.parse::<ApiKey>().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidKey, "{text:?}");
        assert!(text.len() < 4 || !format!("{error} {error:?}").contains(text), "{error}");
    }
    // Keys read from files and forms often have white space around them.
    for text in [" sk_abc", "sk_abc\n", "\tsk_abc\r\n"] {
        let same = text.parse::<ApiKey>().map(|key| key.expose_secret() == "sk_abc");
        assert!(matches!(same, Ok(true) | Err(_)), "{text:?}");
    }
}

fn builder() -> Builder {
    Pollinations::builder().key("sk_test".parse().unwrap()).retry(RetryPolicy::none())
}

#[tokio::test]
async fn invalid_base_urls_are_rejected_and_valid_ones_keep_their_path() {
    for wrong in [
        "",
        " ",
        "gen.pollinations.ai",
        "localhost:8080",
        "/v1",
        "ftp://example.com",
        "http://",
        "data:x",
        "file:///etc",
        "http://[::1",
        "http://a b",
        "mailto:a@b",
        "http://exa mple.com",
    ] {
        for built in [builder().base_url(wrong).build(), builder().media_url(wrong).build()] {
            assert_error(wrong, error_of(built), ErrorKind::InvalidRequest, "URL");
        }
    }
    for (given, path) in
        [("", "/"), ("/", "/"), ("//", "/"), ("/api", "/api/"), ("/api/", "/api/"), ("/a%20b/c/", "/a%20b/c/")]
    {
        let recorder = Recorder::json(json!({"balance": 1})).await;
        let url = recorder.base_url();
        let client = builder().base_url(format!("{}{given}", url.trim_end_matches('/'))).build().unwrap();
        let _ = client.account().balance().await.unwrap();
        let sent = recorder.requests();
        assert!(sent.starts_with(&format!("GET {path}account/balance")), "{given}: {sent}");
    }
    // A query or a fragment of the base URL would end up in the middle of every URL.
    for wrong in ["http://127.0.0.1:9/?x=1", "http://127.0.0.1:9/#x", "http://127.0.0.1:9/a?x"] {
        assert_error(wrong, error_of(builder().base_url(wrong).build()), ErrorKind::InvalidRequest, "URL");
    }
}

#[tokio::test]
async fn extreme_timeouts_policies_and_sizes_do_not_panic() {
    let emulator = Emulator::start().await.unwrap();
    let at = |builder: Builder| builder.base_url(emulator.base_url()).media_url(emulator.base_url()).build().unwrap();
    let never = Duration::MAX;

    // A timeout of zero fails at once, and the longest possible timeout does not overflow.
    let client = at(builder().timeout(Duration::ZERO));
    assert!(client.account().balance().await.unwrap_err().is_timeout());
    assert!(client.chat("openai").user("Hi").stream().await.unwrap_err().is_timeout());
    assert!(client.account().balance().timeout(never).await.is_ok());
    let client = at(builder().timeout(never).attempt_timeout(never).idle_timeout(never).connect_timeout(never));
    assert!(client.chat("openai").user("Hi").stream().await.unwrap().finish().await.is_ok());
    let client = at(builder().idle_timeout(Duration::ZERO));
    let error = match client.chat("openai").user("Hi").stream().await {
        Ok(stream) => stream.finish().await.err(),
        Err(error) => Some(error),
    };
    assert!(error.is_none_or(|error| error.is_timeout()));
    let client = at(builder().connect_timeout(Duration::ZERO));
    let _ = client.account().balance().await.map_err(|error| assert!(error.is_timeout() || error.is_retryable()));
    let retry = RetryPolicy::default().base_delay(Duration::ZERO).max_delay(Duration::ZERO);
    let client = at(builder().attempt_timeout(Duration::ZERO).retry(retry));
    assert!(client.account().balance().await.map_err(|error| error.is_timeout()) != Err(false));
    let client = at(builder().max_response_bytes(0));
    assert_eq!(client.account().balance().await.unwrap_err().kind(), ErrorKind::TooLarge);

    // Extreme retry policies are computed without overflow.
    for policy in [
        RetryPolicy::default().max_retries(0).base_delay(never).max_delay(never).max_elapsed(Duration::ZERO),
        RetryPolicy::default().max_retries(3).base_delay(Duration::ZERO).max_delay(Duration::ZERO),
        RetryPolicy::default().base_delay(never).max_delay(never).max_retry_after(never).max_elapsed(never),
        RetryPolicy::default().budget(RetryBudget::new(0, 0.0)),
        RetryPolicy::default().budget(RetryBudget::new(u32::MAX, f64::INFINITY)),
        RetryPolicy::default().budget(RetryBudget::new(1, -1.0)),
    ] {
        let shown = format!("{policy} {policy:?} {:?}", policy.delays());
        assert!(!shown.is_empty());
        let client = at(builder().retry(policy));
        assert!(client.account().balance().await.is_ok(), "{shown}");
    }
    let most = RetryPolicy::default().max_retries(u32::MAX).base_delay(Duration::ZERO).budget(None);
    assert!(format!("{most}").contains("4294967295"));
    let script =
        Script::play(vec![Step::json(503, "{}"), Step::json(503, "{}"), Step::json(200, r#"{"balance":1}"#)]).await;
    let client = builder().base_url(&script.url).retry(most.max_delay(Duration::ZERO)).build().unwrap();
    assert_eq!(client.account().balance().await.unwrap().balance, 1.0);

    // Extreme filters and sizes are either accepted or rejected with a message.
    let client = at(builder());
    for error in [
        error_of(client.image("a cat").size(0, 0).send().await),
        error_of(client.image("a cat").size(u32::MAX, u32::MAX).send().await),
        error_of(client.image("a cat").seed(i64::MIN).send().await),
        error_of(client.account().usage().limit(0).send().await),
        error_of(client.account().usage().limit(u64::MAX).send().await),
        error_of(client.account().usage_daily().days(0).send().await),
        error_of(client.messages("claude", 0).user("Hi").send().await),
        error_of(client.embed("a").dimensions(0).send().await),
        error_of(client.models().text().limit(0).await),
        error_of(client.video("a wave", "veo").duration(0).send().await),
    ]
    .into_iter()
    .flatten()
    {
        let is_rejected = error.status().is_some_and(|status| status.as_u16() == 400);
        assert!(is_rejected || error.kind() == ErrorKind::InvalidRequest, "{error}");
        assert!(error.message().len() > 10, "{error}");
    }
}

#[tokio::test]
async fn missing_files_and_folders_are_io_errors() {
    let recorder = Recorder::json(json!({})).await;
    let client = recorder.client();
    let folder = tempfile::tempdir().unwrap();
    for path in [folder.path().to_owned(), folder.path().join("none.png"), "".into(), "\0".into()] {
        let file = || File::path(&path);
        let shown = format!("{path:?}");
        for error in [
            error_of(client.media().upload(file()).send().await),
            error_of(client.media().upload(file()).raw().send().await),
            error_of(client.media().upload(file()).base64().send().await),
            error_of(client.transcribe(file()).send().await),
            error_of(client.chat("m").user("What is this?").image(file()).send().await),
            error_of(client.chat("m").user("What is this?").audio(file()).send().await),
            error_of(client.messages("m", 9).image(file()).send().await),
            error_of(client.responses("m").image(file()).send().await),
            error_of(client.edit("at night", [file()]).send().await),
            error_of(client.embed_media().image(file()).send().await),
            error_of(client.change_voice(file()).voice("nova").send().await),
            error_of(client.isolate_voice(file()).send().await),
            error_of(client.separate_stems(file()).send().await),
        ] {
            let error = error.unwrap_or_else(|| panic!("{shown}: no error"));
            assert_eq!(error.kind(), ErrorKind::Io, "{shown}: {error}");
        }
    }
    assert!(recorder.take().is_empty());

    let emulator = Emulator::start().await.unwrap();
    let client = builder().base_url(emulator.base_url()).build().unwrap();
    for path in [folder.path().to_owned(), folder.path().join("no/such/folder/x.png"), "".into(), "\0".into()] {
        let error = client.image("a cat").send().await.unwrap().save(&path).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Io, "{path:?}: {error}");
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "a partial file was left");
}

/// Checks that a stream returns nothing after its end, however often it is polled.
async fn assert_stays_ended<S: futures_util::Stream<Item = Result<T, Error>> + Unpin, T: Debug>(mut stream: S) {
    while let Some(item) = stream.next().await {
        drop(item);
    }
    for _ in 0..3 {
        assert!(stream.next().await.is_none());
    }
}

#[tokio::test]
async fn streams_stay_ended_after_their_last_item() {
    let emulator = Emulator::start().await.unwrap();
    let client = builder().base_url(emulator.base_url()).media_url(emulator.base_url()).build().unwrap();
    assert_stays_ended(client.chat("openai").user("Hi").stream().await.unwrap()).await;
    assert_stays_ended(client.chat("openai").user("Hi").stream().await.unwrap().text_stream()).await;
    assert_stays_ended(client.chat("openai").user("Hi").answer_stream().await.unwrap()).await;
    assert_stays_ended(client.text("Hi").stream().await.unwrap()).await;
    assert_stays_ended(client.messages("claude", 99).user("Hi").stream().await.unwrap()).await;
    assert_stays_ended(client.responses("openai").user("Hi").stream().await.unwrap()).await;
    assert_stays_ended(client.image("a cat").send().await.unwrap()).await;
    assert_stays_ended(client.account().usage().records()).await;
    assert_stays_ended(client.media().gallery("cats").files()).await;
    assert_stays_ended(client.chat("openai").conversation().stream("Hi").await.unwrap()).await;

    // The same for streams that end with an error.
    let chunk = r#"data: {"choices":[{"index":0,"delta":{"content":"Ro"}}]}"#;
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n";
    let broken = || Step::Raw(format!("{head}{chunk}\n\n").into_bytes(), Then::Close);
    let script = Script::play((0..5).map(|_| broken()).collect()).await;
    let client = builder().base_url(&script.url).build().unwrap();
    assert_stays_ended(client.chat("m").user("Hi").stream().await.unwrap()).await;
    assert_stays_ended(client.chat("m").user("Hi").stream().await.unwrap().text_stream()).await;
    assert_stays_ended(client.text("Hi").stream().await.unwrap()).await;
    assert_stays_ended(client.messages("m", 9).user("Hi").stream().await.unwrap()).await;
    assert_stays_ended(client.responses("m").user("Hi").stream().await.unwrap()).await;
}

#[tokio::test]
async fn finish_returns_the_whole_reply_at_any_point_of_a_stream() {
    let emulator = Emulator::start().await.unwrap();
    let client = builder().base_url(emulator.base_url()).build().unwrap();
    let whole = client.chat("openai").user("Hi").send().await.unwrap();
    // Before the first chunk, in the middle, and after the last chunk.
    for taken in [0, 1, 3, usize::MAX] {
        let mut chat = client.chat("openai").user("Hi").stream().await.unwrap();
        let mut message = client.messages("claude", 99).user("Hi").stream().await.unwrap();
        let mut response = client.responses("openai").user("Hi").stream().await.unwrap();
        let mut left = taken;
        while left > 0 && chat.next().await.is_some() {
            left -= 1;
        }
        let mut left = taken;
        while left > 0 && message.next().await.is_some() {
            left -= 1;
        }
        let mut left = taken;
        while left > 0 && response.next().await.is_some() {
            left -= 1;
        }
        assert_eq!(chat.finish().await.unwrap().text(), whole.text());
        assert!(!message.finish().await.unwrap().text().is_empty());
        assert!(!response.finish().await.unwrap().text().is_empty());
    }
}

#[tokio::test]
async fn dropped_futures_lose_no_data_and_leave_no_partial_files() {
    let emulator = Emulator::start().await.unwrap();
    let client = builder().base_url(emulator.base_url()).build().unwrap();
    let folder = tempfile::tempdir().unwrap();
    for micros in [0, 1, 100, 1000, 5000] {
        let limit = Duration::from_micros(micros);
        let _ = tokio::time::timeout(limit, client.chat("openai").user("Hi").send()).await;
        let _ = tokio::time::timeout(limit, async {
            client.chat("openai").user("Hi").stream().await.unwrap().finish().await.unwrap();
        })
        .await;
        let _ = tokio::time::timeout(limit, async {
            client.image("a cat").send().await.unwrap().save(folder.path().join("cat.png")).await.unwrap();
        })
        .await;
        let _ = tokio::time::timeout(limit, client.account().usage().records().next()).await;
        let mut conversation = client.chat("openai").conversation();
        let _ = tokio::time::timeout(limit, conversation.say("Hi")).await;
        let reply = conversation.say("Again").await.unwrap();
        assert!(reply.text().contains("Again"), "{}", reply.text());
    }
    // Dropping a `next` future that is still pending loses no chunk.
    let mut stream = client.chat("openai").user("Count").stream().await.unwrap();
    let mut text = String::new();
    loop {
        match stream.next().now_or_never() {
            Some(Some(chunk)) => text += chunk.unwrap().text(),
            Some(None) => break,
            None => tokio::time::sleep(Duration::from_millis(1)).await,
        }
    }
    assert_eq!(text, client.chat("openai").user("Count").send().await.unwrap().text());
    let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(left.iter().all(|name| name == "cat.png"), "{left:?}");
}

#[tokio::test]
async fn sign_in_flows_reject_invalid_values() {
    let app = || "pk_app".parse::<ApiKey>().unwrap();
    let flow = || byop::CodeFlow::new(app(), "https://app.example/back");
    for (what, error) in [
        ("no redirect URL", error_of(byop::CodeFlow::new(app(), "").url())),
        ("a path", error_of(byop::CodeFlow::new(app(), "/back").url())),
        ("no budget", error_of(flow().budget(0.0).url())),
        ("a negative budget", error_of(flow().budget(-1.0).url())),
        ("a budget of NaN", error_of(flow().budget(f64::NAN).url())),
        ("no days", error_of(flow().expiry(0).url())),
        ("a secret key", error_of(byop::CodeFlow::new("sk_x".parse().unwrap(), "https://app.example/back").url())),
        ("no server", error_of(flow().server(byop::Server::at("")).url())),
        ("no verifier", error_of(byop::Verifier::restore(""))),
        ("an empty state", error_of(flow().with_state(byop::State::restore("")).code_from_redirect("?code=a&state="))),
        ("no redirect", error_of(flow().code_from_redirect(""))),
        ("discovery at an empty URL", error_of(byop::Server::discover("").await)),
    ] {
        let error = error.unwrap_or_else(|| panic!("{what}: no error"));
        let kinds = [ErrorKind::InvalidRequest, ErrorKind::StateMismatch];
        assert!(kinds.contains(&error.kind()), "{what}: {error}");
    }
}

#[test]
fn requests_can_be_built_outside_a_runtime() {
    let client = builder().base_url("http://127.0.0.1:9").build().unwrap();
    let _ = (client.chat("m").user("Hi"), client.image("a cat").url_without_key().unwrap());
    let _ = client.messages("m", 9).turn(types::MessageTurn::new("Hi".to_owned(), types::MessageRole::User));
}
