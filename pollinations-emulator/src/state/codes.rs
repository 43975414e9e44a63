//! Authorization codes (RFC 6749, section 4.1.2).

use std::{
    collections::HashMap,
    sync::Mutex,
    time::{Duration, Instant},
};

use crate::base::{key::Key, lock};

/// How long a code is valid in the service.
const LIFETIME: Duration = Duration::from_secs(600);

/// What a user has granted, until the app exchanges the code.
#[derive(Clone, Debug)]
pub(crate) struct Code {
    pub(crate) client_id: String,
    pub(crate) redirect_uri: String,
    /// The code challenge: the hash of the verifier (RFC 7636, section 4.2).
    pub(crate) challenge: String,
    pub(crate) scope: String,
    /// The lifetime of the key, in seconds.
    pub(crate) expires_in: f64,
    /// The limits of the key to issue.
    pub(crate) limits: Key,
}

/// All codes that have not been used. Each works once.
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
        // Like a real code, it cannot be guessed.
        let text = format!("code_{:032x}", fastrand::u128(..));
        lock(&self.list).insert(text.clone(), (code, Instant::now()));
        text
    }

    /// Removes a code and returns it. `None` if it is unknown or has expired.
    pub(crate) fn take(&self, text: &str) -> Option<Code> {
        let (code, issued) = lock(&self.list).remove(text)?;
        (issued.elapsed() < self.lifetime).then_some(code)
    }
}
