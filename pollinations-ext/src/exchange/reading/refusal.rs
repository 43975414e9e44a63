//! Detects refusals that are sent as text. If you are out of credit, the service answers a chat with status 200 and a
//! reply that says where to pay. A program would mistake it for the model's reply.
//!
//! A reply only counts as a refusal if it has all of the following marks. So a model may still talk about pollen, or
//! repeat such a reply:
//!
//! 1. The operation generates text.
//! 2. `Cache-Control` has `private` and `no-store`.
//! 3. There is text, but no usage: the tokens of the prompt, of the completion and in total are all zero. If the
//!    response is plain text, it has no usage at all.
//! 4. The text has a Markdown link to `https://enter.pollinations.ai/` whose parameter `ref` names a reason.

use http::{HeaderMap, StatusCode, header::CACHE_CONTROL};
use reqwest::Url;
use serde_json::Value;

use crate::{
    base::{
        header::{header, media_type},
        json,
        reason::PaymentKind,
        sse::Decoder,
    },
    retry::envelope,
};

/// The maximum size of a response to inspect, in bytes. A refusal is one or two sentences, plus the overhead that a
/// stream has for each word.
pub(crate) const MAX_REFUSAL: usize = 64 * 1024;

const SITE: &str = "enter.pollinations.ai";

/// Paths of operations that return text. Paths below them are included.
const TEXT_PATHS: &[&str] = &["/v1/chat/completions", "/v1/responses", "/text"];

/// The `ref` of a link to the page where a person can allow a model for a key.
const GRANT: &str = "agent_grant";

/// A refusal that was sent as text.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) status: StatusCode,
    code: &'static str,
    message: String,
    fix_url: String,
}

impl Refusal {
    /// Whether a successful response with these headers may be a refusal, so that its body has to be inspected.
    /// `path` is that of the operation in the document.
    pub(crate) fn is_possible(path: &str, headers: &HeaderMap) -> bool {
        let directives = || header(headers, CACHE_CONTROL).unwrap_or_default().split(',').map(str::trim);
        let has = |name: &str| directives().any(|directive| directive.eq_ignore_ascii_case(name));
        let is_text = || {
            let is_under =
                |text: &&str| path.strip_prefix(*text).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
            TEXT_PATHS.iter().any(is_under)
        };
        has("private") && has("no-store") && is_text()
    }

    /// Parses a whole response that may be a refusal.
    pub(crate) fn read(headers: &HeaderMap, body: &[u8]) -> Option<Self> {
        // Most texts are ruled out here.
        memchr::memmem::find(body, SITE.as_bytes())?;
        let kind = media_type(headers).to_ascii_lowercase();
        let mut reply = Reply::default();
        match kind.as_str() {
            "text/event-stream" => reply.add_events(body)?,
            "application/json" => reply.add(&json::read::<Value>(body).ok()?),
            "text/plain" => reply.text = String::from_utf8(body.to_vec()).ok()?,
            _ => return None,
        }
        let is_free = match reply.usage {
            Usage::Zero => true,
            Usage::None => kind == "text/plain" && !headers.keys().any(|name| name.as_str().starts_with("x-usage-")),
            Usage::Some => false,
        };
        if !is_free || reply.has_more_than_text {
            return None;
        }
        let (status, code, fix_url) = links(&reply.text).find_map(reason)?;
        Some(Self { status, code, message: reply.text.trim().to_owned(), fix_url })
    }

    /// The body that the service sends with the error status of this refusal.
    pub(crate) fn body(&self) -> bytes::Bytes {
        envelope(self.status, self.code, &self.message, &self.fix_url)
    }
}

/// Whether a stream that is still open has nothing more to send.
pub(crate) fn is_done(body: &[u8]) -> bool {
    body.trim_ascii_end().ends_with(b"data: [DONE]")
}

/// The text of a reply, and its usage.
#[derive(Default)]
struct Reply {
    text: String,
    usage: Usage,
    /// Whether the reply has a tool call or an error, which a refusal never has.
    has_more_than_text: bool,
}

#[derive(Default, PartialEq, Eq)]
enum Usage {
    #[default]
    None,
    Zero,
    Some,
}

impl Reply {
    fn add_events(&mut self, body: &[u8]) -> Option<()> {
        let mut decoder = Decoder::new();
        let mut input = bytes::Bytes::copy_from_slice(body);
        while decoder.advance(&mut input).ok()? {
            // Comments and `[DONE]` are not JSON.
            if let Ok(event) = json::read::<Value>(decoder.data()) {
                self.add(&event);
            }
        }
        Some(())
    }

    /// Adds a chat completion, a chunk of a chat completion, a response of `/v1/responses`, or an event of one.
    fn add(&mut self, value: &Value) {
        let list = |value: &Value, key: &str| value.get(key).and_then(Value::as_array).cloned().unwrap_or_default();
        for choice in list(value, "choices") {
            let Some(message) = choice.get("message").or_else(|| choice.get("delta")) else { continue };
            self.text += message.get("content").and_then(Value::as_str).unwrap_or_default();
            self.has_more_than_text |= !list(message, "tool_calls").is_empty();
        }
        match value.get("type").and_then(Value::as_str) {
            Some("response.output_text.delta") => {
                self.text += value.get("delta").and_then(Value::as_str).unwrap_or_default();
            }
            Some("response.completed") => self.add_usage(value.pointer("/response/usage")),
            _ => {
                for item in list(value, "output") {
                    self.has_more_than_text |= item.get("type").is_some_and(|kind| kind != "message");
                    for part in list(&item, "content") {
                        self.text += part.get("text").and_then(Value::as_str).unwrap_or_default();
                    }
                }
            }
        }
        self.has_more_than_text |= value.get("error").is_some_and(|error| !error.is_null());
        self.add_usage(value.get("usage"));
    }

    fn add_usage(&mut self, usage: Option<&Value>) {
        let Some(usage) = usage.filter(|usage| !usage.is_null()) else { return };
        let is_zero = |names: [&str; 2]| {
            names.iter().find_map(|name| usage.get(*name)).and_then(Value::as_f64).is_some_and(|count| count == 0.0)
        };
        let parts = [["prompt_tokens", "input_tokens"], ["completion_tokens", "output_tokens"], ["total_tokens"; 2]];
        match parts.into_iter().all(is_zero) {
            true if self.usage != Usage::Some => self.usage = Usage::Zero,
            true => {}
            false => self.usage = Usage::Some,
        }
    }
}

/// The URLs of the Markdown links in a text: `[words](URL)`.
fn links(text: &str) -> impl Iterator<Item = &str> {
    text.match_indices("](").filter_map(|(at, between)| {
        let (before, after) = (text.get(..at)?, text.get(at + between.len()..)?);
        let opening = before.rfind('[')?;
        (!before.get(opening..)?.contains(']')).then_some(())?;
        let end = after.find([')', ' ', '\n'])?;
        after.get(end..)?.starts_with(')').then(|| after.get(..end))?
    })
}

/// The meaning of a link, if it is the link of a refusal.
fn reason(link: &str) -> Option<(StatusCode, &'static str, String)> {
    let url = Url::parse(link).ok()?;
    let is_ours = url.scheme() == "https" && url.host_str() == Some(SITE) && url.port().is_none();
    let reference = url.query_pairs().find(|(name, _)| name == "ref").filter(|_| is_ours)?.1;
    let (status, code) = match &*reference {
        GRANT => (StatusCode::FORBIDDEN, "FORBIDDEN"),
        other => (StatusCode::PAYMENT_REQUIRED, PaymentKind::of_reference(other)?.code()),
    };
    Some((status, code, link.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINK: &str = "https://enter.pollinations.ai/pollen?ref=agent_low_balance_topup";

    /// A response that is recognized as a refusal, or lacks some of the signs of one.
    #[derive(Clone, Debug)]
    struct Sample {
        operation: &'static str,
        cache_control: &'static str,
        kind: &'static str,
        /// The tokens of the prompt, of the completion and in total.
        usage: Option<[u64; 3]>,
        text: String,
        usage_header: bool,
        tool: bool,
    }

    impl Sample {
        fn new(kind: &'static str) -> Self {
            Self {
                operation: if kind == "text/plain" { "generate_text" } else { "chat_completions" },
                cache_control: "private, no-store",
                kind,
                usage: (kind != "text/plain").then_some([0; 3]),
                text: format!("Out of pollen. [Top up]({LINK})."),
                usage_header: false,
                tool: false,
            }
        }

        fn headers(&self) -> HeaderMap {
            let mut headers = HeaderMap::new();
            headers.insert(CACHE_CONTROL, self.cache_control.parse().unwrap());
            headers.insert(http::header::CONTENT_TYPE, format!("{}; charset=utf-8", self.kind).parse().unwrap());
            if self.usage_header {
                headers.insert("x-usage-total-tokens", "12".parse().unwrap());
            }
            headers
        }

        fn body(&self) -> String {
            let usage = self.usage.map(|[prompt, completion, total]| {
                serde_json::json!({ "prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": total })
            });
            let tools = if self.tool { vec![serde_json::json!({ "id": "1" })] } else { Vec::new() };
            match self.kind {
                "text/plain" => self.text.clone(),
                "application/json" => serde_json::json!({
                    "choices": [{ "message": { "content": self.text, "tool_calls": tools } }], "usage": usage,
                })
                .to_string(),
                _ => {
                    let mut events = String::new();
                    let mut event = |value: Value| events += &format!("data: {value}\n\n");
                    for word in self.text.split_inclusive(' ') {
                        event(serde_json::json!({ "choices": [{ "delta": { "content": word } }], "usage": null }));
                    }
                    event(serde_json::json!({ "choices": [{ "delta": { "tool_calls": tools } }] }));
                    event(serde_json::json!({ "choices": [], "usage": usage }));
                    events + "data: [DONE]\n\n"
                }
            }
        }

        fn read(&self) -> Option<Refusal> {
            let headers = self.headers();
            let is_possible =
                Refusal::is_possible(pollinations_api::Operation::find(self.operation).unwrap().path, &headers);
            Refusal::read(&headers, self.body().as_bytes()).filter(|_| is_possible)
        }
    }

    const KINDS: [&str; 3] = ["application/json", "text/event-stream", "text/plain"];

    #[test]
    fn every_refusal_is_recognized_in_every_format() {
        for kind in KINDS {
            for (reference, status, code) in [
                ("agent_low_balance_topup", 402, "INSUFFICIENT_BALANCE"),
                ("agent_low_balance_quests", 402, "INSUFFICIENT_BALANCE"),
                ("agent_key_budget", 402, "KEY_BUDGET_EXHAUSTED"),
                ("agent_quest_pollen_only", 402, "QUEST_POLLEN_ONLY"),
                ("agent_quest_pollen_only_video", 402, "QUEST_POLLEN_ONLY"),
                ("agent_grant", 403, "FORBIDDEN"),
            ] {
                let mut sample = Sample::new(kind);
                let link = format!("https://enter.pollinations.ai/keys?model=a%20b&ref={reference}");
                sample.text = format!("Sorry [1]. See [the docs](https://example.com) or [go]({link}) – now.\n");
                let refusal = sample.read().unwrap_or_else(|| panic!("{kind} {reference}"));
                assert_eq!((refusal.status.as_u16(), refusal.code, refusal.fix_url), (status, code, link));
                assert_eq!(refusal.message, sample.text.trim());
            }
        }
    }

    /// If any sign of a refusal is missing, the reply is returned as text.
    #[test]
    fn a_reply_without_one_of_the_signs_is_not_a_refusal() {
        type Change = fn(&mut Sample);
        let common: &[Change] = &[
            |sample| sample.operation = "generate_image",
            |sample| sample.cache_control = "no-store",
            |sample| sample.cache_control = "private",
            |sample| sample.cache_control = "public, max-age=60",
            |sample| sample.text = "Out of pollen. Top up!".to_owned(),
            |sample| sample.text = LINK.to_owned(),
            |sample| sample.text = format!("<{LINK}>"),
            |sample| sample.text = format!("]({LINK})"),
            |sample| sample.text = format!("[open]({LINK}"),
            |sample| sample.text = sample.text.replace("enter.pollinations.ai", "enter.pollinations.ai.example.com"),
            |sample| sample.text = sample.text.replace("https", "http"),
            |sample| sample.text = sample.text.replace("ref=agent_low_balance_topup", "ref=newsletter"),
            |sample| sample.text = sample.text.replace("ref=", "from="),
            |sample| sample.kind = "text/html",
        ];
        let counted: &[Change] = &[
            |sample| sample.usage = None,
            |sample| sample.usage = Some([3, 0, 0]),
            |sample| sample.usage = Some([0, 3, 0]),
            |sample| sample.usage = Some([0, 0, 3]),
            |sample| sample.tool = true,
        ];
        let plain: &[Change] = &[|sample| sample.usage_header = true];
        fastrand::seed(7);
        for kind in KINDS {
            assert!(Sample::new(kind).read().is_some(), "{kind}");
            let own = if kind == "text/plain" { plain } else { counted };
            let changes: Vec<Change> = common.iter().chain(own).copied().collect();
            for (index, change) in changes.iter().enumerate() {
                let mut sample = Sample::new(kind);
                change(&mut sample);
                assert_eq!(sample.read(), None, "{kind} {index}: {sample:?}");
            }
            for _ in 0..1000 {
                let mut sample = Sample::new(kind);
                let noise: String = (0..fastrand::usize(..40)).map(|_| fastrand::char(..)).collect();
                sample.text = format!("{noise}\n{}\n{noise}", sample.text);
                for _ in 0..fastrand::usize(1..4) {
                    changes[fastrand::usize(..changes.len())](&mut sample);
                }
                assert_eq!(sample.read(), None, "{kind}: {sample:?}");
            }
        }
    }

    #[test]
    fn refusals_of_the_responses_api_are_recognized_whole_and_streamed() {
        let usage = serde_json::json!({ "input_tokens": 0, "output_tokens": 0, "total_tokens": 0 });
        let text = format!("[Top up]({LINK})");
        let whole = serde_json::json!({
            "output": [{ "type": "message", "content": [{ "type": "output_text", "text": text }] }], "usage": usage,
        });
        let events = format!(
            "event: response.output_text.delta\ndata: {}\n\nevent: response.completed\ndata: {}\n\n",
            serde_json::json!({ "type": "response.output_text.delta", "delta": text }),
            serde_json::json!({ "type": "response.completed", "response": whole }),
        );
        for (kind, body) in [("application/json", whole.to_string()), ("text/event-stream", events)] {
            let headers = Sample::new(kind).headers();
            assert_eq!(Refusal::read(&headers, body.as_bytes()).unwrap().message, text, "{kind}");
            let used = body.replace("\"total_tokens\":0", "\"total_tokens\":9");
            assert_eq!(Refusal::read(&headers, used.as_bytes()), None, "{kind}");
        }
    }

    #[test]
    fn the_body_equals_that_of_a_refusal_with_a_status() {
        let refusal = Sample::new("text/plain").read().unwrap();
        let body: Value = serde_json::from_slice(&refusal.body()).unwrap();
        assert_eq!((&body["status"], &body["error"]["code"]), (&402.into(), &"INSUFFICIENT_BALANCE".into()));
        assert_eq!(body["error"]["fixUrl"], LINK);
    }

    #[test]
    fn done_ends_a_stream_before_the_connection_ends() {
        assert!(is_done(b"data: {}\n\ndata: [DONE]\n\n") && is_done(b"data: [DONE]"));
        assert!(!is_done(b"data: [DONE] or not") && !is_done(b""));
    }
}
