//! Agents.

use std::sync::Arc;

use pollinations_api::{
    Client,
    types::{Agent, AgentChanges, AgentList, AgentSync, DeletedId, NewAgent},
};

use super::id;
use crate::exchange::{
    request::{Request, request},
    transport::Shared,
};

/// The agents of the account. An agent is a model with your own system prompt or your own code on top.
///
/// All methods except [`sync`](Self::sync) need a key with the permission `keys`. An agent on your own server is a
/// community model: see [`MyModels::create_endpoint_agent`](super::MyModels::create_endpoint_agent).
///
/// # Examples
///
/// ```
/// use pollinations_ext::types::NewPromptAgent;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let emulator = pollinations_emulator::Emulator::start().await?;
/// # let pollinations = pollinations_ext::Pollinations::builder()
/// #     .base_url(emulator.base_url()).key("sk_test".parse()?).build()?;
/// let agents = pollinations.account().agents();
/// let agent = NewPromptAgent::builder()
///     .name("poet")
///     .title("Poet")
///     .base_model("openai")
///     .system_prompt("Answer in a haiku.")
///     .build()?;
/// agents.create(agent).await?;
/// assert_eq!(agents.list().await?.data.len(), 1);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Agents {
    shared: Arc<Shared>,
}

impl Agents {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    /// Lists your agents.
    ///
    /// Operation `list_agents`.
    ///
    /// # Errors
    ///
    /// Status 401 if the API key is invalid, 403 without the permission `keys`.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), pollinations_ext::Error> {
    /// println!("{:?}", pollinations.account().agents().list().await?.data);
    /// # Ok(())
    /// # }
    /// ```
    pub fn list(&self) -> Request<AgentList> {
        request!(self.shared, list_agents)
    }

    /// Creates an agent from a prompt ([`NewPromptAgent`](crate::types::NewPromptAgent)), or from `agent.ts` in a
    /// public GitHub repository ([`NewCodeAgent`](crate::types::NewCodeAgent)).
    ///
    /// Operation `create_agent`.
    ///
    /// # Errors
    ///
    /// Status 400 if the configuration is invalid, 401 if the API key is invalid, 403 without the permission `keys`.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use pollinations_ext::types::NewCodeAgent;
    ///
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), Box<dyn std::error::Error>> {
    /// let agent = NewCodeAgent::builder().repository("https://github.com/you/agent").build()?;
    /// pollinations.account().agents().create(agent).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn create(&self, agent: impl Into<NewAgent>) -> Request<Agent> {
        let agent = agent.into();
        let send = move |client: &Client| client.create_agent().body(agent).prepare();
        Request::new(&self.shared, "create_agent", send)
    }

    /// Fetches one of your agents.
    ///
    /// Operation `get_agent`.
    ///
    /// # Errors
    ///
    /// Status 401 if the API key is invalid, 403 without the permission `keys`, 404 if the ID is unknown.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use pollinations_ext::types::Agent;
    ///
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), pollinations_ext::Error> {
    /// if let Agent::PromptAgent(agent) = pollinations.account().agents().get("agent_1").await? {
    ///     println!("{}: {}", agent.title, agent.system_prompt);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn get(&self, id: impl Into<String>) -> Request<Agent> {
        let id = id.into();
        let problem = id::problem(&id, "an agent");
        let send = move |client: &Client| client.get_agent().id(id).prepare();
        Request::new(&self.shared, "get_agent", send).refuse(problem)
    }

    /// Changes an agent and returns the changed agent. Fields that you leave out stay the same.
    ///
    /// Operation `update_agent`.
    ///
    /// # Errors
    ///
    /// Status 400 if the configuration is invalid, 401 if the API key is invalid, 403 without the permission `keys`,
    /// 404 if the ID is unknown.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use pollinations_ext::types::AgentChanges;
    ///
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), Box<dyn std::error::Error>> {
    /// let changes = AgentChanges::builder().system_prompt("Answer in a limerick.".to_owned()).build()?;
    /// pollinations.account().agents().update("agent_1", changes).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn update(&self, id: impl Into<String>, changes: AgentChanges) -> Request<Agent> {
        let id = id.into();
        let problem = id::problem(&id, "an agent");
        let send = move |client: &Client| client.update_agent().id(id).body(changes).prepare();
        Request::new(&self.shared, "update_agent", send).refuse(problem)
    }

    /// The former name of [`update`](Self::update).
    #[deprecated(since = "0.1.0", note = "use `update`")]
    pub fn change(&self, id: impl Into<String>, changes: AgentChanges) -> Request<Agent> {
        self.update(id, changes)
    }

    /// Deletes an agent and removes its model from the list of models.
    ///
    /// Operation `delete_agent`.
    ///
    /// # Errors
    ///
    /// Status 401 if the API key is invalid, 403 without the permission `keys`, 404 if the ID is unknown.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), pollinations_ext::Error> {
    /// pollinations.account().agents().delete("agent_1").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn delete(&self, id: impl Into<String>) -> Request<DeletedId> {
        let id = id.into();
        let problem = id::problem(&id, "an agent");
        let send = move |client: &Client| client.delete_agent().id(id).prepare();
        Request::new(&self.shared, "delete_agent", send).refuse(problem)
    }

    /// Deploys the newest code of a code agent. Needs no API key.
    ///
    /// Operation `sync_agent`.
    ///
    /// # Errors
    ///
    /// Status 404 if the ID is unknown, 429 if it was called less than 30 seconds ago.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), pollinations_ext::Error> {
    /// println!("{}", pollinations.account().agents().sync("agent_1").await?.deployed_commit_sha);
    /// # Ok(())
    /// # }
    /// ```
    pub fn sync(&self, id: impl Into<String>) -> Request<AgentSync> {
        let id = id.into();
        let problem = id::problem(&id, "an agent");
        let send = move |client: &Client| client.sync_agent().id(id).prepare();
        Request::new(&self.shared, "sync_agent", send).refuse(problem)
    }
}
