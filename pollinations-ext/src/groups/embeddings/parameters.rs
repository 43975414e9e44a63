//! Settings that all embedding requests have.

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

/// The setters of [`Parameters`], for an `impl` block. `example` creates a request.
macro_rules! parameter_setters {
    ($example:literal) => {
        $crate::exchange::options::into_setters! {
            on parameters, example $example;
            /// The model. The service's default is `google/gemini-embedding-2`. To list all of them, call
            /// `list_embedding_models` on [`Pollinations::api`](crate::Pollinations::api).
            ///
            /// You cannot compare vectors of different models.
            model: String, "\"openai/text-embedding-3-small\"";
            /// The encoding of the vectors in the response: JSON numbers (the service's default) or base64, which is
            /// about a third of the size and faster to parse. You get the same `f32` values either way.
            encoding_format: pollinations_api::types::EmbeddingEncoding, "\"base64\"";
            /// Whether the texts are search queries or the documents to search. Cohere models only.
            input_type: pollinations_api::types::EmbeddingInputType, "\"query\"";
            /// The task that you need the vectors for, such as `RETRIEVAL_QUERY` or `CLUSTERING`. Gemini models only,
            /// and only for text.
            task_type: pollinations_api::types::EmbeddingTask, "\"RETRIEVAL_DOCUMENT\"";
        }

        $crate::exchange::options::setters! {
            on parameters, example $example;
            /// The length of each vector: 128 to 4,096, depending on the model. Each model has its own default.
            dimensions: u64, "256";
        }
    };
}

pub(super) use parameter_setters;
