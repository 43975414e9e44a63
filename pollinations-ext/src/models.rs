//! The models that the service offers.

use std::sync::Arc;

use pollinations_api::types::{ModelInfo, ModelObject};

use crate::{
    error::Error,
    transport::{Shared, fetch},
};

/// Listings of models. They need no key and cost nothing; a key that is limited to some models sees only those.
///
/// # Examples
///
/// ```
/// # use pollinations_ext::Pollinations;
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let emulator = pollinations_emulator::Emulator::start().await?;
/// let pollinations = Pollinations::builder().without_key().base_url(emulator.base_url()).build()?;
/// for model in pollinations.models().image().await? {
///     println!("{}: {:?}", model.name, model.output_modalities);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Models {
    shared: Arc<Shared>,
}

impl Models {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    /// Models for text, with prices and abilities.
    ///
    /// Operation `list_text_models`.
    ///
    /// # Errors
    ///
    /// Status 500 when the service cannot list them.
    pub async fn text(&self) -> Result<Vec<ModelInfo>, Error> {
        fetch!(self.shared, list_text_models)
    }

    /// Models for images and videos, with prices and abilities.
    ///
    /// Operation `list_image_models`.
    ///
    /// # Errors
    ///
    /// Status 500 when the service cannot list them.
    pub async fn image(&self) -> Result<Vec<ModelInfo>, Error> {
        fetch!(self.shared, list_image_models)
    }

    /// Models for speech and music, with prices and voices.
    ///
    /// Operation `list_audio_models`.
    ///
    /// # Errors
    ///
    /// Status 500 when the service cannot list them.
    pub async fn audio(&self) -> Result<Vec<ModelInfo>, Error> {
        fetch!(self.shared, list_audio_models)
    }

    /// The names of the text models, as OpenAI's API lists them.
    ///
    /// Operation `list_models`.
    ///
    /// # Errors
    ///
    /// Status 500 when the service cannot list them.
    pub async fn list(&self) -> Result<Vec<ModelObject>, Error> {
        Ok(fetch!(self.shared, list_models)?.data)
    }
}
