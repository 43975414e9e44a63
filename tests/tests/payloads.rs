//! Response bodies that the service and its providers really send, each over a socket, with the expected result.
//!
//! Each body is a separate test with the name from `payloads/cases.json`. `payloads/README.md` explains the table.

use std::{fs, path::Path, process::ExitCode, time::Duration};

use libtest_mimic::{Arguments, Failed, Trial};
use pollinations_ext::{
    Embeddings, Error, File, Image, Images, PaymentPolicy, Pollinations, RetryPolicy,
    chat::ChatReply,
    messages::MessageReply,
    responses::ModelResponse,
    types::{FinishReason, MessageToolUseBlock, ResponseFunctionCall, ToolCall},
};
use pollinations_tests::{Script, Step, Then};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// A response and the expected result.
#[derive(Clone, Debug, Deserialize)]
struct Case {
    file: String,
    /// The body, if it is not in a file.
    body: Option<String>,
    status: u16,
    content_type: String,
    headers: Map<String, Value>,
    call: String,
    wanted: String,
    expect: Map<String, Value>,
}

fn folder() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/payloads"))
}

fn main() -> ExitCode {
    let cases = ["cases.json", "more.json", "others.json"].into_iter().flat_map(|name| {
        let table = fs::read_to_string(folder().join(name)).expect("the table of payloads");
        serde_json::from_str::<Vec<Case>>(&table).expect("a list of cases")
    });
    let trials = cases.into_iter().map(|case| {
        let name = case.file.clone();
        Trial::test(name, move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            let (outcome, requests) = runtime.block_on(play(&case));
            let problems = outcome.problems(&case.expect, requests);
            match problems.is_empty() {
                true => Ok(()),
                false => Err(Failed::from(format!("wanted: {}\n{}\n{outcome:#?}", case.wanted, problems.join("\n")))),
            }
        })
    });
    libtest_mimic::run(&Arguments::from_args(), trials.collect()).exit_code()
}

/// The raw HTTP response of a case.
fn response(case: &Case) -> Vec<u8> {
    let body = match &case.body {
        Some(body) => body.clone().into_bytes(),
        None => fs::read(folder().join(&case.file)).expect("a body for each case"),
    };
    let mut head = format!("HTTP/1.1 {} X\r\ncontent-length: {}\r\nconnection: close\r\n", case.status, body.len());
    if !case.content_type.is_empty() {
        head += &format!("content-type: {}\r\n", case.content_type);
    }
    for (name, value) in &case.headers {
        head += &format!("{name}: {}\r\n", value.as_str().expect("a header is a text"));
    }
    [head.as_bytes(), b"\r\n", &body].concat()
}

/// The result of the call, and the number of requests that it sent.
async fn play(case: &Case) -> (Outcome, usize) {
    let script = Script::play(vec![Step::Raw(response(case), Then::Close)]).await;
    let mut retry = RetryPolicy::none();
    if case.call == "wait_for_reset" {
        retry = retry.payment(PaymentPolicy::WaitForReset { limit: Duration::from_secs(60 * 60) });
    }
    let builder = Pollinations::builder().base_url(&script.url).media_url(&script.url).retry(retry);
    let client = builder.key("sk_test".parse().unwrap()).timeout(Duration::from_secs(20)).build().unwrap();
    let outcome = call(&client, &case.call).await.unwrap_or_else(|error| Outcome::Failed(Box::new(error)));
    (outcome, script.requests().len())
}

async fn call(client: &Pollinations, name: &str) -> Result<Outcome, Error> {
    let chat = || client.chat("m").user("Name a flower");
    let (account, models) = (client.account(), client.models());
    Ok(match name {
        "send" | "wait_for_reset" => Outcome::of_reply(&chat().send().await?),
        "stream" => Outcome::of_reply(&chat().stream().await?.finish().await?),
        "message" => Outcome::of_message(&client.messages("m", 99).user("Name a flower").send().await?),
        "message_stream" => {
            Outcome::of_message(&client.messages("m", 99).user("Name a flower").stream().await?.finish().await?)
        }
        "response" => Outcome::of_response(&client.responses("m").user("Name a flower").send().await?),
        "response_stream" => {
            Outcome::of_response(&client.responses("m").user("Name a flower").stream().await?.finish().await?)
        }
        "decide" => Outcome::of_value(&*client.decide("It rains.").proposition("wet", "It is wet.").send().await?),
        "embed" => Outcome::of_vectors(&client.embed("a").send().await?),
        "embed_batch" => Outcome::of_vectors(&client.embed_batch(["a", "b"]).send().await?),
        "images" => Outcome::of_images(&client.images("a cat").send().await?),
        "timed_speech" => {
            let speech = client.speech_with_timestamps("Hi").send().await?;
            let words: Vec<String> = speech.words().into_iter().map(|word| word.text).collect();
            let audio = String::from_utf8_lossy(speech.audio()).into_owned();
            Outcome::Done(Box::new(Done { text: words.join(" "), audio: Some(audio), ..Done::default() }))
        }
        "text_send" => Outcome::of_text(&client.text("Name a flower").send().await?.text()),
        "text_stream" => Outcome::of_text(&client.text("Name a flower").stream().await?.finish().await?),
        "text" => Outcome::of_list(&models.text().await?),
        "image" => Outcome::of_list(&models.image().await?),
        "audio" => Outcome::of_list(&models.audio().await?),
        "list" => Outcome::of_list(&models.list().await?.data),
        "all" => Outcome::of_list(&models.all().await?),
        "model" => Outcome::of_value(&models.get("m").await?),
        "model_status" => {
            let report = models.status().await?;
            Outcome::Done(Box::new(Done { count: Some(report.rows().count()), ..Outcome::done(&report.into_inner()) }))
        }
        "keys" => Outcome::of_list(&account.keys().list().await?.data),
        "earnings" => Outcome::of_value(&account.earnings().send().await?),
        "quests" => Outcome::of_value(&account.quests().await?),
        "agents" => Outcome::of_value(&account.agents().list().await?),
        "metadata" => Outcome::of_value(&client.media().metadata("h").await?),
        "gallery" => Outcome::of_list(&client.media().gallery("cats").send().await?.items),
        "download" => {
            let bytes = client.image("a cat").send().await?.bytes().await?;
            Outcome::of_text(&String::from_utf8_lossy(&bytes))
        }
        "usage" => Outcome::of_list(&account.usage().send().await?.usage),
        "csv_rows" => Outcome::of_list(&account.usage().csv_rows().await?),
        "daily" => Outcome::of_list(&account.usage_daily().send().await?.usage),
        "profile" => Outcome::of_value(&account.profile().await?),
        "balance" => Outcome::of_value(&account.balance().await?),
        "key" => Outcome::of_value(&account.key().await?),
        "transcribe" => {
            let sound = File::bytes(b"RIFF".to_vec()).name("a.wav").content_type("audio/wav");
            let transcript = client.transcribe(sound).verbose().await?;
            let segments = transcript.segments().iter().map(|segment| json!(segment.text)).collect();
            Outcome::Done(Box::new(Done {
                text: transcript.text().to_owned(),
                count: Some(transcript.segments().len()),
                names: segments,
                written: format!("{transcript:?}"),
                ..Done::default()
            }))
        }
        "upload" => {
            let file = File::bytes(vec![1, 2, 3]).name("a.png").content_type("image/png");
            Outcome::of_value(&client.media().upload(file).send().await?)
        }
        other => panic!("no call is named {other}"),
    })
}

/// The result of a call.
#[derive(Debug)]
enum Outcome {
    Done(Box<Done>),
    Failed(Box<Error>),
}

/// The parts of a successful result.
#[derive(Debug, Default)]
struct Done {
    /// The whole result, as JSON.
    written: String,
    text: String,
    /// The number of entries of a list.
    count: Option<usize>,
    names: Vec<Value>,
    reasoning: Option<String>,
    finish: Option<String>,
    usage: Option<Value>,
    tools: Vec<[String; 3]>,
    images: Vec<String>,
    audio: Option<String>,
    /// The message that is sent with the next turn.
    to_message: String,
}

fn written(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("what was read can be written")
}

impl Outcome {
    fn of_reply(reply: &ChatReply) -> Self {
        let of_call = |call: &ToolCall| [call.id.clone(), call.function.name.clone(), call.function.arguments.clone()];
        let usage =
            reply.usage().map(|usage| json!([usage.prompt_tokens, usage.completion_tokens, usage.total_tokens]));
        Self::Done(Box::new(Done {
            written: written(reply.completion()),
            text: reply.text().to_owned(),
            reasoning: reply.reasoning().map(str::to_owned),
            finish: reply.finish_reason().map(FinishReason::to_string),
            usage,
            tools: reply.tool_calls().iter().map(of_call).collect(),
            images: reply.image_urls().map(str::to_owned).collect(),
            audio: reply.audio().map(|audio| audio.data.clone()),
            to_message: written(&reply.to_message()),
            ..Done::default()
        }))
    }

    fn of_message(reply: &MessageReply) -> Self {
        let of_call = |call: &&MessageToolUseBlock| [call.id.clone(), call.name.clone(), written(&call.input)];
        let usage = reply.usage();
        Self::Done(Box::new(Done {
            written: written(&**reply),
            text: reply.text(),
            reasoning: Some(reply.thinking()).filter(|text| !text.is_empty()),
            finish: reply.stop_reason().map(str::to_owned),
            usage: Some(json!([usage.input_tokens, usage.output_tokens])),
            tools: reply.tool_uses().iter().map(of_call).collect(),
            to_message: written(&reply.to_turn()),
            ..Done::default()
        }))
    }

    fn of_response(response: &ModelResponse) -> Self {
        let of_call = |call: &&ResponseFunctionCall| [call.call_id.clone(), call.name.clone(), call.arguments.clone()];
        let usage = response.usage();
        Self::Done(Box::new(Done {
            written: written(&**response),
            text: response.text(),
            reasoning: Some(response.reasoning()).filter(|text| !text.is_empty()),
            finish: response.incomplete_reason().map(str::to_owned),
            usage: usage.map(|usage| json!([usage.input_tokens, usage.output_tokens, usage.total_tokens])),
            tools: response.function_calls().iter().map(of_call).collect(),
            to_message: written(&response.to_items()),
            ..Done::default()
        }))
    }

    fn of_vectors(embeddings: &Embeddings) -> Self {
        let (vectors, usage) = (embeddings.vectors(), embeddings.usage());
        Self::Done(Box::new(Done {
            written: written(&vectors),
            count: Some(vectors.len()),
            usage: Some(json!([usage.prompt_tokens, usage.total_tokens])),
            ..Done::default()
        }))
    }

    fn of_images(images: &Images) -> Self {
        Self::Done(Box::new(Done {
            count: Some(images.len()),
            images: images.iter().filter_map(|image| image.url().map(str::to_owned)).collect(),
            text: images.iter().filter_map(Image::revised_prompt).collect(),
            written: format!("{images:?}"),
            ..Done::default()
        }))
    }

    fn of_text(text: &str) -> Self {
        Self::Done(Box::new(Done { written: text.to_owned(), text: text.to_owned(), ..Done::default() }))
    }

    fn of_value(value: &impl Serialize) -> Self {
        Self::Done(Box::new(Self::done(value)))
    }

    fn done(value: &impl Serialize) -> Done {
        Done { written: written(value), ..Done::default() }
    }

    fn of_list<T: Serialize>(list: &[T]) -> Self {
        let entries = serde_json::to_value(list).expect("what was read can be written");
        let names = entries.as_array().into_iter().flatten();
        let names = names.filter_map(|entry| entry.get("name").or_else(|| entry.get("id")).cloned()).collect();
        Self::Done(Box::new(Done { written: written(&list), count: Some(list.len()), names, ..Done::default() }))
    }

    /// The expectations that do not hold.
    fn problems(&self, expect: &Map<String, Value>, requests: usize) -> Vec<String> {
        let mut problems = Vec::new();
        for (key, wanted) in expect {
            let found = match key.as_str() {
                "requests" => Found::of(wanted == requests, requests),
                "text_or_error_contains" => self.either(wanted, |done, text| done.text == text),
                "finish_or_error" => self.either_or_error(|done| done.finish.as_deref() == wanted.as_str()),
                "count_or_error" => self.either_or_error(|done| done.count == as_count(wanted)),
                "body_or_ok" => self.either_or_error(|_| true),
                _ => match self {
                    Self::Done(done) => done.check(key, wanted),
                    Self::Failed(error) => check_error(error, key, wanted),
                },
            };
            if let Found::Other(found) = found {
                problems.push(format!("{key}: expected {wanted}, found {found}"));
            }
        }
        problems
    }

    /// Accepts the expected success, or an error whose message contains one of the wanted texts.
    fn either(&self, wanted: &Value, is_good: impl Fn(&Done, &str) -> bool) -> Found {
        let value = wanted[0].as_str().expect("a text");
        match self {
            Self::Done(done) => Found::of(is_good(done, value), &done.text),
            Self::Failed(error) => contains_any(&error.to_string(), &wanted[1]),
        }
    }

    /// Accepts the expected success, or an error that has the body of the response.
    fn either_or_error(&self, is_good: impl Fn(&Done) -> bool) -> Found {
        match self {
            Self::Done(done) => Found::of(is_good(done), format!("{done:?}")),
            Self::Failed(error) => Found::of(error.body().is_some_and(|body| !body.is_empty()), error),
        }
    }
}

/// `Expected` if the expectation holds, or else the value that was found.
enum Found {
    Expected,
    Other(String),
}

impl Found {
    fn of(holds: bool, found: impl ToString) -> Self {
        if holds { Self::Expected } else { Self::Other(found.to_string()) }
    }
}

fn as_count(value: &Value) -> Option<usize> {
    value.as_u64().and_then(|count| count.try_into().ok())
}

fn strings(value: &Value) -> impl Iterator<Item = &str> {
    value.as_array().expect("a list").iter().map(|text| text.as_str().expect("a text"))
}

fn contains_all(text: &str, wanted: &Value) -> Found {
    Found::of(strings(wanted).all(|part| text.contains(part)), text)
}

fn contains_any(text: &str, wanted: &Value) -> Found {
    Found::of(strings(wanted).any(|part| text.contains(part)), text)
}

impl Done {
    fn check(&self, key: &str, wanted: &Value) -> Found {
        let is_any = wanted == "*";
        match key {
            "text" => Found::of(wanted == &self.text, &self.text),
            "text_prefix" => Found::of(self.text.starts_with(wanted.as_str().expect("a text")), &self.text),
            "reasoning" => Found::of(wanted.as_str() == self.reasoning.as_deref(), format!("{:?}", self.reasoning)),
            "finish" => Found::of(wanted.as_str() == self.finish.as_deref(), format!("{:?}", self.finish)),
            "usage" => {
                let usage = self.usage.clone().unwrap_or_default();
                Found::of(is_any || &usage == wanted, usage)
            }
            "tools" => {
                let calls = wanted.as_array().expect("a list of calls");
                let is_call = |(call, wanted): (&[String; 3], &Value)| {
                    call.iter().zip(strings(wanted)).all(|(found, wanted)| wanted == "*" || found == wanted)
                };
                let same = calls.len() == self.tools.len() && self.tools.iter().zip(calls).all(is_call);
                Found::of(same, format!("{:?}", self.tools))
            }
            "images" => Found::of(strings(wanted).eq(self.images.iter()), format!("{:?}", self.images)),
            "audio" => Found::of(wanted.as_str() == self.audio.as_deref(), format!("{:?}", self.audio)),
            "names" => Found::of(wanted.as_array() == Some(&self.names), format!("{:?}", self.names)),
            "count" => Found::of(self.count == as_count(wanted), format!("{:?}", self.count)),
            "count_min" => Found::of(self.count >= as_count(wanted), format!("{:?}", self.count)),
            "keeps" => contains_all(&self.written, wanted),
            "to_message" => contains_all(&self.to_message, wanted),
            _ => Found::Other("a success".to_owned()),
        }
    }
}

fn check_error(error: &Error, key: &str, wanted: &Value) -> Found {
    let shown = error.to_string();
    match key {
        "error_kind" => Found::of(wanted == &format!("{:?}", error.kind()), format!("{:?}", error.kind())),
        "error_contains" | "display_contains" => contains_all(&shown, wanted),
        "error_contains_any" => contains_any(&shown, wanted),
        "code" => Found::of(error.code().is_some_and(|code| wanted == code.as_str()), format!("{:?}", error.code())),
        "retryable" => Found::of(wanted == error.is_retryable(), error.is_retryable()),
        "body_shown" => {
            let body = error.body().unwrap_or_default();
            Found::of(wanted == !body.is_empty(), body)
        }
        "keeps" => contains_all(&format!("{shown} {:?} {:?}", error.body(), error.details()).replace('\\', ""), wanted),
        _ => Found::Other(shown),
    }
}
