//! The models that the service offers.

mod info;
mod listing;
mod price;
mod report;

use std::sync::Arc;

pub use info::ModelInfoExt;
pub use listing::ModelsRequest;
use listing::listing;
use pollinations_api::{
    Client,
    types::{ModelInfo, ModelList, ModelObject, ModelReliability},
};
pub use price::Prices;
pub use report::{ModelReport, ModelStatsRequest, ModelStatusRequest, ReportRow};

use crate::{
    base::error::Error,
    exchange::{gateway::Gateway, request::Request, transport::Shared},
};

const GET: &str = "get_model";

/// Lists models, with prices, capabilities and statistics. These calls are free and need no API key. If you have a
/// key, a listing leaves out the models that the key cannot use: models it is not allowed to use, and paid-only
/// models if the account has no paid pollen.
///
/// All listings take the same filters: see [`ModelsRequest`]. [`ModelInfoExt`] has methods for an entry.
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

    /// Image and video models. [`ModelInfoExt::produces`] distinguishes them.
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

    /// Video models. Durations are in seconds: either `allowed_durations`, or `min_duration` to `max_duration` in
    /// steps of `duration_step`.
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

    /// Models for speech, music, sound effects and transcription, with their voices.
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

    /// One model in OpenAI's format, by its ID (`openai/gpt-5.4-nano`) or an alias (`openai`). The reply has the full
    /// ID.
    ///
    /// Operation `get_model`. [`find`](Self::find) returns more details, and `None` if there is no such model.
    ///
    /// # Errors
    ///
    /// Status 404 if the model does not exist, or the API key may not use it.
    /// [`ErrorKind::InvalidRequest`](crate::ErrorKind::InvalidRequest) if the name is empty, `.` or `..`, which cannot be part of a
    /// URL path.
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
        Request::new(&self.shared, GET, move |client: &Client| {
            if matches!(model.as_str(), "" | "." | "..") {
                let message = format!("`{model}` is not the name of a model");
                return Err(pollinations_api::Error::InvalidRequest(message).into());
            }
            client.get_model().model(model).prepare()
        })
    }

    /// Finds a model of any kind by its ID (`openai/gpt-5.4-nano`) or alias (`openai`). Returns `None` if there is no
    /// such model, or the API key may not use it. An exact match has priority over a match in a different case.
    ///
    /// This searches [`all`](Self::all) models, including community models that often fail. To look up several names,
    /// fetch that listing once and use [`ModelInfoExt::has_name`].
    ///
    /// # Errors
    ///
    /// Same as the listings.
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

    /// Statistics of recent requests per model: number of requests, failures and response times. The service updates
    /// the report every minute.
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

    /// How often each model was used in the last 7 days, one row per model. The service updates the report every
    /// hour.
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
