//! The effect of a request: whether it may be sent twice, and how long it may take.

use std::{sync::LazyLock, time::Duration};

use http::Method;
use memchr::memmem::Finder;
use pollinations_api::Operation;
use reqwest::Request;
use serde::Deserialize;

use crate::{base::json, retry::Repeat};

/// The default timeout of an attempt. Gateways in front of the service time out earlier.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(120);

/// The default timeout for videos, which take minutes.
const VIDEO_TIMEOUT: Duration = Duration::from_secs(300);

/// Paths that change something without generating anything: files, and the account.
const UPLOADS: &[&str] = &["/upload", "/media"];
const ACCOUNT: &str = "/account";

/// The effect of sending this request a second time. `is_stream` says whether the caller reads the response as a
/// stream.
pub(super) fn repeat(operation: Option<&Operation>, request: &Request, is_stream: bool) -> Repeat {
    let path = operation.map_or("", |operation| operation.path);
    if operation.is_some_and(|operation| operation.is_coalesced) {
        let is_alone = is_stream || is_streamed(request);
        return if is_alone || has(request, "no-cache") { Repeat::Pays } else { Repeat::Joins };
    }
    match request.method() {
        method if method.is_safe() => Repeat::Reads,
        &Method::POST | &Method::PUT | &Method::PATCH | &Method::DELETE if is_under(path, ACCOUNT) => Repeat::Changes,
        _ if UPLOADS.iter().any(|part| is_under(path, part)) => Repeat::Uploads,
        _ => Repeat::Pays,
    }
}

/// The default timeout of an attempt.
pub(super) fn attempt_timeout(operation: Option<&Operation>, request: &Request) -> Duration {
    let path = operation.map_or("", |operation| operation.path);
    // Image operations with a duration generate a video.
    let is_video = is_under(path, "/video") || (is_under(path, "/image") && has_pair(request, "duration", None));
    if is_video { VIDEO_TIMEOUT } else { ATTEMPT_TIMEOUT }
}

fn is_under(path: &str, part: &str) -> bool {
    path.strip_prefix(part).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Whether the request asks for a stream, in the query or in a JSON body.
fn is_streamed(request: &Request) -> bool {
    static STREAM: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("\"stream\""));

    #[derive(Deserialize)]
    struct Asked {
        #[serde(default)]
        stream: serde_json::Value,
    }
    let body = request.body().and_then(reqwest::Body::as_bytes).unwrap_or_default();
    has(request, "stream")
        // Most bodies do not contain the word, so they do not have to be parsed.
        || STREAM.find(body).is_some()
            && json::read::<Asked>(body).is_ok_and(|asked| asked.stream == serde_json::Value::Bool(true))
}

fn has(request: &Request, name: &str) -> bool {
    has_pair(request, name, Some("true"))
}

fn has_pair(request: &Request, name: &str, value: Option<&str>) -> bool {
    let pairs = request.url().query().map(|_| request.url().query_pairs());
    pairs.into_iter().flatten().any(|(key, found)| key == name && value.is_none_or(|value| found == value))
}

#[cfg(test)]
mod tests {
    use reqwest::Url;

    use super::*;

    fn request(operation: &str, query: &str, body: &'static str) -> Request {
        let operation = Operation::find(operation).unwrap();
        let url = Url::parse(&format!("http://h/{query}")).unwrap();
        let mut request = Request::new(operation.method.clone(), url);
        *request.body_mut() = Some(body.into());
        request
    }

    #[test]
    fn the_effect_of_repeating_a_request_is_known() {
        for (operation, query, body, is_stream, repeat) in [
            ("generate_image", "", "", false, Repeat::Joins),
            ("generate_image", "?no-cache=true", "", false, Repeat::Pays),
            ("generate_image", "?no-cache=false", "", false, Repeat::Joins),
            ("create_transcription", "", "", false, Repeat::Joins),
            ("generate_text", "", "", false, Repeat::Joins),
            ("generate_text", "?stream=true", "", true, Repeat::Pays),
            ("generate_text", "?stream=true", "", false, Repeat::Pays),
            ("chat_completions", "", r#"{"model":"openai"}"#, false, Repeat::Joins),
            ("chat_completions", "", r#"{"stream": true}"#, false, Repeat::Pays),
            ("chat_completions", "", r#"{"stream": false}"#, false, Repeat::Joins),
            ("chat_completions", "", r#"{"messages":[{"content":"\"stream\": true"}]}"#, false, Repeat::Joins),
            ("chat_completions", "", r#"{"a":{"stream":true}}"#, false, Repeat::Joins),
            ("chat_completions", "", "{}", true, Repeat::Pays),
            ("account_balance", "", "", false, Repeat::Reads),
            ("list_models", "", "", false, Repeat::Reads),
            ("fetch_media", "", "", false, Repeat::Reads),
            ("upload_media", "", "", false, Repeat::Uploads),
        ] {
            let request = request(operation, query, body);
            let seen = self::repeat(Operation::find(operation), &request, is_stream);
            assert_eq!(seen, repeat, "{operation} {query} {body} {is_stream}");
        }
    }

    #[test]
    fn the_effect_follows_the_document_for_every_operation() {
        for operation in Operation::all() {
            let request = Request::new(operation.method.clone(), Url::parse("http://h/").unwrap());
            let repeat = repeat(Some(operation), &request, false);
            assert_eq!(repeat == Repeat::Joins, operation.is_coalesced, "{}", operation.id);
            if operation.path.starts_with("/account") && operation.method != Method::GET {
                assert_eq!(repeat, Repeat::Changes, "{}", operation.id);
            }
        }
    }

    #[test]
    fn videos_have_a_longer_attempt_timeout() {
        let timeout = |operation, query| attempt_timeout(Operation::find(operation), &request(operation, query, ""));
        assert_eq!(timeout("generate_image", "?width=64"), ATTEMPT_TIMEOUT);
        assert_eq!(timeout("generate_image", "?duration=5"), VIDEO_TIMEOUT);
        assert_eq!(timeout("generate_audio", "?duration=5"), ATTEMPT_TIMEOUT);
    }
}
