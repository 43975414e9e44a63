//! Lists models, with filters.

use std::{fmt, future::IntoFuture, sync::Arc};

use pollinations_api::{
    Client,
    types::{ModelCapability, ModelInfo, ModelReliability, ModelSource},
};

use crate::{
    base::{error::Error, json::Read, maybe_send::BoxFuture},
    exchange::{
        call::Prepared,
        options::{Options, call_options, into_setters, setters},
        raw::RawResponse,
        request::Decode,
        transport::Shared,
    },
};

/// A request to list models. Await it to send it.
///
/// By default, the listing has everything that the API key may use, except community models that often fail. Filters
/// narrow it down. An entry that cannot be parsed is skipped.
///
/// # Examples
///
/// ```
/// use pollinations_ext::types::{ModelCapability, ModelSource};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let emulator = pollinations_emulator::Emulator::start().await?;
/// # let pollinations = pollinations_ext::Pollinations::builder()
/// #     .base_url(emulator.base_url()).key("sk_test".parse()?).build()?;
/// let models = pollinations.models().text().source(ModelSource::Official);
/// let thinkers = models.capabilities([ModelCapability::Reasoning, ModelCapability::ToolCalling]).await?;
/// assert!(thinkers.iter().all(|model| model.reasoning == Some(true)));
/// # assert!(!thinkers.is_empty());
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
#[must_use = "a request does nothing until it is awaited"]
pub struct ModelsRequest<T = Vec<ModelInfo>> {
    shared: Arc<Shared>,
    options: Options,
    operation: &'static str,
    filters: Filters,
    send: fn(&Client, Filters) -> Prepared<T>,
    decode: Decode<T>,
}

/// The filters of a listing.
#[derive(Clone, Debug, Default)]
pub(super) struct Filters {
    pub(super) source: Option<ModelSource>,
    pub(super) reliability: Option<ModelReliability>,
    pub(super) community: Option<bool>,
    pub(super) capabilities: Option<String>,
    pub(super) agent: Option<bool>,
    pub(super) search: Option<String>,
    pub(super) limit: Option<u64>,
}

impl<T> ModelsRequest<T> {
    pub(super) fn new(shared: &Arc<Shared>, operation: &'static str, send: fn(&Client, Filters) -> Prepared<T>) -> Self
    where
        T: Read,
    {
        let (options, filters) = (Options::default(), Filters::default());
        Self { shared: Arc::clone(shared), options, operation, filters, send, decode: Shared::decode_large }
    }

    into_setters! {
        on filters, example "pollinations.models().text()";
        /// Only official models, or only community models. The default is both.
        source: ModelSource, "\"community\"";
        /// `reliable`, the default, leaves out community models whose success rate is 80 % or less. `all` includes
        /// them.
        reliability: ModelReliability, "\"all\"";
        /// Words to search for in IDs, aliases, titles, descriptions and publishers. All words must match. Case does
        /// not matter.
        search: String, "\"google flash\"";
    }

    setters! {
        on filters, example "pollinations.models().text()";
        /// `true` lists only agents, `false` leaves them out. The default is both.
        agent: bool, "false";
        /// `true` lists only community models, `false` only official ones. Newer servers prefer
        /// [`source`](Self::source), which means the same.
        community: bool, "false";
        /// The maximum number of models to return, after all other filters: 1 to 500. The default is all.
        limit: u64, "10";
    }

    /// Only models with all of these capabilities.
    ///
    /// # Examples
    ///
    /// ```
    /// use pollinations_ext::types::ModelCapability;
    ///
    /// # fn example(pollinations: pollinations_ext::Pollinations) {
    /// let wanted = [ModelCapability::ToolCalling, ModelCapability::WebSearch];
    /// let request = pollinations.models().text().capabilities(wanted);
    /// # }
    /// ```
    pub fn capabilities<C>(mut self, capabilities: impl IntoIterator<Item = C>) -> Self
    where
        C: Into<ModelCapability>,
    {
        let names: Vec<String> = capabilities.into_iter().map(|one| one.into().to_string()).collect();
        self.filters.capabilities = Some(names.join(","));
        self
    }

    call_options!(until "the listing has arrived", example "pollinations.models().text()");

    /// Sends the request and returns the raw response.
    ///
    /// # Errors
    ///
    /// Same as when you await it, except that the response is not decoded.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), pollinations_ext::Error> {
    /// println!("{}", pollinations.models().text().send_raw().await?.text());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn send_raw(self) -> Result<RawResponse, Error> {
        let (send, filters) = (self.send, self.filters);
        self.shared.raw(self.operation, &self.options, |client: &Client| send(client, filters)).await
    }
}

impl<T: Send + 'static> IntoFuture for ModelsRequest<T> {
    type Output = Result<T, Error>;
    type IntoFuture = BoxFuture<Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let (send, filters) = (self.send, self.filters);
            let write = |client: &Client| send(client, filters);
            let (response, attempts) = self.shared.whole(self.operation, &self.options, write).await?;
            (self.decode)(&self.shared, &response, attempts)
        })
    }
}

impl<T> fmt::Debug for ModelsRequest<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("ModelsRequest")
            .field("operation", &self.operation)
            .field("filters", &self.filters)
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}

/// A [`ModelsRequest`] for one of the operations. All of them take the same filters.
macro_rules! listing {
    ($shared:expr, $operation:ident) => {
        $crate::groups::models::listing::ModelsRequest::new(
            &$shared,
            stringify!($operation),
            |client: &pollinations_api::Client, filters| {
                let mut request = client.$operation();
                if let Some(words) = filters.search {
                    request = request.query(words);
                }
                $crate::exchange::options::with_parameters!(
                    request,
                    filters: source, reliability, community, capabilities, agent, limit,
                )
                .prepare()
            },
        )
    };
}

pub(super) use listing;
