//! The sources of a reply, from models that search the web.

use pollinations_api::types::ChatCompletion;
use serde_json::Value;

/// A source that a model cites: see [`ChatReply::sources`](crate::chat::ChatReply::sources).
///
/// # Examples
///
/// ```
/// use pollinations_ext::{chat::ChatReply, types::ChatCompletion};
///
/// let body = r#"{"choices":[{"message":{"content":"Yes [1]"}}],
///     "search_results":[{"url":"https://example.com/1","title":"An example"}]}"#;
/// let reply = ChatReply::from(serde_json::from_str::<ChatCompletion>(body)?);
/// let source = &reply.sources()[0];
/// assert_eq!((source.url.as_str(), source.title.as_deref()), ("https://example.com/1", Some("An example")));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Source {
    /// The URL.
    pub url: String,
    /// The title of the page, if the provider sends it.
    pub title: Option<String>,
}

/// All sources of a completion, without duplicates, in the order of their numbers: `citations`, then
/// `search_results`, then the annotations of the first choice.
pub(in crate::reply) fn of(completion: &ChatCompletion) -> Vec<Source> {
    let mut sources: Vec<Source> = Vec::new();
    // If some sources are not URLs, this field has the whole list.
    match completion.extra().get("citations") {
        Some(citations) => add_all(&mut sources, citations),
        None => completion.citations.iter().for_each(|url| add(&mut sources, url, None)),
    }
    for name in ["search_results", "sources"] {
        completion.extra().get(name).into_iter().for_each(|list| add_all(&mut sources, list));
    }
    let message = completion.choices.first().and_then(|choice| choice.message.as_ref());
    for name in ["citations", "annotations", "search_results", "sources"] {
        let list = message.and_then(|message| message.extra().get(name));
        list.into_iter().for_each(|list| add_all(&mut sources, list));
    }
    sources
}

fn add_all(sources: &mut Vec<Source>, list: &Value) {
    for entry in list.as_array().into_iter().flatten() {
        if let Some(url) = entry.as_str() {
            add(sources, url, None);
            continue;
        }
        let inner = ["url_citation", "source", "web"].iter().find_map(|name| entry.get(*name));
        let entry = inner.filter(|inner| inner.is_object()).unwrap_or(entry);
        let text = |names: &[&str]| names.iter().find_map(|name| entry.get(*name)?.as_str());
        if let Some(url) = text(&["url", "uri", "link", "source"]) {
            add(sources, url, text(&["title", "name"]));
        }
    }
}

fn add(sources: &mut Vec<Source>, url: &str, title: Option<&str>) {
    if url.is_empty() {
        return;
    }
    let title = title.filter(|title| !title.is_empty());
    match sources.iter_mut().find(|source| source.url == url) {
        Some(source) => source.title = source.title.take().or_else(|| title.map(str::to_owned)),
        None => sources.push(Source { url: url.to_owned(), title: title.map(str::to_owned) }),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn sources_are_found_in_every_place() {
        for (body, titled) in [
            (json!({ "citations": ["u"] }), false),
            (json!({ "citations": [{ "url": "u", "title": "T" }] }), true),
            (json!({ "citations": ["u"], "search_results": [{ "url": "u", "title": "T" }] }), true),
            (
                json!({ "choices": [{ "message": { "annotations": [{ "type": "url_citation", "url_citation": { "url": "u", "title": "T" } }] } }] }),
                true,
            ),
            (json!({ "choices": [{ "message": { "citations": ["u"] } }] }), false),
            (json!({ "choices": [{ "message": { "annotations": [{ "url": "u" }, { "file": 1 }] } }] }), false),
        ] {
            let mut body = body;
            if body.get("choices").is_none() {
                body["choices"] = json!([]);
            }
            let expected = Source { url: "u".to_owned(), title: titled.then(|| "T".to_owned()) };
            assert_eq!(of(&serde_json::from_value(body.clone()).unwrap()), [expected], "{body}");
        }
    }
}
