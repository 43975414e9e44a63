//! Creates an agent, changes its prompt, and deletes it.

use std::error::Error;

use pollinations_ext::{
    Pollinations,
    types::{Agent, AgentChanges, NewPromptAgent},
};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let agents = Pollinations::from_env()?.account().agents();

    let agent = NewPromptAgent::builder()
        .name("gardener")
        .title("Gardener")
        .base_model("openai")
        .system_prompt("Answer questions about plants.")
        .build()?;
    let Agent::PromptAgent(agent) = agents.create(agent).await? else { return Err("not an agent of a prompt".into()) };
    println!("created {}", agent.name);

    let changes = AgentChanges::builder().system_prompt("Answer in one sentence.".to_owned()).build()?;
    agents.update(&agent.id, changes).await?;
    if let Agent::PromptAgent(agent) = agents.get(&agent.id).await? {
        println!("{}: {}", agent.title, agent.system_prompt);
    }

    agents.delete(&agent.id).await?;
    println!("{} agents left", agents.list().await?.data.len());
    Ok(())
}
