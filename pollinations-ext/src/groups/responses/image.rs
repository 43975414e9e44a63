//! Images in user messages.

use serde_json::{Value, json};

use crate::base::{error::Error, file::File};

/// An image to read when the request is sent, and the position of its part.
#[derive(Clone, Debug)]
pub(super) struct Image {
    file: File,
    item: usize,
    part: usize,
}

impl Image {
    /// Adds an empty part for an image.
    pub(super) fn add(file: File, items: &mut Vec<Value>) -> Self {
        let (item, part) = add_part(items, at(String::new()));
        Self { file, item, part }
    }

    /// Reads the file into its part.
    pub(super) async fn load_into(&self, items: &mut [Value]) -> Result<(), Error> {
        let loaded = self.file.load(None).await?;
        let url = loaded.image_url()?;
        let item = items.get_mut(self.item).and_then(|item| item.get_mut("content"));
        match item.and_then(|content| content.get_mut(self.part)) {
            Some(part) if part.get("type").is_some_and(|kind| kind == "input_image") => {
                *part = at(url);
                Ok(())
            }
            _ => Err(Error::request("the item that the image was attached to has been removed; attach the image last")),
        }
    }
}

/// A part for an image at a URL.
pub(super) fn at(url: String) -> Value {
    json!({ "type": "input_image", "image_url": url, "detail": "auto" })
}

/// Adds a part to the last item if it is a user message, otherwise to a new user message. Returns the index of the
/// item and the index of the part in it.
pub(super) fn add_part(items: &mut Vec<Value>, part: Value) -> (usize, usize) {
    if items.last().is_none_or(|item| item.get("role").is_none_or(|role| role != "user")) {
        items.push(json!({ "type": "message", "role": "user", "content": [] }));
    }
    let item = items.len().saturating_sub(1);
    let Some(content) = items.last_mut().and_then(|item| item.get_mut("content")) else { return (item, 0) };
    if let Some(text) = content.as_str() {
        *content = json!([{ "type": "input_text", "text": text }]);
    }
    let Value::Array(parts) = content else { return (item, 0) };
    parts.push(part);
    (item, parts.len().saturating_sub(1))
}
