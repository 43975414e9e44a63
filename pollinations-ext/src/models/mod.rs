//! The models that the service offers.

use std::sync::Arc;

use pollinations_api::types::{ModelInfo, ModelList};

use crate::{
    base::error::Error,
    exchange::{
        fetch::{Fetch, fetch},
        transport::Shared,
    },
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
///     println!("{}: {:?} {:?}", model.name, model.output_modalities, model.pricing);
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

    /// Models for text, with prices in pollen and abilities.
    ///
    /// Operation `list_text_models`.
    ///
    /// # Errors
    ///
    /// Status 500 when the service cannot list them.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), pollinations_ext::Error> {
    /// for model in pollinations.models().text().await? {
    ///     println!("{} with tools: {:?}", model.name, model.tools);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn text(&self) -> Fetch<Vec<ModelInfo>> {
        fetch!(self.shared, list_text_models)
    }

    /// Models for images and videos, with prices in pollen and abilities.
    ///
    /// Operation `list_image_models`.
    ///
    /// # Errors
    ///
    /// Status 500 when the service cannot list them.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), pollinations_ext::Error> {
    /// let models = pollinations.models().image().await?;
    /// let videos = models.iter().filter(|model| model.output_modalities.iter().any(|output| output == "video"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn image(&self) -> Fetch<Vec<ModelInfo>> {
        fetch!(self.shared, list_image_models)
    }

    /// Models for speech and music, with prices in pollen and voices.
    ///
    /// Operation `list_audio_models`.
    ///
    /// # Errors
    ///
    /// Status 500 when the service cannot list them.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), pollinations_ext::Error> {
    /// for model in pollinations.models().audio().await? {
    ///     println!("{}: {}", model.name, model.voices.join(", "));
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn audio(&self) -> Fetch<Vec<ModelInfo>> {
        fetch!(self.shared, list_audio_models)
    }

    /// The names of the text models, as OpenAI's API lists them.
    ///
    /// Operation `list_models`.
    ///
    /// # Errors
    ///
    /// Status 500 when the service cannot list them.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), pollinations_ext::Error> {
    /// for model in pollinations.models().list().await?.data {
    ///     println!("{}", model.id);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn list(&self) -> Fetch<ModelList> {
        fetch!(self.shared, list_models)
    }

    /// The model of this name or alias, whatever it makes. Looks through the three listings, one after the other.
    ///
    /// # Errors
    ///
    /// As those of the listings.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), pollinations_ext::Error> {
    /// match pollinations.models().find("openai").await? {
    ///     Some(model) => println!("{} costs {:?}", model.name, model.pricing),
    ///     None => println!("there is no such model"),
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn find(&self, name_or_alias: &str) -> Result<Option<ModelInfo>, Error> {
        for listing in [self.text(), self.image(), self.audio()] {
            let models = listing.await?;
            let is_it = |model: &ModelInfo| {
                model.name == name_or_alias || model.aliases.iter().any(|alias| alias == name_or_alias)
            };
            if let Some(model) = models.into_iter().find(is_it) {
                return Ok(Some(model));
            }
        }
        Ok(None)
    }
}
