//! Apps that may sign users in.

use serde::Deserialize;

/// An app that may sign users in: its key and its redirect URIs.
///
/// # Examples
///
/// ```
/// use pollinations_emulator::App;
///
/// let app = App::new("pk_app", ["https://example.com/back", "http://127.0.0.1/callback"]);
/// # let _ = app;
/// ```
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct App {
    pub(crate) client_id: String,
    pub(crate) redirect_uris: Vec<String>,
}

impl App {
    /// An app with this key (`pk_…`) and these redirect URIs. They are compared exactly, except that those on
    /// 127.0.0.1, `[::1]` and `localhost` match any port (RFC 8252, section 7.3).
    pub fn new<U: Into<String>>(client_id: impl Into<String>, redirect_uris: impl IntoIterator<Item = U>) -> Self {
        Self { client_id: client_id.into(), redirect_uris: redirect_uris.into_iter().map(Into::into).collect() }
    }

    fn takes(&self, redirect_uri: &str) -> bool {
        self.redirect_uris.iter().any(|registered| {
            registered == redirect_uri || {
                let (one, other) = (without_port(registered), without_port(redirect_uri));
                one.is_some() && one == other
            }
        })
    }
}

/// The registered apps. If there are none, every `pk_…` key is an app that may use any redirect URI.
#[derive(Debug, Default)]
pub(crate) struct Apps(Vec<App>);

impl Apps {
    pub(crate) fn new(list: Vec<App>) -> Self {
        Self(list)
    }

    pub(crate) fn knows(&self, client_id: &str) -> bool {
        let is_one = client_id.strip_prefix("pk_").is_some_and(|rest| !rest.is_empty());
        is_one && (self.0.is_empty() || self.0.iter().any(|app| app.client_id == client_id))
    }

    pub(crate) fn takes(&self, client_id: &str, redirect_uri: &str) -> bool {
        self.0.is_empty() || self.0.iter().any(|app| app.client_id == client_id && app.takes(redirect_uri))
    }
}

/// A loopback URL without its port: the host, and what follows the port.
fn without_port(address: &str) -> Option<(&str, &str)> {
    let rest = address.strip_prefix("http://")?;
    let name = ["127.0.0.1", "[::1]", "localhost"].into_iter().find(|name| rest.starts_with(name))?;
    let rest = rest.strip_prefix(name)?;
    let rest = match rest.strip_prefix(':') {
        Some(rest) => rest.trim_start_matches(|digit: char| digit.is_ascii_digit()),
        None => rest,
    };
    // Rejects `127.0.0.1.evil.example` and `127.0.0.1:80@evil.example`.
    (rest.is_empty() || rest.starts_with(['/', '?'])).then_some((name, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn redirect_uris_match_exactly_except_for_loopback_ports() {
        let app = App::new("pk_app", ["https://example.com/back", "http://127.0.0.1/callback"]);
        for taken in ["https://example.com/back", "http://127.0.0.1/callback", "http://127.0.0.1:1/callback"] {
            assert!(app.takes(taken), "{taken}");
        }
        for refused in [
            "https://example.com/back/",
            "https://example.com/back?x",
            "https://example.com:8443/back",
            "https://example.com.evil.example/back",
            "http://127.0.0.1:1/other",
            "http://127.0.0.1.evil.example/callback",
            "http://127.0.0.1:80@evil.example/callback",
            "http://localhost:1/callback",
            "http://[::1]:1/callback",
            "https://127.0.0.1:1/callback",
        ] {
            assert!(!app.takes(refused), "{refused}");
        }
    }
}
