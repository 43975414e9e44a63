//! Embeddings.

use super::Pollinations;
use crate::groups::embeddings::{EmbeddingBatch, EmbeddingRequest};

impl Pollinations {
    /// Embeds a text: turns it into a vector that is close to the vectors of similar texts. You can add images, audio
    /// and video to the request.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = pollinations_emulator::Emulator::start().await?;
    /// # let pollinations = pollinations_ext::Pollinations::builder()
    /// #     .base_url(emulator.base_url()).key("sk_test".parse()?).build()?;
    /// let vector = pollinations.embed("A tulip in spring").send().await?.vector().to_vec();
    /// # assert!(!vector.is_empty());
    /// # Ok(())
    /// # }
    /// ```
    pub fn embed(&self, text: impl Into<String>) -> EmbeddingRequest {
        EmbeddingRequest::new(self.shared.clone(), Some(text.into()))
    }

    /// Embeds images, audio or video, which you add to the request. Use a model that takes such input, such as
    /// `google/gemini-embedding-2`.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use pollinations_ext::File;
    ///
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), pollinations_ext::Error> {
    /// let embeddings = pollinations.embed_media().image(File::path("tulip.jpg")).send().await?;
    /// println!("{} numbers", embeddings.vector().len());
    /// # Ok(())
    /// # }
    /// ```
    pub fn embed_media(&self) -> EmbeddingRequest {
        EmbeddingRequest::new(self.shared.clone(), None)
    }

    /// Embeds many texts, in as many requests as needed. The vectors are in the order of the texts.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = pollinations_emulator::Emulator::start().await?;
    /// # let pollinations = pollinations_ext::Pollinations::builder()
    /// #     .base_url(emulator.base_url()).key("sk_test".parse()?).build()?;
    /// let embeddings = pollinations.embed_batch(["a tulip", "a rose", "a train"]).send().await?;
    /// assert_eq!(embeddings.vectors().len(), 3);
    /// # Ok(())
    /// # }
    /// ```
    pub fn embed_batch<T: Into<String>>(&self, texts: impl IntoIterator<Item = T>) -> EmbeddingBatch {
        EmbeddingBatch::new(self.shared.clone(), texts.into_iter().map(Into::into).collect())
    }
}
