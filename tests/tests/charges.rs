//! Retries do not pay twice. The emulator coalesces and bills requests as the service does, and these tests count its
//! charges.

use std::{
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use futures_util::future::join_all;
use pollinations_emulator::{Emulator, Fault};
use pollinations_ext::{Attempt, AttemptEnd, Builder, ErrorKind, Pollinations, RetryBudget, RetryPolicy};

fn builder(emulator: &Emulator) -> Builder {
    let policy = RetryPolicy::default().base_delay(Duration::from_millis(1)).budget(RetryBudget::new(1_000, 1.0));
    Pollinations::builder().base_url(emulator.base_url()).key("sk_test".parse().unwrap()).retry(policy)
}

/// What an observer recorded: how each attempt ended, and whether the next attempt joins the same generation.
type Heard = Arc<Mutex<Vec<(AttemptEnd, bool)>>>;

fn listening(builder: Builder) -> (Builder, Heard) {
    let heard = Heard::default();
    let log = Arc::clone(&heard);
    let observe = move |attempt: &Attempt<'_>| log.lock().unwrap().push((attempt.end, attempt.joins));
    (builder.observer(observe), heard)
}

#[tokio::test]
async fn an_outage_during_a_hundred_images_still_costs_a_hundred_charges() {
    let emulator = Emulator::start().await.unwrap();
    let client = builder(&emulator).build().unwrap();
    let image = |number: i64| client.image("a cat").size(16, 16).seed(number).send();
    join_all((0..40).map(image)).await.into_iter().for_each(|image| drop(image.unwrap()));
    // Some responses are lost after the image was generated, others are never generated: the connection is reset,
    // Cloudflare times out, or the service is unavailable.
    for fault in [Fault::lost(), Fault::cloudflare(524).carried_out(), Fault::reset(), Fault::status(503)] {
        emulator.inject(fault.times(15).operation("generate_image"));
    }
    let images = join_all((40..100).map(|number| async move { image(number).await?.bytes().await })).await;
    let good = images.iter().filter(|image| image.is_ok()).count();
    // An image that met three faults failed. The user requests it again.
    emulator.clear_faults();
    for number in 0..100 {
        assert!(!image(number).await.unwrap().bytes().await.unwrap().is_empty());
    }
    assert_eq!(emulator.charges(), 100, "{good} of 60 succeeded in the first round");
    assert!(good >= 30, "{good}");
}

#[tokio::test]
async fn an_attempt_after_a_timeout_joins_the_running_generation() {
    let emulator = Emulator::start().await.unwrap();
    let (builder, heard) = listening(builder(&emulator).attempt_timeout(Duration::from_millis(1000)));
    let client = builder.build().unwrap();
    // Connect first: the first request takes longer than the others.
    client.models().list().await.unwrap();
    heard.lock().unwrap().clear();
    emulator.clear_journal();
    emulator.inject(Fault::default().generation(Duration::from_millis(1500)).operation("generate_image"));
    let begun = Instant::now();
    let picture = client.image("a slow cat").size(16, 16).send().await.unwrap().bytes().await.unwrap();
    assert!(!picture.is_empty());
    assert!(begun.elapsed() < Duration::from_millis(2500), "{:?}", begun.elapsed());
    assert_eq!(emulator.charges(), 1);
    assert_eq!(*heard.lock().unwrap(), [(AttemptEnd::AttemptTimedOut, true), (AttemptEnd::Answered, false)]);
    let sent: Vec<String> =
        emulator.journal().iter().map(|entry| format!("{} {:?}", entry.path, entry.query)).collect();
    assert!(sent.iter().all(|request| *request == sent[0]), "{sent:?}");

    // The same with a timeout set on a single request, and for a chat.
    emulator.inject(Fault::default().generation(Duration::from_millis(900)).operation("chat_completions"));
    let request = client.chat("openai").user("Hello").attempt_timeout(Duration::from_millis(400));
    assert_eq!(request.send().await.unwrap().text(), "You said: Hello");
    assert_eq!(emulator.charges(), 2);
}

#[tokio::test]
async fn the_last_attempt_waits_for_the_generation() {
    let emulator = Emulator::start().await.unwrap();
    emulator.inject(Fault::default().generation(Duration::from_millis(700)).operation("generate_image"));
    let short = Duration::from_millis(100);
    let client = builder(&emulator).attempt_timeout(short).build().unwrap();
    assert!(client.image("a cat").size(16, 16).send().await.is_ok());
    emulator.inject(Fault::default().generation(Duration::from_millis(700)).operation("generate_image"));
    let once = client.image("a dog").size(16, 16).retry(RetryPolicy::none());
    assert!(once.send().await.is_ok());
    assert_eq!(emulator.charges(), 2);
}

#[tokio::test]
async fn a_lost_response_is_fetched_again_without_a_second_charge() {
    let emulator = Emulator::start().await.unwrap();
    let client = builder(&emulator).build().unwrap();
    for fault in [Fault::lost(), Fault::cloudflare(524).carried_out(), Fault::status(504).carried_out()] {
        emulator.inject(fault.clone().operation("chat_completions"));
        let before = emulator.charges();
        let reply = client.chat("openai").user(format!("{fault:?}")).send().await.unwrap();
        assert!(!reply.text().is_empty());
        assert_eq!(emulator.charges(), before + 1, "{fault:?}");
    }
    for fault in [Fault::lost(), Fault::default().reset_after(20)] {
        emulator.inject(fault.clone().operation("generate_text"));
        let before = emulator.charges();
        let text = client.text(format!("A long story. {fault:?}").replace('/', " ")).send().await.unwrap();
        assert!(text.to_string().contains("A long story."), "{text}");
        assert_eq!(emulator.charges(), before + 1, "{fault:?}");
    }
}

#[tokio::test]
async fn an_interrupted_image_is_completed_and_charged_once() {
    let emulator = Emulator::start().await.unwrap();
    let client = builder(&emulator).build().unwrap();
    let whole = client.image("a cat").size(64, 64).seed(1).send().await.unwrap().bytes().await.unwrap();
    assert_eq!(emulator.charges(), 1);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cat.jpg");
    let cut = || emulator.inject(Fault::default().reset_after(whole.len() / 2).operation("generate_image"));
    let image = || client.image("a cat").size(64, 64).seed(1).send();

    cut();
    assert_eq!(image().await.unwrap().save(&path).await.unwrap(), whole.len() as u64);
    assert_eq!(std::fs::read(&path).unwrap(), whole);
    cut();
    assert_eq!(image().await.unwrap().bytes().await.unwrap(), whole);
    cut();
    let mut written = Vec::new();
    image().await.unwrap().write_to(&mut written).await.unwrap();
    assert_eq!(written, whole);
    assert_eq!(emulator.charges(), 1);
}

#[tokio::test]
async fn streams_that_fail_before_the_first_event_are_charged_at_most_once() {
    let emulator = Emulator::start().await.unwrap();
    emulator.inject(Fault::lost().always().operation("chat_completions"));
    let client = builder(&emulator).build().unwrap();
    let streams = (0..100).map(|number| {
        let request = client.chat("openai").user(format!("Number {number}"));
        async move { request.stream().await }
    });
    for stream in join_all(streams).await {
        let error = stream.unwrap_err();
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::Connection, 1));
        assert!(error.outcome_unknown() && error.is_retryable(), "{error:?}");
        assert!(error.to_string().contains("the outcome is unknown"), "{error}");
    }
    assert_eq!(emulator.charges(), 100);
}

#[tokio::test]
async fn a_stream_is_retried_if_retry_non_idempotent_is_set() {
    let emulator = Emulator::start().await.unwrap();
    emulator.inject(Fault::lost().operation("chat_completions"));
    let client = builder(&emulator).build().unwrap();
    let policy = RetryPolicy::default().base_delay(Duration::from_millis(1)).retry_non_idempotent(true);
    let stream = client.chat("openai").user("Hello").retry(policy).stream().await.unwrap();
    assert_eq!(stream.finish().await.unwrap().text(), "You said: Hello");
    assert_eq!(emulator.charges(), 2);
}

#[tokio::test]
async fn an_image_request_that_bypasses_the_cache_is_not_retried_after_a_lost_response() {
    let emulator = Emulator::start().await.unwrap();
    emulator.inject(Fault::lost().operation("generate_image"));
    let client = builder(&emulator).build().unwrap();
    let error = client.image("a cat").size(16, 16).query("no-cache", "true").send().await.unwrap_err();
    assert!(error.outcome_unknown(), "{error:?}");
    assert_eq!(emulator.charges(), 1);
}

#[tokio::test]
async fn retries_of_the_generated_client_join_the_running_generation() {
    let emulator = Emulator::start().await.unwrap();
    emulator.inject(Fault::default().generation(Duration::from_millis(700)).operation("generate_image"));
    let client = builder(&emulator).attempt_timeout(Duration::from_millis(450)).build().unwrap();
    client.api().generate_image().prompt("a cat").send().await.unwrap();
    emulator.inject(Fault::lost().operation("generate_image"));
    client.api().generate_image().prompt("a dog").send().await.unwrap();
    assert_eq!(emulator.charges(), 2);
}

#[tokio::test]
async fn the_retry_budget_limits_the_requests_during_an_outage() {
    const CALLS: usize = 100;
    for fault in [Fault::lost(), Fault::reset(), Fault::status(503), Fault::cloudflare(524)] {
        let emulator = Emulator::start().await.unwrap();
        emulator.inject(fault.clone().always().operation("generate_image"));
        let policy = RetryPolicy::default().base_delay(Duration::from_millis(1));
        let client = builder(&emulator).retry(policy).build().unwrap();
        let calls =
            (0..CALLS).map(|number| client.image("a cat").size(16, 16).seed(i64::try_from(number).unwrap()).send());
        assert!(join_all(calls).await.iter().all(Result::is_err));
        let sent = emulator.journal().len();
        assert!(sent <= CALLS + CALLS / 5 + 10, "{fault:?}: {sent} requests");
    }
}
