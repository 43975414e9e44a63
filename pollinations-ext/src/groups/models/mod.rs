//! The models that the service offers.

mod info;
mod listing;
mod price;
mod report;

use std::sync::Arc;

pub use info::ModelInfoExt;
pub use listing::ModelsRequest;
use listing::listing;
use pollinations_api::types::{ModelInfo, ModelList, ModelObject, ModelReliability};
pub use price::Prices;
pub use report::{ModelReport, ModelStatsRequest, ModelStatusRequest, ReportRow};

use crate::{
    base::error::Error,
    exchange::{gateway::Gateway, request::Request, transport::Shared},
};

const GET: &str = "get_model";

/// Listings of models, what they cost and can do, and how they have been doing. All of it is free and needs no key.
/// With a key, listings leave out what that key cannot use: models it is not allowed, and models for paid pollen only
/// if the account has none.
///
/// Every listing takes the same filters: see [`ModelsRequest`]. [`ModelInfoExt`] answers questions about an entry.
///
/// # Examples
///
/// ```
/// use pollinations_ext::{ModelInfoExt, Pollinations, types::ModelCapability};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let emulator = pollinations_emulator::Emulator::start().await?;
/// let pollinations = Pollinations::builder().without_key().base_url(emulator.base_url()).build()?;
/// for model in pollinations.models().text().capabilities([ModelCapability::WebSearch]).await? {
///     println!("{}: {:?} pollen for 1000 tokens each way", model.name, model.prices().text_cost(1000, 1000));
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

    /// Models of every kind.
    ///
    /// Operation `list_all_models`.
    ///
    /// # Errors
    ///
    /// Status 400 for a bad filter, 500 if the service cannot list them.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), pollinations_ext::Error> {
    /// for model in pollinations.models().all().search("google").await? {
    ///     println!("{} ({:?})", model.name, model.category);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn all(&self) -> ModelsRequest {
        listing!(self.shared, list_all_models)
    }

    /// Text models.
    ///
    /// Operation `list_text_models`.
    ///
    /// # Errors
    ///
    /// Status 400 for a bad filter, 500 if the service cannot list them.
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
    pub fn text(&self) -> ModelsRequest {
        listing!(self.shared, list_text_models)
    }

    /// Image models, and video models with them; [`ModelInfoExt::makes`] tells them apart.
    ///
    /// Operation `list_image_models`.
    ///
    /// # Errors
    ///
    /// Status 400 for a bad filter, 500 if the service cannot list them.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use pollinations_ext::{ModelInfoExt, types::OutputModality};
    ///
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), pollinations_ext::Error> {
    /// let models = pollinations.models().image().await?;
    /// let images = models.iter().filter(|model| model.produces(OutputModality::Image));
    /// # Ok(())
    /// # }
    /// ```
    pub fn image(&self) -> ModelsRequest {
        listing!(self.shared, list_image_models)
    }

    /// Video models. Durations are in seconds: `allowed_durations`, or `min_duration` and `max_duration` in steps of
    /// `duration_step`.
    ///
    /// Operation `list_video_models`.
    ///
    /// # Errors
    ///
    /// Status 400 for a bad filter, 500 if the service cannot list them.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), pollinations_ext::Error> {
    /// for model in pollinations.models().video().await? {
    ///     println!("{}: {} and up to {:?} s", model.name, model.resolutions.join(", "), model.max_duration);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn video(&self) -> ModelsRequest {
        listing!(self.shared, list_video_models)
    }

    /// Models for speech, music, sound effects and transcription, with the voices they can speak with.
    ///
    /// Operation `list_audio_models`.
    ///
    /// # Errors
    ///
    /// Status 400 for a bad filter, 500 if the service cannot list them.
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
    pub fn audio(&self) -> ModelsRequest {
        listing!(self.shared, list_audio_models)
    }

    /// Embedding models.
    ///
    /// Operation `list_embedding_models`.
    ///
    /// # Errors
    ///
    /// Status 400 for a bad filter, 500 if the service cannot list them.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), pollinations_ext::Error> {
    /// for model in pollinations.models().embeddings().await? {
    ///     println!("{} takes {:?}", model.name, model.input_modalities);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn embeddings(&self) -> ModelsRequest {
        listing!(self.shared, list_embedding_models)
    }

    /// Models that make 3D objects.
    ///
    /// Operation `list_3d_models`.
    ///
    /// # Errors
    ///
    /// Status 400 for a bad filter, 500 if the service cannot list them.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), pollinations_ext::Error> {
    /// for model in pollinations.models().three_d().await? {
    ///     println!("{}: {:?}", model.name, model.description);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn three_d(&self) -> ModelsRequest {
        listing!(self.shared, list_3d_models)
    }

    /// Models in OpenAI's format.
    ///
    /// Operation `list_models`.
    ///
    /// # Errors
    ///
    /// Status 400 for a bad filter, 500 if the service cannot list them.
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
    pub fn list(&self) -> ModelsRequest<ModelList> {
        listing!(self.shared, list_models)
    }

    /// One model in OpenAI's format, by its id (`openai/gpt-5.4-nano`) or an alias (`openai`). The reply has the full
    /// id.
    ///
    /// Operation `get_model`. [`find`](Self::find) knows more of the model, and returns `None` if there is none.
    ///
    /// # Errors
    ///
    /// Status 404 for a model that does not exist, or that the key may not use.
    /// [`ErrorKind::InvalidRequest`](crate::ErrorKind::InvalidRequest) for a name that cannot stand in an address: an
    /// empty one, `.` or `..`.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = pollinations_emulator::Emulator::start().await?;
    /// # let pollinations = pollinations_ext::Pollinations::builder()
    /// #     .base_url(emulator.base_url()).key("sk_test".parse()?).build()?;
    /// let model = pollinations.models().get("openai").await?;
    /// assert_eq!(model.id, "openai/gpt-5.4-nano");
    /// # Ok(())
    /// # }
    /// ```
    pub fn get(&self, id_or_alias: impl Into<String>) -> Request<ModelObject> {
        let model = id_or_alias.into();
        Request::new(&self.shared, GET, |client| async move {
            if matches!(model.as_str(), "" | "." | "..") {
                let message = format!("`{model}` is not the name of a model");
                return Err(pollinations_api::Error::InvalidRequest(message));
            }
            client.get_model().model(model).send().await
        })
    }

    /// The model of this id (`openai/gpt-5.4-nano`) or alias (`openai`), whatever it makes; `None` if there is none
    /// that the key may use. An exact match goes before one in another case.
    ///
    /// This looks through [`all`](Self::all) models, including community models that often fail. To look up several
    /// names, fetch that listing once and use [`ModelInfoExt::has_name`].
    ///
    /// # Errors
    ///
    /// As those of the listings.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = pollinations_emulator::Emulator::start().await?;
    /// # let pollinations = pollinations_ext::Pollinations::builder()
    /// #     .base_url(emulator.base_url()).key("sk_test".parse()?).build()?;
    /// let models = pollinations.models();
    /// let flux = models.find("flux").await?.ok_or("there is no such model")?;
    /// assert_eq!(flux.name, "black-forest-labs/flux.1-schnell");
    /// assert!(models.find("no-such-model").await?.is_none());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn find(&self, id_or_alias: &str) -> Result<Option<ModelInfo>, Error> {
        // The older gateway has two listings, and no filters.
        let listings = match self.shared.gateway {
            Gateway::Legacy => vec![self.text(), self.image()],
            _ => vec![self.all().reliability(ModelReliability::All)],
        };
        let mut models = Vec::new();
        for listing in listings {
            models.extend(listing.await?);
        }
        let exact = models.iter().position(|model| model.has_name(id_or_alias));
        let at = exact.or_else(|| {
            models.iter().position(|model| model.names().any(|name| name.eq_ignore_ascii_case(id_or_alias)))
        });
        Ok(at.map(|at| models.swap_remove(at)))
    }

    /// How models have been doing lately: requests, failures, times. The service keeps the report for a minute.
    ///
    /// Operation `model_status`. Needs no key.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), pollinations_ext::Error> {
    /// let report = pollinations.models().status().minutes(24 * 60).await?;
    /// if let Some(row) = report.row_of("openai/gpt-5.4-nano") {
    ///     println!("{:?} requests in the last day", row.number("requests"));
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn status(&self) -> ModelStatusRequest {
        ModelStatusRequest::new(Arc::clone(&self.shared))
    }

    /// How much models were used in the last 7 days, one row for each model. The service makes the report every hour.
    ///
    /// Operation `model_stats`. Needs no key.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), pollinations_ext::Error> {
    /// for row in pollinations.models().stats().await?.rows() {
    ///     println!("{:?}: {:?} requests", row.model(), row.number("requests"));
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn stats(&self) -> ModelStatsRequest {
        ModelStatsRequest::new(Arc::clone(&self.shared))
    }
}
