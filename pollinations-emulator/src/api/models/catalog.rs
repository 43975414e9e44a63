//! The models that there are, in the form of the service: a few of each kind.

use std::sync::LazyLock;

use serde_json::{Map, Value};

/// Entries as `/models` lists them, but for what depends on the account.
const TEXT: &str = include_str!("catalog.json");

static ALL: LazyLock<Vec<Model>> = LazyLock::new(|| {
    // The list is part of the program, and a test reads it.
    let entries: Vec<Map<String, Value>> = serde_json::from_str(TEXT).unwrap_or_default();
    entries.into_iter().map(Model).collect()
});

/// One entry.
#[derive(Clone, Debug)]
pub(super) struct Model(Map<String, Value>);

/// All models.
pub(super) fn all() -> &'static [Model] {
    &ALL
}

/// The model of this id or alias.
pub(super) fn find(name: &str) -> Option<&'static Model> {
    all().iter().find(|model| model.names().any(|other| other == name))
}

impl Model {
    /// The id, such as `openai/gpt-5.4-nano`.
    pub(super) fn id(&self) -> &str {
        self.text("name")
    }

    /// The id, and then the aliases.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.id()).chain(self.texts("aliases"))
    }

    pub(super) fn text(&self, field: &str) -> &str {
        self.0.get(field).and_then(Value::as_str).unwrap_or_default()
    }

    pub(super) fn texts(&self, field: &str) -> impl Iterator<Item = &str> {
        self.0.get(field).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
    }

    pub(super) fn is(&self, field: &str) -> bool {
        self.0.get(field) == Some(&Value::Bool(true))
    }

    /// Whether it succeeds often enough to be listed: a community model needs more than 80 %, or no requests so far.
    pub(super) fn is_reliable(&self) -> bool {
        let rate = self.0.get("health").and_then(|health| health["success_rate"].as_f64());
        !self.is("community") || rate.is_none_or(|rate| rate > 0.8)
    }

    pub(super) fn fields(&self) -> &Map<String, Value> {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::base::category;

    #[test]
    fn every_name_is_that_of_one_model() {
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
