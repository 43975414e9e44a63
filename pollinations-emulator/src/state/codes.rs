//! The authorization codes that wait to be exchanged (RFC 6749, section 4.1.2).

use std::{
    collections::HashMap,
    sync::Mutex,
    time::{Duration, Instant},
};

use crate::base::{key::Key, lock};

/// How long the service takes a code.
const LIFETIME: Duration = Duration::from_secs(600);

/// What a user granted, until the program fetches the key.
#[derive(Clone, Debug)]
pub(crate) struct Code {
    pub(crate) client_id: String,
    pub(crate) redirect_uri: String,
    /// The hash of the verifier (RFC 7636, section 4.2).
    pub(crate) challenge: String,
    pub(crate) scope: String,
    /// Seconds until the key expires.
    pub(crate) expires_in: f64,
    /// The key, without its name.
    pub(crate) limits: Key,
}

/// All codes, each of which works once.
#[derive(Debug)]
pub(crate) struct Codes {
    list: Mutex<HashMap<String, (Code, Instant)>>,
    lifetime: Duration,
}

impl Default for Codes {
    fn default() -> Self {
        Self::lasting(LIFETIME)
    }
}

impl Codes {
    pub(crate) fn lasting(lifetime: Duration) -> Self {
        Self { list: Mutex::default(), lifetime }
    }

    pub(crate) fn issue(&self, code: Code) -> String {
        // Not to be guessed, as a real one.
        let text = format!("code_{:032x}", fastrand::u128(..));
        lock(&self.list).insert(text.clone(), (code, Instant::now()));
        text
    }

    /// Uses up a code, whatever comes of it. Nothing if there is none, or if it has expired.
    pub(crate) fn take(&self, text: &str) -> Option<Code> {
        let (code, issued) = lock(&self.list).remove(text)?;
        (issued.elapsed() < self.lifetime).then_some(code)
    }
}
