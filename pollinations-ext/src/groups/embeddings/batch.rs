//! Embeds many texts, in as many requests as needed.

use std::{error::Error as StdError, fmt, ops::Range, sync::Arc};

use futures_util::stream::{FuturesUnordered, StreamExt};
use pollinations_api::{Client, types};

use super::{
    parameters::{Parameters, parameter_setters},
    reply::Embeddings,
    request::OPERATION,
};
use crate::{
    base::error::Error,
    exchange::{
        options::{Options, call_options},
        transport::Shared,
    },
};

/// The maximum number of texts in a request, from the document's description of `input`.
const TEXTS: usize = 32;

/// The maximum number of concurrent requests. The rate limit of the service is 100 in 10 seconds.
const AT_ONCE: usize = 4;

/// A request for the vectors of many texts.
///
/// Operation `embed`. The service accepts 32 texts in a request. So the texts are sent in batches of 32, with up to
/// four requests at the same time. The vectors are in the order of the texts. The service has defaults for the
/// parameters you do not set. The parameters you set apply to every request, and so do [`timeout`](Self::timeout) and
/// [`retry`](Self::retry).
///
/// # When a request fails
///
/// Each request is retried separately. If a request fails in spite of the retries, no further requests are started,
/// and the running ones are finished. [`EmbeddingBatchError`] then has all vectors received so far. Send the missing
/// texts again, or simply the whole batch: the service caches identical requests for a time and does not bill them
/// twice.
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let emulator = pollinations_emulator::Emulator::start().await?;
/// # let pollinations = pollinations_ext::Pollinations::builder()
/// #     .base_url(emulator.base_url()).key("sk_test".parse()?).build()?;
/// let lines = (1..=100).map(|number| format!("line {number}"));
/// let embeddings = pollinations.embed_batch(lines).dimensions(256).send().await?;
/// assert_eq!(embeddings.vectors().len(), 100);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "a request does nothing until `send` is called"]
pub struct EmbeddingBatch {
    shared: Arc<Shared>,
    options: Options,
    texts: Vec<String>,
    parameters: Parameters,
}

impl EmbeddingBatch {
    pub(crate) fn new(shared: Arc<Shared>, texts: Vec<String>) -> Self {
        Self { shared, options: Options::default(), texts, parameters: Parameters::default() }
    }

    parameter_setters!("pollinations.embed_batch([\"a tulip\", \"a rose\"])");

    call_options!(
        until "the vectors of one request have arrived",
        example "pollinations.embed_batch([\"a tulip\", \"a rose\"])", field
    );

    /// Sends the texts and returns their vectors, in the same order. If there are no texts, nothing is sent.
    ///
    /// # Errors
    ///
    /// [`EmbeddingBatchError`] if a request fails. It has the error of that request and the vectors of the other
    /// requests, and `?` converts it into an [`Error`]. The errors are those of
    /// [`EmbeddingRequest::send`](crate::EmbeddingRequest::send), and [`ErrorKind::Decode`](crate::ErrorKind::Decode)
    /// if the number of vectors in a response differs from the number of texts in its request.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = pollinations_emulator::Emulator::start().await?;
    /// # let pollinations = pollinations_ext::Pollinations::builder()
    /// #     .base_url(emulator.base_url()).key("sk_test".parse()?).build()?;
    /// let vectors = pollinations.embed_batch(["a tulip", "a rose"]).send().await?.into_vectors();
    /// assert_eq!(vectors.len(), 2);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn send(self) -> Result<Embeddings, EmbeddingBatchError> {
        let count = self.texts.len();
        let mut waiting = groups(self.texts);
        let mut running = FuturesUnordered::new();
        let mut vectors: Vec<Option<Vec<f32>>> = vec![None; count];
        let (mut prompt_tokens, mut total_tokens) = (0_i64, 0_i64);
        let (mut first, mut failure) = (None, None);
        loop {
            while failure.is_none() && running.len() < AT_ONCE {
                let Some((range, texts)) = waiting.next() else { break };
                let sending = send(Arc::clone(&self.shared), self.options.clone(), self.parameters.clone(), texts);
                running.push(async move { (range, sending.await) });
            }
            let Some((range, outcome)) = running.next().await else { break };
            match outcome {
                Ok(mut part) => {
                    prompt_tokens = prompt_tokens.saturating_add(part.usage().prompt_tokens);
                    total_tokens = total_tokens.saturating_add(part.usage().total_tokens);
                    let places = vectors.get_mut(range).unwrap_or_default();
                    for (place, vector) in places.iter_mut().zip(part.take_vectors()) {
                        *place = Some(vector);
                    }
                    first.get_or_insert(part);
                }
                // Only the first error is kept. Later ones usually have the same cause.
                Err(error) => failure = failure.or(Some(error)),
            }
        }
        let usage = types::EmbeddingUsage::new(prompt_tokens, total_tokens);
        match failure {
            Some(error) => Err(EmbeddingBatchError { error, vectors, usage }),
            None => Ok(first.unwrap_or_else(Embeddings::none).with(vectors.into_iter().flatten().collect(), usage)),
        }
    }
}

/// The texts, split into batches that fit into one request, with the position of each batch.
fn groups(texts: Vec<String>) -> impl Iterator<Item = (Range<usize>, Vec<String>)> {
    let mut texts = texts.into_iter();
    let mut start = 0;
    std::iter::from_fn(move || {
        let group: Vec<String> = texts.by_ref().take(TEXTS).collect();
        let range = start..start + group.len();
        start = range.end;
        (!group.is_empty()).then_some((range, group))
    })
}

async fn send(
    shared: Arc<Shared>,
    options: Options,
    parameters: Parameters,
    texts: Vec<String>,
) -> Result<Embeddings, Error> {
    let count = texts.len();
    let body = parameters.body(texts.into());
    let send = move |client: &Client| client.embed().body(body).prepare();
    let (response, attempts) = shared.whole(OPERATION, &options, send).await?;
    Embeddings::read(&shared, &response, attempts, Some(count))
}

/// The error of a batch in which a request failed, with the vectors of the other requests.
///
/// # Examples
///
/// ```no_run
/// # async fn example(pollinations: pollinations_ext::Pollinations, texts: Vec<String>) {
/// match pollinations.embed_batch(texts).send().await {
///     Ok(embeddings) => println!("{} vectors", embeddings.vectors().len()),
///     Err(failed) => {
///         let came = failed.vectors().iter().flatten().count();
///         println!("{came} vectors came before this: {}", failed.error());
///     }
/// }
/// # }
/// ```
#[derive(Debug)]
pub struct EmbeddingBatchError {
    error: Error,
    vectors: Vec<Option<Vec<f32>>>,
    usage: types::EmbeddingUsage,
}

impl EmbeddingBatchError {
    /// Why the batch failed: the error of the first request that failed.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(failed: pollinations_ext::EmbeddingBatchError) {
    /// println!("{:?}", failed.error().payment());
    /// # }
    /// ```
    pub fn error(&self) -> &Error {
        &self.error
    }

    /// The vectors, in the order of the texts. `None` for texts without a vector.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(texts: &[String], failed: pollinations_ext::EmbeddingBatchError) {
    /// let missing = texts.iter().zip(failed.vectors()).filter(|(_, vector)| vector.is_none());
    /// # }
    /// ```
    pub fn vectors(&self) -> &[Option<Vec<f32>>] {
        &self.vectors
    }

    /// Returns the [`vectors`](Self::vectors) without copying them.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(failed: pollinations_ext::EmbeddingBatchError) {
    /// let vectors: Vec<Option<Vec<f32>>> = failed.into_vectors();
    /// # }
    /// ```
    pub fn into_vectors(self) -> Vec<Option<Vec<f32>>> {
        self.vectors
    }

    /// The tokens of the requests that succeeded.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(failed: pollinations_ext::EmbeddingBatchError) {
    /// println!("{} tokens", failed.usage().total_tokens);
    /// # }
    /// ```
    pub fn usage(&self) -> &types::EmbeddingUsage {
        &self.usage
    }
}

impl fmt::Display for EmbeddingBatchError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let came = self.vectors.iter().flatten().count();
        write!(formatter, "{} ({came} of {} vectors received)", self.error, self.vectors.len())
    }
}

impl StdError for EmbeddingBatchError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        // The message above already includes that of the error itself.
        self.error.source()
    }
}

/// Drops the vectors.
impl From<EmbeddingBatchError> for Error {
    fn from(failed: EmbeddingBatchError) -> Self {
        failed.error
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_groups_except_the_last_are_full() {
        let ranges = |count: usize| -> Vec<(usize, usize)> {
            let texts = (0..count).map(|number| number.to_string()).collect();
            groups(texts)
                .map(|(range, texts)| {
                    assert_eq!(texts.first(), Some(&range.start.to_string()));
                    assert_eq!(texts.len(), range.len());
                    (range.start, range.end)
                })
                .collect()
        };
        assert_eq!(ranges(0), []);
        assert_eq!(ranges(1), [(0, 1)]);
        assert_eq!(ranges(32), [(0, 32)]);
        assert_eq!(ranges(65), [(0, 32), (32, 64), (64, 65)]);
    }
}
