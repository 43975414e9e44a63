//! Embeddings.

use super::{
    super::{
        Aspect::{Answer, Content, Refusal},
        Spend::{Cheap, None as Free},
    },
    Context, Probe, Running, error_text, expect_status, recording, require,
};

pub(super) fn all() -> Vec<Probe> {
    vec![
        probe!(Free, Refusal, "embed", "embedding without a key", |context| {
            expect_status(context.anonymous_client()?.embed("tulip").send().await.map(drop), 401)
        }),
        probe!(Free, Refusal, "embed", "empty embedding request", |context| {
            let request = context.client()?.embed("tulip").field("input", serde_json::json!([]));
            expect_status(request.send().await.map(drop), 400)
        }),
        probe!(Cheap, Content, "embed", "embedding", |context| {
            let embeddings =
                context.client()?.embed("A tulip in spring").dimensions(256).send().await.map_err(error_text)?;
            require(embeddings.vector().len() == 256, "the vector does not have the requested length")?;
            require(embeddings.usage().total_tokens > 0, "the usage has no tokens")?;
            let length = embeddings.vector().iter().map(|number| number * number).sum::<f32>().sqrt();
            require(length > 0.0 && length.is_finite(), "the vector is empty")
        }),
        probe!(Cheap, Content, "embed", "embeddings of several texts", |context| {
            let texts = ["a red tulip", "red tulips", "the train to Berlin"];
            let embeddings =
                context.client()?.embed_batch(texts).send().await.map_err(|error| error_text(error.into()))?;
            let vectors = embeddings.into_vectors();
            require(vectors.len() == texts.len(), "the number of vectors is wrong")?;
            let likeness = |one: usize, other: usize| -> f32 {
                vectors[one].iter().zip(&vectors[other]).map(|(one, other)| one * other).sum()
            };
            require(likeness(0, 1) > likeness(0, 2), "similar texts have less similar vectors than other texts")
        }),
        probe!(Cheap, Content, "embed", "embedding as base64", |context| {
            let request = context.client()?.embed("A tulip in spring").dimensions(256);
            let numbers = request.clone().send().await.map_err(error_text)?;
            let encoded = request.encoding_format("base64").send().await.map_err(error_text)?;
            let near = |(one, other): (&f32, &f32)| (one - other).abs() < 1e-3;
            require(
                numbers.vector().len() == encoded.vector().len()
                    && numbers.vector().iter().zip(encoded.vector()).all(near),
                "the vectors as numbers and as base64 differ",
            )
        }),
        probe!(Cheap, Answer, "embed", "embedding of audio", |context| {
            context.client()?.embed_media().audio(recording()).send().await.map(drop).map_err(error_text)
        }),
        probe!(Cheap, Answer, "embed", "embedding for retrieval", |context| {
            let request = context.client()?.embed("Which flower blooms in spring?").task_type("RETRIEVAL_QUERY");
            request.send().await.map(drop).map_err(error_text)
        }),
    ]
}
