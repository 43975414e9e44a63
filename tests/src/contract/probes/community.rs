//! Agents, models and integrations of the account.

use pollinations_ext::types::{
    AgentChanges, MyModelChanges, NewCodeAgent, NewEndpointAgent, ProviderProfileChanges, TextApi, TextModelTest,
};

use super::{
    super::{
        Aspect::{Answer, Refusal},
        Context, Probe,
        Spend::None as Free,
    },
    Running, error_text, expect_status, require,
    undo::{
        REPOSITORY, blocked, delete_models, prompt_agent, unblocked, unique_name, with_agent, with_connection,
        with_model,
    },
};

/// A URL without a server.
const NOWHERE: &str = "https://models.example.com/v1";

pub(super) fn all() -> Vec<Probe> {
    let mut probes = agents();
    probes.extend(models());
    probes.extend(integrations());
    probes
}

fn agents() -> Vec<Probe> {
    vec![
        probe!(Free, Answer, "list_agents", "agents", |context| {
            let client = context.client()?;
            client.account().agents().list().await.map(drop).map_err(error_text)
        }),
        probe!(changes Free, Answer, "create_agent", "new agent", |context| {
            let result = with_agent(context, prompt_agent, |_, id| async move { require(!id.is_empty(), "the id is missing") });
            unblocked("create_agent", result.await)
        }),
        probe!(changes Free, Answer, "get_agent", "one agent", |context| {
            with_agent(context, prompt_agent, |client, id| async move {
                client.account().agents().get(id).await.map(drop).map_err(error_text)
            })
            .await
        }),
        probe!(Free, Refusal, "get_agent", "agent that does not exist", |context| {
            let client = context.client()?;
            expect_status(client.account().agents().get("contract-no-such-agent").await.map(drop), 404)
        }),
        probe!(changes Free, Answer, "update_agent", "new title for an agent", |context| {
            with_agent(context, prompt_agent, |client, id| async move {
                let changes = AgentChanges::builder().title("Another title".to_owned()).build()?;
                let changed = client.account().agents().update(id, changes).await.map_err(error_text)?;
                require(format!("{changed:?}").contains("Another title"), "the agent does not have the new title")
            })
            .await
        }),
        probe!(changes Free, Answer, "delete_agent", "deleted agent", |context| {
            with_agent(context, prompt_agent, |client, id| async move {
                let deleted = client.account().agents().delete(&id).await.map_err(error_text)?;
                require(deleted.id == id, "the deleted agent is a different one")
            })
            .await
        }),
        probe!(changes Free, Answer, "sync_agent", "newest code of an agent", |context| {
            let agent = |_: &str| NewCodeAgent::builder().repository(REPOSITORY).build().map(Into::into);
            with_agent(context, agent, |client, id| async move {
                client.account().agents().sync(id).await.map(drop).map_err(error_text)
            })
            .await
        }),
    ]
}

fn models() -> Vec<Probe> {
    vec![
        probe!(Free, Answer, "list_my_models", "own models", |context| {
            let client = context.client()?;
            client.account().my_models().list().await.map(drop).map_err(error_text)
        }),
        probe!(changes Free, Answer, "create_my_model", "new model", |context| {
            let result = with_model(context, |_, id| async move { require(!id.is_empty(), "the id is missing") });
            unblocked("create_my_model", result.await)
        }),
        probe!(changes Free, Answer, "update_my_model", "new title for a model", |context| {
            with_model(context, |client, id| async move {
                let changes = MyModelChanges::builder().title("Another title".to_owned()).build()?;
                let changed = client.account().my_models().update(id, changes).await.map_err(error_text)?;
                require(format!("{changed:?}").contains("Another title"), "the model does not have the new title")
            })
            .await
        }),
        probe!(changes Free, Answer, "list_fallback_candidates", "fallback models", |context| {
            with_model(context, |client, id| async move {
                client.account().my_models().fallback_candidates(id).await.map(drop).map_err(error_text)
            })
            .await
        }),
        probe!(changes Free, Answer, "delete_my_model", "deleted model", |context| {
            with_model(context, |client, id| async move {
                let deleted = client.account().my_models().delete(&id).await.map_err(error_text)?;
                require(deleted.id == id, "the deleted model is a different one")
            })
            .await
        }),
        probe!(changes Free, Answer, "create_endpoint_agent", "agent on a server", |context| {
            let client = context.client()?;
            let name = unique_name("endpoint");
            let agent = NewEndpointAgent::builder().name(name.as_str()).title("Contract suite").api(TextApi::Responses);
            let agent = agent.url("https://models.example.com/v1/responses").build()?;
            let created = client.account().my_models().create_endpoint_agent(agent).await;
            let undone = match &created {
                Ok(agent) => client.account().my_models().delete(&agent.id).await.map(drop).map_err(error_text),
                Err(_) => delete_models(&client, &name).await,
            };
            created.map_err(error_text)?;
            undone.map_err(|error| blocked("delete_my_model", error))
        }),
        probe!(changes Free, Answer, "list_upstream_models", "models of a server", |context| {
            let client = context.client()?;
            answered(client.account().my_models().list_upstream(NOWHERE, "none").await)
        }),
        probe!(changes Free, Answer, "test_my_model", "test of a model", |context| {
            let client = context.client()?;
            let test = TextModelTest::builder().api(TextApi::ChatCompletions).model("x").bearer_token("none");
            let test = test.url(format!("{NOWHERE}/chat/completions")).build()?;
            answered(client.account().my_models().test(test).await)
        }),
        probe!(changes Free, Answer, "update_provider_profile", "provider profile", |context| {
            let client = context.client()?;
            let models = client.account().my_models();
            let provider = models.list().await.map_err(|error| blocked("list_my_models", error))?.provider;
            let (name, url) = (provider.name.unwrap_or_default(), provider.url.unwrap_or_default());
            let profile = ProviderProfileChanges::new(name.clone(), url);
            let changed = models.update_provider(profile).await.map_err(error_text)?;
            require(changed.name.unwrap_or_default() == name, "the profile has the wrong name")
        }),
    ]
}

fn integrations() -> Vec<Probe> {
    vec![
        probe!(Free, Answer, "list_integrations", "connected apps", |context| {
            let client = context.client()?;
            client.account().integrations().list().await.map(drop).map_err(error_text)
        }),
        probe!(Free, Answer, "search_toolkits", "apps to connect", |context| {
            let client = context.client()?;
            client.account().integrations().search("git").await.map(drop).map_err(error_text)
        }),
        probe!(changes Free, Answer, "connect_integration", "sign-in to an app", |context| {
            let result = with_connection(context, |_, link| async move {
                require(link.url.or(link.redirect_url).is_some(), "the URL for signing in is missing")
            });
            unblocked("connect_integration", result.await)
        }),
        probe!(changes Free, Answer, "disconnect_integration", "disconnected app", |context| {
            with_connection(context, |client, link| async move {
                let apps = client.account().integrations();
                let id = link.id.ok_or_else(|| blocked("connect_integration", "it does not name the connection"))?;
                apps.disconnect(&id).await.map_err(error_text)?;
                let list = apps.list().await.map_err(|error| blocked("list_integrations", error))?;
                require(list.data.iter().all(|app| app.id != id), "the app is still connected")
            })
            .await
        }),
    ]
}

/// A success, or the documented error for a server that does not respond. Both are checked against the document.
fn answered<T>(result: Result<T, pollinations_ext::Error>) -> Result<(), String> {
    match result {
        Err(error) if error.status().is_none_or(|status| status != 400) => Err(error_text(error)),
        _ => Ok(()),
    }
}
