//! What both kinds of embedding requests can set.

use pollinations_api::types::{EmbeddingEncoding, EmbeddingInput, EmbeddingInputType, EmbeddingRequest, EmbeddingTask};

#[derive(Clone, Debug, Default)]
pub(super) struct Parameters {
    pub(super) model: Option<String>,
    pub(super) dimensions: Option<u64>,
    pub(super) encoding_format: Option<EmbeddingEncoding>,
    pub(super) input_type: Option<EmbeddingInputType>,
    pub(super) task_type: Option<EmbeddingTask>,
}

impl Parameters {
    /// The body of a request with this input.
    pub(super) fn body(&self, input: EmbeddingInput) -> EmbeddingRequest {
        let mut body = EmbeddingRequest::new(input);
        body.model = self.model.clone();
        body.dimensions = self.dimensions;
        body.encoding_format = self.encoding_format.clone();
        body.input_type = self.input_type.clone();
        body.task_type = self.task_type.clone();
        body
    }
}

/// The setters of [`Parameters`], for an `impl` block. `example` makes a request.
macro_rules! parameter_setters {
    ($example:literal) => {
        $crate::exchange::options::into_setters! {
            on parameters, example $example;
            /// The model. If you do not set it, the service uses `google/gemini-embedding-2`.
            /// [`Pollinations::api`](crate::Pollinations::api) lists them all by `list_embedding_models`.
            ///
            /// Vectors of different models cannot be compared.
            model: String, "\"openai/text-embedding-3-small\"";
            /// How the vectors travel: as JSON numbers (the service's default) or as base64, which is about a third of
            /// the size and faster to read. You get the same `f32` values either way.
            encoding_format: pollinations_api::types::EmbeddingEncoding, "\"base64\"";
            /// Whether the texts are queries or documents to be found by them. Cohere models only.
            input_type: pollinations_api::types::EmbeddingInputType, "\"query\"";
            /// What you need the vectors for, such as `RETRIEVAL_QUERY` or `CLUSTERING`. Gemini models only, and only
            /// for text.
            task_type: pollinations_api::types::EmbeddingTask, "\"RETRIEVAL_DOCUMENT\"";
        }

        $crate::exchange::options::setters! {
            on parameters, example $example;
            /// The length of each vector: 128 to 4,096, as far as the model allows. Each model has a default of its own.
            dimensions: u64, "256";
        }
    };
}

pub(super) use parameter_setters;
