//! Community models.

use std::sync::Arc;

use pollinations_api::{
    Client,
    types::{
        DeletedId, ModelIdList, ModelTestRequest, ModelTestResult, MyEndpointAgent, MyModel, MyModelChanges,
        MyModelList, NewEndpointAgent, NewMyModel, ProviderProfile, ProviderProfileChanges, UpstreamModelsRequest,
    },
};

use super::id;
use crate::exchange::{
    request::{Request, request},
    transport::Shared,
};

/// The community models of the account: models on your own servers, which others can use and pay for.
///
/// All methods need a key with the permission `keys`.
///
/// # Examples
///
/// ```
/// use pollinations_ext::types::{NewTextModel, TextApi};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let emulator = pollinations_emulator::Emulator::start().await?;
/// # let pollinations = pollinations_ext::Pollinations::builder()
/// #     .base_url(emulator.base_url()).key("sk_test".parse()?).build()?;
/// let models = pollinations.account().my_models();
/// let model = NewTextModel::builder()
///     .name("my-model")
///     .title("My model")
///     .api(TextApi::ChatCompletions)
///     .url("https://models.example.com/v1/chat/completions")
///     .bearer_token("token of your server")
///     .build()?;
/// models.create(model).await?;
/// assert_eq!(models.list().await?.data.len(), 1);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct MyModels {
    shared: Arc<Shared>,
}

impl MyModels {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    /// Lists your community models and agents, with your provider profile.
    ///
    /// Operation `list_my_models`.
    ///
    /// # Errors
    ///
    /// Status 401 if the API key is invalid, 403 without the permission `keys`.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), pollinations_ext::Error> {
    /// println!("{:?}", pollinations.account().my_models().list().await?.provider.name);
    /// # Ok(())
    /// # }
    /// ```
    pub fn list(&self) -> Request<MyModelList> {
        request!(self.shared, list_my_models)
    }

    /// Registers a model: for text ([`NewTextModel`](crate::types::NewTextModel)), or for images, video, audio or
    /// embeddings ([`NewMediaModel`](crate::types::NewMediaModel)).
    ///
    /// Operation `create_my_model`.
    ///
    /// # Errors
    ///
    /// Status 400 if the configuration is invalid, 401 if the API key is invalid, 403 without the permission `keys`.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use pollinations_ext::types::{MediaModality, NewMediaModel};
    ///
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), Box<dyn std::error::Error>> {
    /// let model = NewMediaModel::builder()
    ///     .name("my-images")
    ///     .title("My images")
    ///     .modality(MediaModality::Image)
    ///     .base_url("https://models.example.com/v1")
    ///     .bearer_token("token of your server")
    ///     .build()?;
    /// pollinations.account().my_models().create(model).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn create(&self, model: impl Into<NewMyModel>) -> Request<MyModel> {
        let model = model.into();
        let send = move |client: &Client| client.create_my_model().body(model).prepare();
        Request::new(&self.shared, "create_my_model", send)
    }

    /// Registers an agent on your own server. The server must implement one of OpenAI's protocols.
    ///
    /// Operation `create_endpoint_agent`.
    ///
    /// # Errors
    ///
    /// Status 400 if the configuration is invalid, 401 if the API key is invalid, 403 without the permission `keys`.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use pollinations_ext::types::{NewEndpointAgent, TextApi};
    ///
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), Box<dyn std::error::Error>> {
    /// let agent = NewEndpointAgent::builder()
    ///     .name("helper")
    ///     .title("Helper")
    ///     .api(TextApi::Responses)
    ///     .url("https://agents.example.com/v1/responses")
    ///     .build()?;
    /// pollinations.account().my_models().create_endpoint_agent(agent).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn create_endpoint_agent(&self, agent: NewEndpointAgent) -> Request<MyEndpointAgent> {
        let send = move |client: &Client| client.create_endpoint_agent().body(agent).prepare();
        Request::new(&self.shared, "create_endpoint_agent", send)
    }

    /// Changes a model and returns the changed model. Fields that you leave out stay the same.
    ///
    /// Operation `update_my_model`.
    ///
    /// # Errors
    ///
    /// Status 400 if the configuration is invalid, 401 if the API key is invalid, 403 without the permission `keys`,
    /// 404 if the ID is unknown.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use pollinations_ext::types::MyModelChanges;
    ///
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), Box<dyn std::error::Error>> {
    /// let changes = MyModelChanges::builder().title("A better name".to_owned()).build()?;
    /// pollinations.account().my_models().update("model_1", changes).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn update(&self, id: impl Into<String>, changes: MyModelChanges) -> Request<MyModel> {
        let id = id.into();
        let problem = id::problem(&id, "a model");
        let send = move |client: &Client| client.update_my_model().id(id).body(changes).prepare();
        Request::new(&self.shared, "update_my_model", send).refuse(problem)
    }

    /// The former name of [`update`](Self::update).
    #[deprecated(since = "0.1.0", note = "use `update`")]
    pub fn change(&self, id: impl Into<String>, changes: MyModelChanges) -> Request<MyModel> {
        self.update(id, changes)
    }

    /// Deletes a model.
    ///
    /// Operation `delete_my_model`.
    ///
    /// # Errors
    ///
    /// Status 401 if the API key is invalid, 403 without the permission `keys`, 404 if the ID is unknown.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), pollinations_ext::Error> {
    /// pollinations.account().my_models().delete("model_1").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn delete(&self, id: impl Into<String>) -> Request<DeletedId> {
        let id = id.into();
        let problem = id::problem(&id, "a model");
        let send = move |client: &Client| client.delete_my_model().id(id).prepare();
        Request::new(&self.shared, "delete_my_model", send).refuse(problem)
    }

    /// Sends a test request to your server, the same way the service would. Use it before you register the model.
    ///
    /// Operation `test_my_model`. Takes a [`TextModelTest`](crate::types::TextModelTest) or a
    /// [`MediaModelTest`](crate::types::MediaModelTest).
    ///
    /// # Errors
    ///
    /// Status 400 if the test fails, 401 if the API key is invalid, 403 without the permission `keys`, 429 if it was
    /// called less than 30 seconds ago.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use pollinations_ext::types::{TextApi, TextModelTest};
    ///
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), Box<dyn std::error::Error>> {
    /// let test = TextModelTest::builder()
    ///     .api(TextApi::ChatCompletions)
    ///     .url("https://models.example.com/v1/chat/completions")
    ///     .bearer_token("token of your server")
    ///     .model("my-model")
    ///     .build()?;
    /// println!("{}", pollinations.account().my_models().test(test).await?.message);
    /// # Ok(())
    /// # }
    /// ```
    pub fn test(&self, test: impl Into<ModelTestRequest>) -> Request<ModelTestResult> {
        let test = test.into();
        let send = move |client: &Client| client.test_my_model().body(test).prepare();
        Request::new(&self.shared, "test_my_model", send)
    }

    /// Asks a server with an OpenAI-compatible API for its models.
    ///
    /// Operation `list_upstream_models`. `/models` is appended to `base_url`.
    ///
    /// # Errors
    ///
    /// Status 400 if the server does not respond correctly, 401 if the API key is invalid, 403 without the permission
    /// `keys`, 429 if it was called less than 30 seconds ago.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), pollinations_ext::Error> {
    /// let models = pollinations.account().my_models();
    /// println!("{:?}", models.list_upstream("https://models.example.com/v1", "token of your server").await?.data);
    /// # Ok(())
    /// # }
    /// ```
    pub fn list_upstream(&self, base_url: impl Into<String>, bearer_token: impl Into<String>) -> Request<ModelIdList> {
        let server = UpstreamModelsRequest::new(base_url.into(), bearer_token.into());
        let send = move |client: &Client| client.list_upstream_models().body(server).prepare();
        Request::new(&self.shared, "list_upstream_models", send)
    }

    /// Lists the community models that can be used as a fallback when one of your models fails.
    ///
    /// Operation `list_fallback_candidates`.
    ///
    /// # Errors
    ///
    /// Status 401 if the API key is invalid, 403 without the permission `keys`, 404 if the ID is unknown.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), pollinations_ext::Error> {
    /// println!("{:?}", pollinations.account().my_models().fallback_candidates("model_1").await?.data);
    /// # Ok(())
    /// # }
    /// ```
    pub fn fallback_candidates(&self, id: impl Into<String>) -> Request<ModelIdList> {
        let id = id.into();
        let problem = id::problem(&id, "a model");
        let send = move |client: &Client| client.list_fallback_candidates().id(id).prepare();
        Request::new(&self.shared, "list_fallback_candidates", send).refuse(problem)
    }

    /// Changes the profile that is shown with your community models, and returns the changed profile.
    ///
    /// Operation `update_provider_profile`.
    ///
    /// # Errors
    ///
    /// Status 400 if a value is invalid, 401 if the API key is invalid, 403 without the permission `keys`.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use pollinations_ext::types::ProviderProfileChanges;
    ///
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), pollinations_ext::Error> {
    /// let profile = ProviderProfileChanges::new("Ada".to_owned(), "https://example.com".to_owned());
    /// pollinations.account().my_models().update_provider(profile).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn update_provider(&self, profile: ProviderProfileChanges) -> Request<ProviderProfile> {
        let send = move |client: &Client| client.update_provider_profile().body(profile).prepare();
        Request::new(&self.shared, "update_provider_profile", send)
    }

    /// The former name of [`update_provider`](Self::update_provider).
    #[deprecated(since = "0.1.0", note = "use `update_provider`")]
    pub fn change_provider(&self, profile: ProviderProfileChanges) -> Request<ProviderProfile> {
        self.update_provider(profile)
    }
}
