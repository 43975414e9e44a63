//! The same as `hello/ours`.

use async_openai::{
    Client,
    types::chat::{ChatCompletionRequestUserMessageArgs, CreateChatCompletionRequestArgs},
};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let message = ChatCompletionRequestUserMessageArgs::default().content("Hello").build()?;
    let request = CreateChatCompletionRequestArgs::default().model("openai").messages([message.into()]).build()?;
    let reply = Client::new().chat().create(request).await?;
    println!("{}", reply.choices[0].message.content.as_deref().unwrap_or_default());
    Ok(())
}
