//! Downloads the upstream document.

use std::{fmt, time::Duration};

use anyhow::{Context, Result, bail};
use reqwest::{
    Client, Response, StatusCode,
    header::{CONTENT_TYPE, HeaderMap},
};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::yaml;

/// The default maximum size of a document in bytes.
pub const MAX_BYTES: usize = 32 * 1024 * 1024;

/// Settings for the download.
#[derive(Clone, Debug)]
pub struct Fetcher {
    /// The maximum number of attempts.
    pub tries: u32,
    /// The timeout of one attempt.
    pub timeout: Duration,
    /// The wait before the second attempt. It doubles each time.
    pub wait: Duration,
    /// The maximum size in bytes.
    pub max_bytes: usize,
}

impl Default for Fetcher {
    /// Three attempts with a timeout of 30 s each, 1 s and 2 s apart, and [`MAX_BYTES`].
    fn default() -> Self {
        Self { tries: 3, timeout: Duration::from_secs(30), wait: Duration::from_secs(1), max_bytes: MAX_BYTES }
    }
}

/// A failure, and whether a retry can help.
struct Failed {
    error: anyhow::Error,
    again: bool,
}

impl Failed {
    fn final_(error: impl fmt::Display) -> Self {
        Self { error: anyhow::anyhow!("{error}"), again: false }
    }
}

impl From<reqwest::Error> for Failed {
    fn from(error: reqwest::Error) -> Self {
        let again = !error.is_builder() && !error.is_redirect();
        let context = match () {
            () if error.is_timeout() => "the server took too long",
            () if error.is_connect() => "cannot connect",
            () if error.is_redirect() => "it redirects without end",
            () if error.is_builder() => "the address is not usable",
            () => "the connection broke",
        };
        Self { error: anyhow::Error::new(error.without_url()).context(context), again }
    }
}

impl Fetcher {
    /// Downloads a JSON or YAML document.
    ///
    /// Redirects are followed. A failed connection, a timeout, a broken body and the statuses 408, 429 and 5xx are
    /// retried.
    ///
    /// # Errors
    ///
    /// An error if the last attempt fails, or the response has an error status, has a content type other than JSON or
    /// YAML, or is too large.
    pub async fn fetch(&self, url: &str) -> Result<Vec<u8>> {
        let client = Client::builder().timeout(self.timeout).build()?;
        let mut wait = self.wait;
        let mut tries = 1;
        loop {
            match self.attempt(&client, url).await {
                Ok(bytes) => return Ok(bytes),
                Err(failed) if failed.again && tries < self.tries => {
                    tokio::time::sleep(wait).await;
                    wait *= 2;
                    tries += 1;
                }
                Err(failed) if tries > 1 => return Err(failed.error.context(format!("{tries} tries"))),
                Err(failed) => return Err(failed.error),
            }
        }
    }

    async fn attempt(&self, client: &Client, url: &str) -> Result<Vec<u8>, Failed> {
        let mut response = client.get(url).header("accept", "application/json, application/yaml;q=0.5").send().await?;
        let status = response.status();
        if !status.is_success() {
            let again = status.is_server_error()
                || matches!(status, StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS);
            return Err(Failed { error: anyhow::anyhow!("the server answered {status}"), again });
        }
        check_type(response.headers())?;
        self.read(&mut response).await
    }

    async fn read(&self, response: &mut Response) -> Result<Vec<u8>, Failed> {
        let too_large = || Failed::final_(format!("the document is larger than {} bytes", self.max_bytes));
        let limit = u64::try_from(self.max_bytes).unwrap_or(u64::MAX);
        if response.content_length().is_some_and(|length| length > limit) {
            return Err(too_large());
        }
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await? {
            bytes.extend_from_slice(&chunk);
            if bytes.len() > self.max_bytes {
                return Err(too_large());
            }
        }
        Ok(bytes)
    }
}

/// Rejects other content types. File servers often send no content type, or `text/plain`.
fn check_type(headers: &HeaderMap) -> Result<(), Failed> {
    let Some(kind) = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()) else { return Ok(()) };
    let essence = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let plain = ["application/octet-stream", "text/plain"].contains(&essence.as_str());
    if plain || ["json", "yaml"].iter().any(|kind| essence.ends_with(kind)) {
        return Ok(());
    }
    Err(Failed::final_(format!("the server answered with `{essence}` instead of JSON")))
}

/// Parses a JSON or YAML document.
///
/// # Errors
///
/// An error if the document is too large, or is neither JSON nor YAML.
pub fn parse(bytes: &[u8]) -> Result<Value> {
    if bytes.len() > MAX_BYTES {
        bail!("it is larger than {} MiB", MAX_BYTES / 1024 / 1024);
    }
    let recoded = utf_16(bytes);
    let bytes = recoded.as_deref().unwrap_or(bytes);
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let json = match serde_json::from_slice(bytes) {
        Ok(value) => return Ok(value),
        Err(error) => error,
    };
    let Ok(text) = std::str::from_utf8(bytes) else { return Err(json).context("it is neither JSON nor YAML") };
    match yaml::parse(text) {
        Ok(value) if value.is_object() || value.is_array() => Ok(value),
        // A document that starts like JSON was meant to be JSON.
        Err(error) if !text.trim_start().starts_with(['{', '[']) && text.contains(':') => {
            Err(error).context("it is neither JSON nor YAML")
        }
        _ => Err(json).context("it is neither JSON nor YAML"),
    }
}

/// A text in UTF-16 with a byte order mark, which some editors and shells of Windows write, in UTF-8. Nothing for others.
fn utf_16(bytes: &[u8]) -> Option<Vec<u8>> {
    let (from, units): (fn([u8; 2]) -> u16, _) = match bytes {
        [0xff, 0xfe, units @ ..] => (u16::from_le_bytes, units),
        [0xfe, 0xff, units @ ..] => (u16::from_be_bytes, units),
        _ => return None,
    };
    let units = units.chunks_exact(2).map(|pair| from([pair[0], pair[1]]));
    let text: Result<String, _> = char::decode_utf16(units).collect();
    text.ok().map(String::into_bytes)
}

/// The SHA-256 of some bytes, in hexadecimal.
pub fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
