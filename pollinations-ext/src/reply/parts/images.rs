//! Finds the images of a reply, in whichever field a provider puts them.

use pollinations_api::types::{ContentBlock, ReplyMessage};
use serde_json::Value;

/// The URLs of all images, without duplicates.
pub(in crate::reply) fn of(message: &ReplyMessage) -> Vec<String> {
    let mut urls: Vec<String> = Vec::new();
    let mut add = |url: Option<String>| {
        if let Some(url) = url.filter(|url| !urls.contains(url)) {
            urls.push(url);
        }
    };
    for block in message.content_blocks.iter().flatten() {
        match block {
            ContentBlock::ImageUrl(image) if !image.image_url.url.is_empty() => add(Some(image.image_url.url.clone())),
            ContentBlock::ImageUrl(image) => add(image.extra().get("image_url").and_then(address)),
            ContentBlock::Other(object) => add(of_part(&Value::Object(object.clone()))),
            _ => {}
        }
    }
    let list = |name: &str| message.extra().get(name).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    for image in list("images") {
        add(of_part(image).or_else(|| address(image)));
    }
    for part in list("content") {
        add(of_part(part));
    }
    urls
}

/// The image of a part or a block, if it has one.
fn of_part(part: &Value) -> Option<String> {
    if let Some(image) = part.get("image_url") {
        return address(image);
    }
    let kind = part.get("type").and_then(Value::as_str).unwrap_or_default();
    if kind.contains("image") {
        return address(part);
    }
    address(part.get("inline_data").or_else(|| part.get("inlineData"))?)
}

/// The URL of an image: a URL, or data with a media type.
fn address(image: &Value) -> Option<String> {
    if let Some(text) = image.as_str() {
        let is_address = ["data:", "https://", "http://"].iter().any(|scheme| text.starts_with(scheme));
        return is_address.then(|| text.to_owned());
    }
    let text = |names: &[&str]| names.iter().find_map(|name| image.get(*name)?.as_str());
    if let Some(url) = text(&["url", "image_url"]) {
        return Some(url.to_owned());
    }
    if let Some(data) = text(&["b64_json", "base64", "data", "image_base64"]) {
        let kind = text(&["media_type", "mime_type", "mimeType"]).filter(|kind| kind.starts_with("image/"));
        return Some(format!("data:{};base64,{data}", kind.unwrap_or("image/png")));
    }
    address(["source", "image_url", "image"].iter().find_map(|name| image.get(*name))?)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn images_are_found_in_every_place() {
        const URL: &str = "data:image/png;base64,AAAA";
        for message in [
            json!({ "images": [{ "type": "image_url", "image_url": { "url": URL } }] }),
            json!({ "images": [{ "image_url": URL }, { "url": URL }] }),
            json!({ "images": [URL] }),
            json!({ "images": [{ "b64_json": "AAAA" }] }),
            json!({ "content_blocks": [{ "type": "image_url", "image_url": { "url": URL } }] }),
            json!({ "content_blocks": [{ "type": "image_url", "image_url": URL }] }),
            json!({ "content_blocks": [{ "type": "image", "source": { "type": "base64", "media_type": "image/png", "data": "AAAA" } }] }),
            json!({ "content": [{ "type": "text", "text": "x" }, { "type": "image_url", "image_url": { "url": URL } }] }),
            json!({ "content": [{ "inlineData": { "mimeType": "image/png", "data": "AAAA" } }] }),
            json!({ "content": [{ "type": "output_image", "image_url": URL }], "images": [URL] }),
        ] {
            let read: ReplyMessage = serde_json::from_value(message.clone()).unwrap();
            assert_eq!(of(&read), [URL], "{message}");
        }
        for message in [json!({ "content": "x" }), json!({ "images": [1, {}, "not a URL"] })] {
            assert_eq!(of(&serde_json::from_value(message).unwrap()), [""; 0]);
        }
    }
}
