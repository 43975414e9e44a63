//! Images in JSON, in the format of OpenAI's API.

use axum::{
    Json,
    http::{HeaderValue, header::LINK},
    response::{IntoResponse, Response},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::limits::{DEFAULT_SIZE, MAX_SIZE};
use crate::{
    answer::{used, words::count},
    base::clock,
    state::{File, State, Tokens},
};

/// A finished image, and how to return it.
pub(super) struct Made<'a> {
    pub(super) model: &'a str,
    pub(super) prompt: &'a str,
    pub(super) kind: &'static str,
    pub(super) bytes: Vec<u8>,
    /// `url` or `b64_json`, which is the default.
    pub(super) format: Option<&'a str>,
    pub(super) tokens: Tokens,
}

/// The tokens of a request for one image.
pub(super) fn tokens(prompt: &str) -> Tokens {
    Tokens { input_text: count(prompt), output_image: 1, ..Tokens::default() }
}

/// The response. The image is stored, and returned as base64 or as a URL. The `Link` header has the URL in both cases.
pub(super) fn answer(state: &State, made: Made<'_>) -> Response {
    let content = (made.format != Some("url")).then(|| STANDARD.encode(&made.bytes));
    let id: String = Sha256::digest(&made.bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    // The same content may be stored under this id already.
    state.files.store(File::new(made.kind, made.bytes), Some(id.clone()));
    let url = format!("{}/{id}", state.base_url);
    let mut image = match content {
        Some(content) => json!({ "b64_json": content }),
        None => json!({ "url": url }),
    };
    image["revised_prompt"] = json!(made.prompt);
    let Tokens { input_text, output_image, .. } = made.tokens;
    let body = json!({
        "created": clock::unix(),
        "data": [image],
        "usage": {
            "input_tokens": input_text,
            "output_tokens": output_image,
            "total_tokens": input_text + output_image,
            "input_tokens_details": { "text_tokens": input_text, "image_tokens": 0 },
        },
    });
    let mut response = (used(made.model), made.tokens.headers(), Json(body)).into_response();
    if let Ok(link) = HeaderValue::from_str(&format!("<{url}>; rel=\"enclosure\"")) {
        response.headers_mut().insert(LINK, link);
    }
    response
}

/// The width and height in a `size` such as `1024x768`. Like the service, this ignores sizes that it cannot parse.
pub(super) fn size(text: Option<&str>) -> Option<(u32, u32)> {
    let (width, height) = text?.split_once('x')?;
    let pixels = |text: &str| match text.parse::<u32>() {
        Ok(0) => Some(DEFAULT_SIZE),
        Ok(pixels) => Some(pixels.min(MAX_SIZE)),
        // The number is out of range.
        Err(_) if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) => Some(MAX_SIZE),
        Err(_) => None,
    };
    Some((pixels(width)?, pixels(height)?))
}

/// The seed, or 0.
pub(super) fn seed(value: &Value) -> i64 {
    value.as_i64().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_parsed_and_limited() {
        for (text, found) in [
            ("64x48", Some((64, 48))),
            ("0x48", Some((DEFAULT_SIZE, 48))),
            ("99999x99999999999", Some((MAX_SIZE, MAX_SIZE))),
            ("auto", None),
            ("64", None),
            ("x", None),
            ("64x", None),
            ("-1x5", None),
        ] {
            assert_eq!(size(Some(text)), found, "{text}");
        }
        assert_eq!(size(None), None);
    }
}
