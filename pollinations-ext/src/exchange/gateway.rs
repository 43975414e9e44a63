//! The current service and its older gateways.

use bytes::Bytes;
use http::Method;
use pollinations_api::types::ModelList;
use reqwest::{Request, Url};
use serde_json::{Map, Value, json};

use crate::{
    base::{error::Error, json},
    key::Keyring,
};

/// The current service, or one of its older gateways, which use other paths.
///
/// # Examples
///
/// ```
/// use pollinations_ext::{Gateway, Pollinations};
///
/// let pollinations = Pollinations::builder().key("sk_example".parse()?).gateway(Gateway::Legacy).build()?;
/// assert_eq!(pollinations.base_url(), "https://enter.pollinations.ai/api");
/// # Ok::<(), pollinations_ext::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Gateway {
    /// `https://gen.pollinations.ai`, which has every operation.
    #[default]
    Current,
    /// The current service with chat at the deprecated path `/openai`, for servers that only support that path.
    OpenAi,
    /// The older gateway at `https://enter.pollinations.ai/api`. It has chat, images and their models, under
    /// `/generate`. Everything else fails with [`ErrorKind::InvalidRequest`](crate::ErrorKind::InvalidRequest) and is not sent.
    Legacy,
}

impl Gateway {
    /// Parses a list of models that you received elsewhere, in any of the formats that this gateway uses.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Decode`](crate::ErrorKind::Decode) if it is not a list of models.
    ///
    /// # Examples
    ///
    /// ```
    /// use pollinations_ext::Gateway;
    ///
    /// let models = Gateway::Legacy.read_models(br#"["openai", {"name": "mistral"}]"#)?;
    /// assert_eq!(models.data[1].id, "mistral");
    /// # Ok::<(), pollinations_ext::Error>(())
    /// ```
    pub fn read_models(self, listing: &[u8]) -> Result<ModelList, Error> {
        let listing = self.adapt("list_models", Bytes::copy_from_slice(listing));
        let undecodable = |error| Keyring::new(None, []).undecodable("this is not a list of models", &error, &listing);
        json::lenient(&listing).map_err(undecodable)
    }

    /// The base URL of the live service.
    pub(crate) fn base_url(self) -> &'static str {
        match self {
            Self::Current | Self::OpenAi => "https://gen.pollinations.ai",
            Self::Legacy => "https://enter.pollinations.ai/api",
        }
    }

    /// Rewrites the URL of a request to where this gateway has the operation. `base` is the base URL.
    pub(crate) fn route(self, operation: &str, base: &str, request: &mut Request) -> Result<(), Error> {
        let path = match (self, operation) {
            (Self::OpenAi, "chat_completions") => "/openai",
            (Self::Current | Self::OpenAi, _) => return Ok(()),
            // The URL is the same for all gateways.
            (Self::Legacy, "user_info") => return Ok(()),
            (Self::Legacy, "chat_completions") => "/generate/openai",
            (Self::Legacy, "list_models" | "list_text_models") => "/generate/openai/models",
            (Self::Legacy, "list_image_models") => "/generate/image/models",
            (Self::Legacy, "generate_image") => {
                let url = request.url().as_str();
                let rest = url.strip_prefix(base).unwrap_or_default();
                return redirect(request, &format!("{base}/generate{rest}"));
            }
            (Self::Legacy, _) => {
                let message = "the older gateway only has chat, images and their models";
                return Err(Error::request(message));
            }
        };
        let query = request.url().query().map(|query| format!("?{query}")).unwrap_or_default();
        redirect(request, &format!("{base}{path}{query}"))
    }

    /// Converts a response of this gateway into the format of the document.
    pub(crate) fn adapt(self, operation: &str, body: Bytes) -> Bytes {
        let adapt = match (self, operation) {
            (Self::Legacy, "list_models") => list_of_objects,
            (Self::Legacy, "list_text_models" | "list_image_models") => list_of_infos,
            (_, "list_models") if has_no_models(&body) => list_of_objects,
            (_, other) if other.starts_with("list_") && other.ends_with("_models") && are_names(&body) => list_of_infos,
            _ => return body,
        };
        // If a body is not JSON, the code that parses it reports the error.
        json::read(&body).map(|value| Bytes::from(adapt(value).to_string())).unwrap_or(body)
    }
}

fn redirect(request: &mut Request, url: &str) -> Result<(), Error> {
    debug_assert!(matches!(*request.method(), Method::GET | Method::POST));
    *request.url_mut() = Url::parse(url).map_err(|error| Error::request(format!("the URL is invalid: {error}")))?;
    Ok(())
}

/// Whether a listing only has names.
fn are_names(listing: &[u8]) -> bool {
    let entries = listing.trim_ascii_start().strip_prefix(b"[");
    entries.is_some_and(|entries| entries.trim_ascii_start().starts_with(b"\""))
}

/// Whether a listing has `null` in place of an empty list of models.
fn has_no_models(listing: &[u8]) -> bool {
    #[derive(serde::Deserialize)]
    struct Listing {
        data: Value,
    }
    // Most listings are long, so avoid parsing them twice.
    listing.len() < 1024 && json::read::<Listing>(listing).is_ok_and(|listing| listing.data.is_null())
}

/// The models in any of the known formats: names, objects, or an object with a `data` list.
fn entries(listing: Value) -> Vec<Map<String, Value>> {
    let list = match listing {
        Value::Array(list) => list,
        Value::Object(mut object) => match object.remove("data") {
            Some(Value::Array(list)) => list,
            _ => Vec::new(),
        },
        _ => Vec::new(),
    };
    let entry = |value| match value {
        Value::Object(object) => Some(object),
        Value::String(name) => Some(Map::from_iter([("name".to_owned(), Value::String(name))])),
        _ => None,
    };
    list.into_iter().filter_map(entry).collect()
}

fn list_of_infos(listing: Value) -> Value {
    let with_name = |mut entry: Map<String, Value>| {
        if !entry.contains_key("name")
            && let Some(id) = entry.get("id").cloned()
        {
            entry.insert("name".to_owned(), id);
        }
        Value::Object(entry)
    };
    entries(listing).into_iter().map(with_name).collect()
}

fn list_of_objects(listing: Value) -> Value {
    let object = |entry: Map<String, Value>| {
        let id = entry.get("id").or_else(|| entry.get("name")).cloned().unwrap_or_default();
        let created = entry.get("created").cloned().unwrap_or_else(|| json!(0));
        json!({ "id": id, "object": "model", "created": created })
    };
    json!({ "object": "list", "data": entries(listing).into_iter().map(object).collect::<Vec<_>>() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn route(gateway: Gateway, operation: &str, url: &str) -> Result<String, Error> {
        let mut request = Request::new(Method::GET, Url::parse(url).unwrap());
        gateway.route(operation, "http://h/api", &mut request)?;
        Ok(request.url().to_string())
    }

    #[test]
    fn paths_are_mapped_to_those_of_older_gateways() {
        use Gateway::{Current, Legacy, OpenAi};
        for (gateway, operation, from, to) in [
            (Current, "chat_completions", "/v1/chat/completions", "/v1/chat/completions"),
            (OpenAi, "chat_completions", "/v1/chat/completions?a=b", "/openai?a=b"),
            (OpenAi, "generate_image", "/image/a%20cat", "/image/a%20cat"),
            (Legacy, "chat_completions", "/v1/chat/completions", "/generate/openai"),
            (Legacy, "list_models", "/v1/models", "/generate/openai/models"),
            (Legacy, "list_text_models", "/text/models", "/generate/openai/models"),
            (Legacy, "list_image_models", "/image/models", "/generate/image/models"),
            (Legacy, "generate_image", "/image/a%2Fb%3F?width=5", "/generate/image/a%2Fb%3F?width=5"),
        ] {
            let routed = route(gateway, operation, &format!("http://h/api{from}")).unwrap();
            assert_eq!(routed, format!("http://h/api{to}"), "{gateway:?} {operation}");
        }
        assert!(route(Legacy, "account_balance", "http://h/api/account/balance").is_err());
    }

    #[test]
    fn lists_of_models_are_converted_from_every_format() {
        let expected = json!([{ "name": "flux" }]);
        for listing in [json!(["flux"]), json!([{ "name": "flux" }])] {
            let adapted = Gateway::Legacy.adapt("list_image_models", Bytes::from(listing.to_string()));
            assert_eq!(serde_json::from_slice::<Value>(&adapted).unwrap(), expected);
        }
        let listing = json!({ "object": "list", "data": [{ "id": "openai", "created": 5 }] });
        let adapted = list_of_infos(listing.clone());
        assert_eq!(adapted, json!([{ "id": "openai", "name": "openai", "created": 5 }]));
        let object = json!({ "object": "list", "data": [{ "id": "openai", "object": "model", "created": 5 }] });
        assert_eq!(list_of_objects(listing), object);
        assert_eq!(list_of_objects(json!(["openai"]))["data"][0]["id"], "openai");
        assert_eq!(Gateway::Legacy.adapt("list_models", Bytes::from_static(b"<html>")), "<html>");
    }
}
