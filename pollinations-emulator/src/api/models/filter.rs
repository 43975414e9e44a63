//! The filters of model listings.

use axum::http::HeaderMap;

use super::catalog::Model;
use crate::{base::failure::Failure, gate::Params};

/// The values of `capabilities`.
const CAPABILITIES: &[&str] = &["tool_calling", "reasoning", "web_search", "code_execution", "pollinations_models"];

/// The filters of a listing.
#[derive(Debug, Default)]
pub(super) struct Filter {
    /// Whether unreliable models are listed too.
    all: bool,
    community: Option<bool>,
    agent: Option<bool>,
    capabilities: Vec<String>,
    /// Lowercase words of the search.
    words: Vec<String>,
    limit: Option<usize>,
}

impl Filter {
    /// Reads the filters from the query, or else from the headers. The gate has validated the values that the document
    /// lists.
    ///
    /// # Errors
    ///
    /// 400 for an unknown capability.
    pub(super) fn of(params: &Params, headers: &HeaderMap) -> Result<Self, Failure> {
        let either = |name: &str| {
            let header = || headers.get(format!("pollinations-model-{name}"))?.to_str().ok();
            params.text(name).or_else(header)
        };
        let list = |text: &str| -> Vec<String> {
            text.split(',').map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()
        };
        let capabilities = params.text("capabilities").map(list).unwrap_or_default();
        if let Some(unknown) = capabilities.iter().find(|one| !CAPABILITIES.contains(&one.as_str())) {
            let known = CAPABILITIES.join(", ");
            return Err(Failure::field("capabilities", format!("`{unknown}` must be one of {known}")));
        }
        let flag = |name: &str| params.text(name).map(|_| params.is(name));
        Ok(Self {
            all: either("reliability") == Some("all"),
            community: either("source").map(|source| source == "community").or_else(|| flag("community")),
            agent: flag("agent"),
            capabilities,
            words: params.text("query").unwrap_or_default().split_whitespace().map(str::to_lowercase).collect(),
            limit: params.integer("limit").and_then(|limit| usize::try_from(limit).ok()),
        })
    }

    /// The models that match.
    pub(super) fn apply<'a>(
        self,
        models: impl Iterator<Item = &'static Model> + 'a,
    ) -> impl Iterator<Item = &'static Model> + 'a {
        let limit = self.limit.unwrap_or(usize::MAX);
        models.filter(move |model| self.takes(model)).take(limit)
    }

    fn takes(&self, model: &Model) -> bool {
        let has = |capability: &String| model.texts("capabilities").any(|other| other == capability);
        let searched = || {
            let texts = ["title", "description", "publisher"].map(|field| model.text(field));
            model.names().chain(texts).map(str::to_lowercase).collect::<Vec<_>>()
        };
        (self.all || model.is_reliable())
            && self.community.is_none_or(|community| model.is("community") == community)
            && self.agent.is_none_or(|agent| model.is("agent") == agent)
            && self.capabilities.iter().all(has)
            && (self.words.is_empty() || {
                let texts = searched();
                self.words.iter().all(|word| texts.iter().any(|text| text.contains(word)))
            })
    }
}
