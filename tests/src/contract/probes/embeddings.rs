//! Embeddings.

use super::{
    super::{
        Aspect::{Answer, Content, Refusal},
        Spend::{Cheap, None as Free},
    },
    Context, Probe, Running, recording, refused, require, told,
};

pub(super) fn all() -> Vec<Probe> {
    vec![
        probe!(Free, Refusal, "embed", "an embedding without a key", |context| {
            refused(context.anonymous_client()?.embed("tulip").send().await.map(drop), 401)
        }),
        probe!(Free, Refusal, "embed", "an embedding of nothing", |context| {
            let request = context.client()?.embed("tulip").field("input", serde_json::json!([]));
            refused(request.send().await.map(drop), 400)
        }),
        probe!(Cheap, Content, "embed", "an embedding", |context| {
            let embeddings = context.client()?.embed("A tulip in spring").dimensions(256).send().await.map_err(told)?;
            require(embeddings.vector().len() == 256, "the vector has not the length that was asked for")?;
            require(embeddings.usage().total_tokens > 0, "no tokens were used")?;
            let length = embeddings.vector().iter().map(|number| number * number).sum::<f32>().sqrt();
            require(length > 0.0 && length.is_finite(), "the vector has no length")
        }),
        probe!(Cheap, Content, "embed", "embeddings of several texts", |context| {
            let texts = ["a red tulip", "red tulips", "the train to Berlin"];
            let embeddings = context.client()?.embed_batch(texts).send().await.map_err(|error| told(error.into()))?;
            let vectors = embeddings.into_vectors();
            require(vectors.len() == texts.len(), "there is not a vector for each text")?;
            let likeness = |one: usize, other: usize| -> f32 {
                vectors[one].iter().zip(&vectors[other]).map(|(one, other)| one * other).sum()
            };
            require(likeness(0, 1) > likeness(0, 2), "similar texts are further apart than others")
        }),
        probe!(Cheap, Content, "embed", "an embedding in base64", |context| {
            let request = context.client()?.embed("A tulip in spring").dimensions(256);
            let numbers = request.clone().send().await.map_err(told)?;
            let encoded = request.encoding_format("base64").send().await.map_err(told)?;
            let near = |(one, other): (&f32, &f32)| (one - other).abs() < 1e-3;
            require(
                numbers.vector().len() == encoded.vector().len()
                    && numbers.vector().iter().zip(encoded.vector()).all(near),
                "numbers and base64 are different vectors",
            )
        }),
        probe!(Cheap, Answer, "embed", "an embedding of a sound", |context| {
            context.client()?.embed_media().audio(recording()).send().await.map(drop).map_err(told)
        }),
        probe!(Cheap, Answer, "embed", "an embedding for retrieval", |context| {
            let request = context.client()?.embed("Which flower blooms in spring?").task_type("RETRIEVAL_QUERY");
            request.send().await.map(drop).map_err(told)
        }),
    ]
}
