//! The catalog: a few models of each kind, in the format of the service.

use std::sync::LazyLock;

use serde_json::{Map, Value};

/// Entries as `/models` lists them, without the fields that depend on the account.
const TEXT: &str = include_str!("catalog.json");

static ALL: LazyLock<Vec<Model>> = LazyLock::new(|| {
    // The catalog is compiled in, and a test makes sure that it can be parsed.
    let entries: Vec<Map<String, Value>> = serde_json::from_str(TEXT).unwrap_or_default();
    entries.into_iter().map(Model::new).collect()
});

/// The default `created` time, in seconds since 1970.
const ADDED: i64 = 1_767_225_600;

/// The fields that entries in OpenAI's format have as well.
const SHARED_FIELDS: &[&str] = &[
    "agent",
    "aliases",
    "base_model",
    "capabilities",
    "category",
    "community",
    "context_length",
    "description",
    "health",
    "input_modalities",
    "output_modalities",
    "per_user_rpm",
    "pricing",
    "reasoning",
    "supported_endpoints",
    "supported_parameters",
    "title",
    "tools",
];

/// A model.
#[derive(Clone, Debug)]
pub(super) struct Model {
    fields: Map<String, Value>,
    /// The entry in the format of the service, without and with `paid_only`. Made once, since listings are long.
    entries: [Value; 2],
    /// The entry in OpenAI's format.
    object: Value,
}

/// All models.
pub(super) fn all() -> &'static [Model] {
    &ALL
}

/// The model with this id or alias.
pub(super) fn find(name: &str) -> Option<&'static Model> {
    all().iter().find(|model| model.names().any(|other| other == name))
}

impl Model {
    fn new(fields: Map<String, Value>) -> Self {
        let entry = |is_paid_only: bool| {
            let mut entry = fields.clone();
            entry.insert("paid_only".to_owned(), is_paid_only.into());
            Value::Object(entry)
        };
        let kept = SHARED_FIELDS.iter().filter_map(|&name| Some((name.to_owned(), fields.get(name)?.clone())));
        let mut object: Map<String, Value> = kept.collect();
        object.insert("id".to_owned(), fields.get("name").cloned().unwrap_or_default());
        object.insert("object".to_owned(), "model".into());
        object.insert("created".to_owned(), fields.get("added_date").cloned().unwrap_or_else(|| ADDED.into()));
        object.insert("owned_by".to_owned(), fields.get("publisher").cloned().unwrap_or_else(|| "".into()));
        Self { entries: [entry(false), entry(true)], object: Value::Object(object), fields }
    }

    /// The entry in the format of the service.
    pub(super) fn entry(&self, is_paid_only: bool) -> &Value {
        let [free, paid] = &self.entries;
        if is_paid_only { paid } else { free }
    }

    /// The entry in OpenAI's format.
    pub(super) fn object(&self) -> &Value {
        &self.object
    }

    /// The id, such as `openai/gpt-5.4-nano`.
    pub(super) fn id(&self) -> &str {
        self.text("name")
    }

    /// The id and the aliases.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.id()).chain(self.texts("aliases"))
    }

    pub(super) fn text(&self, field: &str) -> &str {
        self.fields.get(field).and_then(Value::as_str).unwrap_or_default()
    }

    pub(super) fn texts(&self, field: &str) -> impl Iterator<Item = &str> {
        self.fields.get(field).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
    }

    pub(super) fn is(&self, field: &str) -> bool {
        self.fields.get(field) == Some(&Value::Bool(true))
    }

    /// Whether it is reliable enough to be listed: community models need a success rate of more than 80 %, or no
    /// requests yet.
    pub(super) fn is_reliable(&self) -> bool {
        let rate = self.fields.get("health").and_then(|health| health["success_rate"].as_f64());
        !self.is("community") || rate.is_none_or(|rate| rate > 0.8)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::base::category;

    #[test]
    fn names_are_unique_and_give_the_category() {
        let names: Vec<&str> = all().iter().flat_map(Model::names).collect();
        assert!(all().len() > 20 && !names.contains(&""), "{names:?}");
        assert_eq!(names.iter().collect::<HashSet<_>>().len(), names.len(), "{names:?}");
        for model in all().iter().filter(|model| !model.is("community")) {
            for name in model.names() {
                assert_eq!(category::of_model(name), Some(model.text("category")), "{name}");
            }
        }
        assert_eq!(find("flux").unwrap().id(), "black-forest-labs/flux.1-schnell");
    }
}
