//! Errors 402 and 403 in every form in which the service sends them: as an HTTP status, or as a reply of the assistant
//! that asks the user to pay.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use pollinations_emulator::{Emulator, Fault, Refusal, Refusals};
use pollinations_ext::{
    Builder, Error, ErrorKind, PaymentAnswer, PaymentKind, PaymentPolicy, PaymentRequired, Pollinations, RetryPolicy,
    types::ChatCompletionRequest,
};
use pollinations_tests::{Script, Step};

fn policy(payment: PaymentPolicy) -> RetryPolicy {
    RetryPolicy::default().base_delay(Duration::from_millis(1)).payment(payment)
}

fn builder(url: &str, payment: PaymentPolicy) -> Builder {
    Pollinations::builder().base_url(url).key("sk_first".parse().unwrap()).retry(policy(payment))
}

/// The calls whose responses are text.
#[derive(Clone, Copy, Debug)]
enum Call {
    Chat,
    ChatStream,
    ChatRaw,
    Text,
    TextPost,
    TextStream,
    TextStreamPost,
    Answer,
    AnswerStream,
    Response,
    ResponseStream,
}

const CALLS: [Call; 11] = [
    Call::Chat,
    Call::ChatStream,
    Call::ChatRaw,
    Call::Text,
    Call::TextPost,
    Call::TextStream,
    Call::TextStreamPost,
    Call::Answer,
    Call::AnswerStream,
    Call::Response,
    Call::ResponseStream,
];

impl Call {
    async fn make(self, client: &Pollinations) -> Result<String, Error> {
        let chat = client.chat("openai").user("Hello");
        let text = client.text("Hello");
        match self {
            Self::Chat => chat.send().await.map(|reply| reply.text().to_owned()),
            // The error must come from `stream()`, not from the open stream.
            Self::ChatStream => {
                Ok(chat.stream().await?.finish().await.expect("no error once the stream is open").text().to_owned())
            }
            Self::ChatRaw => chat.send_raw().await.map(|response| response.text()),
            Self::Text => text.send().await.map(|reply| reply.to_string()),
            Self::TextPost => text.send_post().await.map(|reply| reply.to_string()),
            Self::TextStream => Ok(text.stream().await?.finish().await.expect("no error once the stream is open")),
            Self::TextStreamPost => {
                Ok(text.stream_post().await?.finish().await.expect("no error once the stream is open"))
            }
            Self::Answer => chat.answer().await.map(|answer| answer.text()),
            Self::AnswerStream => {
                Ok(chat.answer_stream().await?.finish().await.expect("no error once the stream is open"))
            }
            Self::Response => client.responses("openai").user("Hello").send().await.map(|response| response.text()),
            Self::ResponseStream => {
                let stream = client.responses("openai").user("Hello").stream().await?;
                Ok(stream.finish().await.expect("no error once the stream is open").text())
            }
        }
    }
}

const REFUSALS: [(Refusal, u16, Option<PaymentKind>); 5] = [
    (Refusal::InsufficientBalance, 402, Some(PaymentKind::Balance)),
    (Refusal::NoQuestPollen, 402, Some(PaymentKind::Balance)),
    (Refusal::KeyBudgetExhausted, 402, Some(PaymentKind::KeyBudget)),
    (Refusal::QuestPollenOnly, 402, Some(PaymentKind::QuestPollen)),
    (Refusal::Forbidden, 403, None),
];

#[tokio::test]
async fn every_402_and_403_is_the_same_error_in_every_form_and_for_every_call() {
    for form in [Refusals::Text, Refusals::Status] {
        let emulator = Emulator::builder().refusals(form).start().await.unwrap();
        let client = builder(emulator.base_url(), PaymentPolicy::Fail).build().unwrap();
        for (refusal, status, payment) in REFUSALS {
            for call in CALLS {
                let name = format!("{form:?} {refusal:?} {call:?}");
                emulator.inject(Fault::refuse(refusal));
                let error = call.make(&client).await.expect_err(&name);
                assert_eq!(error.kind(), ErrorKind::Api, "{name}");
                assert_eq!(error.status().map(|status| status.as_u16()), Some(status), "{name}");
                assert_eq!((error.payment(), error.attempts()), (payment, 1), "{name}");
                let fix_url = error.fix_url().unwrap_or_else(|| panic!("{name}: no `fix_url`"));
                assert!(fix_url.starts_with("https://enter.pollinations.ai/"), "{name}: {fix_url}");
                assert!(!error.message().is_empty() && error.request_id().is_some(), "{name}: {error:?}");
                assert!(!error.outcome_unknown(), "{name}");
                // A normal reply of the model is not an error.
                assert!(call.make(&client).await.expect(&name).contains("You said: Hello"), "{name}");
            }
        }
    }
}

#[tokio::test]
async fn the_payment_kind_is_read_from_the_details_of_older_servers() {
    let emulator = Emulator::builder().refusals(Refusals::Older).start().await.unwrap();
    let client = builder(emulator.base_url(), PaymentPolicy::Fail).build().unwrap();
    for (refusal, payment) in
        [(Refusal::KeyBudgetExhausted, PaymentKind::KeyBudget), (Refusal::InsufficientBalance, PaymentKind::Balance)]
    {
        emulator.inject(Fault::refuse(refusal));
        assert_eq!(Call::Chat.make(&client).await.unwrap_err().payment(), Some(payment));
    }
    let script = Script::play(vec![Step::json(402, "{}")]).await;
    let client = builder(&script.url, PaymentPolicy::Fail).build().unwrap();
    assert_eq!(Call::Chat.make(&client).await.unwrap_err().payment(), Some(PaymentKind::Unspecified));
}

#[tokio::test]
async fn refusals_as_text_returns_the_text_of_the_service() {
    let emulator = Emulator::start().await.unwrap();
    let client = builder(emulator.base_url(), PaymentPolicy::Fail).refusals_as_text(true).build().unwrap();
    for call in CALLS {
        emulator.inject(Fault::refuse(Refusal::KeyBudgetExhausted));
        let text = call.make(&client).await.unwrap();
        assert!(text.contains("(https://enter.pollinations.ai/keys?ref=agent_key_budget)"), "{call:?}: {text}");
    }
}

#[tokio::test]
async fn the_generated_client_gets_the_documented_error_for_a_402_sent_as_text() {
    let emulator = Emulator::start().await.unwrap();
    emulator.inject(Fault::refuse(Refusal::KeyBudgetExhausted).times(2));
    let client = builder(emulator.base_url(), PaymentPolicy::Fail).build().unwrap();
    let body = serde_json::json!({ "model": "openai", "messages": [{ "role": "user", "content": "Hello" }] });
    let body: ChatCompletionRequest = serde_json::from_value(body).unwrap();
    match client.api().chat_completions().body(body.clone()).send().await {
        Err(pollinations_ext::api::Error::ErrorResponse(error)) => {
            assert_eq!(error.status(), 402);
            assert_eq!(error.error.code.as_ref().map(|code| code.as_str()), Some("KEY_BUDGET_EXHAUSTED"));
        }
        other => panic!("{other:?}"),
    }
    // The payment policies apply to the generated client too.
    let client = builder(emulator.base_url(), PaymentPolicy::NextKey).fallback_key("sk_second".parse().unwrap());
    let client = client.build().unwrap();
    client.api().chat_completions().body(body).send().await.unwrap();
}

#[tokio::test]
async fn the_next_key_is_used_after_a_402_sent_as_text() {
    for call in CALLS {
        let emulator = Emulator::start().await.unwrap();
        emulator.inject(Fault::refuse(Refusal::KeyBudgetExhausted));
        let builder = builder(emulator.base_url(), PaymentPolicy::NextKey).fallback_key("sk_second".parse().unwrap());
        assert!(call.make(&builder.build().unwrap()).await.unwrap().contains("You said: Hello"), "{call:?}");
        assert_eq!((emulator.journal().len(), emulator.charges()), (2, 1), "{call:?}");
    }
}

#[tokio::test]
async fn the_payment_callback_gets_all_details_of_a_402_sent_as_text() {
    let emulator = Emulator::start().await.unwrap();
    emulator.inject(Fault::refuse(Refusal::QuestPollenOnly));
    let heard: Arc<Mutex<Vec<PaymentRequired>>> = Arc::default();
    let log = Arc::clone(&heard);
    let client = builder(emulator.base_url(), PaymentPolicy::Ask)
        .on_payment_required(move |required| {
            log.lock().unwrap().push(required);
            async { PaymentAnswer::Retry }
        })
        .build()
        .unwrap();
    Call::ChatStream.make(&client).await.unwrap();
    let heard = heard.lock().unwrap();
    let [required] = &heard[..] else { panic!("{heard:?}") };
    assert_eq!((required.operation.as_str(), required.kind), ("chat_completions", PaymentKind::QuestPollen));
    assert!(required.fix_url.as_ref().is_some_and(|url| url.ends_with("?ref=agent_quest_pollen_only")), "{required:?}");
    assert!(required.message.contains("quest pollen"), "{required:?}");
}

#[tokio::test]
async fn wait_for_reset_fails_at_once_if_the_reset_does_not_help() {
    let limit = Duration::from_secs(60);
    for refusal in [Refusal::KeyBudgetExhausted, Refusal::QuestPollenOnly] {
        let emulator = Emulator::start().await.unwrap();
        emulator.inject(Fault::refuse(refusal));
        let client = builder(emulator.base_url(), PaymentPolicy::WaitForReset { limit }).build().unwrap();
        assert_eq!(Call::Chat.make(&client).await.unwrap_err().attempts(), 1);
        assert_eq!(emulator.journal().len(), 1, "the profile must not be requested: {refusal:?}");
    }
}

#[tokio::test]
async fn a_403_is_not_retried() {
    let emulator = Emulator::start().await.unwrap();
    emulator.inject(Fault::refuse(Refusal::Forbidden).always());
    for payment in [PaymentPolicy::Backoff, PaymentPolicy::NextKey] {
        let builder = builder(emulator.base_url(), payment).fallback_key("sk_second".parse().unwrap());
        let error = Call::ChatStream.make(&builder.build().unwrap()).await.unwrap_err();
        assert_eq!((error.attempts(), error.is_payment_required(), error.payment()), (1, false, None));
    }
}

/// A model may write about pollen, or even repeat the text of a 402 word for word.
#[tokio::test]
async fn replies_of_a_model_are_not_mistaken_for_a_402() {
    let refusal = "Out of pollen. [Top up](https://enter.pollinations.ai/pollen?ref=agent_low_balance_topup).";
    let completion = |usage: u32| {
        serde_json::json!({
            "id": "1", "created": 1, "model": "m", "object": "chat.completion",
            "choices": [{ "message": { "content": refusal }, "finish_reason": "stop" }],
            "usage": { "prompt_tokens": usage, "completion_tokens": usage, "total_tokens": 2 * usage },
        })
        .to_string()
    };
    let events = |usage: u32| {
        let usage =
            serde_json::json!({ "prompt_tokens": usage, "completion_tokens": usage, "total_tokens": 2 * usage });
        let text = serde_json::json!({ "choices": [{ "delta": { "content": refusal }, "finish_reason": "stop" }] });
        let end = serde_json::json!({ "choices": [], "usage": usage });
        format!("data: {text}\n\ndata: {end}\n\ndata: [DONE]\n\n")
    };
    let marked = "private, no-store";
    for (call, kind, body, cache) in [
        (Call::Chat, "application/json", completion(7), marked),
        (Call::Chat, "application/json", completion(0), "no-cache"),
        (Call::ChatStream, "text/event-stream", events(7), marked),
        (Call::ChatStream, "text/event-stream", events(0), "no-cache"),
        (Call::Text, "text/plain", refusal.to_owned(), "public, max-age=3600"),
        (Call::Text, "text/plain", refusal.replace("agent_low_balance_topup", "docs"), marked),
        (Call::TextStream, "text/event-stream", events(7), marked),
        (Call::TextStream, "text/plain", refusal.to_owned(), "no-cache"),
    ] {
        let headers = vec![("content-type", kind.to_owned()), ("cache-control", cache.to_owned())];
        let script = Script::play(vec![Step::Answer(200, headers, body)]).await;
        let client = builder(&script.url, PaymentPolicy::Fail).build().unwrap();
        let text = call.make(&client).await.unwrap_or_else(|error| panic!("{call:?} {kind} {cache}: {error:?}"));
        assert!(text.starts_with("Out of pollen."), "{call:?} {kind} {cache}: {text}");
    }
}

/// The client checks only the beginning of a stream. It does not hold back a long text until its end.
#[tokio::test]
async fn a_long_stream_with_the_headers_of_a_402_is_returned_in_full() {
    let word = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"word \"}}]}\n\n";
    let words = 5000;
    let end = "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";
    let body = word.repeat(words) + end;
    let headers =
        vec![("content-type", "text/event-stream".to_owned()), ("cache-control", "private, no-store".to_owned())];
    let script = Script::play(vec![Step::Answer(200, headers, body)]).await;
    let client = builder(&script.url, PaymentPolicy::Fail).build().unwrap();
    assert_eq!(Call::ChatStream.make(&client).await.unwrap(), "word ".repeat(words));
}
