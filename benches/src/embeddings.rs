//! Replies with embedding vectors.

use base64::prelude::{BASE64_STANDARD, Engine as _};
use serde_json::{Value, json};

/// The number of vectors in a reply, and of floats in each.
pub const VECTORS: usize = 1_000;
pub const FLOATS: usize = 1_536;

/// The vectors. Their numbers have as many digits as those of real models.
pub fn vectors() -> Vec<Vec<f32>> {
    #[allow(clippy::cast_precision_loss, reason = "any numbers will do")]
    let float = |index: usize| ((index as f32) * 0.37).sin() / 40.0;
    (0..VECTORS).map(|vector| (0..FLOATS).map(|at| float(vector * 7 + at)).collect()).collect()
}

/// The body that bare reqwest sends.
pub fn body() -> Value {
    json!({ "input": "Hello" })
}

/// A reply with the vectors as JSON numbers.
pub fn json() -> String {
    reply(vectors().into_iter().map(Into::into))
}

/// A reply with the vectors in base64.
pub fn base64() -> String {
    let bytes = |vector: Vec<f32>| -> Vec<u8> { vector.into_iter().flat_map(f32::to_le_bytes).collect() };
    reply(vectors().into_iter().map(|vector| BASE64_STANDARD.encode(bytes(vector)).into()))
}

fn reply(vectors: impl Iterator<Item = Value>) -> String {
    let item =
        |(index, embedding): (usize, Value)| json!({ "object": "embedding", "embedding": embedding, "index": index });
    let data: Vec<Value> = vectors.enumerate().map(item).collect();
    let usage = json!({ "prompt_tokens": 1, "total_tokens": 1 });
    json!({ "object": "list", "data": data, "model": "openai/text-embedding-3-small", "usage": usage }).to_string()
}
