//! Embedding replies.

use http::HeaderMap;
use pollinations_api::types;
use serde::Deserialize;
use serde_json::Value;

use super::vector::{self, Vector};
use crate::{
    base::{
        error::{Error, ErrorKind},
        json,
    },
    exchange::{raw::RawResponse, transport::Shared},
};

/// The vectors of a request, one for each input and in the order of the inputs.
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let emulator = pollinations_emulator::Emulator::start().await?;
/// # let pollinations = pollinations_ext::Pollinations::builder()
/// #     .base_url(emulator.base_url()).key("sk_test".parse()?).build()?;
/// let embeddings = pollinations.embed("A tulip in spring").dimensions(256).send().await?;
/// assert_eq!(embeddings.vector().len(), 256);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Embeddings {
    vectors: Vec<Vec<f32>>,
    model: String,
    usage: types::EmbeddingUsage,
    headers: HeaderMap,
}

impl Embeddings {
    /// The reply to a batch without texts.
    pub(super) fn none() -> Self {
        let usage = types::EmbeddingUsage::new(0, 0);
        Self { vectors: Vec::new(), model: String::new(), usage, headers: HeaderMap::new() }
    }

    /// Parses a response. `count` is the expected number of vectors, if known.
    pub(super) fn read(
        shared: &Shared,
        response: &RawResponse,
        attempts: u32,
        count: Option<usize>,
    ) -> Result<Self, Error> {
        let located = |message: String| {
            let error = Error::new(ErrorKind::Decode, message).with_operation(response.operation());
            error.with_request_id(response.request_id().map(str::to_owned)).with_attempts(attempts)
        };
        // A valid response is parsed directly, without JSON values or 64-bit numbers. Any other is parsed leniently.
        let wire = match serde_json::from_slice::<Wire>(response.body()) {
            Ok(wire) => wire,
            Err(_) => {
                let lenient = shared.decode::<types::Embeddings>(response, attempts)?;
                if has_gap(response.body()) {
                    return Err(located("a vector in the response has something other than numbers in it".to_owned()));
                }
                Wire::try_from(lenient).map_err(|()| located("a vector in the response cannot be read".to_owned()))?
            }
        };
        let Wire { data, model, usage } = wire;
        if let Some(count) = count.filter(|count| *count != data.len()) {
            return Err(located(format!("the server sent {} vectors for {count} texts", data.len())));
        }
        if data.iter().any(|item| item.embedding.0.is_empty()) || data.is_empty() {
            return Err(located("the server sent no vector, or an empty one".to_owned()));
        }
        Ok(Self { vectors: in_order(data), model, usage, headers: response.headers().clone() })
    }

    /// The vectors, in the order of the inputs.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(embeddings: pollinations_ext::Embeddings) {
    /// for vector in embeddings.vectors() {
    ///     println!("{:?}", vector.first());
    /// }
    /// # }
    /// ```
    pub fn vectors(&self) -> &[Vec<f32>] {
        &self.vectors
    }

    /// The first vector, which is the only one if you sent one input. Empty if you sent an empty batch.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(embeddings: pollinations_ext::Embeddings) {
    /// let length: f32 = embeddings.vector().iter().map(|number| number * number).sum::<f32>().sqrt();
    /// # }
    /// ```
    pub fn vector(&self) -> &[f32] {
        self.vectors.first().map(Vec::as_slice).unwrap_or_default()
    }

    /// Returns the vectors without copying them.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(embeddings: pollinations_ext::Embeddings) {
    /// let vectors: Vec<Vec<f32>> = embeddings.into_vectors();
    /// # }
    /// ```
    pub fn into_vectors(self) -> Vec<Vec<f32>> {
        self.vectors
    }

    /// The model that computed the vectors, by the service's name.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(embeddings: pollinations_ext::Embeddings) {
    /// println!("{}", embeddings.model());
    /// # }
    /// ```
    pub fn model(&self) -> &str {
        &self.model
    }

    /// The tokens used. For a batch, the total of all requests.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(embeddings: pollinations_ext::Embeddings) {
    /// println!("{} tokens", embeddings.usage().total_tokens);
    /// # }
    /// ```
    pub fn usage(&self) -> &types::EmbeddingUsage {
        &self.usage
    }

    /// The headers of the response. For a batch, those of the first response received.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(embeddings: pollinations_ext::Embeddings) {
    /// println!("{:?}", embeddings.headers().get("x-model-used"));
    /// # }
    /// ```
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// Takes the vectors out.
    pub(super) fn take_vectors(&mut self) -> Vec<Vec<f32>> {
        std::mem::take(&mut self.vectors)
    }

    /// The same reply with these vectors and this usage.
    pub(super) fn with(mut self, vectors: Vec<Vec<f32>>, usage: types::EmbeddingUsage) -> Self {
        self.vectors = vectors;
        self.usage = usage;
        self
    }
}

/// Whether a number of a vector is missing. A lenient read would replace it with 0, which changes the vector.
fn has_gap(body: &[u8]) -> bool {
    let Ok(value) = json::read::<Value>(body) else { return false };
    let is_number = |value: &Value| match value {
        Value::Number(_) => true,
        Value::String(text) => text.trim().parse::<f32>().is_ok_and(f32::is_finite),
        _ => false,
    };
    let entries = value.get("data").and_then(Value::as_array).into_iter().flatten();
    let mut vectors = entries.filter_map(|entry| entry.get("embedding").and_then(Value::as_array));
    vectors.any(|vector| !vector.iter().all(is_number))
}

/// The response, as the document defines it.
#[derive(Deserialize)]
struct Wire {
    data: Vec<Item>,
    model: String,
    usage: types::EmbeddingUsage,
}

#[derive(Deserialize)]
struct Item {
    embedding: Vector,
    index: usize,
}

impl TryFrom<types::Embeddings> for Wire {
    type Error = ();

    fn try_from(reply: types::Embeddings) -> Result<Self, ()> {
        let items = reply.data.into_iter().map(|item| {
            let vector = match item.embedding {
                #[allow(
                    clippy::cast_possible_truncation,
                    reason = "vectors are 32-bit floats, which JSON cannot express"
                )]
                types::EmbeddingVector::Floats(numbers) => numbers.into_iter().map(|number| number as f32).collect(),
                types::EmbeddingVector::Base64(text) => vector::from_base64(&text).ok_or(())?,
                _ => return Err(()),
            };
            // If an index is invalid, the entries stay in the order received.
            Ok(Item { embedding: Vector(vector), index: usize::try_from(item.index).unwrap_or(usize::MAX) })
        });
        Ok(Self { data: items.collect::<Result<_, ()>>()?, model: reply.model, usage: reply.usage })
    }
}

/// The vectors in the order of their indexes, or in the order received if the indexes are not 0, 1, 2, ….
fn in_order(mut items: Vec<Item>) -> Vec<Vec<f32>> {
    let mut indexes: Vec<usize> = items.iter().map(|item| item.index).collect();
    indexes.sort_unstable();
    if indexes.iter().enumerate().all(|(position, index)| position == *index) {
        items.sort_by_key(|item| item.index);
    }
    items.into_iter().map(|item| item.embedding.0).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ordered(indexes: &[usize]) -> Vec<f32> {
        let item = |(position, index): (usize, &usize)| {
            let number = u8::try_from(position).unwrap();
            Item { embedding: Vector(vec![number.into()]), index: *index }
        };
        in_order(indexes.iter().enumerate().map(item).collect()).concat()
    }

    #[test]
    fn vectors_are_ordered_by_index_if_the_indexes_are_valid() {
        assert_eq!(ordered(&[2, 0, 1]), [1.0, 2.0, 0.0]);
        // Some servers number every vector 0.
        assert_eq!(ordered(&[0, 0, 0]), [0.0, 1.0, 2.0]);
        assert_eq!(ordered(&[3, 1, 2]), [0.0, 1.0, 2.0]);
    }
}
