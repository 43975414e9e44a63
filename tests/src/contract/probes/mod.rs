//! The list of probes.

use std::{
    pin::Pin,
    sync::atomic::{AtomicU64, Ordering},
};

use pollinations_ext::{
    Error, File,
    schemars::{self, JsonSchema},
    types,
};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    Aspect::{Answer, Content, Keys, Refusal, Stream},
    Context, Probe,
    Spend::{All, Cheap, None as Free},
};

pub(super) type Running<'a> = Pin<Box<dyn Future<Output = Result<(), String>> + Send + 'a>>;
pub(super) type Run = for<'a> fn(&'a Context) -> Running<'a>;

/// The result of a probe that needs a key, if there is no key.
pub(super) const NO_KEY: &str = "no key";

/// The prefix of the result of a probe that could not reach its own operation. It is followed by the other operation
/// that it needs, and why that one failed.
pub(super) const BLOCKED: &str = "needs ";

/// Creates a probe from a block that may use `context`. A block that begins with `changes` changes the account
/// temporarily.
macro_rules! probe {
    (changes $($rest:tt)*) => {
        Probe { changes: true, ..probe!($($rest)*) }
    };
    ($spend:expr, $aspect:expr, $operation:literal, $name:expr, |$context:ident| $body:expr) => {{
        fn run<'a>($context: &'a Context) -> Running<'a> {
            Box::pin(async move { $body })
        }
        Probe { name: $name, operation: $operation, spend: $spend, aspect: $aspect, changes: false, run }
    }};
}

mod account;
mod audio;
mod community;
mod embeddings;
mod images;
mod media;
mod models;
mod realtime;
mod text;
mod undo;

fn error_text(error: Error) -> String {
    error.to_string()
}

fn require(holds: bool, otherwise: &str) -> Result<(), String> {
    if holds { Ok(()) } else { Err(otherwise.to_owned()) }
}

/// A small PNG: one pixel, in a different color for each number, so that the content is new.
fn picture() -> File {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let mut bytes = include_bytes!("../pixel.png").to_vec();
    // After the end of the image, where no decoder reads.
    bytes.extend_from_slice(&NUMBER.fetch_add(1, Ordering::Relaxed).to_le_bytes());
    File::bytes(bytes).name("pixel.png")
}

/// Half a second of silence.
fn recording() -> File {
    silence(0.5)
}

/// Silence as a WAV file: mono, 16 bits, 16,000 samples a second.
fn silence(seconds: f64) -> File {
    let samples = vec![0_u8; (seconds * 16_000.0) as usize * 2];
    let mut bytes = b"RIFF".to_vec();
    bytes.extend_from_slice(&(36 + samples.len() as u32).to_le_bytes());
    bytes.extend_from_slice(b"WAVEfmt \x10\0\0\0\x01\0\x01\0\x80\x3e\0\0\0\x7d\0\0\x02\0\x10\0data");
    bytes.extend_from_slice(&(samples.len() as u32).to_le_bytes());
    bytes.extend_from_slice(&samples);
    File::bytes(bytes).name("silence.wav")
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct Flower {
    name: String,
    petals: u32,
}

/// All probes, the cheap ones first.
pub(super) fn all() -> Vec<Probe> {
    let mut probes = vec![
        probe!(Free, Answer, "list_models", "model names", |context| {
            context.any_client()?.models().list().await.map(drop).map_err(error_text)
        }),
        probe!(Free, Answer, "list_text_models", "text models", |context| {
            context.any_client()?.models().text().await.map(drop).map_err(error_text)
        }),
        probe!(Free, Answer, "list_image_models", "image models", |context| {
            context.any_client()?.models().image().await.map(drop).map_err(error_text)
        }),
        probe!(Free, Answer, "list_audio_models", "audio models", |context| {
            context.any_client()?.models().audio().await.map(drop).map_err(error_text)
        }),
        probe!(Free, Answer, "account_key", "key status", |context| {
            require(context.client()?.key_status().await.map_err(error_text)?.valid, "the key is not valid")
        }),
        probe!(Free, Keys, "list_models", "model names without a key", |context| {
            context.anonymous_client()?.models().list().await.map(drop).map_err(error_text)
        }),
        probe!(Free, Keys, "account_key", "key in the query", |context| {
            context.client_with_query_key()?.account().key().await.map(drop).map_err(error_text)
        }),
        probe!(Free, Keys, "account_key", "publishable key", |context| {
            let status = context.publishable_client()?.account().key().await.map_err(error_text)?;
            require(status.type_ == types::KeyType::Publishable, "the key is not publishable")
        }),
        probe!(Free, Answer, "account_balance", "balance", |context| {
            context.client()?.account().balance().await.map(drop).map_err(error_text)
        }),
        probe!(Free, Answer, "account_profile", "profile", |context| {
            context.client()?.account().profile().await.map(drop).map_err(error_text)
        }),
        probe!(Free, Answer, "account_usage", "usage", |context| {
            context.client()?.account().usage().limit(5).send().await.map(drop).map_err(error_text)
        }),
        probe!(Free, Answer, "account_usage", "usage as CSV", |context| {
            context.client()?.account().usage().limit(5).csv_rows().await.map(drop).map_err(error_text)
        }),
        probe!(Free, Answer, "account_usage_daily", "daily usage", |context| {
            context.client()?.account().usage_daily().send().await.map(drop).map_err(error_text)
        }),
        probe!(Free, Answer, "account_usage_daily", "daily usage as CSV", |context| {
            context.client()?.account().usage_daily().csv_rows().await.map(drop).map_err(error_text)
        }),
        probe!(Free, Refusal, "chat_completions", "chat without a key", |context| {
            expect_status(context.anonymous_client()?.chat("openai").user("Hello").send().await.map(drop), 401)
        }),
        probe!(Free, Refusal, "account_balance", "balance without a key", |context| {
            expect_status(context.anonymous_client()?.account().balance().await.map(drop), 401)
        }),
        probe!(Free, Refusal, "chat_completions", "chat without messages", |context| {
            expect_status(context.client()?.chat("openai").field("messages", "none").send().await.map(drop), 400)
        }),
        probe!(Free, Refusal, "fetch_media", "file that does not exist", |context| {
            expect_status(context.anonymous_client()?.media().fetch("0000000000000000").await.map(drop), 404)
        }),
        probe!(Cheap, Answer, "chat_completions", "chat", |context| {
            let reply = context.client()?.chat("openai").user("Say hello").seed(1).send().await.map_err(error_text)?;
            require(reply.message().is_some(), "the reply has no message")
        }),
        probe!(Cheap, Stream, "chat_completions", "streamed chat", |context| {
            let stream =
                context.client()?.chat("openai").user("Say hello").seed(1).stream().await.map_err(error_text)?;
            let reply = stream.finish().await.map_err(error_text)?;
            require(!reply.text().is_empty() && reply.usage().is_some(), "the stream has no text or no usage")
        }),
        probe!(Cheap, Answer, "chat_completions", "tool call", |context| {
            let parameters = json!({ "type": "object", "properties": { "city": { "type": "string" } } });
            let request = context.client()?.chat("openai").user("Call weather for Paris");
            let request = request.function("weather", "Tells the weather of a city", parameters);
            let required = types::ToolChoice::Mode(types::ToolChoiceMode::Required);
            request.tool_choice(required).send().await.map(drop).map_err(error_text)
        }),
        probe!(Cheap, Answer, "chat_completions", "chat in JSON", |context| {
            let request = context.client()?.chat("openai").user("Answer in JSON: a flower");
            request.response_format(types::ResponseFormat::json_object()).send().await.map(drop).map_err(error_text)
        }),
        probe!(Cheap, Content, "chat_completions", "chat with a schema", |context| {
            let request = context.client()?.chat("openai").user("Name a flower");
            request.structured::<Flower>().await.map(drop).map_err(error_text)
        }),
        probe!(Cheap, Answer, "chat_completions", "chat with an image", |context| {
            let request = context.client()?.chat("openai").user("What is this?").image(picture());
            request.send().await.map(drop).map_err(error_text)
        }),
        probe!(Cheap, Answer, "generate_text", "text", |context| {
            context.client()?.text("Say hello / 100%?").seed(1).send().await.map(drop).map_err(error_text)
        }),
        probe!(Cheap, Answer, "generate_text", "text in JSON", |context| {
            context.client()?.text("A flower, in JSON").json(true).send().await.map(drop).map_err(error_text)
        }),
        probe!(Cheap, Stream, "generate_text", "streamed text", |context| {
            let text = context
                .client()?
                .text("Say hello")
                .stream()
                .await
                .map_err(error_text)?
                .finish()
                .await
                .map_err(error_text)?;
            require(!text.is_empty(), "the text is empty")
        }),
        probe!(Cheap, Answer, "generate_text_post", "text by POST", |context| {
            context.client()?.text("Say hello").send_post().await.map(drop).map_err(error_text)
        }),
        probe!(Cheap, Answer, "upload_media", "upload as a form", |context| {
            context.client()?.media().upload(picture()).send().await.map(drop).map_err(error_text)
        }),
        probe!(Cheap, Answer, "upload_media", "upload as a raw body", |context| {
            context.client()?.media().upload(picture()).raw().send().await.map(drop).map_err(error_text)
        }),
        probe!(Cheap, Answer, "upload_media", "upload as base64", |context| {
            context.client()?.media().upload(picture()).base64().send().await.map(drop).map_err(error_text)
        }),
        probe!(Cheap, Answer, "fetch_media", "uploaded file", |context| {
            let media = context.client()?.media();
            let uploaded = media.upload(picture()).send().await.map_err(error_text)?;
            let bytes = media.fetch(&uploaded.id).await.map_err(error_text)?.bytes().await.map_err(error_text)?;
            require(bytes.len() as u64 == uploaded.size, "the size of the file is wrong")
        }),
        probe!(Cheap, Answer, "media_exists", "file exists", |context| {
            let media = context.client()?.media();
            let uploaded = media.upload(picture()).send().await.map_err(error_text)?;
            require(media.exists(&uploaded.id).await.map_err(error_text)?, "the uploaded file is missing")?;
            require(
                !media.exists("0000000000000000").await.map_err(error_text)?,
                "a file that was never uploaded exists",
            )
        }),
        probe!(All, Answer, "generate_image", "image", |context| {
            let image =
                context.client()?.image("a cat / 100%?").size(64, 64).seed(1).send().await.map_err(error_text)?;
            image.bytes().await.map(drop).map_err(error_text)
        }),
        probe!(All, Answer, "generate_video", "video", |context| {
            let video = context.client()?.video("a cat", "seedance").duration(2).send().await.map_err(error_text)?;
            video.bytes().await.map(drop).map_err(error_text)
        }),
    ];
    probes.extend(speeches());
    probes.extend(transcripts());
    probes.extend(images::all());
    probes.extend(audio::all());
    probes.extend(embeddings::all());
    probes.extend(text::all());
    probes.extend(models::all());
    probes.extend(media::all());
    probes.extend(realtime::all());
    probes.extend(account::all());
    probes.extend(community::all());
    probes
}

fn expect_status(result: Result<(), Error>, status: u16) -> Result<(), String> {
    match result {
        Ok(()) => Err(format!("the response is a success, but status {status} was expected")),
        Err(error) if error.status().is_some_and(|got| got == status) => Ok(()),
        Err(error) => Err(format!("status {status} was expected, but the error is: {error}")),
    }
}

fn speeches() -> Vec<Probe> {
    macro_rules! speech {
        ($format:literal) => {
            probe!(All, Answer, "create_speech", concat!("speech as ", $format), |context| {
                let speech =
                    context.client()?.speech("Hello").response_format($format).send().await.map_err(error_text)?;
                speech.bytes().await.map(drop).map_err(error_text)
            })
        };
    }
    vec![
        speech!("mp3"),
        speech!("opus"),
        speech!("aac"),
        speech!("flac"),
        speech!("wav"),
        speech!("pcm"),
        probe!(All, Answer, "generate_audio", "speech by GET", |context| {
            let speech = context.client()?.speech("Hello / 100%?").send_get().await.map_err(error_text)?;
            speech.bytes().await.map(drop).map_err(error_text)
        }),
        probe!(All, Answer, "generate_audio", "music by GET", |context| {
            let music = context.client()?.music("a waltz").duration(3.0).send_get().await.map_err(error_text)?;
            music.bytes().await.map(drop).map_err(error_text)
        }),
    ]
}

fn transcripts() -> Vec<Probe> {
    macro_rules! transcript {
        ($method:ident, $name:literal) => {
            probe!(All, Answer, "create_transcription", $name, |context| {
                context.client()?.transcribe(recording()).$method().await.map(drop).map_err(error_text)
            })
        };
    }
    vec![
        transcript!(send, "transcript in JSON"),
        transcript!(verbose, "transcript with details"),
        transcript!(text, "transcript as text"),
        transcript!(srt, "SubRip subtitles"),
        transcript!(vtt, "WebVTT subtitles"),
    ]
}
