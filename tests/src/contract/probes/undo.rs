//! Undoes changes to the account, whether the probe succeeds or fails.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::{SystemTime, UNIX_EPOCH},
};

use pollinations_ext::{
    CreateKeyRequest, CreatedKey, Error, Pollinations,
    types::{Agent, IntegrationLink, MyModel, NewAgent, NewMyModel, NewPromptAgent, NewTextModel, TextApi},
};
use serde_json::Value;

use super::{super::Context, BLOCKED, error_text};

/// A name that nothing in the account uses.
pub(super) fn unique_name(what: &str) -> String {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
    format!("contract-{what}-{now}-{}", NUMBER.fetch_add(1, Ordering::Relaxed))
}

/// The result of a probe that needs another operation, which failed.
pub(super) fn blocked(operation: &str, error: impl std::fmt::Display) -> String {
    let error = error.to_string();
    // The message of an error includes the operation too.
    let why = error.strip_prefix(&format!("{operation}: ")).unwrap_or(&error);
    format!("{BLOCKED}{operation}: {why}")
}

/// Turns a blocked result into a failure, for the probe of the operation itself.
pub(super) fn unblocked(operation: &str, result: Result<(), String>) -> Result<(), String> {
    result.map_err(|problem| match problem.strip_prefix(&format!("{BLOCKED}{operation}: ")) {
        Some(why) => why.to_owned(),
        None => problem,
    })
}

/// Combines the result of a probe with the result of undoing its changes.
fn combine(result: Result<(), String>, undone: Result<(), String>) -> Result<(), String> {
    match (result, undone) {
        (Err(problem), Err(left)) => Err(format!("{problem}; and the change could not be undone: {left}")),
        (Err(problem), Ok(())) => Err(problem),
        (Ok(()), Err(left)) => Err(blocked("to be undone", left)),
        (Ok(()), Ok(())) => Ok(()),
    }
}

/// The result of a deletion. A 404 is a success, because the item no longer exists.
fn deleted<T>(result: Result<T, Error>) -> Result<(), String> {
    match result {
        Err(error) if error.status().is_none_or(|status| status != 404) => Err(error_text(error)),
        _ => Ok(()),
    }
}

/// The IDs of the objects with this name in a list of the account. It reads the raw JSON, because the list may be
/// what is broken.
fn ids_of(list: &Value, field: &str, name: &str) -> Vec<String> {
    let items = list["data"].as_array().into_iter().flatten().filter(|item| item[field] == name);
    items.filter_map(|item| item["id"].as_str().map(str::to_owned)).collect()
}

/// Creates a key, uses it, and revokes it.
pub(super) async fn with_key<R>(
    context: &Context,
    limit: impl FnOnce(CreateKeyRequest) -> CreateKeyRequest + Send,
    work: impl FnOnce(Pollinations, CreatedKey) -> R + Send,
) -> Result<(), String>
where
    R: Future<Output = Result<(), String>> + Send,
{
    let client = context.client()?;
    let keys = client.account().keys();
    let name = unique_name("key");
    match limit(keys.create(&name)).send().await {
        Ok(created) => {
            let id = created.id.clone();
            let result = work(client.clone(), created).await;
            combine(result, deleted(keys.revoke(id).await))
        }
        Err(error) => {
            let result = Err(blocked("create_key", error));
            // The key may have been created anyway.
            let Ok(list) = keys.list().send_raw().await else { return result };
            let mut undone = Ok(());
            for id in ids_of(&list.json().map_err(error_text)?, "name", &name) {
                undone = deleted(keys.revoke(id).await);
            }
            combine(result, undone)
        }
    }
}

/// Creates an agent, uses it, and deletes it.
pub(super) async fn with_agent<R>(
    context: &Context,
    agent: impl FnOnce(&str) -> Result<NewAgent, String> + Send,
    work: impl FnOnce(Pollinations, String) -> R + Send,
) -> Result<(), String>
where
    R: Future<Output = Result<(), String>> + Send,
{
    let client = context.client()?;
    let agents = client.account().agents();
    let name = unique_name("agent");
    let before = agents.list().send_raw().await.and_then(|list| list.json::<Value>());
    let created = agents.create(agent(&name)?).await;
    let id = match &created {
        Ok(Agent::PromptAgent(agent)) => Ok(agent.id.clone()),
        Ok(Agent::CodeAgent(agent)) => Ok(agent.id.clone()),
        Ok(_) => Err("the type of the agent is unknown".to_owned()),
        Err(error) => Err(error.to_string()),
    };
    match id {
        Ok(id) => {
            let result = work(client.clone(), id.clone()).await;
            combine(result, deleted(agents.delete(id).await))
        }
        Err(problem) => {
            let result = Err(blocked("create_agent", problem));
            let Ok(list) = agents.list().send_raw().await else { return result };
            let list = list.json().map_err(error_text)?;
            let mut ids = ids_of(&list, "name", &name);
            // An agent made from code has the name of its repository. It may have existed before.
            let made_of_code = |list: &Value| ids_of(list, "repository", REPOSITORY);
            if let Ok(before) = before.map(|list| made_of_code(&list)) {
                ids.extend(made_of_code(&list).into_iter().filter(|id| !before.contains(id)));
            }
            let mut undone = Ok(());
            for id in ids {
                undone = deleted(agents.delete(id).await);
            }
            combine(result, undone)
        }
    }
}

/// The repository with the code of an agent.
pub(super) const REPOSITORY: &str = "pollinations/agent";

/// An agent made from a prompt.
pub(super) fn prompt_agent(name: &str) -> Result<NewAgent, String> {
    let agent = NewPromptAgent::builder().name(name).title("Contract suite").base_model("openai");
    agent.system_prompt("Be brief.").build().map(Into::into)
}

/// Registers a model, uses it, and deletes it.
pub(super) async fn with_model<R>(
    context: &Context,
    work: impl FnOnce(Pollinations, String) -> R + Send,
) -> Result<(), String>
where
    R: Future<Output = Result<(), String>> + Send,
{
    let client = context.client()?;
    let models = client.account().my_models();
    let name = unique_name("model");
    let created = models.create(text_model(&name)?).await;
    let id = match &created {
        Ok(MyModel::MyTextModel(model)) => Ok(model.id.clone()),
        Ok(_) => Err("the type of the model is unknown".to_owned()),
        Err(error) => Err(error.to_string()),
    };
    match id {
        Ok(id) => {
            let result = work(client.clone(), id.clone()).await;
            combine(result, deleted(models.delete(id).await))
        }
        Err(problem) => {
            let result = Err(blocked("create_my_model", problem));
            combine(result, delete_models(&client, &name).await)
        }
    }
}

/// Deletes the models of this name, if the list is available.
pub(super) async fn delete_models(client: &Pollinations, name: &str) -> Result<(), String> {
    let models = client.account().my_models();
    let Ok(list) = models.list().send_raw().await else { return Ok(()) };
    let mut undone = Ok(());
    for id in ids_of(&list.json().map_err(error_text)?, "name", name) {
        undone = deleted(models.delete(id).await);
    }
    undone
}

/// A text model on a server that does not exist.
fn text_model(name: &str) -> Result<NewMyModel, String> {
    let model = NewTextModel::builder().name(name).title("Contract suite").api(TextApi::ChatCompletions);
    let model = model.url("https://models.example.com/v1/chat/completions").bearer_token("none");
    model.build().map(Into::into)
}

/// Connects an app that is not connected, uses the link, and disconnects it.
pub(super) async fn with_connection<R>(
    context: &Context,
    work: impl FnOnce(Pollinations, IntegrationLink) -> R + Send,
) -> Result<(), String>
where
    R: Future<Output = Result<(), String>> + Send,
{
    let client = context.client()?;
    let apps = client.account().integrations();
    let before = ids(&client).await.map_err(|error| blocked("list_integrations", error))?;
    let result = match apps.connect(APP).await {
        Ok(link) => work(client.clone(), link).await,
        Err(error) => Err(blocked("connect_integration", error)),
    };
    // The link does not always include the ID of its connection.
    let mut undone = Ok(());
    for id in ids(&client).await.map_err(|error| blocked("list_integrations", error))? {
        if !before.contains(&id) {
            let disconnected = apps.disconnect(id).await;
            undone = deleted(disconnected);
        }
    }
    combine(result, undone)
}

/// The app to connect.
const APP: &str = "github";

/// The existing connections to the app.
async fn ids(client: &Pollinations) -> Result<Vec<String>, String> {
    let list = client.account().integrations().list().await.map_err(error_text)?;
    let connections = list.data.into_iter().filter(|connection| connection.toolkit == APP);
    Ok(connections.map(|connection| connection.id).collect())
}
