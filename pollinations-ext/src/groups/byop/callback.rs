//! The parameters of the URL that the browser returns to.

use reqwest::Url;

/// The parameters of a query or a fragment.
pub(super) struct Parameters(Vec<(String, String)>);

impl Parameters {
    /// Reads a fragment. Some pages encode the whole fragment as one value.
    pub(super) fn of_fragment(fragment: &str) -> Self {
        let direct = Self::of_query(fragment);
        if direct.is_encoded_whole() {
            if let Some((decoded, _)) = direct.0.into_iter().next() {
                return Self::of_query(decoded.trim_start_matches('#'));
            }
            return Self(Vec::new());
        }
        direct
    }

    pub(super) fn of_query(text: &str) -> Self {
        let text = text.trim_start_matches(['?', '/']);
        let mut url = match Url::parse("http://parameters/") {
            Ok(url) => url,
            Err(_) => return Self(Vec::new()),
        };
        url.set_query(Some(text));
        Self(url.query_pairs().map(|(name, value)| (name.into_owned(), value.into_owned())).collect())
    }

    /// Whether the fragment is a single name that contains encoded parameters.
    pub(super) fn is_encoded_whole(&self) -> bool {
        matches!(self.0.as_slice(), [(name, value)] if value.is_empty() && name.contains('='))
    }

    /// Whether the name occurs at all.
    pub(super) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(key, _)| key == name)
    }

    /// The value of a parameter. A parameter that occurs twice counts as missing, because it is unclear which value
    /// is meant.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let mut values = self.0.iter().filter(|(key, _)| key == name).map(|(_, value)| value.as_str());
        match (values.next(), values.next()) {
            (Some(value), None) => Some(value),
            _ => None,
        }
    }
}
