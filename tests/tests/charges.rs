//! Nothing is paid twice: what the emulator, which coalesces and bills as the service does, has charged in the end.

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

/// What an observer heard: why each attempt ended, and whether the next joins.
type Heard = Arc<Mutex<Vec<(AttemptEnd, bool)>>>;

fn listening(builder: Builder) -> (Builder, Heard) {
    let heard = Heard::default();
    let log = Arc::clone(&heard);
    let observe = move |attempt: &Attempt<'_>| log.lock().unwrap().push((attempt.end, attempt.joins));
    (builder.observer(observe), heard)
}

#[tokio::test]
async fn an_outage_in_the_middle_of_a_hundred_images_costs_a_hundred_charges() {
    let emulator = Emulator::start().await.unwrap();
    let client = builder(&emulator).build().unwrap();
    let image = |number: i64| client.image("a cat").size(16, 16).seed(number).send();
    join_all((0..40).map(image)).await.into_iter().for_each(|image| drop(image.unwrap()));
    // Some answers are lost after they were generated, and some never are: connections break, Cloudflare gives up, the
    // service is not there.
    for fault in [Fault::lost(), Fault::cloudflare(524).carried_out(), Fault::reset(), Fault::status(503)] {
        emulator.inject(fault.times(15).operation("generate_image"));
    }
    let images = join_all((40..100).map(|number| async move { image(number).await?.bytes().await })).await;
    let good = images.iter().filter(|image| image.is_ok()).count();
    // Whatever met three faults is asked for by its user again.
    emulator.clear_faults();
    for number in 0..100 {
        assert!(!image(number).await.unwrap().bytes().await.unwrap().is_empty());
    }
    assert_eq!(emulator.charges(), 100, "{good} of 60 came through at once");
    assert!(good >= 30, "{good}");
}

#[tokio::test]
async fn a_generation_that_outlasts_an_attempt_is_joined_by_the_next() {
    let emulator = Emulator::start().await.unwrap();
    let (builder, heard) = listening(builder(&emulator).attempt_timeout(Duration::from_millis(1000)));
    let client = builder.build().unwrap();
    // The first request of all takes longer.
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

    // The same for one call alone, and for a chat.
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
async fn an_answer_that_was_lost_is_fetched_and_not_paid_again() {
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
async fn an_image_cut_in_the_middle_is_whole_in_the_end_and_paid_once() {
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
async fn a_hundred_streams_cut_before_their_first_event_are_charged_once_each_at_the_most() {
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
async fn a_stream_may_be_sent_again_by_those_who_would_rather_pay() {
    let emulator = Emulator::start().await.unwrap();
    emulator.inject(Fault::lost().operation("chat_completions"));
    let client = builder(&emulator).build().unwrap();
    let policy = RetryPolicy::default().base_delay(Duration::from_millis(1)).retry_non_idempotent(true);
    let stream = client.chat("openai").user("Hello").retry(policy).stream().await.unwrap();
    assert_eq!(stream.finish().await.unwrap().text(), "You said: Hello");
    assert_eq!(emulator.charges(), 2);
}

#[tokio::test]
async fn an_image_without_the_cache_is_not_generated_twice() {
    let emulator = Emulator::start().await.unwrap();
    emulator.inject(Fault::lost().operation("generate_image"));
    let client = builder(&emulator).build().unwrap();
    let error = client.image("a cat").size(16, 16).query("no-cache", "true").send().await.unwrap_err();
    assert!(error.outcome_unknown(), "{error:?}");
    assert_eq!(emulator.charges(), 1);
}

#[tokio::test]
async fn the_generated_client_joins_too() {
    let emulator = Emulator::start().await.unwrap();
    emulator.inject(Fault::default().generation(Duration::from_millis(700)).operation("generate_image"));
    let client = builder(&emulator).attempt_timeout(Duration::from_millis(450)).build().unwrap();
    client.api().generate_image().prompt("a cat").send().await.unwrap();
    emulator.inject(Fault::lost().operation("generate_image"));
    client.api().generate_image().prompt("a dog").send().await.unwrap();
    assert_eq!(emulator.charges(), 2);
}

#[tokio::test]
async fn an_outage_is_still_bounded_by_the_budget() {
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
